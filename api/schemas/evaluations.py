"""Request and response bodies of evaluations. Questions and their results have the form of datasets and runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import ConfigDict, Field, JsonValue, StrictBool, StringConstraints, WithJsonSchema

from api.schemas.base import NEXT_CURSOR, Request, Response, WholeNumber
from api.schemas.requests import COLLECTION, COLLECTION_PATTERN

if TYPE_CHECKING:
    from evals.runs.records import RunRecord  # loaded when the service opens, not before

JsonObject = dict[str, JsonValue]
RunName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
# A record of evals, sent as it is. It gains fields with every new measure, so the API's schema promises an object only.
Record = Annotated[
    object,
    WithJsonSchema({"type": "object", "additionalProperties": {"$ref": "#/components/schemas/JsonValue"}}),
]

_ROWS = Field(
    description="Each has the form of a dataset's line: `id`, `question`, and what is known of the answer.",
    examples=[[{"id": "q1", "question": "How long is the warranty?", "answers": ["two years"]}]],
)


class EvaluationRequest(Request):
    """Questions, or the name of a dataset, to be asked of a collection."""

    collection: str = COLLECTION
    dataset: str | None = Field(default=None, examples=["sample"])
    questions: list[JsonObject] | None = Field(default=None, description=_ROWS.description, examples=_ROWS.examples)
    limit: WholeNumber | None = Field(default=None, ge=1, description="How many of them; by default all.")
    name: RunName = Field(default="", description="Name of the run in the list.", examples=["After the new chunks"])


class RenameRequest(Request):
    """Another name for a run."""

    name: RunName


class CoverageRequest(Request):
    """Questions, or the name of a dataset, that may be asked of a collection."""

    collection: str = COLLECTION
    dataset: str | None = Field(default=None, examples=["sample"])
    questions: list[JsonObject] | None = Field(default=None, description=_ROWS.description)


class CoverageBody(Response):
    """How many documents the questions are about, and which the collection lacks; ``message`` warns of it in words."""

    questions: int
    documents: int
    missing: tuple[str, ...]
    message: str


class CardColumnBody(Response):
    """What one writer's answers were worth.

    Each question is `right`, `wrong`, `refused` (though there is an answer) or `failed`. `unsupported` answers hold a
    sentence that no passage supports; `quoted` ones were quotes because the model failed.
    """

    writer: str
    questions: int
    right: int
    wrong: int
    refused: int
    failed: int
    unsupported: int
    quoted: int
    first_word_milliseconds: float | None
    cost_per_1000: float | None
    currency: str | None


class CardBody(Response):
    """The card of a model that was tried: its answers beside those that quote the documents."""

    model: CardColumnBody
    extractive: CardColumnBody
    verdict: str


class FigureBody(Response):
    """A mean over ``count`` questions with its 95 % interval."""

    mean: float
    low: float
    high: float
    count: int
    not_computed: int


class EvaluationLinks(Response):
    """Addresses of a run's details."""

    self: str
    questions: str
    report: str


class EvaluationBody(Response):
    """A run; ``state`` is ``running`` until it ends, and ``failure`` says why it failed."""

    model_config = ConfigDict(extra="allow")  # all other fields of a run are sent as they are

    id: str
    state: str
    dataset: str
    dataset_digest: str
    collection: str | None
    questions: int
    asked: int
    started_at: datetime
    finished_at: datetime | None
    failure: str | None
    figures: dict[str, FigureBody]
    links: EvaluationLinks

    @classmethod
    def of(cls, run: RunRecord) -> Self:
        """Returns the body for a run."""
        own = {name: value for name, value in run if name not in {"run_id", "tenant", "started_by", "typed"}}
        path = f"/v1/evals/{run.run_id}"
        links = EvaluationLinks(self=path, questions=f"{path}/questions", report=f"/evals/{run.run_id}")
        return cls.model_validate({**own, "id": run.run_id, "links": links})


class EvaluationList(Response):
    """Runs, the newest first."""

    evaluations: list[EvaluationBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)


class QuestionRecordList(Response):
    """Results of questions in the order in which they were asked; ``total`` counts all questions asked so far."""

    total: int
    questions: tuple[Record, ...]


class DatasetBody(Response):
    """A dataset that can be asked."""

    name: str
    questions: int


class DatasetList(Response):
    """Datasets, those that come with Citewell first."""

    datasets: list[DatasetBody]


class DatasetQuestions(Response):
    """The questions of a dataset."""

    name: str
    questions: tuple[Record, ...]


class StoreRequest(Request):
    """Questions to store under a name."""

    questions: list[JsonObject] = _ROWS
    replace: StrictBool = Field(default=False, description="Replace a dataset of this name.")
    collection: str | None = Field(
        default=None,
        pattern=COLLECTION_PATTERN,
        description="The collection that they are about: those who may read all of it may read them. Without one, only "
        "the user who stores them and owners may.",
    )


class DraftRequest(Request):
    """Asks for drafts from a collection."""

    collection: str = COLLECTION
    questions: WholeNumber = Field(default=20, ge=1, le=200, description="How many at most.")


class DraftBody(Response):
    """Drafts; ``dropped`` counts those of a model that their passage did not support."""

    questions: tuple[Record, ...]
    dropped: int
