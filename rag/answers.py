"""Values of a conversation: question, generated events, answer and receipt. Immutable and free of I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from rag.access.principal import Principal
from rag.fields.tuning import AS_SET, Tuning
from rag.types import Passage, Scope, SearchFilter, Span


class Role(Enum):
    """The speaker of a turn."""

    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One earlier message of the conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationMark:
    """Cites passage ``number`` for the words before; ``span`` if the generator knows the exact place."""

    number: int
    span: Span | None = None


class Shape(StrEnum):
    """The form of an answer."""

    FACT = "fact"
    STEPS = "steps"
    LIST = "list"
    TABLE = "table"
    COMPARISON = "comparison"
    SUMMARY = "summary"
    PASSAGE = "passage"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposedSentence:
    """A sentence made of a passage's own words and values, which ``marks`` name; ``before`` is the space before it.

    The marks are its citations as they are: it is not checked again.
    """

    text: str
    marks: tuple[CitationMark, ...]
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCell:
    """A cell of a table in an answer, with the place that it comes from, if it stands in a document."""

    text: str
    mark: CitationMark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTable:
    """The part of a table that answers; ``query`` is the computation that made it, as SQL, or empty."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[AnswerCell, ...], ...]
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """An answer in the documents' own words. Its marks refer to the numbers of ``passages``.

    ``certain``: it answers even where the passages seem weak, for it rests on an exact match or on facts about the
    documents themselves. ``final``: it is about the documents themselves, and no model could write it.
    """

    shape: Shape
    sentences: tuple[ComposedSentence, ...]
    passages: tuple[Passage, ...]
    tables: tuple[AnswerTable, ...] = ()
    certain: bool = False
    final: bool = False

    @property
    def needs_no_model(self) -> bool:
        """Whether a model would only read or compute again what is known."""
        return self.final or (self.certain and bool(self.tables))


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens and cost of an answer; ``truncated`` if the model stopped at its token limit.

    ``cached_prompt_tokens`` are those of ``prompt_tokens`` that the model's prefix cache held. ``cost`` is None without
    a configured price. ``estimated``: the server gave no complete count, and these are our own figures.
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
    """The generator declared that the passages do not answer the question."""

    reason: AbstentionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBy:
    """Model and prompt, sent before the first word and again if another model takes over."""

    generator: str
    prompt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """A stage that did less than configured, and the reason."""

    stage: str
    reason: str


GenerationEvent = WrittenBy | TextDelta | ComposedSentence | CitationMark | Usage | Declined | Degradation


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """A question with passages, for a generator.

    ``question`` is as the user wrote it, ``standalone`` without need of ``history``, the turns before it, oldest first.
    ``confidence`` is the estimated probability that the passages answer it. ``escalated``: the passages did not support
    an earlier answer, and a larger model is to write one. ``composed`` is the answer in the documents' own words, where
    there is one. ``shape`` is the form that fits the question, and ``tables`` are parts of tables that
    bear on it, which a model is to take as they are. ``tuning`` is what its collection has of its own. ``notes`` are
    added to a model's instructions, and the passages with ``marked`` numbers are shown to it as data.
    """

    question: str
    standalone: str
    passages: tuple[Passage, ...]
    history: tuple[Turn, ...] = ()
    scope: Scope
    confidence: float
    escalated: bool = False
    composed: Composed | None = None
    shape: Shape = Shape.PASSAGE
    tables: tuple[AnswerTable, ...] = ()
    tuning: Tuning = AS_SET
    notes: str = ""
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A place that supports a sentence: exact characters of one version. ``quote`` are those characters.

    ``page`` is the one on which they begin.
    """

    number: int
    chunk_id: str
    document_id: str
    version_id: str
    page: int | None
    span: Span
    quote: str


class FactKind(StrEnum):
    """The kind of a fact that verification looks up."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFact:
    """A fact of a sentence; ``span`` is its place in the sentence's text.

    ``found``: the cited words state it, or, in a sentence without support, some passage does.
    """

    span: Span
    kind: FactKind
    found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSentence:
    """A sentence of the answer with its citations. ``supported`` is False if no passage supports it.

    ``facts`` are its numbers, dates and names, in order.
    """

    index: int
    text: str
    citations: tuple[Citation, ...]
    supported: bool
    facts: tuple[CheckedFact, ...] = ()


