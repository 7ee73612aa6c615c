"""What goes over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from rag.catalog.records import DocumentRecord, Failure, JobRecord, JobStage, JobState, VersionState
from rag.types import (
    AbstentionReason,
    Answer,
    AnswerSentence,
    Citation,
    Hit,
    Passage,
    Receipt,
    Role,
    SearchFilter,
    SideScore,
    Turn,
)

COLLECTION_PATTERN = r"^[^\W_][\w .-]{0,63}$"
COLLECTION = Field(
    default="default",
    pattern=COLLECTION_PATTERN,
    description="Letters, digits, space, dot, dash and underscore; 64 characters at most.",
    examples=["default"],
)

_ABSTENTIONS = {
    AbstentionReason.EMPTY_COLLECTION: "This collection holds no documents that are ready. Upload some and ask again.",
    AbstentionReason.NOTHING_FOUND: "Nothing in the documents matches this question. Try other words.",
    AbstentionReason.WEAK_SUPPORT: "The documents do not seem to answer this. The nearest passages are listed.",
    AbstentionReason.MODEL_DECLINED: "The model found no answer in the passages. The nearest passages are listed.",
}


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Response(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class Filter(_Request):
    """Narrows the search. An empty list does not narrow."""

    document_ids: list[str] = Field(default_factory=list, max_length=1_000)
    media_types: list[str] = Field(default_factory=list, max_length=100, examples=[["application/pdf"]])

    def to_value(self) -> SearchFilter:
        """Returns the filter as the pipeline takes it."""
        return SearchFilter(document_ids=frozenset(self.document_ids), media_types=frozenset(self.media_types))


class HistoryTurn(_Request):
    """An earlier message of the conversation."""

    role: Role
    content: str = Field(max_length=100_000)

    def to_value(self) -> Turn:
        """Returns the turn as the pipeline takes it."""
        return Turn(role=self.role, content=self.content)


class SearchRequest(_Request):
    """A search without an answer."""

    query: str = Field(examples=["How long is the warranty?"])
    collection: str = COLLECTION
    limit: int = Field(default=8, ge=1, le=100)
    filter: Filter = Field(default_factory=Filter)


class AskRequest(_Request):
    """A question. ``history`` holds the conversation so far, oldest first, without this question."""

    question: str = Field(examples=["How long is the warranty?"])
    collection: str = COLLECTION
    history: list[HistoryTurn] = Field(default_factory=list, max_length=200)
    filter: Filter = Field(default_factory=Filter)
    stream: bool = Field(default=False, description="Answer as server-sent events.")


class Problem(BaseModel):
    """RFC 9457 problem details; ``code`` is stable, ``detail`` says what to do next."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str


class FailureBody(_Response):
    """Why a document could not be taken in."""

    code: str
    detail: str

    @classmethod
    def of(cls, failure: Failure | None) -> Self | None:
        """Returns the body for a failure, None for none."""
        return cls(code=failure.code, detail=failure.detail) if failure else None


class DocumentBody(_Response):
    """A document and the state of its newest version."""

    id: str
    name: str
    title: str
    collection: str
    media_type: str
    size_bytes: int
    state: VersionState
    version_id: str
    page_count: int | None
    chunk_count: int
    warnings: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    error: FailureBody | None

    @classmethod
    def of(cls, record: DocumentRecord) -> Self:
        """Returns the body for a record."""
        return cls(
            id=record.document_id,
            name=record.name,
            title=record.title,
            collection=record.scope.collection,
            media_type=record.media_type,
            size_bytes=record.size_bytes,
            state=record.state,
            version_id=record.version_id,
            page_count=record.page_count,
            chunk_count=record.chunk_count,
            warnings=record.warnings,
            created_at=record.created_at,
            updated_at=record.updated_at,
            error=FailureBody.of(record.failure),
        )


class JobBody(_Response):
    """The taking-in of one version of a document."""

    id: str
    document_id: str
    version_id: str
    state: JobState
    stage: JobStage
    progress: float
    chunks_done: int
    chunks_total: int
    error: FailureBody | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, record: JobRecord) -> Self:
        """Returns the body for a record."""
        return cls(
            id=record.job_id,
            document_id=record.document_id,
            version_id=record.version_id,
            state=record.state,
            stage=record.stage,
            progress=record.progress,
            chunks_done=record.chunks_done,
            chunks_total=record.chunks_total,
            error=FailureBody.of(record.failure),
            created_at=record.created_at,
            started_at=record.started_at,
            finished_at=record.finished_at,
        )


class UploadBody(_Response):
    """The answer to an upload."""

    document: DocumentBody
    job: JobBody


class DocumentList(_Response):
    """Documents, those changed last first."""

    documents: list[DocumentBody]


class CollectionBody(_Response):
    """A collection and how many documents it holds."""

    name: str
    documents: int


class CollectionList(_Response):
    """All collections."""

    collections: list[CollectionBody]


