"""Watches pieces of work, a question or a job: what each stage did, how it ended, and who wants to know of it."""

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
"""The id of the request that is being answered; whoever takes requests sets it, and outside of them it is None."""


class Operation(StrEnum):
    """What is done. A fixed list, so that metrics stay bounded."""

    ASK = "ask"
    SEARCH = "search"
    SHADOW = "shadow"
    INGEST = "ingest"
    OPTIMIZE = "optimize"
    ERASE = "erase"


@dataclass(slots=True)
class CacheCounts:
    """What became of what a cache was asked for, and what it holds now; no bytes where its bound is a number."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0
    entries: int = 0
    size_bytes: int = 0


@dataclass(slots=True)
class StageCounter:
    """What a stage says of itself while it runs."""

    count_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedStage:
    """A stage that has ended, and when it began, in milliseconds after the work did."""

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
        """Times a stage; it is recorded even if it raises."""
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
        """Notes that a stage did less than configured."""
        self._degraded.append(Degradation(stage=stage, reason=reason))

    def first_token(self) -> None:
        """Notes the time of the first word; later calls change nothing."""
        if self._first_token is None:
            self._first_token = self.total_milliseconds

    @property
    def timeline(self) -> tuple[TimedStage, ...]:
        """The stages so far, in the order they ended."""
        return tuple(self._timeline)

    @property
    def stages(self) -> tuple[StageReceipt, ...]:
        """The same, without their times of beginning."""
        return tuple(timed.receipt for timed in self._timeline)

    @property
    def degraded(self) -> tuple[Degradation, ...]:
        """What was degraded so far."""
        return tuple(self._degraded)

    @property
    def first_token_milliseconds(self) -> float | None:
        """From the start of the request to its first word; None before that."""
        return self._first_token

    @property
    def total_milliseconds(self) -> float:
        """From the start of the request to now."""
        return (time.perf_counter() - self._started) * 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What begins. ``tenant`` and ``question`` are None where it is nobody's question.

    ``shadow_of`` is the request id of the answer that was given, where this one is for nobody to see.
    """

    operation: Operation
    tenant: str | None = None
    question: Question | None = None
    shadow_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOutcome:
    """How it ended: with an answer, with an error, or simply. ``writing_milliseconds``: from first word to last."""

    recorder: Recorder
    milliseconds: float
    answer: Answer | None = None
    writing_milliseconds: float = 0.0
    error: BaseException | None = None


class Observer(Protocol):
    """Wants to know of work. It is called between the words of an answer, and must neither wait nor raise."""

    def begin(self, work: Work) -> Callable[[WorkOutcome], None]:
        """Is told that work begins; returns what is to be told how it ended, once."""
        ...


class Watch:
    """One piece of work that is being watched."""

    def __init__(self, observers: Sequence[Observer], work: Work) -> None:
        self._ends = [observer.begin(work) for observer in observers]
        self.recorder = Recorder()  # begins after they did: spans of stages lie within that of the work

    def finish(
        self, *, answer: Answer | None = None, writing_milliseconds: float = 0.0, error: BaseException | None = None
    ) -> None:
        """Tells the observers; later calls change nothing."""
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
    """Watches what the block does; an error that leaves it is told, cancellation among them."""
    watch = Watch(observers, work)
    try:
        yield watch
    except BaseException as error:
        watch.finish(error=error)
        raise
    watch.finish()
