"""Runs the measurement of one index in its own process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from typing import Protocol, cast

from evals.benchmarks.measure import SearchTimes
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row

LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRun:
    """The figures of a system at one size. ``optimize_seconds`` is None without a finished optimisation."""

    system: str
    chunks: int
    tenants: int
    phases: Mapping[str, SearchTimes]
    upserts_per_second: int
    optimize_seconds: float | None
    disk_mb: float
    rss_mb: float

    def latency_rows(self) -> list[Row]:
        """Returns a row for each phase."""
        return [{**self._subject(), "phase": phase, **times.to_row()} for phase, times in self.phases.items()]

    def size_row(self) -> Row:
        """Returns a row with the cost of filling and storing."""
        return {
            **self._subject(),
            "upserts_per_s": self.upserts_per_second,
            "optimize_s": self.optimize_seconds,
            "disk_mb": self.disk_mb,
            "rss_mb": self.rss_mb,
        }

    def _subject(self) -> Row:
        return {"system": self.system, "chunks": self.chunks, "tenants": self.tenants}


class System(Protocol):
    """A module that measures one system."""

    async def measure(self, chunks: int, tenants: int, sizes: Sizes) -> IndexRun:
        """Fills an index and searches it."""
        ...


def in_own_process(module: str, chunks: int, tenants: int, sizes: Sizes) -> IndexRun:
    """Measures the system of a module in a fresh interpreter, so that its memory is measured alone."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return process.submit(_run, module, chunks, tenants, sizes).result()


def _run(module: str, chunks: int, tenants: int, sizes: Sizes) -> IndexRun:
    return asyncio.run(cast("System", import_module(module)).measure(chunks, tenants, sizes))
