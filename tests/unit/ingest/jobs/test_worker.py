"""The worker with a real catalogue, a fake index, a fake encoder, and a sandbox that does what it is told."""

import asyncio
import contextlib
import io
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ingest.cleanup.expire import Expirer
from ingest.cleanup.purge import Purger
from ingest.cleanup.rewrite import IndexRewriter
from ingest.intake.intake import Intake
from ingest.jobs import worker as worker_module
from ingest.jobs.indexing import Indexer
from ingest.jobs.ingestion import Ingestion
from ingest.jobs.worker import Worker
from ingest.parsing import PARSER_VERSION
from ingest.sandbox.sandbox import ParsedDocument
from ingest.storage.bin import Bin
from ingest.storage.blobs import BlobStore
from ingest.storage.extracted_text import save_extracted
from rag.catalog.answers import AnswerLog
from rag.catalog.claims import MOST_SMALL_CHUNKS
from rag.catalog.database.connection import Database
from rag.catalog.database.records import JobRecord, JobStage, JobState
from rag.catalog.deletions import Deletions
from rag.catalog.documents import Catalog
from rag.catalog.idempotency import IdempotencyKeys
from rag.catalog.job_board import JobBoard
from rag.catalog.jobs import JobQueue
from rag.catalog.usage import UsageLedger
from rag.catalog.versions import Uploads
from rag.errors import CorruptDocumentError, IndexUnavailableError, ParserCrashError
from rag.guard.guard import Guard
from rag.settings import Settings, StorageSettings
from rag.settings.protection.guard import GuardSettings
from rag.stages import PageCounter, ignore_progress
from rag.telemetry.recorder import Operation
from rag.types import ChunkSpan, EncodedChunk, ExtractedText, Scope, Span
from tests.support.builders.monitoring import Watcher
from tests.support.fakes.clock import Clock
from tests.support.fakes.hash_encoder import HashEncoder
from tests.support.fakes.memory_index import MemoryIndex

SCOPE = Scope(tenant="default", collection="default")
LEASE_SECONDS = 30.0


class ScriptedSandbox:
    """Reads any file as text with one chunk a line, after doing what ``act`` says."""

    def __init__(self) -> None:
        self.act: Callable[[], None] = lambda: None
        self.parsed = 0
        self.interrupted = threading.Event()
        self.interrupted_folders: list[Path] = []

    def warm_up(self) -> None:
        pass

    def interrupt(self, output_folder: Path) -> None:
        self.interrupted_folders.append(output_folder)
        self.interrupted.set()

    def parse(
        self, path: Path, *, name: str, media_type: str, output_folder: Path, on_page: PageCounter = ignore_progress
    ) -> ParsedDocument:
        assert media_type
        on_page(1, 2)
        self.parsed += 1
        self.act()
        text = path.read_text()
        chunks, start = [], 0
        for line in text.splitlines(keepends=True):
            span = Span(start=start, end=start + len(line))
            chunks.append(ChunkSpan(span=span, page=None, heading_path=()))
            start = span.end
        extracted = ExtractedText(text=text, title=name, elements=(), page_count=None, parser="scripted")
        save_extracted(output_folder, extracted, tuple(chunks))
        return ParsedDocument(extracted=extracted, chunks=tuple(chunks))