class AbstentionReason(Enum):
    """The reason for an abstention."""

    EMPTY_COLLECTION = "empty_collection"
    NOTHING_FOUND = "nothing_found"
    WEAK_SUPPORT = "weak_support"
    MODEL_DECLINED = "model_declined"
    UNSUPPORTED = "unsupported"
    AGAINST_POLICY = "against_policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReceipt:
    """Wall-clock milliseconds, items in and items out of one stage."""

    stage: str
    milliseconds: float
    count_in: int
    count_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Counts of sentences shown with and without support and left out, and of complete rewrites."""

    supported: int = 0
    unsupported: int = 0
    dropped: int = 0
    retried: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardReceipt:
    """What the guard did to one question.

    ``question``: it gave orders to a model, or held forbidden words. ``orders`` and ``requests`` are places in the
    passages that gave orders to a model, or asked for something foreign to them; ``marked`` passages were shown to the
    model as data. ``withheld`` sentences of the answer did not go out, ``leaks`` of them because they held the model's
    instructions. ``defused`` are the places in it that were links, images or HTML.
    """

    question: bool
    orders: int
    requests: int
    marked: int
    withheld: int
    defused: int
    leaks: int


class Arm(StrEnum):
    """A configuration of an experiment. A fixed list, so that metrics stay bounded."""

    CONTROL = "control"
    TREATMENT = "treatment"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalCount:
    """The places of an answer's text and tables that hold one kind of personal data, and whether they are masked."""

    kind: str
    count: int
    masked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A record of how an answer was made, part of every answer.

    ``search_query`` is the standalone question that was searched for. ``first_token_milliseconds`` is None if nothing
    was generated. ``cached``: the answer was written for an earlier question; stages, times and usage are those of this
    one. ``arm`` is None without an experiment, ``guard`` where there is none.
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
    personal_data: tuple[PersonalCount, ...] = ()
    guard: GuardReceipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A finished answer. With an ``abstention``, ``sentences`` is empty."""

    text: str
    sentences: tuple[AnswerSentence, ...]
    passages: tuple[Passage, ...]
    abstention: AbstentionReason | None
    receipt: Receipt
    shape: Shape = Shape.PASSAGE
    tables: tuple[AnswerTable, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The passages shown to the generator, sent before the first word."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question with its scope, its filter, the turns before it, oldest first, and what its collection has of its own.

    ``search_query``, if the client gave one, is searched for in place of the question as those turns complete it.
    ``asker`` is the caller whose documents alone it is answered from; None on the command line, which sees all.
    """

    text: str
    scope: Scope
    filter: SearchFilter = field(default_factory=SearchFilter)
    history: tuple[Turn, ...] = field(default=())
    search_query: str = ""
    tuning: Tuning = AS_SET
    asker: Principal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condensed:
    """A standalone question; ``degraded`` if it was not condensed as configured.

    ``new`` is the part of a fragment such as "And the mill?" that some hit must speak of; empty for other questions.
    ``alone`` is the question without the turns before it, where it may also stand on its own. ``leans``: it has a
    pronoun of something said before. ``agreed``: both find the same sentence, which has all its words. ``others`` are
    further ways to complete it: what is found decides. ``earlier`` is the question that completes it, ``said`` the
    last answer.
    """

    text: str
    new: str = ""
    alone: str = ""
    leans: bool = False
    agreed: bool = False
    others: tuple[str, ...] = ()
    earlier: str = ""
    said: str = ""
    degraded: Degradation | None = None

    @property
    def is_joined(self) -> bool:
        """Whether the question stands behind what was said, as it is, and so in words of its own."""
        joined = bool(self.earlier) and self.text.startswith(self.earlier.rstrip(" ?？!.。"))
        return joined or (not self.new and bool(self.alone) and self.alone in self.text)


AnswerEvent = Sources | TextDelta | AnswerSentence | Answer
"""Events of a streamed answer: sources once, then text and sentences, and at the end the whole answer."""
