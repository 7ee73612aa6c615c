"""Kills a system during ingestion, and counts the documents that it had acknowledged and lost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from evals.benchmarks.peers.drivers.library import Document
from evals.benchmarks.peers.system import Running, System, SystemFailedError
from evals.benchmarks.table import Row

_KILLED_AT = (0.3, 0.6, 0.9)
"""Share of a batch's time after which the process is killed in the next batch."""
_BATCHES = 4
"""Batches that are acknowledged between two kills."""
_BATCH = 16
_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """``opened``: how often it opened again. ``reason``: why it did not, if so."""

    acknowledged: int
    missing: int
    opened: int
    reason: str = ""

    def to_row(self) -> Row:
        """Returns the counts."""
        return {
            "acknowledged": self.acknowledged,
            "missing": self.missing,
            "opened_again": f"{self.opened} of {len(_KILLED_AT)}",
        }


async def lose(system: System, documents: Sequence[Document], folder: Path) -> Losses:
    """Adds batches, kills the process within the next one, opens it again and goes on, three times.

    A batch that was not acknowledged is added again, as a client would. If it does not open again, all is missing.

    Raises:
        SystemFailedError: it failed before the first kill.
    """
    ingestion = _Ingestion(documents)
    opened = -1
    found: set[str] = set()
    reason = ""
    try:
        for share in _KILLED_AT:
            async with system.running(folder) as running:
                opened += 1
                await ingestion.go_on_until_killed(running, share)
        async with system.running(folder) as running:
            opened += 1
            await running.settle()
            found = set(await running.ids())
    except SystemFailedError as error:
        if opened < 0:
            raise
        reason = str(error)
    known = ingestion.acknowledged
    return Losses(acknowledged=len(known), missing=len(known - found), opened=opened, reason=reason)


class _Ingestion:
    """Goes on after a kill with the first batch that was not acknowledged."""

    def __init__(self, documents: Sequence[Document]) -> None:
        size = max(1, min(_BATCH, len(documents) // (len(_KILLED_AT) * (_BATCHES + 1))))
        self._waiting = [documents[start : start + size] for start in range(0, len(documents), size)]
        self.acknowledged: set[str] = set()

    async def go_on_until_killed(self, running: Running, share: float) -> None:
        """Adds some batches, and kills the process after this share of the last one's time."""
        for _ in range(_BATCHES):
            start = time.perf_counter()
            await self._add(running)
            seconds = time.perf_counter() - start
        adding = asyncio.create_task(self._add(running))
        await asyncio.wait([adding], timeout=share * seconds)
        os.kill(running.pid, signal.SIGKILL)
        with suppress(SystemFailedError):
            await adding
        await _ended(running.pid)

    async def _add(self, running: Running) -> None:
        batch = self._waiting[0] if self._waiting else ()
        await running.add(batch, save=True)
        self.acknowledged.update(document.id for document in batch)
        del self._waiting[:1]


async def _ended(pid: int) -> None:
    """Returns when a killed child is reaped; closing it earlier would reap it a second time."""
    while True:
        if not psutil.pid_exists(pid):
            return
        await asyncio.sleep(_POLL_SECONDS)
