"""Runs the service with a paced model server, and times streamed answers."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from asyncio import StreamReader
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx

from evals.benchmarks.documents import sample_documents
from evals.benchmarks.served import served
from evals.benchmarks.sizes import Sizes
from evals.datasets.questions import read_questions
from evals.datasets.readers.catalogue import SAMPLE_FOLDER

TIMEOUT_SECONDS = 300.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Milliseconds to the first token, milliseconds between tokens, and number of tokens."""

    first_ms: float
    token_ms: float
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The running service, with the sample documents, and model server."""

    service_url: str
    service_pid: int
    model_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """A streamed answer: seconds to the first token and to the last, and number of tokens.

    ``retrieval_seconds`` is the receipt's time of the stages before the model; None for an incomplete answer.
    """

    first_seconds: float
    last_seconds: float
    tokens: int
    retrieval_seconds: float | None = None

    @property
    def tokens_per_second(self) -> float:
        """Tokens per second after the first token."""
        return (self.tokens - 1) / (self.last_seconds - self.first_seconds)


@asynccontextmanager
async def running_bench(pace: Pace, sizes: Sizes) -> AsyncIterator[Bench]:
    """Starts both servers; stops them and deletes the data folder after the block."""
    arguments = ("--first-ms", str(pace.first_ms), "--token-ms", str(pace.token_ms), "--tokens", str(pace.tokens))
    model = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "evals.benchmarks.models.paced_server", *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        model_url = (await cast("StreamReader", model.stdout).readline()).decode().strip()
        os.environ |= {
            "CITEWELL_GENERATION__BACKEND": "vllm",
            "CITEWELL_GENERATION__URL": f"{model_url}/v1",
            "CITEWELL_ABSTENTION__THRESHOLD": "0",
        }
        with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
            async with served(Path(folder)) as service:
                await _ingest_samples(service.url, sizes)
                yield Bench(service_url=service.url, service_pid=service.pid, model_url=model_url)
    finally:
        model.terminate()
        await model.wait()


def sample_questions(sizes: Sizes) -> list[str]:
    """Returns sample questions without a history."""
    samples = read_questions(SAMPLE_FOLDER / "questions.jsonl")
    return [sample.question for sample in samples if not sample.turns][: sizes.questions]


async def ask_service(http: httpx.AsyncClient, url: str, question: str) -> Streamed:
    """Asks Citewell; a stream without ``done`` has no ``retrieval_seconds``.

    Raises:
        HTTPStatusError: the service answers with an error.
    """
    begun = time.perf_counter()
    first = last = 0.0
    tokens = 0
    retrieval: float | None = None
    async with http.stream("POST", f"{url}/v1/ask", json={"question": question, "stream": True}) as response:
        response.raise_for_status()
        event = ""
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line and event == "token":
                last = time.perf_counter() - begun
                first = first or last
                tokens += len(json.loads(line.removeprefix("data: "))["text"].split())
            elif line and event == "done":
                retrieval = _retrieval_seconds(json.loads(line.removeprefix("data: "))["receipt"])
    return Streamed(first_seconds=first, last_seconds=last, tokens=tokens, retrieval_seconds=retrieval)


def _retrieval_seconds(receipt: dict[str, Any]) -> float:
    before = [float(stage["milliseconds"]) for stage in receipt["stages"] if stage["stage"] != "generate"]
    return sum(before) / 1_000


async def _ingest_samples(url: str, sizes: Sizes) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        for path in sample_documents(sizes):
            uploaded = await http.post("/v1/documents", files={"file": (path.name, path.read_bytes())})
            uploaded.raise_for_status()
        while (await http.get("/readyz")).raise_for_status().json()["waiting_jobs"]:  # noqa: ASYNC110 - another process
            await asyncio.sleep(_POLL_SECONDS)
