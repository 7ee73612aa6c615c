"""A worker with the real catalogue, files, ingestion and purger, and with doubles for index and parser."""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from ingest.cleanup.expire import Expirer
from ingest.cleanup.purge import Purger
from ingest.cleanup.rewrite import IndexRewriter
from ingest.intake.intake import Intake
from ingest.jobs.indexing import Indexer
from ingest.jobs.ingestion import DocumentReader, Ingestion
from ingest.jobs.worker import Worker
from ingest.opening import Storage
from ingest.parsing import PARSER_VERSION
from ingest.sandbox.sandbox import ParsedDocument
from ingest.storage.bin import Bin
from ingest.storage.blobs import BlobStore
from ingest.storage.extracted_text import save_extracted
from ingest.storage.folder_lock import FolderLock
from ingest.upkeep.audit import Auditor, AuditReport
from rag.catalog.access.grants import Grants
from rag.catalog.access.people import People
from rag.catalog.access.quotas import Quotas
from rag.catalog.answers import AnswerLog
from rag.catalog.collections.collections import Collections
from rag.catalog.collections.describing import Descriptions
from rag.catalog.conversations.conversations import Conversations
from rag.catalog.conversations.turns import Turns
from rag.catalog.database.connection import Database
from rag.catalog.database.records import JobRecord
from rag.catalog.deletions import Deletions
from rag.catalog.documents import Catalog
from rag.catalog.endpoints.sealing import Seal
from rag.catalog.endpoints.stored import StoredEndpoints
from rag.catalog.idempotency import IdempotencyKeys
from rag.catalog.indexes import IndexRegister
from rag.catalog.installation import Installation
from rag.catalog.job_board import JobBoard
from rag.catalog.jobs import JobQueue
from rag.catalog.rereads import Rereads
from rag.catalog.selection.selection import Selection
from rag.catalog.trail.trail import Trail
from rag.catalog.usage import UsageLedger
from rag.catalog.versions import Uploads
from rag.generation.endpoints.budgets import DailyLedger
from rag.generation.endpoints.connected import ConnectedEndpoints
from rag.guard.guard import Guard
from rag.settings import BudgetSettings, SecuritySettings, Settings, StorageSettings
from rag.settings.protection.guard import GuardSettings
from rag.stages import ChunkIndex, PageCounter, ignore_progress
from rag.types import ChunkSpan, ExtractedText, Scope, Span
from tests.support.fakes.hash_encoder import HashEncoder

TENANT = "default"
SCOPE = Scope(tenant=TENANT, collection="default")
LEASE_SECONDS = 2.0
BATCH_SIZE = 5
_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.02


class LineReader:
    """Reads any file as text with a chunk for each line."""

    def read(self, path: Path) -> str:
        return path.read_text(encoding="utf-8")

    def warm_up(self) -> None:
        pass

    def interrupt(self, output_folder: Path) -> None:
        pass

    def parse(
        self, path: Path, *, name: str, media_type: str, output_folder: Path, on_page: PageCounter = ignore_progress
    ) -> ParsedDocument:
        assert media_type
        on_page(1, 1)
        text = self.read(path)
        chunks, start = [], 0
        for line in text.splitlines(keepends=True):
            chunks.append(ChunkSpan(span=Span(start=start, end=start + len(line)), page=None, heading_path=()))
            start += len(line)
        extracted = ExtractedText(text=text, title=name, elements=(), page_count=None, parser="lines")
        save_extracted(output_folder, extracted, tuple(chunks))
        return ParsedDocument(extracted=extracted, chunks=tuple(chunks))


