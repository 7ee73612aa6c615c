"""What a run leaves behind: one record of the run, and one of every question. Plain values, stored as JSON."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from evals.datasets.questions import EvalQuestion


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PassageRecord(_Record):
    """A passage that the answer was written from. ``shown`` is what compression left of ``text``.

    ``gold``: which of the question's gold passages it holds, by place.
    """

    number: int
    document_id: str
    version_id: str = ""
    name: str
    page: int | None
    score: float
    text: str
    shown: str
    gold: tuple[int, ...]


class CitationRecord(_Record):
    """``gold``: which of the question's gold passages it overlaps, by place."""

    number: int
    document_id: str
    quote: str
    gold: tuple[int, ...]


class SentenceRecord(_Record):
    """A sentence of the answer."""

    text: str
    supported: bool
    citations: tuple[CitationRecord, ...]


class QuestionRecord(_Record):
    """What became of one question.

    ``rankings``: by stage, what it found, best first: ``gold:0`` and so on for the question's gold passages, other
    chunks by their id. ``scores`` holds what could be computed and applies, ``not_computed`` what failed, and why.
    """

    question: EvalQuestion
    answer: str = ""
    abstention: str | None = None
    sentences: tuple[SentenceRecord, ...] = ()
    passages: tuple[PassageRecord, ...] = ()
    rankings: dict[str, tuple[str, ...]] = {}
    stage_milliseconds: dict[str, float] = {}
    first_token_milliseconds: float | None = None
    total_milliseconds: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    context_tokens_before: int = 0
    context_tokens_after: int = 0
    dropped_sentences: int = 0
    retries: int = 0
    degraded: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    error: str | None = None
    scores: dict[str, float] = {}
    not_computed: dict[str, str] = {}


class Figure(_Record):
    """A mean over ``count`` questions with its 95 % interval (percentile bootstrap); ``not_computed`` are missing."""

    mean: float
    low: float
    high: float
    count: int
    not_computed: int = 0


class Percentiles(_Record):
    """Milliseconds."""

    p50: float
    p95: float
    p99: float


class JudgeRecord(_Record):
    """Who judged, what it took, and how far its word goes.

    ``self_agreement``: share of items on which it said the same twice. ``label_agreement``: share of items whose right
    verdict is known on which it gave that. None where that was not measured.
    """

    model: str
    calls: int = 0
    failed_calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    self_agreement: float | None = None
    label_agreement: float | None = None
    labelled_items: int = 0


class RunState(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class RunRecord(_Record):
    """A run: what was measured with what, and the figures.

    ``settings`` are those that differ from the defaults, by their path, without secrets.
    """

    run_id: str
    tenant: str
    dataset: str
    dataset_digest: str
    collection: str | None = None
    questions: int
    asked: int = 0
    started_at: datetime
    finished_at: datetime | None = None
    state: RunState = RunState.RUNNING
    failure: str | None = None
    settings: dict[str, str] = {}
    versions: dict[str, str] = {}
    figures: dict[str, Figure] = {}
    figures_by_tag: dict[str, dict[str, Figure]] = {}
    milliseconds: dict[str, Percentiles] = {}
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    judge: JudgeRecord | None = None