class TextBody(_Response):
    """A stretch of a version's extracted text; ``start`` and ``end`` are where it really begins and ends."""

    document_id: str
    version_id: str
    name: str
    title: str
    start: int
    end: int
    length: int
    text: str


class SourceBody(_Response):
    """A passage; ``start`` and ``end`` are its offsets in the version's extracted text."""

    number: int
    chunk_id: str
    document_id: str
    version_id: str
    name: str
    title: str
    heading_path: tuple[str, ...]
    page: int | None
    start: int
    end: int
    text: str

    @classmethod
    def of(cls, hit: Hit, number: int) -> Self:
        """Returns the body for a hit."""
        chunk = hit.chunk
        return cls(
            number=number,
            chunk_id=chunk.chunk_id,
            document_id=chunk.document_id,
            version_id=chunk.version_id,
            name=chunk.name,
            title=chunk.title,
            heading_path=chunk.heading_path,
            page=chunk.page,
            start=chunk.span.start,
            end=chunk.span.end,
            text=chunk.text,
        )


class SideBody(_Response):
    """A hit's rank, from 1, and score on one side of the hybrid search."""

    rank: int
    score: float

    @classmethod
    def of(cls, side: SideScore | None) -> Self | None:
        """Returns the body for a side, None where that side did not find the passage."""
        return cls(rank=side.rank, score=side.score) if side else None


class HitBody(_Response):
    """A search result."""

    rank: int
    score: float
    dense: SideBody | None
    bm25: SideBody | None
    rerank_score: float | None
    source: SourceBody

    @classmethod
    def of(cls, hit: Hit, rank: int) -> Self:
        """Returns the body for a hit."""
        return cls(
            rank=rank,
            score=hit.score,
            dense=SideBody.of(hit.dense),
            bm25=SideBody.of(hit.bm25),
            rerank_score=hit.rerank_score,
            source=SourceBody.of(hit, rank),
        )


class StageBody(_Response):
    """What one stage did."""

    stage: str
    milliseconds: float
    count_in: int
    count_out: int


class DegradationBody(_Response):
    """A part that did less than it could, and why."""

    stage: str
    reason: str


class UsageBody(_Response):
    """Tokens as the model counted them."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    truncated: bool


class ReceiptBody(_Response):
    """How an answer came about."""

    request_id: str
    search_query: str
    generator: str
    prompt: str | None
    encoder: str
    reranker: str
    index: str
    stages: tuple[StageBody, ...]
    context_tokens_before: int
    context_tokens_after: int
    usage: UsageBody | None
    first_token_milliseconds: float | None
    total_milliseconds: float
    degraded: tuple[DegradationBody, ...]

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Returns the body for a receipt."""
        return cls.model_validate(receipt)


class SearchBody(_Response):
    """Search results, best first."""

    query: str
    hits: list[HitBody]
    receipt: ReceiptBody


class CitationBody(_Response):
    """The words that support a sentence, and where they stand."""

    number: int
    chunk_id: str
    document_id: str
    version_id: str
    page: int | None
    start: int
    end: int
    quote: str

    @classmethod
    def of(cls, citation: Citation) -> Self:
        """Returns the body for a citation."""
        return cls(
            number=citation.number,
            chunk_id=citation.chunk_id,
            document_id=citation.document_id,
            version_id=citation.version_id,
            page=citation.page,
            start=citation.span.start,
            end=citation.span.end,
            quote=citation.quote,
        )


class SentenceBody(_Response):
    """A sentence of the answer; ``supported`` is false when no passage supports it."""

    index: int
    text: str
    supported: bool
    citations: list[CitationBody]

    @classmethod
    def of(cls, sentence: AnswerSentence) -> Self:
        """Returns the body for a sentence."""
        return cls(
            index=sentence.index,
            text=sentence.text,
            supported=sentence.supported,
            citations=[CitationBody.of(citation) for citation in sentence.citations],
        )


class AbstentionBody(_Response):
    """Why there is no answer."""

    reason: AbstentionReason
    message: str


class SourcesBody(_Response):
    """The passages that the answer may cite."""

    sources: list[SourceBody]

    @classmethod
    def of(cls, passages: tuple[Passage, ...]) -> Self:
        """Returns the body for passages."""
        return cls(sources=[SourceBody.of(passage.hit, passage.number) for passage in passages])


class TokenBody(_Response):
    """A piece of the answer."""

    text: str


class AnswerBody(_Response):
    """A whole answer."""

    answer: str
    abstention: AbstentionBody | None
    sentences: list[SentenceBody]
    sources: list[SourceBody]
    receipt: ReceiptBody

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Returns the body for an answer."""
        reason = answer.abstention
        return cls(
            answer=answer.text,
            abstention=AbstentionBody(reason=reason, message=_ABSTENTIONS[reason]) if reason else None,
            sentences=[SentenceBody.of(sentence) for sentence in answer.sentences],
            sources=SourcesBody.of(answer.passages).sources,
            receipt=ReceiptBody.of(answer.receipt),
        )