class FlakyIndex(MemoryIndex):
    """Fails the first ``failures`` upserts."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures
        self.upserts = 0

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        if self.failures:
            self.failures -= 1
            raise IndexUnavailableError("test", "it is down")
        self.upserts += 1
        await super().upsert(scope, chunks)


class Bench:
    """The parts around workers; ``clock`` dates leases and delays."""

    def __init__(self, database: Database, clock: Clock, folder: Path, index: MemoryIndex) -> None:
        self.clock, self.index = clock, index
        self.catalog, self.board = Catalog(database), JobBoard(database)
        self.uploads, self.deletions = Uploads(database, parser_version=PARSER_VERSION), Deletions(database)
        self.queue = JobQueue(database, lease_seconds=LEASE_SECONDS, versions_kept=2)
        self.keys, self.usage = IdempotencyKeys(database), UsageLedger(database)
        self.answers = AnswerLog(database)
        self.blobs, self.extracted = BlobStore(folder / "blobs", litter_bin=Bin(folder / "bin")), folder / "extracted"
        settings = Settings(storage=StorageSettings(folder=folder))
        self.intake = Intake(settings, uploads=self.uploads, board=self.board, blobs=self.blobs)
        self.sandbox = ScriptedSandbox()
        self.caches_dropped = 0
        self.watcher = Watcher()
        self.worker = self.new_worker(self.sandbox)

    def new_worker(self, sandbox: ScriptedSandbox, *, exclusive: bool = True) -> Worker:
        def drop_caches() -> None:
            self.caches_dropped += 1

        ingestion = Ingestion(
            guard=Guard(GuardSettings()),
            queue=self.queue,
            blobs=self.blobs,
            extracted_folder=self.extracted,
            sandbox=sandbox,
            indexer=Indexer(encoder=HashEncoder(), index=self.index, batch_size=2),
            index=self.index,
            max_attempts=3,
            min_free_bytes=0,
            observers=(self.watcher,),
        )
        purger = Purger(
            self.deletions,
            index=self.index,
            blobs=self.blobs,
            extracted_folder=self.extracted,
            evaluations_folder=self.extracted.parent / "evals",
            drop_caches=drop_caches,
        )
        return Worker(
            catalog=self.catalog,
            queue=self.queue,
            ingestion=ingestion,
            sandbox=sandbox,
            index=self.index,
            purger=purger,
            rewriter=IndexRewriter(self.deletions, index=self.index, after_seconds=0.0, has_copies=lambda: False),
            expirer=Expirer(
                blobs=self.blobs,
                catalog=self.catalog,
                deletions=self.deletions,
                keys=self.keys,
                by_age=(partial(self.usage.remove_old, days=400), partial(self.answers.remove_old, days=30)),
            ),
            lease_seconds=LEASE_SECONDS,
            exclusive=exclusive,
            observers=(self.watcher,),
        )

    def upload(self, content: bytes = b"Some words.", name: str = "a.txt") -> JobRecord:
        _, job = self.intake.accept(io.BytesIO(content), name=name, scope=SCOPE)
        self.worker.wake()
        return job

    def job(self, job: JobRecord) -> JobRecord:
        return self.board.job("default", job.job_id)

    async def finished(self, job: JobRecord) -> JobRecord:
        await self.until(lambda: self.job(job).state.is_final)
        return self.job(job)

    async def finished_in_time(self, job: JobRecord) -> JobRecord:
        """Lets time pass while it waits, so that postponed jobs become available."""

        def has_ended() -> bool:
            self.clock.advance(1)
            return self.job(job).state.is_final

        await self.until(has_ended)
        return self.job(job)

    @asynccontextmanager
    async def running(self, worker: Worker | None = None) -> AsyncIterator[None]:
        task = asyncio.create_task((worker or self.worker).run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def until(self, condition: Callable[[], bool]) -> None:
        while not await asyncio.to_thread(condition):
            pass

    async def until_purged(self) -> None:
        await self.until(lambda: not self.deletions.pending())

    def files(self) -> list[Path]:
        """Returns what is there now; a folder that disappears during the listing is skipped."""
        folders = (self.blobs.path("00").parents[1], self.extracted)
        return [Path(place) / name for folder in folders for place, _, names in os.walk(folder) for name in names]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(catalogue_file: Path, clock: Clock) -> Iterator[Database]:
    opened = Database.open(catalogue_file, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def bench(database: Database, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(worker_module, "_LONGEST_RENEWAL_SECONDS", 0.1)
    monkeypatch.setattr(worker_module, "_POLL_SECONDS", 0.02)
    return Bench(database, clock, tmp_path, MemoryIndex())


async def test_a_document_is_visible_once_its_job_has_succeeded(bench: Bench) -> None:
    async with bench.running():
        job = await bench.finished(bench.upload())
    assert (job.state, job.progress, job.chunks_done) == (JobState.SUCCEEDED, 1.0, 1)
    assert bench.catalog.visible(SCOPE, frozenset({job.version_id})) == {job.version_id}
    assert await bench.index.count(SCOPE, version_id=job.version_id) == 1


async def test_a_bad_document_fails_with_its_reason_and_the_next_goes_on(bench: Bench) -> None:
    def refuse() -> None:
        raise CorruptDocumentError("a.txt", "it is torn")

    bench.sandbox.act = refuse
    async with bench.running():
        bad = await bench.finished(bench.upload())
        bench.sandbox.act = lambda: None
        good = await bench.finished(bench.upload(b"Other words."))
    assert bad.failure is not None
    assert (bad.state, bad.failure.code) == (JobState.FAILED, "corrupt_document")
    assert good.state is JobState.SUCCEEDED
    assert not (bench.extracted / bad.version_id).exists()


async def test_an_unexpected_error_fails_the_job_after_three_tries_and_not_the_worker(bench: Bench) -> None:
    def stumble() -> None:
        raise ZeroDivisionError("a fault of ours")

    bench.sandbox.act = stumble
    async with bench.running():
        job = await bench.finished_in_time(bench.upload())
    assert job.failure is not None
    assert (job.failure.code, job.attempts) == ("ingestion_failed", 3)
    assert "a fault of ours" in job.failure.detail


async def test_an_index_that_is_down_uses_up_no_attempt(bench: Bench) -> None:
    bench.index = FlakyIndex(failures=7)
    worker = bench.new_worker(bench.sandbox)
    job = bench.upload()
    async with bench.running(worker):
        await bench.finished_in_time(job)
    assert (bench.job(job).state, bench.job(job).attempts) == (JobState.SUCCEEDED, 1)
    assert bench.sandbox.parsed == 1


async def test_a_document_that_kills_its_parser_is_tried_three_times_and_the_others_go_on(bench: Bench) -> None:
    def crash() -> None:
        raise ParserCrashError("a.txt", "SIGSEGV")

    bench.sandbox.act = crash
    killer = bench.upload()
    async with bench.running():
        await bench.until(lambda: bench.job(killer).attempts == 1 and bench.job(killer).state is JobState.QUEUED)
        bench.sandbox.act = lambda: None
        assert (await bench.finished(bench.upload(b"Other words.", "b.txt"))).state is JobState.SUCCEEDED
        bench.sandbox.act = crash
        dead = await bench.finished_in_time(killer)
    assert dead.failure is not None
    assert (dead.state, dead.attempts, dead.failure.code) == (JobState.FAILED, 3, "parser_crash")
    assert "SIGSEGV" in dead.failure.detail


async def test_a_document_deleted_while_it_is_read_leaves_nothing(bench: Bench) -> None:
    deleted = threading.Event()

    def delete() -> None:
        document = bench.catalog.documents("default")[0]
        bench.deletions.delete_document("default", document.document_id)
        deleted.set()

    bench.sandbox.act = delete
    async with bench.running():
        job = bench.upload()
        await bench.until(deleted.is_set)
        await bench.until_purged()
        await bench.until(lambda: not bench.files())
    assert bench.job(job).state is JobState.CANCELLED
    assert await bench.index.count(SCOPE) == 0


async def test_an_update_keeps_the_version_before_it_without_its_points(bench: Bench) -> None:
    async with bench.running():
        first = await bench.finished(bench.upload(b"The old words."))
        second = await bench.finished(bench.upload(b"The new words."))
        await bench.until_purged()
        assert await bench.index.count(SCOPE, version_id=first.version_id) == 0
        assert await bench.index.count(SCOPE, version_id=second.version_id) == 1
        back = bench.uploads.activate("default", first.document_id, first.version_id)
        bench.worker.wake()
        assert (await bench.finished(back)).state is JobState.SUCCEEDED
        await bench.until_purged()
    assert bench.sandbox.parsed == 2
    assert await bench.index.count(SCOPE, version_id=first.version_id) == 1
    assert await bench.index.count(SCOPE, version_id=second.version_id) == 0


async def test_a_version_no_longer_kept_leaves_nothing(bench: Bench) -> None:
    async with bench.running():
        jobs = [await bench.finished(bench.upload(content)) for content in (b"One.", b"Two.", b"Three.")]
        await bench.until_purged()
    assert not (bench.extracted / jobs[0].version_id).exists()
    assert (bench.extracted / jobs[1].version_id).exists()
    assert len(bench.blobs.hashes()) == 2
    assert {label.version_id for label in bench.blobs.labels()} == {job.version_id for job in jobs[1:]}


async def test_a_document_that_ended_the_service_three_times_is_given_up_until_it_is_retried(bench: Bench) -> None:
    job = bench.upload()
    for _ in range(3):
        bench.queue.claim("w")
        bench.queue.requeue_running()
    async with bench.running():
        found = await bench.finished(job)
        assert found.failure is not None
        assert "ended 3 times" in found.failure.detail
        failed = bench.board.jobs("default", state=JobState.FAILED)
        assert [each.job_id for each in failed] == [job.job_id]
        bench.board.retry("default", job.job_id)
        bench.worker.wake()
        assert (await bench.finished(job)).state is JobState.SUCCEEDED
    assert await bench.index.count(SCOPE, version_id=job.version_id) == 1


async def test_a_worker_that_stops_gives_its_job_back_and_another_goes_on_where_it_was(bench: Bench) -> None:
    bench.index = index = FlakyIndex(failures=0)
    reached = asyncio.Event()

    class Halting(FlakyIndex):
        async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
            if index.upserts == 2:
                reached.set()
                await asyncio.Event().wait()
            await index.upsert(scope, chunks)

    bench.index = Halting(failures=0)
    first = bench.new_worker(bench.sandbox)
    job = bench.upload(b"One.\nTwo.\nThree.\nFour.\nFive.\nSix.\n")
    async with bench.running(first):
        await reached.wait()
    waiting = bench.job(job)
    assert (waiting.state, waiting.stage, waiting.chunks_done, waiting.attempts) == (
        JobState.QUEUED,
        JobStage.INDEXING,
        4,
        0,
    )
    bench.index = index
    async with bench.running(bench.new_worker(bench.sandbox)):
        assert (await bench.finished(job)).state is JobState.SUCCEEDED
    assert bench.sandbox.parsed == 1
    assert index.upserts == 3
    assert await index.count(SCOPE, version_id=job.version_id) == 6


async def test_points_that_the_index_lost_are_stored_again_before_the_version_is_visible(bench: Bench) -> None:
    job = bench.upload(b"One.\nTwo.\nThree.\nFour.\n")
    task = bench.queue.claim("dead")
    assert task is not None
    bench.queue.begin_indexing(task, chunks_done=3, chunks_total=4, page_count=None)
    async with bench.running():
        assert (await bench.finished(job)).state is JobState.SUCCEEDED
    assert await bench.index.count(SCOPE, version_id=job.version_id) == 4


async def test_a_late_worker_is_refused_and_does_no_harm(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, resumed = threading.Event(), threading.Event()

    def halt() -> None:
        stopped.set()
        resumed.wait()

    def taken_over() -> bool:
        bench.clock.advance(LEASE_SECONDS + 1)
        return bench.job(job).attempts >= 2

    late = ScriptedSandbox()
    late.act = halt
    monkeypatch.setattr(worker_module, "_LONGEST_RENEWAL_SECONDS", 1_000.0)
    job = bench.upload()
    async with bench.running(bench.new_worker(late, exclusive=False)):
        await bench.until(stopped.is_set)
        monkeypatch.setattr(worker_module, "_LONGEST_RENEWAL_SECONDS", 0.1)
        async with bench.running(bench.new_worker(bench.sandbox, exclusive=False)):
            await bench.until(taken_over)
            resumed.set()
            done = await bench.finished(job)
    assert done.state is JobState.SUCCEEDED
    assert await bench.index.count(SCOPE, version_id=job.version_id) == 1


async def test_cancelling_a_job_interrupts_its_parser_and_leaves_nothing(bench: Bench) -> None:
    started = threading.Event()

    def hang() -> None:
        started.set()
        bench.sandbox.interrupted.wait()
        raise ParserCrashError("a.txt", "SIGKILL")

    bench.sandbox.act = hang
    job = bench.upload()
    async with bench.running():
        await bench.until(started.is_set)
        bench.board.cancel("default", job.job_id)
        assert (await bench.finished(job)).state is JobState.CANCELLED
        await bench.until_purged()
        await bench.until(lambda: not bench.files())
    assert bench.catalog.documents("default") == []
    assert bench.caches_dropped > 0


@pytest.fixture
def held_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Reading a.txt goes on until the event is set, and the second lane opens at once."""
    monkeypatch.setattr(worker_module, "_SOON_SECONDS", 0.0)
    resumed = threading.Event()
    parse = bench.sandbox.parse

    def parse_slowly(path: Path, *, name: str, **others: Any) -> ParsedDocument:
        if name == "a.txt":
            resumed.wait()
        return parse(path, name=name, **others)

    monkeypatch.setattr(bench.sandbox, "parse", parse_slowly)
    yield resumed
    resumed.set()  # whatever the test found, the thread ends


