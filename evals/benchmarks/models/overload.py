"""Measures a service that gets ten times the questions that it accepts at once."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import psutil

from evals.benchmarks.models.bench import (
    TIMEOUT_SECONDS,
    Bench,
    Pace,
    Streamed,
    ask_service,
    running_bench,
    sample_questions,
)
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row, Table
from evals.metrics import percentile

_PACE = Pace(first_ms=50, token_ms=20, tokens=50)
_AT_ONCE, _WAITING = 8, 8
_FACTOR = 10
_SECONDS = 30.0
_MOST_SLOWER = 1.5
_MOST_GROWTH_MB = 30.0
_MEGABYTE = 1_048_576
_TOO_MANY = 429


@dataclass(slots=True)
class ClientLoad:
    """The answers and rejections of ``clients`` clients, who ask again after each answer or Retry-After."""

    clients: int
    answers: list[Streamed] = field(default_factory=list)
    turned_away: int = 0
    with_retry_after: int = 0
    megabytes: float = 0.0

    @property
    def p99_milliseconds(self) -> float:
        """P99 of whole answers, without rejected questions."""
        return percentile([answer.last_seconds * 1_000 for answer in self.answers], 0.99)


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Asks with as many clients as the service accepts, then with ten times as many."""
    os.environ |= {
        "CITEWELL_LIMITS__CONCURRENT_QUESTIONS": str(_AT_ONCE),
        "CITEWELL_LIMITS__WAITING_QUESTIONS": str(_WAITING),
        "CITEWELL_CACHE__ANSWERS": "false",
    }
    async with running_bench(_PACE, sizes) as bench:
        questions = itertools.cycle(sample_questions(sizes))
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, limits=limits) as http:
            await _load(http, bench, questions, clients=_AT_ONCE)  # a warm-up
            full = await _load(http, bench, questions, clients=_AT_ONCE + _WAITING)
            over = await _load(http, bench, questions, clients=_FACTOR * (_AT_ONCE + _WAITING))
    return (overload_table(full, over),)


async def _load(http: httpx.AsyncClient, bench: Bench, questions: Iterator[str], *, clients: int) -> ClientLoad:
    load = ClientLoad(clients=clients)
    until = time.perf_counter() + _SECONDS
    await asyncio.gather(*(_client(http, bench, questions, load, until) for _ in range(clients)))
    load.megabytes = psutil.Process(bench.service_pid).memory_info().rss / _MEGABYTE
    return load


async def _client(
    http: httpx.AsyncClient, bench: Bench, questions: Iterator[str], load: ClientLoad, until: float
) -> None:
    while time.perf_counter() < until:
        try:
            load.answers.append(await ask_service(http, bench.service_url, next(questions)))
        except httpx.HTTPStatusError as error:
            if error.response.status_code != _TOO_MANY:
                raise
            load.turned_away += 1
            wait = error.response.headers.get("retry-after")
            load.with_retry_after += wait is not None
            await asyncio.sleep(float(wait or 1))


def overload_table(full: ClientLoad, over: ClientLoad) -> Table:
    """Returns a row for each load, with the missed targets."""
    rows: list[Row] = [
        {
            "clients": load.clients,
            "answered": len(load.answers),
            "complete": sum(answer.retrieval_seconds is not None for answer in load.answers),
            "turned_away_429": load.turned_away,
            "with_retry_after": load.with_retry_after,
            "answer_p50_ms": round(percentile([answer.last_seconds * 1_000 for answer in load.answers], 0.5)),
            "answer_p99_ms": round(load.p99_milliseconds),
            "service_rss_mb": round(load.megabytes, 1),
        }
        for load in (full, over)
    ]
    slower = over.p99_milliseconds / full.p99_milliseconds
    growth = over.megabytes - full.megabytes
    complete = all(row["complete"] == row["answered"] for row in rows)
    checks = (
        (complete, "every answer that was begun is complete"),
        (over.turned_away > 0, "more than there is room for are turned away"),
        (over.with_retry_after == over.turned_away, "who is turned away is told when to come back"),
        (slower <= _MOST_SLOWER, f"those taken keep their P99 within {_MOST_SLOWER} times: it was {slower:.2f}"),
        (growth <= _MOST_GROWTH_MB, f"memory is bounded: it grew by {growth:.1f} MB"),
    )
    return Table(
        title=f"{_AT_ONCE} questions at once and {_WAITING} waiting, and {_FACTOR} times as many clients",
        rows=tuple(rows),
        notes=("A client asks again as soon as it has its answer, or when Retry-After says.",),
        missed=tuple(words for reached, words in checks if not reached),
    )
