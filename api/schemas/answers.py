"""Hits, answers and receipts: what goes out."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from api.schemas.base import Response
from rag.answers import AbstentionReason, Answer, AnswerSentence, Arm, Citation, Receipt
from rag.types import Hit, Passage, SideScore

_ABSTENTIONS = {
    AbstentionReason.EMPTY_COLLECTION: "This collection holds no documents that are ready. Upload some and ask again.",
    AbstentionReason.NOTHING_FOUND: "Nothing in the documents matches this question. Try other words.",
    AbstentionReason.WEAK_SUPPORT: "The documents do not seem to answer this. The nearest passages are listed.",
    AbstentionReason.MODEL_DECLINED: "The model found no answer in the passages. The nearest passages are listed.",
    AbstentionReason.UNSUPPORTED: "No passage supports what was written. The nearest passages are listed.",
}


class SourceBody(Response):
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


class SideBody(Response):
    """A hit's rank, from 1, and score on one side of the hybrid search, and that side's share of the fused score."""

    rank: int
    score: float
    share: float

    @classmethod
    def of(cls, side: SideScore | None) -> Self | None:
        """Returns the body for a side, None where that side did not find the passage."""
        return cls(rank=side.rank, score=side.score, share=side.share) if side else None


class HitBody(Response):
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


class StageBody(Response):
    """What one stage did."""

    stage: str
    milliseconds: float
    count_in: int
    count_out: int


class DegradationBody(Response):
    """A part that did less than it could, and why."""

    stage: str
    reason: str


class UsageBody(Response):
    """Tokens as the model counted them, or as we did where ``estimated``; ``cost`` where the endpoint has prices."""

    model: str
    prompt_tokens: int
    completion_tokens: int
    truncated: bool
    endpoint: str | None
    cost: float | None
    currency: str | None
    cached_prompt_tokens: int
    estimated: bool


class VerificationBody(Response):
    """Sentences shown with and without support, sentences left out, and how often the answer was written anew."""

    supported: int
    unsupported: int
    dropped: int
    retried: int


class ReceiptBody(Response):
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
    cached: bool
    verification: VerificationBody
    arm: Arm | None = Field(description="which configuration answered, while an experiment runs")

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """Returns the body for a receipt."""
        return cls.model_validate(receipt)


class SearchBody(Response):
    """Search results, best first."""

    query: str
    hits: list[HitBody]
    receipt: ReceiptBody


class CitationBody(Response):
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


class SentenceBody(Response):
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


class AbstentionBody(Response):
    """Why there is no answer."""

    reason: AbstentionReason
    message: str


class SourcesBody(Response):
    """The passages that the answer may cite."""

    sources: list[SourceBody]

    @classmethod
    def of(cls, passages: tuple[Passage, ...]) -> Self:
        """Returns the body for passages."""
        return cls(sources=[SourceBody.of(passage.hit, passage.number) for passage in passages])


class TokenBody(Response):
    """A piece of the answer."""

    text: str


class AnswerBody(Response):
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
