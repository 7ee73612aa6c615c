"""Runs jobs under leases: parses one document while others are encoded, and small ones beside one that takes long."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from ingest.cleanup.expire import Expirer
from ingest.cleanup.purge import Purger
from ingest.cleanup.rewrite import IndexRewriter
from ingest.jobs.ingestion import DocumentReader, Ingestion
from rag.catalog.claims import MOST_SMALL_CHUNKS
from rag.catalog.database.records import Task
from rag.catalog.documents import Catalog
from rag.catalog.jobs import JobQueue, LeaseLostError
from rag.errors import CitewellError, DependencyError
from rag.stages import ChunkIndex
from rag.telemetry.recorder import Observer, Operation, Work, observe

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 1.0
_LONGEST_RENEWAL_SECONDS = 2.0
_OPTIMIZE_AFTER_CHUNKS = 20_000
_GENERAL_LANES = 2  # one parses while the other encodes; a parsed document that waits costs memory
_SOON_SECONDS = 2.0
"""Small documents go beside others that are busy for so long: for shorter jobs it would only cost memory."""
PARSERS = 2
"""The number of documents that a worker parses at the same time: one, and a small one."""


@dataclass(slots=True, kw_only=True)
class _Lane:
    """Jobs that take turns: a job has the turn until its document is parsed, also while there is none to claim."""

    small_only: bool
    new_work: asyncio.Event = field(default_factory=asyncio.Event)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(kw_only=True, eq=False)
class Worker:
    """Claims jobs and runs them under a lease: one task of an event loop; heavy work happens in threads and processes.

    Two jobs of any size run at the same time, of which one is parsed and the other encoded. While they take long, small
    documents go beside them, one after the other.
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
    _running: set[str] = field(init=False, default_factory=set)
    _busy_since: float | None = field(init=False, default=None)
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
                for _ in range(_GENERAL_LANES):
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
            async with AsyncExitStack() as turn:
                await turn.enter_async_context(lane.turn)
                task = await self._next_task(lane)
                # A job that ended a process may do so again: others beside it would lose attempts with it.
                on_parsed = turn.aclose if task.attempt == 1 else None
                await self._run_with_lease(task, small_only=lane.small_only, on_parsed=on_parsed)

    async def _next_task(self, lane: _Lane) -> Task:
        while True:
            if not lane.small_only:
                self._busy_since = None
            lane.new_work.clear()
            try:
                if (not lane.small_only or self._takes_long()) and (task := await self._claim(lane)):
                    return task
            except CitewellError as error:
                _LOG.warning("the queue cannot be read: %s", error)
            if not lane.small_only:
                self._optimize_if_due()
            await _wait(lane.new_work, _POLL_SECONDS)

    async def _claim(self, lane: _Lane) -> Task | None:
        own = frozenset(self._running)
        task = await asyncio.to_thread(self.queue.claim, self._name, small_only=lane.small_only, own=own)
        if task is not None:
            self._running.add(task.job_id)
            if not lane.small_only:
                self._busy_since = asyncio.get_running_loop().time()
        return task

    def _takes_long(self) -> bool:
        """Returns whether nothing of any size has been claimed for some time, because none of those jobs ended."""
        since = self._busy_since
        return since is not None and asyncio.get_running_loop().time() - since >= _SOON_SECONDS

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

    async def _run_with_lease(
        self, task: Task, *, small_only: bool, on_parsed: Callable[[], Awaitable[None]] | None
    ) -> None:
        """Runs a job and renews its lease; stops it when a user cancels it or another worker got it."""
        work = self.ingestion.run(task, max_chunks=MOST_SMALL_CHUNKS if small_only else None, on_parsed=on_parsed)
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
        except DependencyError as error:
            _LOG.warning("job %s waits until its lease ends: %s", task.job_id, error)
        except asyncio.CancelledError:
            await self._stop(running, task)
            with contextlib.suppress(LeaseLostError, CitewellError):
                await asyncio.to_thread(self.queue.release, task)
            raise
        finally:
            renewing.cancel()
            self._running.discard(task.job_id)

    async def _renew_lease(self, task: Task) -> None:
        """Renews the lease until a user asks to cancel the job.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        interval = min(_LONGEST_RENEWAL_SECONDS, self.lease_seconds / 3)
        while True:
            with contextlib.suppress(DependencyError):  # the next renewal may succeed before the lease ends
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
