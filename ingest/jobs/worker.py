"""Takes documents in under a lease: one after the other, and small ones beside those that take long."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.cleanup.expire import Housekeeper
from ingest.cleanup.purge import Purger
from ingest.cleanup.rewrite import Eraser
from ingest.jobs.ingestion import DocumentReader, Ingestion
from rag.catalog.database.records import Task
from rag.catalog.documents import Catalog
from rag.catalog.jobs import MOST_SMALL_CHUNKS, JobQueue, LeaseLostError
from rag.errors import CatalogUnavailableError, CitewellError
from rag.stages import ChunkIndex
from rag.telemetry.recorder import Observer, Operation, Work, watched

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 1.0
_LONGEST_BEAT_SECONDS = 2.0
_OPTIMIZE_AFTER_CHUNKS = 20_000
_SOON_SECONDS = 2.0
"""Small documents do not wait for a job that takes longer; below that a second one at a time would only cost memory."""
LANES = 2
"""How many documents a worker reads at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What a worker works with.

    ``exclusive``: no other process works on this storage, so that what runs when the worker starts was left behind.
    """

    catalog: Catalog
    queue: JobQueue
    ingestion: Ingestion
    sandbox: DocumentReader
    index: ChunkIndex
    purger: Purger
    eraser: Eraser
    housekeeper: Housekeeper
    lease_seconds: float
    exclusive: bool
    observers: Sequence[Observer] = ()


@dataclass(slots=True, kw_only=True)
class _Lane:
    """A row of jobs, done one after the other. ``busy_since`` is the loop's time when the current one was begun."""

    small_only: bool
    new_work: asyncio.Event = field(default_factory=asyncio.Event)
    busy_since: float | None = None


class Worker:
    """One task of an event loop, in the service or in a process of its own; heavy work happens elsewhere.

    It has two lanes: one takes any job, the other one small documents while the first is at a job that takes long.

    Any number may share a catalogue, an index and a storage folder.
    """

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._name = f"{socket.gethostname()}/{os.getpid()}"
        self._general, self._short = _Lane(small_only=False), _Lane(small_only=True)
        self._new_purges = asyncio.Event()
        self._unoptimized = 0
        self._optimizing: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Says that there is something to do, so that nobody waits for the next look."""
        self._general.new_work.set()
        self._short.new_work.set()
        self._new_purges.set()

    async def run(self) -> None:
        """Works until cancelled; then running jobs are given back, and go on where they stopped."""
        if self._workshop.exclusive:
            await asyncio.to_thread(self._workshop.queue.requeue_running)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._work(self._general), name="jobs")
                group.create_task(self._work(self._short), name="small jobs")
                group.create_task(self._purge(), name="purges")
                group.create_task(self._workshop.eraser.run(), name="erasures")
                group.create_task(self._workshop.housekeeper.run(), name="housekeeping")
                group.create_task(self._warm_up(), name="warm-up")
        finally:
            if self._optimizing is not None:
                self._optimizing.cancel()

    async def _warm_up(self) -> None:
        try:
            await asyncio.to_thread(self._workshop.sandbox.warm_up)
        except CitewellError as error:
            _LOG.warning("%s", error)

    async def _work(self, lane: _Lane) -> None:
        while True:
            lane.busy_since = None
            lane.new_work.clear()
            try:
                task = await self._claim(lane)
                if task is not None:
                    lane.busy_since = asyncio.get_running_loop().time()
                    await self._hold(task, small_only=lane.small_only)
                    continue
            except CitewellError as error:
                _LOG.warning("the queue cannot be read: %s", error)
            if lane.small_only:
                await asyncio.to_thread(self._workshop.sandbox.rest)
            else:
                self._optimize_if_due()
            await _wait(lane.new_work, _POLL_SECONDS)

    async def _claim(self, lane: _Lane) -> Task | None:
        if lane.small_only:
            since = self._general.busy_since
            if since is None or asyncio.get_running_loop().time() - since < _SOON_SECONDS:
                return None
        return await asyncio.to_thread(self._workshop.queue.claim, self._name, small_only=lane.small_only)

    async def _purge(self) -> None:
        while True:
            self._new_purges.clear()
            try:
                await self._workshop.purger.run()
            except CitewellError as error:
                _LOG.warning("the list of purges cannot be read: %s", error)
            await _wait(self._new_purges, _POLL_SECONDS)

    def _optimize_if_due(self) -> None:
        """Starts the optimizer beside the work: it takes minutes, and documents that come meanwhile must not wait."""
        running = self._optimizing is not None and not self._optimizing.done()
        if self._unoptimized >= _OPTIMIZE_AFTER_CHUNKS and not running:
            self._unoptimized = 0
            self._optimizing = asyncio.create_task(self._optimize(), name="optimize")

    async def _optimize(self) -> None:
        try:
            with watched(self._workshop.observers, Work(operation=Operation.OPTIMIZE)):
                await self._workshop.index.optimize()
        except CitewellError as error:
            _LOG.warning("the index is not optimized: %s", error)

    async def _hold(self, task: Task, *, small_only: bool) -> None:
        """Works on a job for as long as it is ours and nobody cancels it."""
        work = self._workshop.ingestion.run(task, most_chunks=MOST_SMALL_CHUNKS if small_only else None)
        taking_in = asyncio.create_task(work, name=f"job {task.job_id}")
        keeping = asyncio.create_task(self._keep_lease(task), name=f"lease of {task.job_id}")
        try:
            await asyncio.wait({taking_in, keeping}, return_when=asyncio.FIRST_COMPLETED)
            if not taking_in.done():
                await self._stop(taking_in, task)
                await keeping
                await self._workshop.ingestion.remove(task)
                await asyncio.to_thread(self._workshop.queue.end_cancelled, task)
            else:
                added = await taking_in
                self._unoptimized += added
                self._new_purges.set()
        except LeaseLostError:
            await self._stop(taking_in, task)
            await self._let_go(task)
        except asyncio.CancelledError:
            await self._stop(taking_in, task)
            with contextlib.suppress(LeaseLostError, CitewellError):
                await asyncio.to_thread(self._workshop.queue.release, task)
            raise
        finally:
            keeping.cancel()

    async def _keep_lease(self, task: Task) -> None:
        """Renews the lease; returns when someone asks to cancel the job.

        Raises:
            LeaseLostError: the job is no longer ours.
        """
        beat = min(_LONGEST_BEAT_SECONDS, self._workshop.lease_seconds / 3)
        while True:
            with contextlib.suppress(CatalogUnavailableError):  # the next beat may come through before the lease ends
                if await asyncio.to_thread(self._workshop.queue.renew, task):
                    return
            await asyncio.sleep(beat)

    async def _stop(self, taking_in: asyncio.Task[int], task: Task) -> None:
        taking_in.cancel()
        await asyncio.to_thread(self._workshop.ingestion.interrupt, task)
        await asyncio.wait({taking_in})
        if not taking_in.cancelled():
            taking_in.exception()  # why it ended does not matter any more

    async def _let_go(self, task: Task) -> None:
        """Whoever has the job now goes on with the same points; of a version that is gone none may stay."""
        _LOG.warning("job %s was lost to another worker, or its document was deleted", task.job_id)
        with contextlib.suppress(CitewellError):
            if not await asyncio.to_thread(self._workshop.catalog.exists, task.version_id):
                await self._workshop.ingestion.remove(task)
            await asyncio.to_thread(self._workshop.queue.abandon_job, task)
            self._new_purges.set()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # wait_for may lose a cancellation on Python 3.11
            await event.wait()