async def test_a_small_document_is_searchable_while_another_one_is_read_for_long(
    bench: Bench, held_up: threading.Event
) -> None:
    async with bench.running():
        slow = bench.upload(b"Line.\n" * 100_000)
        await bench.until(lambda: bench.job(slow).state is JobState.RUNNING)
        small = [bench.upload(b"Open at six.", name) for name in ("b.txt", "c.txt")]
        for job in small:
            assert (await bench.finished(job)).state is JobState.SUCCEEDED
        assert bench.job(slow).state is JobState.RUNNING
        bench.board.cancel("default", slow.job_id)
        await bench.until(lambda: bool(bench.sandbox.interrupted_folders))
        held_up.set()
        assert (await bench.finished(slow)).state is JobState.CANCELLED
    assert set(bench.sandbox.interrupted_folders) == {bench.extracted / slow.version_id}


class HeldIndex(MemoryIndex):
    """Stores nothing until it is resumed."""

    def __init__(self) -> None:
        super().__init__()
        self.storing, self.resumed = asyncio.Event(), asyncio.Event()

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        self.storing.set()
        await self.resumed.wait()
        await super().upsert(scope, chunks)


async def test_a_document_is_parsed_while_another_one_is_encoded_and_only_two_at_a_time(bench: Bench) -> None:
    bench.index = index = HeldIndex()
    async with bench.running(bench.new_worker(bench.sandbox)):
        jobs = [bench.upload(b"One line.\n", name) for name in ("a.txt", "b.txt", "c.txt")]
        await index.storing.wait()
        await bench.until(lambda: bench.job(jobs[1]).stage is JobStage.INDEXING)
        assert [bench.job(job).state for job in jobs] == [JobState.RUNNING, JobState.RUNNING, JobState.QUEUED]
        assert bench.sandbox.parsed == 2
        index.resumed.set()
        for job in jobs:
            assert (await bench.finished(job)).state is JobState.SUCCEEDED


