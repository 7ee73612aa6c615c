"""Measures the local model server without a GPU: int8 and bf16 in turn, so that other load affects both alike."""

from __future__ import annotations

import json
import socket
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx

from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row, Table
from rag.model_server.environment import environment_for
from rag.model_server.launching import prepare_launch
from rag.model_server.process import running_server
from rag.model_server.profiles import Hardware, read_profiles
from rag.settings import load_settings

_PROFILES = ("cpu-int8", "cpu-bf16")
_START_SECONDS = 600.0
_TIMEOUT_SECONDS = 120.0
_WRITTEN_TOKENS = 64
_QUESTIONS = 12
_WORDS = (
    "Full-time employees have 28 days of paid annual leave a year. Part-time employees who work fewer than five days a "
    "week have leave in proportion. The leave year is the calendar year, and up to five days may be carried over. "
)


@dataclass(slots=True)
class _Times:
    first_seconds: list[float] = field(default_factory=list)
    tokens_per_second: list[float] = field(default_factory=list)


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Starts both servers and asks each the same questions; without vLLM, returns an empty table."""
    cache_folder = load_settings().models.cache_folder
    title = "A local model server without a GPU: SmolLM2-135M-Instruct, one question at a time"
    if not environment_for(Hardware.CPU, cache_folder).is_ready:
        return (Table(title=title, rows=(), notes=("Not measured: 'citewell model-server --prepare' installs vLLM.",)),)
    profiles = read_profiles()
    times = {name: _Times() for name in _PROFILES}
    with ExitStack() as stack:
        urls = {}
        for name in _PROFILES:
            launch = prepare_launch(profiles[name], host="127.0.0.1", port=_free_port(), cache_folder=cache_folder)
            stack.enter_context(running_server(launch, start_seconds=_START_SECONDS))
            urls[name] = launch.url
        client = stack.enter_context(httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False))
        for number in range((sizes.questions or _QUESTIONS) + 1):  # the first warms up
            for name in _PROFILES:
                taken = times[name] if number else _Times()
                _ask(client, urls[name], profiles[name].served_name, number, taken)
    return (Table(title=title, rows=tuple(_row(name, times) for name in _PROFILES), notes=(_comparison(times),)),)


def _ask(client: httpx.Client, url: str, model: str, number: int, times: _Times) -> None:
    """Streams one answer; the prompt starts with a number, so that no prefix is cached."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": f"{number}. {_WORDS * 6}\nHow many days of leave are there?"}],
        "max_tokens": _WRITTEN_TOKENS,
        "temperature": 0,
        "ignore_eos": True,
        "stream": True,
    }
    start = time.perf_counter()
    arrivals: list[float] = []
    with client.stream("POST", f"{url}/v1/chat/completions", json=body) as answer:
        answer.raise_for_status()
        arrivals.extend(time.perf_counter() for line in answer.iter_lines() if _carries_text(line))
    times.first_seconds.append(arrivals[0] - start)
    times.tokens_per_second.append((_WRITTEN_TOKENS - 1) / (arrivals[-1] - arrivals[0]))


def _carries_text(line: str) -> bool:
    return line.startswith("data: {") and bool(json.loads(line[6:])["choices"][0]["delta"].get("content"))


def _row(name: str, times: dict[str, _Times]) -> Row:
    return {
        "profile": name,
        "count": len(times[name].first_seconds),
        "first_token_ms": round(statistics.median(times[name].first_seconds) * 1_000, 1),
        "tokens_per_second": round(statistics.median(times[name].tokens_per_second), 1),
    }


def _comparison(times: dict[str, _Times]) -> str:
    """Compares pairs of answers, each measured within seconds."""
    int8, bf16 = (times[name] for name in _PROFILES)
    pairs = zip(int8.tokens_per_second, bf16.tokens_per_second, strict=True)
    speed = statistics.median(ours / theirs for ours, theirs in pairs)
    wait = statistics.median(o / t for o, t in zip(int8.first_seconds, bf16.first_seconds, strict=True))
    return f"int8 against bf16, median of pairs: {speed:.2f} times the tokens a second, {wait:.2f} times the wait."


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
