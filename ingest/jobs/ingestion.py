"""Runs one job: parses, chunks, encodes and indexes a version, and publishes it."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from ingest.intake.file_types import identify
from ingest.jobs.indexing import Indexer, build_chunks
from ingest.parsing import PARSER_VERSION
from ingest.sandbox.sandbox import ParsedDocument
from ingest.storage.blobs import BlobStore
from ingest.storage.extracted_text import load_extracted, move_extracted, same_passages, sync_extracted
from rag.catalog.database.records import Failure, IndexedVersion, JobStage, Task, VersionLabel
from rag.catalog.jobs import JobQueue, LeaseLostError
from rag.errors import (
    CitewellError,
    DependencyError,
    DocumentError,
    IndexUnavailableError,
    IngestionFailedError,
    ParserCrashError,
    QuarantinedDocumentError,
    StorageFullError,
)
from rag.guard.guard import Guard
from rag.stages import ChunkIndex, PageCounter, ignore_progress
from rag.telemetry.recorder import Observer, Operation, Recorder, Work, observe
from rag.types import Chunk

_LOG = logging.getLogger(__name__)
_WRITE_AGAIN_SECONDS = 1.0

Result = TypeVar("Result")


class DocumentReader(Protocol):
    """Parses and chunks files where they can do no harm: the sandbox."""

    def warm_up(self) -> None:
        """Starts what takes long, before the first file comes."""
        ...

    def parse(
        self, path: Path, *, name: str, media_type: str, output_folder: Path, on_page: PageCounter = ignore_progress
    ) -> ParsedDocument:
        """Saves the result in ``output_folder`` and returns it; ``on_page`` is called from another thread.

        Raises:
            DocumentError: the file is bad.
        """
        ...

    def interrupt(self, output_folder: Path) -> None:
        """Ends the parsing into that folder, which then fails. Does nothing if there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """Ingests documents. An interrupted job continues after the last stage and the last batch that it finished.

    ``max_attempts`` bounds the attempts that ended with the worker, with the parser or with an unexpected error.
    With less room than ``min_free_bytes`` jobs wait.
    """

    queue: JobQueue
    blobs: BlobStore
    extracted_folder: Path
    sandbox: DocumentReader
    indexer: Indexer
    index: ChunkIndex
    max_attempts: int
    min_free_bytes: int
    guard: Guard
    observers: Sequence[Observer] = ()

    async def run(
        self, task: Task, *, max_chunks: int | None = None, on_parsed: Callable[[], Awaitable[None]] | None = None
    ) -> int:
        """Does the job, or notes its failure. Returns the number of chunks added to the index.

        A document with more than ``max_chunks`` chunks is given back as soon as that is known; the parsed text stays.
        ``on_parsed`` is called when the document is parsed, unless that fails.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        try:
            with observe(self.observers, Work(operation=Operation.INGEST, tenant=task.scope.tenant)) as watch:
                return await self._parse_and_index(task, watch.recorder, max_chunks, on_parsed)
        except DependencyError as error:
            await self._postpone(task, error, counts=False)
        except ParserCrashError as error:
            await self._retry_or_fail(task, error)
        except DocumentError as error:
            await self._fail(task, error)
        except LeaseLostError:
            raise
        except Exception as error:  # noqa: BLE001 - one document's failure must not stop the worker
            _LOG.exception("job %s failed", task.job_id)
            await self._retry_or_fail(task, IngestionFailedError(task.name, f"{type(error).__name__}: {error}"))
        return 0

    def interrupt(self, task: Task) -> None:
        """Ends the parsing of a job, if it is being parsed."""
        self.sandbox.interrupt(self.extracted_folder / task.version_id)

    async def remove_version(self, task: Task) -> None:
        """Removes a version's points and its extracted text."""
        await self.index.delete_version(task.scope, task.version_id)
        folder = self.extracted_folder / task.version_id
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _retry_or_fail(self, task: Task, error: DocumentError) -> None:
        if task.attempt < self.max_attempts:
            await self._postpone(task, error, counts=True)
        else:
            await self._fail(task, error)

    async def _postpone(self, task: Task, error: CitewellError, *, counts: bool) -> None:
        delay = await _written(partial(self.queue.postpone, task, _failure(error), counts=counts), task)
        _LOG.warning("job %s waits %s s: %s", task.job_id, delay.total_seconds(), error)

    async def _fail(self, task: Task, error: DocumentError) -> None:
        try:
            await self.remove_version(task)
        except DependencyError as broken:
            await self._postpone(task, broken, counts=False)
        else:
            await _written(partial(self.queue.fail, task, _failure(error)), task)

    async def _parse_and_index(
        self,
        task: Task,
        recorder: Recorder,
        max_chunks: int | None,
        on_parsed: Callable[[], Awaitable[None]] | None,
    ) -> int:
        if task.attempt > self.max_attempts:
            raise IngestionFailedError(task.name, f"the worker ended {self.max_attempts} times while taking it in")
        self._check_room()
        with recorder.stage("parse", count_in=1) as stage:
            stored = await self._load(task)
            if stored is None and task.reads_again is not None:
                task = await asyncio.to_thread(self._identify_again, task)
            parsed = stored or await self._parse(task)
            stage.count_out = len(parsed.chunks)
        if on_parsed is not None:
            await on_parsed()
        told = await asyncio.to_thread(self._guarded, task, parsed)
        chunks = build_chunks(task, parsed.extracted, parsed.chunks)
        pages = parsed.extracted.page_count
        version = IndexedVersion(
            title=parsed.extracted.title,
            page_count=pages,
            chunk_count=len(chunks),
            warnings=(*parsed.extracted.warnings, *told),
            description=parsed.extracted.description,
        )
        if stored is None:
            if await self._keep_active(task, version):
                return 0
            await asyncio.to_thread(self.blobs.write_labels, [_label(task)])
        done = min(task.chunks_done, len(chunks)) if task.stage is JobStage.INDEXING else 0
        await asyncio.to_thread(
            self.queue.begin_indexing,
            task,
            chunks_done=done,
            chunks_total=len(chunks),
            page_count=pages,
            parser_version=PARSER_VERSION if stored is None else None,
        )
        if max_chunks is not None and len(chunks) - done > max_chunks:
            await asyncio.to_thread(self.queue.release, task)
            return 0
        await self._index_checked(task, chunks, done, recorder)
        with recorder.stage("activate", count_in=len(chunks)):
            await asyncio.to_thread(self.queue.publish_version, task, version)
        return len(chunks) - done

    def _guarded(self, task: Task, parsed: ParsedDocument) -> tuple[str, ...]:
        """Returns the guard's warnings about a document.

        Raises:
            QuarantinedDocumentError: it gives orders to a model, and such documents are kept out.
        """
        extracted = parsed.extracted
        said = [field.text for field in extracted.description.fields]
        findings = self.guard.read_document(task.scope.tenant, [extracted.text, extracted.title, *said])
        if findings is not None and self.guard.quarantines(task.scope.tenant, findings):
            raise QuarantinedDocumentError(task.name, "; ".join(findings.warnings))
        return findings.warnings if findings is not None else ()

    async def _load(self, task: Task) -> ParsedDocument | None:
        """Loads the text that an earlier attempt or publication stored; None where it has to be parsed."""
        if task.stage is not JobStage.INDEXING:
            return None
        try:
            extracted, chunks = await asyncio.to_thread(load_extracted, self.extracted_folder / task.version_id)
        except (OSError, ValueError) as error:
            _LOG.warning("version %s is parsed again: %s", task.version_id, error)
            return None
        return ParsedDocument(extracted=extracted, chunks=chunks)

    def _identify_again(self, task: Task) -> Task:
        """Returns the task with the media type that its file has today: a newer parser may have another reader for it.

        Raises:
            DocumentError: such a file is refused today.
        """
        media_type = identify(self.blobs.path(task.sha256), task.name)
        # The index holds the media type of each passage, so that the active version does not serve as it is.
        return task if media_type == task.media_type else replace(task, media_type=media_type, reads_again=None)

    async def _keep_active(self, task: Task, version: IndexedVersion) -> bool:
        """Ends the job of a file that reads as before: its active version stays, and nothing is encoded."""
        if task.reads_again is None:
            return False
        old, new = self.extracted_folder / task.reads_again, self.extracted_folder / task.version_id
        if not await asyncio.to_thread(same_passages, old, new):
            return False
        return await asyncio.to_thread(
            self.queue.keep_active_version,
            task,
            version,
            parser_version=PARSER_VERSION,
            move_text=partial(move_extracted, new, old),
        )

    async def _parse(self, task: Task) -> ParsedDocument:
        folder = self.extracted_folder / task.version_id
        folder.mkdir(parents=True, exist_ok=True)
        parsed = await asyncio.to_thread(
            self.sandbox.parse,
            self.blobs.path(task.sha256),
            name=task.name,
            media_type=task.media_type,
            output_folder=folder,
            on_page=partial(self._report_page, task),
        )
        await asyncio.to_thread(sync_extracted, folder)
        return parsed

    def _report_page(self, task: Task, done: int, total: int) -> None:
        with suppress(LeaseLostError, CitewellError):  # the task that renews the lease gets the same error
            self.queue.report_parsing(task, pages_done=done, page_count=total)

    def _check_room(self) -> None:
        # The embedded index would end the process when it runs out of room.
        free = shutil.disk_usage(self.extracted_folder.parent).free
        if free < self.min_free_bytes:
            raise StorageFullError(f"{free / 1_048_576:,.0f} MiB are free")

    async def _index_checked(self, task: Task, chunks: Sequence[Chunk], done: int, recorder: Recorder) -> None:
        """Stores the chunks from number ``done`` on, counts the version's points, and stores all again if some miss."""
        index = self.index
        await self._encode_and_store(task, chunks, done, recorder)
        if await index.count(task.scope, version_id=task.version_id) != len(chunks):
            await index.delete_version(task.scope, task.version_id)
            await self._encode_and_store(task, chunks, 0, recorder)
        if (held := await index.count(task.scope, version_id=task.version_id)) != len(chunks):
            raise IndexUnavailableError(index.name, f"it holds {held} of the {len(chunks)} passages that were stored")

    async def _encode_and_store(self, task: Task, chunks: Sequence[Chunk], done: int, recorder: Recorder) -> None:
        async def report(stored: int) -> None:
            last = chunks[done + stored - 1]
            await asyncio.to_thread(
                self.queue.report_indexing, task, chunks_done=done + stored, pages_done=last.page or 0
            )
            self._check_room()

        await self.indexer.add(task.scope, chunks[done:], on_progress=report, recorder=recorder)


def _label(task: Task) -> VersionLabel:
    return VersionLabel(
        version_id=task.version_id,
        document_id=task.document_id,
        number=task.number,
        tenant=task.scope.tenant,
        collection=task.scope.collection,
        name=task.name,
        media_type=task.media_type,
        sha256=task.sha256,
        size_bytes=task.size_bytes,
        parser_version=PARSER_VERSION,
    )


async def _written(change: Callable[[], Result], task: Task) -> Result:
    """Makes a change of the catalogue, again and again while it cannot be written: a full disk stops no worker."""
    while True:
        try:
            return await asyncio.to_thread(change)
        except DependencyError as error:
            _LOG.warning("the end of job %s cannot be noted now: %s", task.job_id, error)
            await asyncio.sleep(_WRITE_AGAIN_SECONDS)


def _failure(error: CitewellError) -> Failure:
    return Failure(code=error.code, detail=str(error))
