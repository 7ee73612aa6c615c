"""Citewell as its users have it: ``citewell serve``, over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import CalledProcessError

import httpx

from evals.benchmarks.peers.drivers.library import LIMIT, Document
from evals.benchmarks.peers.system import Running, Searched, SystemFailedError
from evals.benchmarks.served import served

_UPLOADERS = 8
_TIMEOUT_SECONDS = 120.0
_POLL_SECONDS = 0.1
_TOO_MANY = 429
_PAGE = 1_000
_HITS = 15
"""More than ``LIMIT``: two passages of a document are one."""


class CitewellService:
    """Each document is uploaded as a file. It is stored when the service says so, and searched when its job is done."""

    name = "Citewell, over HTTP"

    @asynccontextmanager
    async def running(self, folder: Path) -> AsyncIterator[Running]:
        try:
            async with (
                served(folder) as service,
                httpx.AsyncClient(base_url=service.url, timeout=_TIMEOUT_SECONDS, trust_env=False) as http,
            ):
                yield RunningService(service.pid, http)
        except (CalledProcessError, TimeoutError) as error:
            raise SystemFailedError(" ".join([str(error), *getattr(error, "__notes__", [])])[-300:]) from error


class RunningService:
    """A running service, as its clients see it."""

    def __init__(self, pid: int, http: httpx.AsyncClient) -> None:
        self.pid = pid
        self._http = http

    async def add(self, documents: Sequence[Document], *, save: bool) -> None:  # noqa: ARG002 - it always saves
        waiting = iter(documents)
        await asyncio.gather(*(self._upload(waiting) for _ in range(_UPLOADERS)))

    async def _upload(self, waiting: Iterator[Document]) -> None:
        for document in waiting:
            (await self._offer(document)).raise_for_status()

    async def _offer(self, document: Document) -> httpx.Response:
        """Uploads a document, again as long as the service asks for that."""
        while True:
            files = {"file": (f"{document.id}.txt", document.passage.encode())}
            response = await self._send("POST", "/v1/documents", files=files)
            if response.status_code != _TOO_MANY:
                return response
            await asyncio.sleep(float(response.headers["retry-after"]))

    async def settle(self) -> None:
        while True:
            state = await self._send("GET", "/readyz")
            if state.is_success and not state.json()["waiting_jobs"]:
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def search(self, questions: Sequence[str], *, clients: int) -> Searched:
        found: list[tuple[list[str], float]] = [([], 0.0)] * len(questions)
        waiting = enumerate(questions)

        async def client() -> None:
            for at, question in waiting:
                start = time.perf_counter()
                response = await self._send("POST", "/v1/search", json={"query": question, "limit": _HITS})
                milliseconds = (time.perf_counter() - start) * 1_000
                names = [hit["source"]["name"] for hit in response.raise_for_status().json()["hits"]]
                found[at] = (list(dict.fromkeys(map(_id, names)))[:LIMIT], milliseconds)

        start = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(clients)))
        seconds = time.perf_counter() - start
        return Searched(ranked=[ids for ids, _ in found], milliseconds=[taken for _, taken in found], seconds=seconds)

    async def ids(self) -> list[str]:
        ids: list[str] = []
        cursor: str | None = None
        while True:
            parameters = {"limit": _PAGE, **({"cursor": cursor} if cursor else {})}
            page = (await self._send("GET", "/v1/documents", params=parameters)).raise_for_status().json()
            ids += [_id(each["name"]) for each in page["documents"] if each["state"] == "ready"]
            cursor = page["next_cursor"]
            if cursor is None:
                return ids

    async def _send(self, method: str, path: str, **request: object) -> httpx.Response:
        try:
            return await self._http.send(self._http.build_request(method, path, **request))  # type: ignore[arg-type] # as its caller gave it
        except httpx.TransportError as error:
            raise SystemFailedError(f"{method} {path}: {error or type(error).__name__}") from error


def _id(name: str) -> str:
    return name.removesuffix(".txt")
