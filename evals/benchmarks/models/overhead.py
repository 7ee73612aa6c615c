"""Measures Citewell's overhead over a model server: time to the first token, and tokens per second."""

from __future__ import annotations

import time
from collections.abc import Sequence

import httpx
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionMessageParam

from evals.benchmarks.measure import percentiles, summarize
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
from evals.benchmarks.table import Table

_PACE = Pace(first_ms=50, token_ms=10, tokens=100)
_MOST_ADDED_MS = 60.0
_LEAST_SPEED = 0.85
_WARM_UP = 3


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Asks each question through Citewell, then sends the same prompt directly to the model server."""
    async with (
        running_bench(_PACE, sizes) as bench,
        httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as http,
        AsyncOpenAI(base_url=f"{bench.model_url}/v1", api_key="none", max_retries=0) as model,
    ):
        questions = sample_questions(sizes)
        pairs = [await _ask_both(http, model, bench, question) for question in [*questions[:_WARM_UP], *questions]]
    return (overhead_table(pairs[_WARM_UP:]),)


async def _ask_both(
    http: httpx.AsyncClient, model: AsyncOpenAI, bench: Bench, question: str
) -> tuple[Streamed, Streamed]:
    through = await ask_service(http, bench.service_url, question)
    prompt = (await http.get(f"{bench.model_url}/last")).raise_for_status().json()
    return through, await _ask_directly(model, prompt["messages"])


async def _ask_directly(model: AsyncOpenAI, messages: list[ChatCompletionMessageParam]) -> Streamed:
    begun = time.perf_counter()
    first = last = 0.0
    tokens = 0
    stream = await model.chat.completions.create(model="paced", messages=messages, stream=True)
    async with stream:
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                last = time.perf_counter() - begun
                first = first or last
                tokens += 1
    return Streamed(first_seconds=first, last_seconds=last, tokens=tokens)


def overhead_table(pairs: Sequence[tuple[Streamed, Streamed]]) -> Table:
    """Returns the table; each pair is one prompt, through Citewell and directly."""
    complete = [(ours, direct) for ours, direct in pairs if ours.retrieval_seconds is not None]
    added = [
        (ours.first_seconds - (ours.retrieval_seconds or 0.0) - direct.first_seconds) * 1_000
        for ours, direct in complete
    ]
    speed = [ours.tokens_per_second / direct.tokens_per_second for ours, direct in complete]
    rows = (
        {"time_to_first_token": "directly", **summarize([direct.first_seconds * 1_000 for _, direct in complete])},
        {"time_to_first_token": "through Citewell", **summarize([ours.first_seconds * 1_000 for ours, _ in complete])},
        {
            "time_to_first_token": "of it retrieval",
            **summarize([(ours.retrieval_seconds or 0.0) * 1_000 for ours, _ in complete]),
        },
        {"time_to_first_token": "added beside retrieval", **summarize(added)},
    )
    speeds = [direct.tokens_per_second for _, direct in complete], [ours.tokens_per_second for ours, _ in complete]
    direct_p50, ours_p50, ratio_p50 = (percentiles(values)[0] for values in (*speeds, speed))
    _, added_p95 = percentiles(added)
    checks = (
        (len(complete) == len(pairs), f"every stream ends with done: {len(pairs) - len(complete)} did not"),
        (
            added_p95 is not None and added_p95 <= _MOST_ADDED_MS,
            f"P95 of what is added at most {_MOST_ADDED_MS:g} ms: it was {added_p95}",
        ),
        (
            ratio_p50 is not None and ratio_p50 >= _LEAST_SPEED,
            f"at least {_LEAST_SPEED:.0%} of the tokens a second: it was {ratio_p50}",
        ),
    )
    return Table(
        title=f"A model server with {_PACE.first_ms:g} ms to the first token and {_PACE.token_ms:g} ms a token",
        rows=rows,
        notes=(f"tokens a second, median: directly {direct_p50}, through Citewell {ours_p50}, ratio {ratio_p50}",),
        missed=tuple(words for reached, words in checks if not reached),
    )
