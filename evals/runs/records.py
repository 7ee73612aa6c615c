"""The records of a run and of its questions: plain values, stored as JSON."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from evals.datasets.questions import EvalQuestion


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PassageRecord(_Record):
    """A passage given to the generator. ``shown`` is the part of ``text`` that compression kept.

    ``gold`` holds the indices of the gold passages that it contains.
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
    """A citation; ``gold`` holds the indices of the gold passages that it overlaps."""

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
    """A question with its answer, the steps behind it, and its scores.

    ``rankings`` holds ids by stage, best first: ``gold:0`` and so on for gold passages, chunk ids for others.
    ``scores`` has the metrics that apply, ``not_computed`` the reasons of those that failed.
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
    """A mean over ``count`` questions with its 95 % interval (percentile bootstrap); ``not_computed`` failed."""

    mean: float
    low: float
    high: float
    count: int
    not_computed: int = 0


class Percentiles(_Record):
    """Percentiles of a time, in milliseconds."""

    p50: float
    p95: float
    p99: float


class JudgeRecord(_Record):
    """The judge, its cost and its reliability.

    ``self_agreement``: share of items judged the same twice. ``label_agreement``: share of labelled items judged like
    their label. None if not measured.
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
    """The state of a run."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class RunRecord(_Record):
    """A run with its dataset, configuration and figures.

    ``settings`` are those that differ from the defaults, by path, without secrets. ``right`` counts the questions that
    came out right; None in runs of before. ``model`` and ``currency`` are those of a model that was tried, ``beside``
    the run in which the documents were quoted in its place. ``documents_state`` differs after every change of the
    collection's documents. ``in_service``: a service does it, though it asks no collection of the service.
    ``started_by`` is the id of a user, empty without logins; ``typed``: that user sent the questions, which are of no
    dataset.
    """

    run_id: str
    tenant: str
    started_by: str = ""
    typed: bool = False
    dataset: str
    dataset_digest: str
    name: str = ""
    collection: str | None = None
    documents_state: str | None = None
    model: str | None = None
    currency: str | None = None
    beside: str | None = None
    in_service: bool = False
    questions: int
    asked: int = 0
    right: int | None = None
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
