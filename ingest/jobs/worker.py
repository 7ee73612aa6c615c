"""Runs jobs under leases: one after the other, and small documents beside one that takes long."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.cleanup.expire import Expirer
from ingest.cleanup.purge import Purger
from ingest.cleanup.rewrite import IndexRewriter
from ingest.jobs.ingestion import DocumentReader, Ingestion
from rag.catalog.claims import MOST_SMALL_CHUNKS
from rag.catalog.database.records import Task
from rag.catalog.documents import Catalog
from rag.catalog.jobs import JobQueue, LeaseLostError
from rag.errors import CatalogUnavailableError, CitewellError
from rag.stages import ChunkIndex
from rag.telemetry.recorder import Observer, Operation, Work, observe

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 1.0
_LONGEST_RENEWAL_SECONDS = 2.0
_OPTIMIZE_AFTER_CHUNKS = 20_000
_SOON_SECONDS = 2.0
"""The second lane starts when the first has been busy for so long: for shorter jobs it would only cost memory."""
LANES = 2
"""The number of documents that a worker parses at the same time."""


@dataclass(slots=True, kw_only=True)
class _Lane:
    """A sequence of jobs, run one after the other. ``busy_since`` is the loop's time when the current one began."""

    small_only: bool
    new_work: asyncio.Event = field(default_factory=asyncio.Event)
    busy_since: float | None = None


@dataclass(kw_only=True, eq=False)
class Worker:
    """Claims jobs and runs them under a lease: one task of an event loop; heavy work happens in threads and processes.

    It has two lanes: one takes any job, the other one small documents while the first runs a job that takes long.
    Any number of workers may share a catalogue, an index and a storage folder. ``exclusive``: no other process works on
    this storage, so that jobs which are running when the worker starts were left behind.
    """

    catalog: Catalog
    queue: JobQueue
    ingestion: Ingestion
    sandbox: DocumentReader
    index: ChunkIndex
    purger: Purger
    rewriter: IndexRewriter
    expirer: Expirer
    lease_seconds: float
    exclusive: bool
    observers: Sequence[Observer] = ()
    _general: _Lane = field(init=False, default_factory=lambda: _Lane(small_only=False))
    _short: _Lane = field(init=False, default_factory=lambda: _Lane(small_only=True))
    _new_purges: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _unoptimized: int = field(init=False, default=0)
    _optimizing: asyncio.Task[None] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._name = f"{socket.gethostname()}/{os.getpid()}"

    def wake(self) -> None:
        """Makes the worker look for jobs and purges at once instead of at its next poll."""
        self._general.new_work.set()
        self._short.new_work.set()
        self._new_purges.set()

    async def run(self) -> None:
        """Works until cancelled; then running jobs are given back with their progress."""
        if self.exclusive:
            await asyncio.to_thread(self.queue.requeue_running)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._work_through(self._general), name="jobs")
                group.create_task(self._work_through(self._short), name="small jobs")
                group.create_task(self._purge(), name="purges")
                group.create_task(self.rewriter.run(), name="rewriting")
                group.create_task(self.expirer.run(), name="expiry")
                group.create_task(self._warm_up(), name="warm-up")
        finally:
            if self._optimizing is not None:
                self._optimizing.cancel()

    async def _warm_up(self) -> None:
        try:
            await asyncio.to_thread(self.sandbox.warm_up)
        except CitewellError as error:
            _LOG.warning("%s", error)

    async def _work_through(self, lane: _Lane) -> None:
        while True:
            lane.busy_since = None
            lane.new_work.clear()
            try:
                task = await self._claim(lane)
                if task is not None:
                    lane.busy_since = asyncio.get_running_loop().time()
                    await self._run_with_lease(task, small_only=lane.small_only)
                    continue
            except CitewellError as error:
                _LOG.warning("the queue cannot be read: %s", error)
            if not lane.small_only:
                self._optimize_if_due()
            await _wait(lane.new_work, _POLL_SECONDS)

    async def _claim(self, lane: _Lane) -> Task | None:
        if lane.small_only:
            since = self._general.busy_since
            if since is None or asyncio.get_running_loop().time() - since < _SOON_SECONDS:
                return None
        return await asyncio.to_thread(self.queue.claim, self._name, small_only=lane.small_only)

    async def _purge(self) -> None:
        while True:
            self._new_purges.clear()
            try:
                await self.purger.run()
            except CitewellError as error:
                _LOG.warning("the list of purges cannot be read: %s", error)
            await _wait(self._new_purges, _POLL_SECONDS)

    def _optimize_if_due(self) -> None:
        """Starts the optimizer in a task of its own: it takes minutes, and jobs must not wait for it."""
        is_running = self._optimizing is not None and not self._optimizing.done()
        if self._unoptimized >= _OPTIMIZE_AFTER_CHUNKS and not is_running:
            self._unoptimized = 0
            self._optimizing = asyncio.create_task(self._optimize(), name="optimize")

    async def _optimize(self) -> None:
        try:
            with observe(self.observers, Work(operation=Operation.OPTIMIZE)):
                await self.index.optimize()
        except CitewellError as error:
            _LOG.warning("the index is not optimized: %s", error)

    async def _run_with_lease(self, task: Task, *, small_only: bool) -> None:
        """Runs a job and renews its lease; stops it when a user cancels it or another worker got it."""
        work = self.ingestion.run(task, max_chunks=MOST_SMALL_CHUNKS if small_only else None)
        running = asyncio.create_task(work, name=f"job {task.job_id}")
        renewing = asyncio.create_task(self._renew_lease(task), name=f"lease of {task.job_id}")
        try:
            await asyncio.wait({running, renewing}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await self._stop(running, task)
                await renewing
                await self.ingestion.remove_version(task)
                await asyncio.to_thread(self.queue.end_cancelled, task)
            else:
                added = await running
                self._unoptimized += added
                self._new_purges.set()
        except LeaseLostError:
            await self._stop(running, task)
            await self._abandon_job(task)
        except asyncio.CancelledError:
            await self._stop(running, task)
            with contextlib.suppress(LeaseLostError, CitewellError):
                await asyncio.to_thread(self.queue.release, task)
            raise
        finally:
            renewing.cancel()

    async def _renew_lease(self, task: Task) -> None:
        """Renews the lease until a user asks to cancel the job.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        interval = min(_LONGEST_RENEWAL_SECONDS, self.lease_seconds / 3)
        while True:
            with contextlib.suppress(CatalogUnavailableError):  # the next renewal may succeed before the lease ends
                if await asyncio.to_thread(self.queue.renew, task):
                    return
            await asyncio.sleep(interval)

    async def _stop(self, running: asyncio.Task[int], task: Task) -> None:
        running.cancel()
        await asyncio.to_thread(self.ingestion.interrupt, task)
        await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # marks its error as seen; it does not matter now

    async def _abandon_job(self, task: Task) -> None:
        """Ends the work on a lost job: removes the points of a deleted version, leaves others to the next worker."""
        _LOG.warning("job %s was lost to another worker, or its document was deleted", task.job_id)
        with contextlib.suppress(CitewellError):
            if not await asyncio.to_thread(self.catalog.exists, task.version_id):
                await self.ingestion.remove_version(task)
            await asyncio.to_thread(self.queue.abandon_job, task)
            self._new_purges.set()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # wait_for may lose a cancellation on Python 3.11
            await event.wait()
