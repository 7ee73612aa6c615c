"""Measures times, memory and disk. Reads ``/proc``, so Linux only."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from evals.benchmarks.corpus import SearchQuery
from evals.benchmarks.table import Row

Search = Callable[[SearchQuery], Awaitable[object]]
_MEGABYTE = 1_048_576


@dataclass(slots=True)
class SearchTimes:
    """Milliseconds of each search: wall-clock time, and processor time of all threads of this process."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def to_row(self) -> Row:
        """Returns count, percentiles and maximum."""
        _, processor_p95 = percentiles(self.processor)
        return {**summarize(self.wall), "cpu_p95_ms": processor_p95}


async def time_searches(search: Search, asked: Sequence[SearchQuery], times: SearchTimes) -> None:
    """Runs the searches one after the other, and adds their times."""
    for question in asked:
        start, processor_start = time.perf_counter(), time.process_time()
        await search(question)
        times.wall.append((time.perf_counter() - start) * 1_000)
        times.processor.append((time.process_time() - processor_start) * 1_000)


def percentiles(values: Sequence[float]) -> tuple[float | None, float | None]:
    """Returns P50 and P95, interpolated; (None, None) without values."""
    if not values:
        return None, None
    p50, p95 = np.percentile(values, [50, 95])
    return round(float(p50), 2), round(float(p95), 2)


def summarize(milliseconds: Sequence[float]) -> Row:
    """Returns count, P50, P95 and maximum."""
    p50, p95 = percentiles(milliseconds)
    slowest = round(max(milliseconds), 2) if milliseconds else None
    return {"count": len(milliseconds), "p50_ms": p50, "p95_ms": p95, "max_ms": slowest}


def resident_megabytes() -> float:
    """Returns the resident memory of this process."""
    resident: int = psutil.Process().memory_info().rss
    return round(resident / _MEGABYTE, 1)


def peak_megabytes(pid: int) -> float:
    """Returns the peak resident memory of a process; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return round(int(found.group(1)) / 1_024, 1) if found else 0.0


def disk_megabytes(folder: Path) -> float:
    """Returns the disk usage of a folder's files."""
    blocks = sum(path.stat().st_blocks for path in folder.rglob("*") if path.is_file())
    return round(blocks * 512 / _MEGABYTE, 1)
