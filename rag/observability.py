"""Records what each stage of a request did; the receipt is made of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rag.answers import Degradation, StageReceipt


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


class Recorder:
    """Collects the stages and degradations of one request. Not shared between requests."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._stages: list[StageReceipt] = []
        self._degraded: list[Degradation] = []
        self._first_token: float | None = None

    @contextmanager
    def stage(self, name: str, *, count_in: int) -> Iterator[StageCounter]:
        """Times a stage; it is recorded even if it raises."""
        counter = StageCounter()
        started = time.perf_counter()
        try:
            yield counter
        finally:
            milliseconds = (time.perf_counter() - started) * 1_000
            self._stages.append(
                StageReceipt(stage=name, milliseconds=milliseconds, count_in=count_in, count_out=counter.count_out)
            )

    def degrade(self, stage: str, reason: str) -> None:
        """Notes that a stage did less than configured."""
        self._degraded.append(Degradation(stage=stage, reason=reason))

    def first_token(self) -> None:
        """Notes the time of the first word; later calls change nothing."""
        if self._first_token is None:
            self._first_token = self.total_milliseconds

    @property
    def stages(self) -> tuple[StageReceipt, ...]:
        """The stages so far, in the order they ended."""
        return tuple(self._stages)

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
