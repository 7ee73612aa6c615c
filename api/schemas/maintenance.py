"""Request and response bodies of audits, new indexes and of reading documents again."""

from __future__ import annotations

from typing import Self

from pydantic import Field, StrictBool

from api.schemas.base import Request, Response
from api.schemas.requests import COLLECTION_PATTERN
from ingest.upkeep.audit import DifferenceKind
from ingest.upkeep.reindexing import Build, BuildState, ComparedQuestion
from rag.catalog.indexes import Generation
from rag.settings import EncoderBackend, EncoderSettings
from rag.types import Scope

_MOST_QUESTIONS = 2_000


class AuditRequest(Request):
    """Options of an audit."""

    repair: StrictBool = False
    read_everything: StrictBool = Field(default=False, description="hash every original and load every text; slow")


class DifferenceBody(Response):
    """One difference between catalogue, index and files."""

    kind: DifferenceKind
    name: str
    identity: str
    detail: str
    repair: str
    repaired: bool


class AuditBody(Response):
    """Numbers of compared things, and the differences."""

    versions: int
    passages: int
    originals: int
    differences: tuple[DifferenceBody, ...]


class ReparseBody(Response):
    """The number of documents that can be found, and how many of them an older parser read.

    Of these, ``in_work`` have a job that waits or runs.
    """

    parser_version: int = Field(description="the parser that reads documents now")
    documents: int
    outdated: int
    in_work: int


class ComparedQuestionBody(Request):
    """A question to compare two indexes with, and the names of documents that answer it, if known."""

    question: str = Field(min_length=1, max_length=4_000)
    collection: str = Field(default="default", pattern=COLLECTION_PATTERN)
    documents: tuple[str, ...] = ()

    def to_value(self, tenant: str) -> ComparedQuestion:
        """Returns the question as the comparison expects it."""
        scope = Scope(tenant=tenant, collection=self.collection)
        return ComparedQuestion(text=self.question, scope=scope, documents=frozenset(self.documents))


class BuildRequest(Request):
    """The encoder of a new index; by default that of the settings."""

    encoder_backend: EncoderBackend | None = None
    encoder_model: str | None = Field(default=None, min_length=1)
    questions: list[ComparedQuestionBody] = Field(default=[], max_length=_MOST_QUESTIONS)


class ComparisonBody(Response):
    """Agreement of both indexes on the first eight passages for the same questions."""

    questions: int
    overlap: float
    hit_rate_now: float | None
    hit_rate_new: float | None


class GenerationBody(Response):
    """An index and its encoder."""

    number: int
    backend: EncoderBackend
    model: str


class BuildBody(Response):
    """A new index and its progress."""

    index: GenerationBody = Field(validation_alias="generation")
    state: BuildState
    versions_done: int
    versions_total: int
    failure: str | None
    comparison: ComparisonBody | None


class EncoderBody(Response):
    """An encoder, as the settings name it."""

    backend: EncoderBackend
    model: str


class IndexBody(Response):
    """The active index, and the one that is being built or is ready.

    ``suggested`` is the encoder that the settings name where the active index has another. That index is used until
    `citewell reindex`, or a build and a switch here, goes over to it.
    """

    active: GenerationBody
    build: BuildBody | None
    suggested: EncoderBody | None

    @classmethod
    def of(cls, active: Generation, build: Build | None, settings: EncoderSettings) -> Self:
        """Returns the body for the active index and a build."""
        suggested = None if active.is_of(settings) else settings
        return cls.model_validate({"active": active, "build": build, "suggested": suggested})
