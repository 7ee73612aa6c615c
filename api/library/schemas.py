"""Bodies of lists, changes and batches of documents, and of collections."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, StrictBool

from api.schemas.base import FailureBody, Request, Response
from api.schemas.documents import DocumentBody
from api.schemas.jobs import JobBody
from api.schemas.requests import COLLECTION_PATTERN
from rag.catalog.collections.collections import CollectionRecord
from rag.fields.tuning import Tuning
from rag.fields.values import MOST_FIELDS, MOST_TAGS, TAG_CHARACTERS
from rag.models.calibrations import FusionMethod

MOST_AT_ONCE = 1_000
_INSTRUCTIONS_CHARACTERS = 4_000
_DESCRIPTION_CHARACTERS = 2_000
Tags = Annotated[list[Annotated[str, Field(max_length=4 * TAG_CHARACTERS)]], Field(max_length=MOST_TAGS)]
Fields = Annotated[
    dict[str, Any],
    Field(
        max_length=MOST_FIELDS,
        description="Values by name: a number, a date `YYYY-MM-DD`, or text; null removes the field. "
        '`{"type": "text", "value": "2024-01-01"}` names the type.',
        examples=[{"author": "Ada", "year": 2024, "signed": "2024-03-01"}],
    ),
]
Target = Annotated[str, Field(pattern=COLLECTION_PATTERN, description="A collection that exists.")]


class DocumentChange(Request):
    """What to change of a document; a field that is left out stays as it is. Nothing is read again."""

    tags: Tags | None = Field(default=None, description="Replaces all tags.")
    add_tags: Tags = Field(default_factory=list)
    remove_tags: Tags = Field(default_factory=list)
    fields: Fields = Field(default_factory=dict)
    replace_fields: StrictBool = Field(default=False, description="Remove the fields that are not named.")
    collection: Target | None = Field(default=None, description="Moves it, with all its versions.")


class Action(StrEnum):
    """What to do with several documents."""

    TAG = "tag"
    MOVE = "move"
    DELETE = "delete"


class Batch(Request):
    """One action for several documents. `tag` changes tags and fields, `move` needs a `collection`."""

    document_ids: list[Annotated[str, Field(max_length=64)]] = Field(min_length=1, max_length=MOST_AT_ONCE)
    action: Action
    add_tags: Tags = Field(default_factory=list)
    remove_tags: Tags = Field(default_factory=list)
    fields: Fields = Field(default_factory=dict)
    collection: Target | None = None


class Outcome(Response):
    """The outcome for one document."""

    document_id: str
    name: str | None = Field(description="Null where there is no such document.")
    ok: bool
    receipt_id: str | None = Field(default=None, description="That of a delete.")
    error: FailureBody | None = None


class Outcomes(Response):
    """The outcome for each document, in the order of the request."""

    done: int
    failed: int
    outcomes: list[Outcome]


class Dismissed(Response):
    """How many failed documents and versions were removed."""

    dismissed: int


class FieldCountBody(Response):
    """How many documents have a field of this name and type."""

    name: str
    type: str
    documents: int


class CountsBody(Response):
    """Counts of the documents that the filter means; the most frequent first, 200 tags at most."""

    documents: int
    states: dict[str, int]
    types: dict[str, int]
    tags: dict[str, int]
    fields: list[FieldCountBody]


class RefusedBody(Response):
    """Files of one kind that were refused for one reason."""

    reason: str
    code: str
    type: str = Field(description="The ending of their names.")
    count: int
    names: list[str] = Field(description="Five at most.")


class AcceptedBody(Response):
    """A document out of an archive, and its job."""

    document: DocumentBody
    job: JobBody


class UnpackedBody(Response):
    """The outcome for the files in an archive."""

    accepted: list[AcceptedBody]
    refused: list[RefusedBody]
    skipped: int = Field(description="Files that are hidden, temporary, or made by a program.")


class FusionBody(Request):
    """How the collection joins dense and BM25 retrieval; null: as the settings say."""

    method: FusionMethod | None = None
    dense_weight: float | None = Field(default=None, ge=0, le=100, strict=True)
    bm25_weight: float | None = Field(default=None, ge=0, le=100, strict=True)


class CollectionSettings(Request):
    """What a collection has of its own. What is left out is as the service's settings say."""

    fusion: FusionBody = Field(default_factory=FusionBody)
    instructions: str = Field(
        default="",
        max_length=_INSTRUCTIONS_CHARACTERS,
        description="Added to the prompt of a model. Answers that quote the documents do not use it.",
    )
    model: str = Field(default="", max_length=200, description="The model that answers, if an endpoint has it.")

    def to_value(self) -> Tuning:
        """Returns the settings as the catalogue keeps them."""
        method = self.fusion.method
        return Tuning(
            fusion_method=method.value if method else None,
            dense_weight=self.fusion.dense_weight,
            bm25_weight=self.fusion.bm25_weight,
            instructions=self.instructions.strip(),
            model=self.model.strip(),
        )

    @classmethod
    def of(cls, tuning: Tuning) -> Self:
        """Returns the body for what a collection has of its own."""
        method = FusionMethod(tuning.fusion_method) if tuning.fusion_method else None
        fusion = FusionBody(method=method, dense_weight=tuning.dense_weight, bm25_weight=tuning.bm25_weight)
        return cls(fusion=fusion, instructions=tuning.instructions, model=tuning.model)


class NewCollection(Request):
    """A collection to create."""

    name: str = Field(pattern=COLLECTION_PATTERN, examples=["contracts"])
    description: str = Field(default="", max_length=_DESCRIPTION_CHARACTERS)
    settings: CollectionSettings = Field(default_factory=CollectionSettings)


class CollectionChange(Request):
    """What to change of a collection; a field that is left out stays as it is."""

    name: str | None = Field(default=None, pattern=COLLECTION_PATTERN, description="A new name.")
    description: str | None = Field(default=None, max_length=_DESCRIPTION_CHARACTERS)
    settings: CollectionSettings | None = Field(default=None, description="Replaces the settings.")


class CollectionBody(Response):
    """A collection and how many documents it holds."""

    name: str
    documents: int
    description: str
    settings: CollectionSettings
    created_at: datetime | None = Field(description="Null for the default collection before it is used.")

    @classmethod
    def of(cls, record: CollectionRecord) -> Self:
        """Returns the body for a record."""
        return cls(**_about(record))


class WholeCollection(CollectionBody):
    """A collection with the counts of its documents by state."""

    states: dict[str, int]

    @classmethod
    def whole(cls, record: CollectionRecord, states: dict[str, int]) -> Self:
        """Returns the body for a record and its counts."""
        return cls(**_about(record), states=states)


class CollectionList(Response):
    """Collections, by name."""

    collections: list[CollectionBody]
    next_cursor: str | None


def _about(record: CollectionRecord) -> dict[str, Any]:
    return {
        "name": record.name,
        "documents": record.documents,
        "description": record.description,
        "settings": CollectionSettings.of(record.tuning),
        "created_at": record.created_at,
    }
