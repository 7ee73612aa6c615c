"""Measures ``/healthz`` while many questions are answered, beside an empty application."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import numpy as np

from evals.benchmarks.load.clients import ClientProcess, Kind, Workload, WorkloadResult
from evals.benchmarks.table import Row, Table

_QUESTIONS = 64
_PROBERS = 4
_P99_MS = 100.0
_SEED = 64


async def measure_health(url: str, seconds: float) -> Table:
    """Asks 64 questions at once from one process, and probes both applications from two others.

    The empty application runs in its own process on the same machine.
    """
    async with _empty_server() as empty_url:
        asking, probing, comparing = [await ClientProcess.start() for _ in range(3)]
        await asking.begin(Workload(kind=Kind.ASK, url=url, clients=_QUESTIONS, seed=_SEED))
        await probing.begin(Workload(kind=Kind.PROBE, url=url, clients=_PROBERS))
        await comparing.begin(Workload(kind=Kind.PROBE, url=empty_url, clients=_PROBERS))
        await asyncio.sleep(seconds)
        probes, empty = [await process.end() for process in (probing, comparing)]
        answers = await asking.end()
    return health_table(answers, probes, empty)


def health_table(answers: WorkloadResult, probes: WorkloadResult, empty: WorkloadResult) -> Table:
    """Returns a row for each application and one with the ratio of the first to the second."""
    rows: list[Row] = [
        {
            "application": name,
            "probes": len(outcome.milliseconds),
            "failed": sum(outcome.statuses.values()) - len(outcome.milliseconds),
            "p50_ms": _percentile(outcome, 50),
            "p99_ms": _percentile(outcome, 99),
        }
        for name, outcome in (("Citewell /healthz", probes), ("empty ASGI application", empty))
    ]
    rows.append(
        {
            "application": "ratio",
            **{name: round(float(rows[0][name] or 0) / float(rows[1][name] or 1), 1) for name in ("p50_ms", "p99_ms")},
        }
    )
    p99 = rows[0]["p99_ms"]
    checks = (
        (rows[0]["failed"] == 0, f"every probe is answered: {rows[0]['failed']} were not"),
        (isinstance(p99, float) and p99 < _P99_MS, f"P99 of /healthz below {_P99_MS:g} ms: it was {p99}"),
        (not set(answers.statuses) - {200}, f"every question is answered: {answers.statuses}"),
    )
    return Table(
        title=f"/healthz while {_QUESTIONS} questions are answered at once",
        rows=tuple(rows),
        notes=(f"{len(answers.milliseconds)} questions were answered meanwhile.",),
        missed=tuple(words for reached, words in checks if not reached),
    )


def _percentile(outcome: WorkloadResult, percent: float) -> float | None:
    return round(float(np.percentile(outcome.milliseconds, percent)), 1) if outcome.milliseconds else None


@asynccontextmanager
async def _empty_server() -> AsyncIterator[str]:
    program = (sys.executable, "-m", "evals.benchmarks.load.empty_server")
    server = await asyncio.create_subprocess_exec(*program, stdout=PIPE)
    try:
        yield (await cast("asyncio.StreamReader", server.stdout).readline()).decode().strip()
    finally:
        server.terminate()
        await server.wait()