async def test_no_document_begins_beside_one_that_ended_the_service_before(bench: Bench) -> None:
    bench.index = index = HeldIndex()
    killer, other = bench.upload(), bench.upload(b"Other words.", "b.txt")
    bench.queue.claim("w")
    bench.queue.requeue_running()
    async with bench.running(bench.new_worker(bench.sandbox)):
        await index.storing.wait()
        assert (bench.job(killer).attempts, bench.job(other).state) == (2, JobState.QUEUED)
        index.resumed.set()
        for job in (killer, other):
            assert (await bench.finished(job)).state is JobState.SUCCEEDED
    assert bench.job(other).attempts == 1


async def test_documents_of_any_size_are_parsed_one_after_the_other(bench: Bench, held_up: threading.Event) -> None:
    async with bench.running():
        slow = bench.upload(b"Line.\n")
        await bench.until(lambda: bench.job(slow).state is JobState.RUNNING)
        large = bench.upload(b"Line.\n" * 100_000, "b.txt")
        small = bench.upload(b"Open at six.", "c.txt")
        assert (await bench.finished(small)).state is JobState.SUCCEEDED
        assert bench.job(large).state is JobState.QUEUED
        bench.board.cancel("default", large.job_id)
        held_up.set()
        assert (await bench.finished(slow)).state is JobState.SUCCEEDED


