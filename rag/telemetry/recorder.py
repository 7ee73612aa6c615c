"""Records the stages and the outcome of a question or a task, and reports them to observers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rag.answers import Answer, Degradation, Question, StageReceipt

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the current request, set by the API; None outside a request."""


class Operation(StrEnum):
    """A kind of work. A fixed list, so that metrics stay bounded."""

    ASK = "ask"
    SEARCH = "search"
    SHADOW = "shadow"
    INGEST = "ingest"
    OPTIMIZE = "optimize"
    ERASE = "erase"


@dataclass(slots=True)
class CacheCounts:
    """Hits, misses and evictions of a cache, and its current size; 0 bytes if its limit is a number of entries."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0
    entries: int = 0
    size_bytes: int = 0


@dataclass(slots=True)
class StageCounter:
    """The number of items that a stage gives out, set by the stage."""

    count_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedStage:
    """A stage that has ended, with its start in milliseconds after the start of the work."""

    receipt: StageReceipt
    started_milliseconds: float
    error: BaseException | None


class Recorder:
    """Collects the stages and degradations of one piece of work. Not shared between requests."""

    def __init__(self) -> None:
        self.request_id = REQUEST_ID.get() or uuid.uuid4().hex
        self.started_at_nanoseconds = time.time_ns()
        """Since 1970."""
        self._started = time.perf_counter()
        self._timeline: list[TimedStage] = []
        self._degraded: list[Degradation] = []
        self._first_token: float | None = None

    @contextmanager
    def stage(self, name: str, *, count_in: int) -> Iterator[StageCounter]:
        """Times a stage and records it, even if it raises."""
        counter = StageCounter()
        started = self.total_milliseconds
        failure: BaseException | None = None
        try:
            yield counter
        except BaseException as error:
            failure = error
            raise
        finally:
            milliseconds = self.total_milliseconds - started
            receipt = StageReceipt(
                stage=name, milliseconds=milliseconds, count_in=count_in, count_out=counter.count_out
            )
            self._timeline.append(TimedStage(receipt=receipt, started_milliseconds=started, error=failure))

    def degrade(self, stage: str, reason: str) -> None:
        """Records that a stage did less than configured."""
        self._degraded.append(Degradation(stage=stage, reason=reason))

    def first_token(self) -> None:
        """Records the time of the first word; later calls do nothing."""
        if self._first_token is None:
            self._first_token = self.total_milliseconds

    @property
    def timeline(self) -> tuple[TimedStage, ...]:
        """The stages so far, in the order in which they ended."""
        return tuple(self._timeline)

    @property
    def stages(self) -> tuple[StageReceipt, ...]:
        """The receipts of ``timeline``."""
        return tuple(timed.receipt for timed in self._timeline)

    @property
    def degraded(self) -> tuple[Degradation, ...]:
        return tuple(self._degraded)

    @property
    def first_token_milliseconds(self) -> float | None:
        """Milliseconds from the start of the work to the first word; None before it."""
        return self._first_token

    @property
    def total_milliseconds(self) -> float:
        """Milliseconds from the start of the work to now."""
        return (time.perf_counter() - self._started) * 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A piece of work that begins. ``tenant`` and ``question`` are None for work without a question.

    ``shadow_of`` is the request id of the answer that was shown, if this work is a shadow of it.
    """

    operation: Operation
    tenant: str | None = None
    question: Question | None = None
    shadow_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOutcome:
    """The end of a piece of work, with its answer or error if any. ``writing_milliseconds``: first word to last."""

    recorder: Recorder
    milliseconds: float
    answer: Answer | None = None
    writing_milliseconds: float = 0.0
    error: BaseException | None = None


class Observer(Protocol):
    """Is told of work. Called between the words of an answer: must neither block nor raise."""

    def begin(self, work: Work) -> Callable[[WorkOutcome], None]:
        """Called when work begins; returns a function that is called once with its outcome."""
        ...


class Watch:
    """One piece of work under observation."""

    def __init__(self, observers: Sequence[Observer], work: Work) -> None:
        self._ends = [observer.begin(work) for observer in observers]
        self.recorder = Recorder()  # starts after the observers: spans of stages lie within that of the work

    def finish(
        self, *, answer: Answer | None = None, writing_milliseconds: float = 0.0, error: BaseException | None = None
    ) -> None:
        """Reports the outcome to the observers; later calls do nothing."""
        ends, self._ends = self._ends, []
        for end in ends:
            end(
                WorkOutcome(
                    recorder=self.recorder,
                    milliseconds=self.recorder.total_milliseconds,
                    answer=answer,
                    writing_milliseconds=writing_milliseconds,
                    error=error,
                )
            )


@contextmanager
def observe(observers: Sequence[Observer], work: Work) -> Iterator[Watch]:
    """Observes the block and reports its outcome, including an error or cancellation that leaves it."""
    watch = Watch(observers, work)
    try:
        yield watch
    except BaseException as error:
        watch.finish(error=error)
        raise
    watch.finish()
