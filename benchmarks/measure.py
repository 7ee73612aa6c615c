"""Times, memory and disk of the process that asks."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import numpy as np
import psutil

from benchmarks.corpus import Question

Search = Callable[[Question], Awaitable[object]]


async def time_searches(search: Search, asked: Sequence[Question]) -> list[float]:
    """Returns the milliseconds of each search, asked one after the other."""
    times = []
    for question in asked:
        start = time.perf_counter()
        await search(question)
        times.append((time.perf_counter() - start) * 1_000)
    return times


def summarize(milliseconds: Sequence[float]) -> dict[str, float]:
    """Returns how many there were, and their P50, P95 and maximum; nothing but the count when there were none."""
    if not milliseconds:
        return {"searches": 0}
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return {
        "searches": len(milliseconds),
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "max_ms": round(max(milliseconds), 2),
    }


def resident_megabytes() -> float:
    """Returns the memory this process holds."""
    resident: int = psutil.Process().memory_info().rss
    return round(resident / 1_048_576, 1)


def disk_megabytes(folder: Path) -> float:
    """Returns the blocks that a folder's files take."""
    blocks = sum(path.stat().st_blocks for path in folder.rglob("*") if path.is_file())
    return round(blocks * 512 / 1_048_576, 1)