@pytest.mark.slow
async def test_a_small_file_of_many_passages_is_given_back_once_and_read_on_by_the_general_lane(
    bench: Bench, held_up: threading.Event
) -> None:
    async with bench.running():
        slow = bench.upload(b"Line.\n")
        await bench.until(lambda: bench.job(slow).state is JobState.RUNNING)
        dense = bench.upload(b"x\n" * (MOST_SMALL_CHUNKS + 1), "b.txt")
        await bench.until(lambda: bench.job(dense).chunks_total > 0 and bench.job(dense).state is JobState.QUEUED)
        small = bench.upload(b"Open at six.", "c.txt")
        assert (await bench.finished(small)).state is JobState.SUCCEEDED
        assert bench.job(dense).state is JobState.QUEUED
        held_up.set()
        done = await bench.finished(dense)
    assert (done.state, done.attempts, done.chunks_done) == (JobState.SUCCEEDED, 1, MOST_SMALL_CHUNKS + 1)
    assert bench.sandbox.parsed == 3


async def test_a_worker_that_stops_gives_the_jobs_of_both_lanes_back(bench: Bench, held_up: threading.Event) -> None:
    reading = threading.Event()

    def halt() -> None:
        reading.set()
        held_up.wait()

    bench.sandbox.act = halt
    async with bench.running():
        slow = bench.upload(b"Line.\n")
        await bench.until(lambda: bench.job(slow).state is JobState.RUNNING)
        small = bench.upload(b"Open at six.", "b.txt")
        await bench.until(reading.is_set)
    held_up.set()
    assert [(bench.job(job).state, bench.job(job).attempts) for job in (slow, small)] == [(JobState.QUEUED, 0)] * 2


