"""Clients of a running service, in their own process: ``python -m evals.benchmarks.load.clients``.

The process writes an empty line when it is ready, then reads a ``Workload`` from stdin. Searching and probing continue
until stdin ends; then the process writes the ``WorkloadResult`` to stdout.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from asyncio import StreamReader, StreamWriter, create_subprocess_exec
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from subprocess import CalledProcessError
from typing import cast

import httpx
import numpy as np
from pydantic import BaseModel, Field

from evals.benchmarks.corpus import synthetic_documents, zipf_texts

_TIMEOUT_SECONDS = 120.0
_PROBE_SECONDS = 0.05
_JOB_POLL_SECONDS = 0.1
_WORDS_PER_QUESTION = 8
_TOO_MANY = 429
_BROKEN = 599
_ENDED = {"succeeded", "failed", "cancelled"}
_COMMAND = (sys.executable, "-m", "evals.benchmarks.load.clients")


class Kind(StrEnum):
    """The kind of requests that clients send."""

    SEARCH = "search"
    ASK = "ask"
    PROBE = "probe"
    UPLOAD = "upload"


class Workload(BaseModel):
    """``first`` and ``count`` choose the documents of uploads, ``seed`` the questions of searches and answers."""

    kind: Kind
    url: str
    clients: int = 1
    seed: int = 0
    first: int = 0
    count: int = 0


class WorkloadResult(BaseModel):
    """``milliseconds`` of successful requests, ``seconds`` of the whole workload, number of ``ready`` documents.

    A broken connection counts as status 599.
    """

    statuses: dict[int, int] = Field(default_factory=dict)
    milliseconds: list[float] = Field(default_factory=list)
    ready: int = 0
    seconds: float = 0.0


async def work(workload: Workload, http: httpx.AsyncClient, wait_for_end: Callable[[], object]) -> WorkloadResult:
    """Runs the clients; searching and probing continue until ``wait_for_end``, called in a thread, returns."""
    start = time.perf_counter()
    clients = _Clients(workload, http)
    if workload.kind is Kind.UPLOAD:
        await clients.upload_all()
    else:
        act = {Kind.SEARCH: clients.search, Kind.ASK: clients.ask, Kind.PROBE: clients.probe}[workload.kind]
        working = [asyncio.create_task(act(number)) for number in range(workload.clients)]
        await asyncio.to_thread(wait_for_end)
        clients.stop.set()
        await asyncio.gather(*working)
    return WorkloadResult(
        statuses=dict(clients.statuses),
        milliseconds=clients.milliseconds,
        ready=clients.ready,
        seconds=time.perf_counter() - start,
    )


class _Clients:
    def __init__(self, workload: Workload, http: httpx.AsyncClient) -> None:
        self._workload = workload
        self._http = http
        self._jobs: list[str] = []
        self.stop = asyncio.Event()
        self.statuses: Counter[int] = Counter()
        self.milliseconds: list[float] = []
        self.ready = 0

    async def search(self, number: int) -> None:
        """Sends one search after the other."""
        for query in self._texts(number):
            await self._send(self._http.build_request("POST", "/v1/search", json={"query": query}))

    async def ask(self, number: int) -> None:
        """Asks one question after the other."""
        for question in self._texts(number):
            await self._send(self._http.build_request("POST", "/v1/ask", json={"question": question}))

    async def probe(self, _: int) -> None:
        """Requests ``/healthz`` at even intervals."""
        while not self.stop.is_set():
            await self._send(self._http.build_request("GET", "/healthz"))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), _PROBE_SECONDS)

    def _texts(self, number: int) -> Iterator[str]:
        random = np.random.default_rng((self._workload.seed, number))
        while not self.stop.is_set():
            yield from zipf_texts(random, 1, _WORDS_PER_QUESTION)

    async def upload_all(self) -> None:
        """Uploads all documents, and waits until each is ready or has failed."""
        waiting = synthetic_documents(self._workload.first, self._workload.count)
        await asyncio.gather(*(self._upload(waiting) for _ in range(self._workload.clients)))
        for job in self._jobs:
            self.ready += await self._ends_well(job)

    async def _upload(self, waiting: Iterator[tuple[str, bytes]]) -> None:
        for name, content in waiting:
            response = await self._offer(name, content)
            if response.is_success:
                self._jobs.append(response.json()["job"]["id"])

    async def _offer(self, name: str, content: bytes) -> httpx.Response:
        """Uploads a document, repeating as long as the service asks for a retry."""
        while True:
            upload = self._http.build_request("POST", "/v1/documents", files={"file": (name, content)})
            response = await self._send(upload)
            if response.status_code != _TOO_MANY:
                return response
            await asyncio.sleep(float(response.headers["retry-after"]))

    async def _ends_well(self, job: str) -> bool:
        while (response := await self._send(self._http.build_request("GET", f"/v1/jobs/{job}"))).is_success:
            state = response.json()["state"]
            if state in _ENDED:
                return bool(state == "succeeded")
            await asyncio.sleep(_JOB_POLL_SECONDS)
        return False

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """Sends a request; records the status and the time of a success."""
        start = time.perf_counter()
        try:
            response = await self._http.send(request)
        except httpx.TransportError:
            response = httpx.Response(_BROKEN)
        self.statuses[response.status_code] += 1
        if response.is_success:
            self.milliseconds.append((time.perf_counter() - start) * 1_000)
        return response


async def _run(workload: Workload) -> WorkloadResult:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=workload.url, timeout=_TIMEOUT_SECONDS, trust_env=False, limits=limits
    ) as http:
        return await work(workload, http, sys.stdin.read)


if __name__ == "__main__":
    sys.stdout.write("\n")
    sys.stdout.flush()
    sys.stdout.write(asyncio.run(_run(Workload.model_validate_json(sys.stdin.readline()))).model_dump_json())


class ClientProcess:
    """A client process that waits for its workload."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> ClientProcess:
        """Starts the process and waits until its imports are done."""
        process = await create_subprocess_exec(*_COMMAND, stdin=PIPE, stdout=PIPE)
        await cast("StreamReader", process.stdout).readline()
        return cls(process)

    async def begin(self, workload: Workload) -> None:
        """Starts the workload."""
        requests = cast("StreamWriter", self._process.stdin)
        requests.write(workload.model_dump_json().encode() + b"\n")
        await requests.drain()

    async def end(self) -> WorkloadResult:
        """Ends searching and probing, waits for uploads, and returns the result.

        Raises:
            CalledProcessError: the clients failed and printed the reason.
        """
        written, _ = await self._process.communicate(b"")
        if self._process.returncode:
            raise CalledProcessError(self._process.returncode, _COMMAND)
        return WorkloadResult.model_validate_json(written)
