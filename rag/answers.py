"""Values of a conversation: what is asked, what a generator says, what is answered. Immutable and free of I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from rag.types import Passage, Scope, SearchFilter, Span


class Role(Enum):
    """Who said a turn of the conversation."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One earlier message of the conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """A piece of the answer as it is written."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationMark:
    """Says that the words just written rest on passage ``number``; ``span`` where the generator knows it exactly."""

    number: int
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the model counted them; ``truncated`` when it stopped at its token limit, not at its answer's end.

    ``cached_prompt_tokens`` are those of ``prompt_tokens`` that the model's prefix cache held. ``cost`` is None where
    nobody set a price. ``estimated``: the server did not count, or not to the end; these are our own figures.
    """

    model: str
    prompt_tokens: int
    completion_tokens: int
    truncated: bool = False
    endpoint: str | None = None
    cost: float | None = None
    currency: str | None = None
    cached_prompt_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The generator itself found that the passages do not answer the question."""

    reason: AbstentionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBy:
    """Says, before the first word, which model writes and with which prompt; said again if another takes over."""

    generator: str
    prompt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """A part that did less than configured, and why."""

    stage: str
    reason: str


GenerationEvent = WrittenBy | TextDelta | CitationMark | Usage | Declined | Degradation


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """What a generator is asked to write.

    ``question`` is the user's own; ``history`` are the turns before it, oldest first. ``confidence`` is the estimated
    probability that the passages answer it. ``escalated``: an answer was written that the passages do not support, and
    a larger model is to try.
    """

    question: str
    passages: tuple[Passage, ...]
    history: tuple[Turn, ...] = ()
    tenant: str
    confidence: float
    escalated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A place that supports a sentence: exact characters of one version. ``quote`` are those characters."""

    number: int
    chunk_id: str
    document_id: str
    version_id: str
    page: int | None
    span: Span
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSentence:
    """A sentence of the answer with what supports it. ``supported`` is False when nothing was found that does."""

    index: int
    text: str
    citations: tuple[Citation, ...]
    supported: bool


class AbstentionReason(Enum):
    """Why no answer was given."""

    EMPTY_COLLECTION = "empty_collection"
    NOTHING_FOUND = "nothing_found"
    WEAK_SUPPORT = "weak_support"
    MODEL_DECLINED = "model_declined"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReceipt:
    """What one stage did: wall-clock milliseconds, items in, items out."""

    stage: str
    milliseconds: float
    count_in: int
    count_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What became of the sentences: shown with and without support, left out, and how often all was written anew."""

    supported: int = 0
    unsupported: int = 0
    dropped: int = 0
    retried: int = 0


class Arm(StrEnum):
    """Which configuration of an experiment answered. A fixed list, so that metrics stay bounded."""

    CONTROL = "control"
    TREATMENT = "treatment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How an answer came about. Goes out with every answer.

    ``search_query`` is the question as it was searched, with what history resolved. ``first_token_milliseconds`` is
    None when nothing was generated. ``cached``: the answer was written for an earlier question; stages, times and usage
    are this one's. ``arm`` is None where no experiment runs.
    """

    request_id: str
    search_query: str
    generator: str
    prompt: str | None
    encoder: str
    reranker: str
    index: str
    stages: tuple[StageReceipt, ...]
    context_tokens_before: int
    context_tokens_after: int
    usage: Usage | None
    first_token_milliseconds: float | None
    total_milliseconds: float
    degraded: tuple[Degradation, ...] = ()
    cached: bool = False
    verification: Verification = Verification()
    arm: Arm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A finished answer. ``abstention`` is set when the service would not answer; then ``sentences`` is empty."""

    text: str
    sentences: tuple[AnswerSentence, ...]
    passages: tuple[Passage, ...]
    abstention: AbstentionReason | None
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The passages shown to the generator, sent before the first word."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with its scope, its filter and the turns before it, oldest first."""

    text: str
    scope: Scope
    filter: SearchFilter = field(default_factory=SearchFilter)
    history: tuple[Turn, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Condensed:
    """A question as it can be searched without the turns before it; ``degraded`` if it was not made as configured."""

    text: str
    degraded: Degradation | None = None


AnswerEvent = Sources | TextDelta | AnswerSentence | Answer
"""What a streamed answer consists of: sources once, then text and sentences, and at the end the whole answer."""