async def test_a_purge_that_fails_is_tried_again_until_it_is_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 3
    delete_version = bench.index.delete_version

    async def flaky(scope: Scope, version_id: str) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise IndexUnavailableError("test", "it is down")
        await delete_version(scope, version_id)

    async with bench.running():
        job = await bench.finished(bench.upload())
        monkeypatch.setattr(bench.index, "delete_version", flaky)
        receipt = bench.deletions.delete_document("default", job.document_id)
        await bench.until_purged()
    assert failures == 0
    assert bench.deletions.receipt("default", receipt.receipt_id).finished_at is not None
    assert bench.files() == []


async def test_the_index_is_optimized_beside_the_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    optimized = asyncio.Event()

    async def optimize() -> None:
        optimized.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(worker_module, "_OPTIMIZE_AFTER_CHUNKS", 1)
    monkeypatch.setattr(bench.index, "optimize", optimize)
    async with bench.running():
        await bench.finished(bench.upload())
        await optimized.wait()
        assert (await bench.finished(bench.upload(b"Other words."))).state is JobState.SUCCEEDED
    assert Operation.OPTIMIZE in {work.operation for work in bench.watcher.began}


async def test_observers_are_told_of_every_step_of_a_job_and_of_its_failure(bench: Bench) -> None:
    def tear() -> None:
        raise CorruptDocumentError("b.txt", "torn")

    async with bench.running():
        await bench.finished(bench.upload(b"One.\nTwo.\nThree."))
        bench.sandbox.act = tear
        await bench.finished(bench.upload(b"Torn.", "b.txt"))
    done, failed = bench.watcher.ended
    assert [work.tenant for work in bench.watcher.began] == ["default", "default"]
    assert [stage.stage for stage in done.recorder.stages] == [
        "parse",
        "encode",
        "store",
        "encode",
        "store",
        "activate",
    ]
    assert done.error is None
    assert isinstance(failed.error, CorruptDocumentError)
    assert [stage.stage for stage in failed.recorder.stages] == ["parse"]
