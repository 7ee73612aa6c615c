"""The systems that are compared, seen from outside: a process that stores documents and searches them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from pydantic import BaseModel

import evals
import rag
from evals.benchmarks.peers.drivers.library import Document

_RUN = "evals.benchmarks.peers.drivers.run"
_LONGEST_REPLY_BYTES = 256 * 1_048_576
_LONGEST_END_SECONDS = 120.0
_QUIET = {"ANONYMIZED_TELEMETRY": "False", "HAYSTACK_TELEMETRY_ENABLED": "False", "HF_HUB_OFFLINE": "1"}


class SystemFailedError(Exception):
    """A system could not be opened, or ended before it answered; says why."""


class Searched(BaseModel):
    """Ids by question, best first; milliseconds of each search; seconds of all of them."""

    ranked: list[list[str]]
    milliseconds: list[float]
    seconds: float


class Running(Protocol):
    """A system that is open. Each call raises ``SystemFailedError`` when the process ends before it answers."""

    @property
    def pid(self) -> int:
        """The process that is measured, and killed."""
        ...

    async def add(self, documents: Sequence[Document], *, save: bool) -> None:
        """Returns when the documents are stored, with ``save`` on disk."""
        ...

    async def settle(self) -> None:
        """Returns when all that was added can be searched, and is on disk."""
        ...

    async def search(self, questions: Sequence[str], *, clients: int) -> Searched:
        """Searches for each question, ``clients`` at once."""
        ...

    async def ids(self) -> list[str]:
        """Returns the ids of the documents that can be searched."""
        ...


class System(Protocol):
    """A system with its store in a folder."""

    @property
    def name(self) -> str:
        """As the tables show it."""
        ...

    def running(self, folder: Path) -> AbstractAsyncContextManager[Running]:
        """Opens it in a process of its own, and closes it after the block.

        Raises:
            SystemFailedError: it does not open.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LibrarySystem:
    """A library in a process of its own: a command that gets the store's folder, and then requests as lines of JSON."""

    name: str
    command: tuple[str, ...]

    @asynccontextmanager
    async def running(self, folder: Path) -> AsyncIterator[Running]:
        with (
            tempfile.TemporaryDirectory(prefix="citewell-peer-") as work,
            (Path(work) / "errors").open("w+b") as errors,
        ):
            # Only these two: a peer must not find other packages of ours, or of our environment.
            for package in (evals, rag):
                source = Path(cast("str", package.__file__)).parent
                (Path(work) / source.name).symlink_to(source)
            process = await asyncio.create_subprocess_exec(
                *self.command,
                str(folder),
                cwd=work,
                env={**os.environ, **_QUIET, "PYTHONPATH": work},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                limit=_LONGEST_REPLY_BYTES,
            )
            library = _RunningLibrary(process, Path(errors.name))
            try:
                await library.reply()
                yield library
            finally:
                await library.end()


class _RunningLibrary:
    def __init__(self, process: asyncio.subprocess.Process, errors: Path) -> None:
        self.pid = process.pid
        self._process = process
        self._errors = errors

    async def add(self, documents: Sequence[Document], *, save: bool) -> None:
        await self._ask({"add": [asdict(document) for document in documents], "save": save})

    async def settle(self) -> None:
        await self._ask({"save": True})

    async def search(self, questions: Sequence[str], *, clients: int) -> Searched:
        return Searched.model_validate(await self._ask({"search": questions, "clients": clients}))

    async def ids(self) -> list[str]:
        return cast("list[str]", (await self._ask({"ids": True}))["ids"])

    async def _ask(self, request: dict[str, object]) -> dict[str, Any]:
        requests = cast("asyncio.StreamWriter", self._process.stdin)
        try:
            requests.write(json.dumps(request).encode() + b"\n")
            await requests.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise SystemFailedError(self._last_words()) from error
        return await self.reply()

    async def reply(self) -> dict[str, Any]:
        """Returns the next reply."""
        line = await cast("asyncio.StreamReader", self._process.stdout).readline()
        if not line.endswith(b"\n"):
            raise SystemFailedError(self._last_words())
        return cast("dict[str, Any]", json.loads(line))

    def _last_words(self) -> str:
        lines = self._errors.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1][-300:] if lines else "it ended without a word"

    async def end(self) -> None:
        """Lets the library close its store, and ends the process."""
        cast("asyncio.StreamWriter", self._process.stdin).close()
        try:
            await asyncio.wait_for(self._process.wait(), _LONGEST_END_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def run_driver(name: str, driver: str, *, python: Path, encoder: Path, threads: int) -> LibrarySystem:
    """Returns the library of a driver, run by ``python``; 0 ``threads`` of the encoder mean one per core."""
    return LibrarySystem(name=name, command=(str(python), "-m", _RUN, driver, str(encoder), str(threads)))
