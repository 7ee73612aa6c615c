"""Writes records into the catalogue behind the back of those who make them: nobody waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Generic, TypeVar

from rag.errors import CitewellError

_LOG = logging.getLogger(__name__)
KEPT = 10_000
_BATCH = 500
PAUSE_SECONDS = 1.0

Record = TypeVar("Record")


class BackgroundWriter(Generic[Record]):
    """A task of its own, within one event loop.

    While the catalogue does not answer, records wait, up to a bound; those that find no room are counted as dropped,
    and the log tells of them. Only a process that is killed takes what waits, a fraction of a second's, with it.

    Args:
        write: writes a batch in one transaction; it blocks.
        what: what is lost where a record is, for the log.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Record]], None],
        *,
        what: str,
        kept: int = KEPT,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._write = write
        self._what = what
        self._kept = kept
        self._pause_seconds = pause_seconds
        self._waiting: deque[Record] = deque()
        self._news = asyncio.Event()
        self._closing = asyncio.Event()
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.written = 0
        self.dropped = 0

    def start(self) -> None:
        """Begins to write."""
        self._task = asyncio.create_task(self._run(), name=self._what)

    def add(self, record: Record) -> None:
        """Takes a record, without waiting."""
        if len(self._waiting) >= self._kept:
            self.dropped += 1
            _LOG.error("the %s of an answer is lost: %d records wait already", self._what, self._kept)
            return
        self._waiting.append(record)
        self._news.set()

    async def flush(self) -> None:
        """Writes what waits now.

        Raises:
            CatalogUnavailableError: the catalogue does not answer; the records go on waiting.
        """
        async with self._writing:
            while self._waiting:
                await self._write_batch(list(islice(self._waiting, _BATCH)))

    async def close(self) -> None:
        """Writes what waits, with one more try, and ends."""
        self._closing.set()
        self._news.set()
        if self._task is not None:
            await self._task
        try:
            await self.flush()
        except CitewellError as error:
            self.dropped += len(self._waiting)
            lost = len(self._waiting)
            _LOG.error("the %s of %d answers is lost, the catalogue cannot take it: %s", self._what, lost, error)

    async def _run(self) -> None:
        while not self._closing.is_set():
            await self._news.wait()
            self._news.clear()
            try:
                await self.flush()
            except CitewellError as error:
                waiting = len(self._waiting)
                _LOG.warning("the %s of %d answers waits for the catalogue: %s", self._what, waiting, error)
                self._news.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pause_seconds):
                        await self._closing.wait()

    async def _write_batch(self, batch: Sequence[Record]) -> None:
        try:
            await asyncio.to_thread(self._write, batch)
            self.written += len(batch)
        except CitewellError:
            raise
        except Exception:  # noqa: BLE001 - these records are at fault, and those behind them must not suffer for it
            self.dropped += len(batch)
            _LOG.exception("the %s of %d answers is lost: the catalogue refuses it", self._what, len(batch))
        for _ in batch:
            self._waiting.popleft()
