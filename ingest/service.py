"""Opens, runs and closes a service: storage, models, index, worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import Context

from ingest.factory import build_sandboxes, build_worker, extracted_folder
from ingest.intake.intake import Intake
from ingest.intake.unpacking import Unpacker
from ingest.jobs.worker import Worker
from ingest.opening import Engine, Storage, open_engine, open_storage
from ingest.sandbox.page_renderer import PageRenderer
from ingest.upkeep.audit import Auditor
from ingest.upkeep.moving import Mover
from ingest.upkeep.reindexing import Reindexer
from rag.access.tokens import new_key
from rag.answering.experiment import treatment_settings
from rag.catalog.indexes import Generation
from rag.catalog.trail.chain import Event
from rag.catalog.trail.trail import start_event
from rag.errors import CatalogUnavailableError, ConflictError
from rag.factory import build_answer_service, remove_index
from rag.settings import EncoderSettings, Settings
from rag.stages import ChunkIndex
from rag.telemetry.background_writer import AnswerWriter, BackgroundWriter, UsageWriter
from rag.telemetry.recorder import Observer

_LOG = logging.getLogger(__name__)
_CACHES_CHECKED_SECONDS = 1.0
_ENDPOINTS_READ_SECONDS = 5.0
_BACKUP_ENDS_SECONDS = 3.0
_EVENTS_GATHERED_SECONDS = 0.25
_RETIRED_AFTER_SECONDS = 30.0
"""Time that a question has to reach the index that it began with."""


class Service:
    """Holds the parts that requests and evaluations use. Engine and worker may be replaced while it runs."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        engine: Engine,
        engine_stack: AsyncExitStack,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.settings = settings
        self.storage = storage
        self.own_key = new_key()
        """With it this process calls its own API. It is never stored."""
        self.intake = Intake(settings, uploads=storage.uploads, board=storage.board, blobs=storage.blobs)
        self.unpacker = Unpacker(self.intake, storage.blobs, max_bytes=settings.ingestion.max_upload_bytes)
        self._engine = engine
        self._engine_stack = engine_stack
        self._sandbox = build_sandboxes(settings, engine.encoder)
        self.page_renderer = PageRenderer(settings.ingestion)
        self.reindexer = Reindexer(settings, storage)
        self._worker: Worker | None = None
        self._worker_task: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self.backing_up = asyncio.Lock()
        self.forgetters: list[Callable[[], None]] = []
        """Each drops something else in memory that may show what was deleted; called from any thread."""
        self.usage_writer = UsageWriter(storage.usage)
        self.answer_writer = AnswerWriter(storage.answers, experiment=settings.experiment.name or None)
        self.trail_writer = BackgroundWriter[Event](
            storage.trail.append, what="audit events", gather_seconds=_EVENTS_GATHERED_SECONDS
        )
        answer_observers = (self.answer_writer,) if settings.feedback.keep_days else ()
        self._observers = (*observers, self.usage_writer, *answer_observers)
        catalog = storage.catalog
        self.answering = build_answer_service(
            settings, engine.arms, visible=catalog.visible_to_asker, state_of=catalog.state, observers=self._observers
        )

    @property
    def engine(self) -> Engine:
        """The active index with its encoder and pipelines."""
        return self._engine

    @property
    def index(self) -> ChunkIndex:
        """The active index."""
        return self._engine.index

    @property
    def auditor(self) -> Auditor:
        """An auditor of the active index, the catalogue and the files."""
        return Auditor(self.storage, self.index, extracted_folder(self.settings.storage.folder))

    @property
    def has_stopped_working(self) -> bool:
        """True if there was a worker and it has ended."""
        return self._worker_task is not None and self._worker_task.done()

    @property
    def mover(self) -> Mover:
        """Moves documents and renames collections in the active index.

        Raises:
            ConflictError: a new index is being built, which would have them in their old places.
        """
        if self.reindexer.build is not None:
            raise ConflictError("A new index is being built. Switch to it or discard it, then move and rename.")
        return Mover(self.storage, self.index)

    def wake_worker(self) -> None:
        """Makes this process's worker look for work at once; workers in other processes poll."""
        if self._worker is not None:
            self._worker.wake()

    def drop_caches(self) -> None:
        """Drops what is held in memory of answers and pages, which may show what was deleted."""
        self._engine.arms.drop_caches()
        self.page_renderer.forget()
        for forget in self.forgetters:
            forget()

    async def take_endpoints(self) -> None:
        """Reads which model servers are connected, so that the next question is sent to those."""
        self.storage.connected.replace(await asyncio.to_thread(self.storage.endpoints.usable))

    def after_delete(self) -> None:
        """Drops the caches, and wakes the worker to purge the rest."""
        self.drop_caches()
        self.wake_worker()

    def start_worker(self) -> None:
        """Starts a worker over the engine."""
        self._worker = build_worker(
            self.settings,
            self.storage,
            self._engine,
            self._sandbox,
            self._observers,
            drop_caches=self.drop_caches,
        )
        # An empty context: a request may restart the worker, and later jobs must not be logged as parts of it.
        self._worker_task = asyncio.create_task(self._worker.run(), name="worker", context=Context())
        self._worker_task.add_done_callback(_log_failure)

    @asynccontextmanager
    async def worker_paused(self) -> AsyncIterator[None]:
        """Stops the worker, if there is one, while the block runs; a running job continues afterwards."""
        had_worker = await self._stop_worker()
        try:
            yield
        finally:
            if had_worker:
                self.start_worker()

    async def switch_index(self) -> Generation:
        """Switches to the new index and returns it; questions that have begun end with the old one.

        Raises:
            ConflictError: none is ready.
        """
        async with self.worker_paused():
            build = await self.reindexer.take()
            assert build.engine is not None  # noqa: S101 - a ready build has one
            await asyncio.to_thread(self.storage.indexes.activate, build.generation)
            old, old_stack = self._engine, self._engine_stack
            self._engine, self._engine_stack = build.engine, build.stack
            self.answering.arms = build.engine.arms
        retiring = asyncio.create_task(self._retire(old, old_stack), name="retire")
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)
        return build.generation

    async def close(self) -> None:
        """Stops worker and writers, and closes the index and the parser processes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_BACKUP_ENDS_SECONDS), self.backing_up:
                pass  # a cancelled backup must have removed its files before the process ends
        await self._stop_worker()
        await self.answering.close()
        await self.usage_writer.close()
        await self.answer_writer.close()
        await self.trail_writer.close()
        await self.reindexer.discard()
        for retiring in tuple(self._retiring):
            retiring.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await retiring
        await asyncio.to_thread(self._sandbox.close)
        await asyncio.to_thread(self.page_renderer.close)
        await self._engine_stack.aclose()

    async def _stop_worker(self) -> bool:
        task, self._worker, self._worker_task = self._worker_task, None, None
        if task is None:
            return False
        task.cancel()
        await asyncio.wait({task})
        return True

    async def _retire(self, engine: Engine, stack: AsyncExitStack) -> None:
        try:
            await asyncio.sleep(_RETIRED_AFTER_SECONDS)
        finally:
            await stack.aclose()
            await remove_index(self.settings, engine.generation.number)


async def _repair_differences(service: Service) -> None:
    """Queues the versions whose points the index has lost; all of them, if it is a fresh one."""
    found = (await service.auditor.audit(repair=True)).differences
    if found:
        kinds = ", ".join(sorted({difference.kind for difference in found}))
        repaired = sum(difference.repaired for difference in found)
        _LOG.warning(
            "%d differences between catalogue, index and files (%s); %d are repaired", len(found), kinds, repaired
        )


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _LOG.error("the worker has stopped", exc_info=error)


@asynccontextmanager
async def open_service(
    settings: Settings,
    *,
    with_worker: bool = True,
    fresh_index: EncoderSettings | None = None,
    observers: Sequence[Observer] = (),
) -> AsyncIterator[Service]:
    """Opens the data folder, loads the models and starts the worker; closes all of it at the end.

    ``observers`` get every question and every job.

    If the folder belongs to this process alone, catalogue, index and files are compared first, and versions that miss
    points are queued. With ``fresh_index`` an empty index for that encoder replaces the old one.

    Raises:
        FolderInUseError: another process owns the data folder.
        ConfigurationError: a model or the index cannot be opened.
        DependencyError: the catalogue or the index does not answer, or is damaged.
    """
    if settings.experiment.name:
        treatment_settings(settings)  # raises if the experiment is misconfigured, before anything is loaded
    async with AsyncExitStack() as stack:
        storage = stack.enter_context(open_storage(settings))
        generation = await _generation(settings, storage, fresh_index)
        if storage.exclusive:
            for number in storage.indexes.left_over():  # of a process that was killed before it could remove them
                await remove_index(settings, number)
        engine_stack = AsyncExitStack()
        engine = await engine_stack.enter_async_context(open_engine(settings, storage, generation))
        _suggest_reindex(settings, generation)
        service = Service(settings, storage, engine, engine_stack, observers)
        stack.push_async_callback(service.close)
        service.usage_writer.start()
        service.answer_writer.start()
        service.trail_writer.start()
        service.trail_writer.add(start_event(settings, at=storage.trail.now()))
        if storage.exclusive or fresh_index is not None:
            await _repair_differences(service)
        if with_worker:
            service.start_worker()
        if not (with_worker and storage.exclusive):
            for follow in (_drop_caches_after_deletes, _follow_endpoints):
                stack.callback(asyncio.create_task(follow(service), name="following").cancel)
        yield service


async def _generation(settings: Settings, storage: Storage, fresh_index: EncoderSettings | None) -> Generation:
    active = storage.indexes.active(settings.encoder)
    if fresh_index is not None:
        generation = storage.indexes.begin(fresh_index)
        storage.indexes.activate(generation)
        await remove_index(settings, active.number)
        return generation
    return active


def _suggest_reindex(settings: Settings, active: Generation) -> None:
    if not active.is_of(settings.encoder):
        _LOG.warning(
            "The index was made with the encoder %s, which is used; the settings name %s. "
            "'citewell reindex' goes over to the one in the settings, without a pause.",
            active.model,
            settings.encoder.model,
        )


async def _drop_caches_after_deletes(service: Service) -> None:
    """Drops this process's caches within about a second of a delete, where another process's worker purges."""
    seen = 0
    while True:
        with contextlib.suppress(CatalogUnavailableError):
            if (count := await asyncio.to_thread(service.storage.deletions.count)) != seen:
                seen = count
                service.drop_caches()
        await asyncio.sleep(_CACHES_CHECKED_SECONDS)


async def _follow_endpoints(service: Service) -> None:
    """Takes over, within seconds, model servers that were connected in another process."""
    while True:
        await asyncio.sleep(_ENDPOINTS_READ_SECONDS)
        with contextlib.suppress(CatalogUnavailableError):
            await service.take_endpoints()