class FaultWorkshop:
    """The catalogue and files of one folder, common steps of tests, and workers."""

    def __init__(self, database: Database, folder: Path, index: ChunkIndex) -> None:
        self.index = index
        self.database = database
        self.storage = Storage(
            lock=FolderLock(folder),
            exclusive=False,
            database=database,
            installation=Installation(database),
            catalog=Catalog(database),
            grants=Grants(database),
            quotas=Quotas(database),
            uploads=Uploads(database, parser_version=PARSER_VERSION),
            rereads=Rereads(database, parser_version=PARSER_VERSION),
            deletions=Deletions(database),
            keys=IdempotencyKeys(database),
            board=JobBoard(database),
            queue=JobQueue(database, lease_seconds=LEASE_SECONDS),
            indexes=IndexRegister(database),
            ledger=DailyLedger(budget_of=lambda _: BudgetSettings()),
            blobs=BlobStore(folder / "blobs", litter_bin=Bin(folder / "bin")),
            litter_bin=Bin(folder / "bin"),
            usage=UsageLedger(database),
            answers=AnswerLog(database),
            conversations=Conversations(database),
            turns=Turns(database),
            people=People.of(database, SecuritySettings()),
            endpoints=StoredEndpoints(database, Seal(StorageSettings(folder=folder))),
            connected=ConnectedEndpoints(),
            selection=Selection(database),
            collections=Collections(database),
            descriptions=Descriptions(database),
            trail=Trail.of(database, Settings(storage=StorageSettings(folder=folder))),
        )
        self.extracted = folder / "extracted"
        settings = Settings(storage=StorageSettings(folder=folder, min_free_bytes=0))
        self.intake = Intake(settings, uploads=self.storage.uploads, board=self.storage.board, blobs=self.storage.blobs)
        self.expirer = Expirer(
            blobs=self.storage.blobs,
            catalog=self.storage.catalog,
            deletions=self.storage.deletions,
            keys=self.storage.keys,
            by_age=(
                partial(self.storage.usage.remove_old, days=400),
                partial(self.storage.answers.remove_old, days=30),
                partial(self.storage.conversations.remove_old, days=30),
            ),
        )
        self.min_free_bytes = 0
        self.caches_dropped = 0

    def guard(self) -> Guard:
        """Returns the guard of documents."""
        return Guard(GuardSettings())

    def worker(self, reader: DocumentReader, kind: type[Worker] = Worker) -> Worker:
        storage = self.storage
        ingestion = Ingestion(
            queue=storage.queue,
            blobs=storage.blobs,
            extracted_folder=self.extracted,
            sandbox=reader,
            indexer=Indexer(encoder=HashEncoder(), index=self.index, batch_size=BATCH_SIZE),
            index=self.index,
            max_attempts=3,
            min_free_bytes=self.min_free_bytes,
            guard=self.guard(),
        )
        purger = Purger(
            storage.deletions,
            index=self.index,
            blobs=storage.blobs,
            extracted_folder=self.extracted,
            evaluations_folder=self.extracted.parent / "evals",
            drop_caches=self._drop_caches,
        )
        return kind(
            catalog=storage.catalog,
            queue=storage.queue,
            ingestion=ingestion,
            sandbox=reader,
            index=self.index,
            purger=purger,
            rewriter=IndexRewriter(storage.deletions, index=self.index, after_seconds=0.0, has_copies=lambda: False),
            expirer=self.expirer,
            lease_seconds=LEASE_SECONDS,
            exclusive=False,
        )

    def upload(self, content: bytes, name: str = "a.txt") -> JobRecord:
        _, job = self.intake.accept(io.BytesIO(content), name=name, scope=SCOPE)
        return job

    def upload_lines(self, count: int, name: str = "a.txt", text: str = "Line") -> JobRecord:
        return self.upload("".join(f"{text} {number} of {name}.\n" for number in range(count)).encode(), name)

    def job(self, job: JobRecord) -> JobRecord:
        return self.storage.board.job(TENANT, job.job_id)

    @asynccontextmanager
    async def working(self, reader: DocumentReader) -> AsyncIterator[Worker]:
        """Runs a worker in this process during the block."""
        worker = self.worker(reader)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def wait_for(self, job: JobRecord) -> JobRecord:
        """Waits for the end of the job."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while not (found := self.job(job)).state.is_final:
            if time.monotonic() > until:
                raise TimeoutError(f"{found}")
            time.sleep(_POLL_SECONDS)
        return found

    def wait_for_purges(self) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while self.storage.catalog.being_purged():
            if time.monotonic() > until:
                raise TimeoutError(f"{self.storage.deletions.pending()}")
            time.sleep(_POLL_SECONDS)

    async def audit(self) -> AuditReport:
        return await Auditor(self.storage, self.index, self.extracted).audit(repair=False, read_everything=True)

    def holds_file(self, content: bytes) -> bool:
        return self.storage.blobs.path(hashlib.sha256(content).hexdigest()).exists()

    def texts(self) -> list[Path]:
        return list(self.extracted.iterdir()) if self.extracted.exists() else []

    def _drop_caches(self) -> None:
        self.caches_dropped += 1
