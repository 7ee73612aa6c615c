"""Takes documents in, one after the other, and clears away what was given up."""

from __future__ import annotations

import asyncio
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.blob_store import BlobStore
from ingest.indexing import Indexer, build_chunks
from ingest.sandbox import ParsedDocument
from rag.catalog.catalog import Catalog
from rag.catalog.jobs import JobQueue
from rag.catalog.records import Failure, JobStage, Purge, Task
from rag.errors import CitewellError, DocumentError, IngestionFailedError
from rag.stages import ChunkIndex

_LOG = logging.getLogger(__name__)
_MAX_ATTEMPTS = 3
_RETRY_SECONDS = 5.0
_OPTIMIZE_AFTER_CHUNKS = 20_000
_PARSED = 0.3
"""How far a job is once its document is parsed: encoding takes the rest."""


class DocumentReader(Protocol):
    """Parses and chunks a file where it can do no harm: the sandbox."""

    def parse(self, path: Path, *, name: str, media_type: str, output_folder: Path) -> ParsedDocument:
        """Saves the result in ``output_folder`` and returns it.

        Raises:
            DocumentError: the file is bad.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What a worker works with."""

    catalog: Catalog
    queue: JobQueue
    blobs: BlobStore
    extracted_folder: Path
    sandbox: DocumentReader
    indexer: Indexer
    index: ChunkIndex


class Worker:
    """Runs inside the service, as one task of its event loop; all heavy work happens in threads or in the sandbox."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._wake = asyncio.Event()
        self._unoptimized = 0
        self._optimizing: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Says that there is something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Works until cancelled. Jobs that a killed process left behind are taken up again."""
        await asyncio.to_thread(self._workshop.blobs.sweep)
        await asyncio.to_thread(self._workshop.queue.requeue_running)
        try:
            await self._work()
        finally:
            if self._optimizing is not None:
                self._optimizing.cancel()

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            await self._purge_all()
            task = await asyncio.to_thread(self._workshop.queue.claim)
            if task is not None:
                await self._take_in(task)
            else:
                self._optimize_if_due()
                await self._wake.wait()

    def _optimize_if_due(self) -> None:
        """Starts the optimizer beside the work: it takes minutes, and documents that come meanwhile must not wait."""
        running = self._optimizing is not None and not self._optimizing.done()
        if self._unoptimized >= _OPTIMIZE_AFTER_CHUNKS and not running:
            self._unoptimized = 0
            self._optimizing = asyncio.create_task(self._optimize(), name="optimize")

    async def _optimize(self) -> None:
        try:
            await self._workshop.index.optimize()
        except CitewellError as error:
            _LOG.warning("the index is not optimized: %s", error)

    async def _take_in(self, task: Task) -> None:
        try:
            if task.attempt > _MAX_ATTEMPTS:
                raise IngestionFailedError(task.name, f"the service ended {_MAX_ATTEMPTS} times while reading it")
            await self._parse_and_index(task)
        except DocumentError as error:
            await self._give_up(task, error)
        except CitewellError as error:
            if task.attempt >= _MAX_ATTEMPTS:
                await self._give_up(task, IngestionFailedError(task.name, str(error)))
            else:
                _LOG.warning("job %s waits %s s: %s", task.job_id, _RETRY_SECONDS, error)
                await asyncio.sleep(_RETRY_SECONDS)
                await asyncio.to_thread(self._workshop.queue.requeue_running)
        except Exception as error:  # noqa: BLE001 - the next document must not suffer for this one
            _LOG.exception("job %s failed", task.job_id)
            await self._give_up(task, IngestionFailedError(task.name, f"{type(error).__name__}: {error}"))

    async def _parse_and_index(self, task: Task) -> None:
        workshop = self._workshop
        folder = workshop.extracted_folder / task.version_id
        folder.mkdir(parents=True, exist_ok=True)
        parsed = await asyncio.to_thread(
            workshop.sandbox.parse,
            workshop.blobs.path(task.sha256),
            name=task.name,
            media_type=task.media_type,
            output_folder=folder,
        )
        chunks = build_chunks(task, parsed.extracted, parsed.chunks)

        def report(done: int) -> None:
            workshop.queue.report(
                task.job_id,
                stage=JobStage.ENCODING,
                progress=_PARSED + (1 - _PARSED) * done / len(chunks),
                chunks_done=done,
                chunks_total=len(chunks),
            )

        await asyncio.to_thread(report, 0)
        await workshop.indexer.add(task, chunks, on_progress=report)
        finished = await asyncio.to_thread(
            workshop.queue.finish,
            task,
            title=parsed.extracted.title,
            page_count=parsed.extracted.page_count,
            chunk_count=len(chunks),
            warnings=parsed.extracted.warnings,
        )
        self._unoptimized += len(chunks)
        if not finished:  # deleted meanwhile
            await self._remove(task)

    async def _give_up(self, task: Task, error: DocumentError) -> None:
        await self._remove(task)
        failure = Failure(code=error.code, detail=str(error))
        await asyncio.to_thread(self._workshop.queue.fail, task, failure)

    async def _remove(self, version: Task | Purge) -> None:
        await self._workshop.index.delete_version(version.scope, version.version_id)
        folder = self._workshop.extracted_folder / version.version_id
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _purge_all(self) -> None:
        for purge in await asyncio.to_thread(self._workshop.catalog.purges):
            try:
                await self._remove(purge)
            except CitewellError as error:
                _LOG.warning("version %s is not purged yet: %s", purge.version_id, error)
                continue
            if purge.blob_unused:
                await asyncio.to_thread(self._workshop.blobs.remove, purge.sha256)
            await asyncio.to_thread(self._workshop.catalog.forget, purge.version_id)
