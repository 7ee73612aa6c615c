"""Response bodies of searches and answers."""

from __future__ import annotations

from typing import Self

from pydantic import AliasGenerator, AliasPath, ConfigDict, Field

from api.schemas.base import Response
from rag.answers import AbstentionReason, Answer, Arm, FactKind, Shape
from rag.composition.about.naming import place_of
from rag.composition.phrases.wording import worded
from rag.types import Hit, Passage

_ABSTENTIONS = {
    AbstentionReason.EMPTY_COLLECTION: (
        "This collection holds no documents that are ready.",
        "Upload some and ask again.",
    ),
    AbstentionReason.NOTHING_FOUND: ("Nothing in the documents matches this question.", "Try other words."),
    AbstentionReason.MODEL_DECLINED: (
        "The model found no answer in the passages.",
        "The nearest passages are listed.",
    ),
    AbstentionReason.AGAINST_POLICY: (
        "This question is against the rules of this service.",
        "Ask it in other words.",
    ),
    AbstentionReason.UNSUPPORTED: ("No passage supports what was written.", "The nearest passages are listed."),
}
"""What is said, and what would help."""
_ENDS = ".?!:。？！："
"""Left out at the end of a heading that is named inside of a sentence."""


def _of_chunk(field: str) -> AliasPath:
    return AliasPath("hit", "chunk", field)


class SourceBody(Response):
    """A passage; ``start`` and ``end`` are its offsets in the version's extracted text."""

    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=_of_chunk))

    number: int = Field(validation_alias="number")
    chunk_id: str
    document_id: str
    version_id: str
    name: str
    title: str
    heading_path: tuple[str, ...]
    page: int | None
    start: int = Field(validation_alias=AliasPath("hit", "chunk", "span", "start"))
    end: int = Field(validation_alias=AliasPath("hit", "chunk", "span", "end"))
    text: str


class SideBody(Response):
    """A hit's rank, from 1, and score on one side of the hybrid search, and that side's share of the fused score."""

    rank: int
    score: float
    share: float


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
        """Returns the body for a hit at a rank."""
        sides = {"dense": hit.dense, "bm25": hit.bm25, "rerank_score": hit.rerank_score}
        source = Passage(number=rank, hit=hit, kept=())
        return cls.model_validate({"rank": rank, "score": hit.score, "source": source, **sides})


class StageBody(Response):
    """Time of one stage, and the number of its inputs and outputs."""

    stage: str
    milliseconds: float
    count_in: int
    count_out: int


class DegradationBody(Response):
    """A part that did less than it was configured to do, and why."""

    stage: str
    reason: str


class UsageBody(Response):
    """Tokens as counted by the model, or by Citewell if ``estimated``; ``cost`` if the endpoint has prices."""

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
    """Numbers of sentences with and without support, of sentences left out, and of repeated attempts to write."""

    supported: int
    unsupported: int
    dropped: int
    retried: int


class PersonalCountBody(Response):
    """Places of an answer's text and tables that hold one kind of personal data."""

    kind: str
    count: int
    masked: bool


class GuardBody(Response):
    """What the guard found and did.

    `question`: it gave orders to the model, or held forbidden words. `orders` and `requests` are places in the passages
    that gave orders to a model, or asked for something foreign to them; `marked` passages were shown to it as data.
    `withheld` sentences did not go out, `leaks` of them for the model's instructions in them. `defused` are links,
    images and HTML.
    """

    question: bool
    orders: int
    requests: int
    marked: int
    withheld: int
    defused: int
    leaks: int


class ReceiptBody(Response):
    """The receipt of an answer: stages, times, tokens, cost, and what was degraded."""

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
    arm: Arm | None = Field(description="the experiment's configuration that answered, null without an experiment")
    personal_data: tuple[PersonalCountBody, ...] = Field(
        default=(),
        description="the personal data of the answer's text and tables by kind, if the policy for answers looks for it",
    )
    guard: GuardBody | None = Field(default=None, description="What the guard found and did; null for a search.")


class SearchBody(Response):
    """Search results, best first."""

    query: str
    hits: list[HitBody]
    receipt: ReceiptBody


class CitationBody(Response):
    """The words that support a sentence, with their place in the document."""

    number: int
    chunk_id: str
    document_id: str
    version_id: str
    page: int | None
    start: int = Field(validation_alias=AliasPath("span", "start"))
    end: int = Field(validation_alias=AliasPath("span", "end"))
    quote: str


class FactBody(Response):
    """A number, date or name of a sentence, with its place in the sentence's text."""

    start: int = Field(validation_alias=AliasPath("span", "start"))
    end: int = Field(validation_alias=AliasPath("span", "end"))
    kind: FactKind
    found: bool = Field(
        description="Whether the cited words state it, or, for a sentence without support, some passage does. A value "
        "that was computed from cells stands in none."
    )


class SentenceBody(Response):
    """A sentence of the answer; ``supported`` is false when no passage supports it."""

    index: int
    text: str
    supported: bool
    citations: list[CitationBody]
    facts: list[FactBody] = Field(default=[], description="The numbers, dates and names that were looked up, in order.")


class AbstentionBody(Response):
    """The reason why there is no answer: ``message`` says it all, ``title`` and ``advice`` are parts of it."""

    reason: AbstentionReason
    message: str
    title: str = ""
    advice: str = ""


def _abstention(answer: Answer, reason: AbstentionReason) -> AbstentionBody:
    """Returns why there is no answer and, in the question's language, what is nearest and what would help."""
    nearest = ""
    if reason is AbstentionReason.WEAK_SUPPORT:
        question = answer.receipt.search_query
        title, advice = worded("refused", question), worded("advice", question)
        if answer.passages:
            place = place_of(answer.passages[0].hit.chunk).rstrip(_ENDS)
            nearest = worded("nearest", question, place=place)
    else:
        title, advice = _ABSTENTIONS[reason]
    message = " ".join(filter(None, [title, nearest, advice]))
    return AbstentionBody(reason=reason, message=message, title=title, advice=advice)


class SourcesBody(Response):
    """The passages that the answer may cite."""

    sources: list[SourceBody] = Field(validation_alias="passages")


class TokenBody(Response):
    """A piece of the answer."""

    text: str


class AnswerCellBody(Response):
    """A cell of a table in an answer, with the place that it comes from: a source's number and offsets."""

    text: str
    number: int | None = Field(default=None, validation_alias=AliasPath("mark", "number"))
    start: int | None = Field(default=None, validation_alias=AliasPath("mark", "span", "start"))
    end: int | None = Field(default=None, validation_alias=AliasPath("mark", "span", "end"))


class AnswerTableBody(Response):
    """The part of a table that answers; ``query`` is the computation that made it, as SQL, or empty."""

    title: str
    header: list[str]
    rows: list[list[AnswerCellBody]]
    query: str


class AnswerBody(Response):
    """A whole answer. ``search_query`` is the question that was searched for, without need of earlier turns."""

    search_query: str
    shape: Shape
    answer: str
    tables: list[AnswerTableBody]
    abstention: AbstentionBody | None
    sentences: list[SentenceBody]
    sources: list[SourceBody]
    receipt: ReceiptBody

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """Returns the body for an answer."""
        reason = answer.abstention
        return cls.model_validate(
            {
                "search_query": answer.receipt.search_query,
                "shape": answer.shape,
                "answer": answer.text,
                "tables": answer.tables,
                "abstention": _abstention(answer, reason) if reason else None,
                "sentences": answer.sentences,
                "sources": answer.passages,
                "receipt": answer.receipt,
            }
        )
