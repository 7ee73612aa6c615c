"""Measures 64 answers streamed at once by one process: completeness, fairness and memory."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import httpx
import psutil

from evals.benchmarks.measure import percentiles
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

_PACE = Pace(first_ms=50, token_ms=50, tokens=100)
_STREAMS = 64
_ROUNDS = 6
_LEAST_FAIRNESS = 0.9
_MOST_GROWTH_MB = 20.0
_MEGABYTE = 1_048_576


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Asks 64 questions at once, in several rounds."""
    async with running_bench(_PACE, sizes) as bench:
        questions = itertools.cycle(sample_questions(sizes))
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, limits=limits) as http:
            rounds = [await _round(http, bench, [next(questions) for _ in range(_STREAMS)]) for _ in range(_ROUNDS)]
    return (load_table(rounds),)


async def _round(http: httpx.AsyncClient, bench: Bench, questions: Sequence[str]) -> tuple[list[Streamed], float]:
    """Returns the answers, and the service's resident megabytes after them."""
    answers = await asyncio.gather(*(ask_service(http, bench.service_url, question) for question in questions))
    return answers, psutil.Process(bench.service_pid).memory_info().rss / _MEGABYTE


def load_table(rounds: Sequence[tuple[list[Streamed], float]]) -> Table:
    """Returns a row for each round, which is (answers, the service's resident megabytes after them)."""
    rows: list[Row] = []
    for number, (answers, megabytes) in enumerate(rounds, start=1):
        complete = [answer for answer in answers if answer.retrieval_seconds is not None]
        first_p50, first_p95 = percentiles([answer.first_seconds * 1_000 for answer in complete])
        speeds = [answer.tokens / answer.last_seconds for answer in complete]
        _, last_p95 = percentiles([answer.last_seconds * 1_000 for answer in complete])
        rows.append(
            {
                "round": number,
                "streams": len(answers),
                "complete": len(complete),
                "first_token_p50_ms": first_p50,
                "first_token_p95_ms": first_p95,
                "last_token_p95_ms": last_p95,
                "slowest_tokens_per_s": round(min(speeds), 1),
                "fastest_tokens_per_s": round(max(speeds), 1),
                "fairness": round(fairness(speeds), 3),
                "service_rss_mb": round(megabytes, 1),
            }
        )
    dropped = sum(len(answers) for answers, _ in rounds) - sum(int(row["complete"] or 0) for row in rows)
    growth = rounds[-1][1] - rounds[1][1]
    least = min(float(row["fairness"] or 0) for row in rows)
    checks = (
        (dropped == 0, f"no stream is dropped: {dropped} were"),
        (least >= _LEAST_FAIRNESS, f"fairness of {_LEAST_FAIRNESS} or more: it was {least}"),
        (growth <= _MOST_GROWTH_MB, f"memory flat from the second round on: it grew by {growth:.1f} MB"),
    )
    return Table(
        title=f"{_STREAMS} streams at once; the model server writes {1_000 / _PACE.token_ms:g} tokens a second in each",
        rows=tuple(rows),
        notes=(
            "Tokens a second are those of the whole answer, from the question on.",
            "Fairness is Jain's index of them: 1 when all are equally fast.",
        ),
        missed=tuple(words for reached, words in checks if not reached),
    )


def fairness(speeds: Sequence[float]) -> float:
    """Returns Jain's index (Jain, Chiu, Hawe 1984), from 1/n if one has all, to 1 if all are equal."""
    return sum(speeds) ** 2 / (len(speeds) * sum(speed * speed for speed in speeds))
