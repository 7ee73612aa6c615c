"""The worker with a real catalogue, a fake index, a fake encoder, and a sandbox that does what it is told."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ingest import worker as worker_module
from ingest.blob_store import BlobStore
from ingest.indexing import Indexer
from ingest.intake import Intake
from ingest.sandbox import ParsedDocument
from ingest.worker import Worker, Workshop
from rag.catalog.catalog import Catalog
from rag.catalog.database import Database
from rag.catalog.jobs import JobQueue
from rag.catalog.records import JobRecord, JobState
from rag.errors import CorruptDocumentError, IndexUnavailableError
from rag.types import ChunkSpan, EncodedChunk, ExtractedText, Scope, Span
from tests.support.hash_encoder import HashEncoder
from tests.support.memory_index import MemoryIndex

SCOPE = Scope(tenant="default", collection="default")


class ScriptedSandbox:
    """Reads any file as text of one chunk, after doing what ``act`` says."""

    def __init__(self) -> None:
        self.act: Callable[[], None] = lambda: None

    def parse(self, path: Path, *, name: str, media_type: str, output_folder: Path) -> ParsedDocument:
        assert media_type
        (output_folder / "text.txt").write_bytes(path.read_bytes())
        self.act()
        text = path.read_text()
        span = Span(start=0, end=len(text))
        extracted = ExtractedText(text=text, title=name, elements=(), page_count=None, parser="scripted")
        return ParsedDocument(extracted=extracted, chunks=(ChunkSpan(span=span, page=None, heading_path=()),))


class FlakyIndex(MemoryIndex):
    """Fails the first ``failures`` upserts."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        if self.failures:
            self.failures -= 1
            raise IndexUnavailableError("test", "it is down")
        await super().upsert(scope, chunks)


class Bench:
    """Everything around a worker."""

    def __init__(self, database: Database, folder: Path, index: MemoryIndex) -> None:
        self.catalog, self.queue, self.index = Catalog(database), JobQueue(database), index
        self.sandbox = ScriptedSandbox()
        self.blobs, self.extracted = BlobStore(folder / "blobs"), folder / "extracted"
        self.intake = Intake(catalog=self.catalog, blobs=self.blobs, max_bytes=1_000)
        self.worker = Worker(
            Workshop(
                catalog=self.catalog,
                queue=self.queue,
                blobs=self.blobs,
                extracted_folder=self.extracted,
                sandbox=self.sandbox,
                indexer=Indexer(encoder=HashEncoder(), index=index, batch_size=8),
                index=index,
            )
        )

    def upload(self, content: bytes = b"Some words.") -> JobRecord:
        _, job = self.intake.accept(io.BytesIO(content), name="a.txt", scope=SCOPE)
        self.worker.wake()
        return job

    async def finished(self, job: JobRecord) -> JobRecord:
        while (found := self.queue.job("default", job.job_id)).state in {JobState.QUEUED, JobState.RUNNING}:
            await asyncio.sleep(0)
        return found

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.worker.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0)


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return Bench(database, tmp_path, MemoryIndex())


async def test_a_document_is_visible_once_its_job_has_succeeded(bench: Bench) -> None:
    async with bench.running():
        job = await bench.finished(bench.upload())
    assert (job.state, job.progress, job.chunks_done) == (JobState.SUCCEEDED, 1.0, 1)
    assert bench.catalog.visible("default", frozenset({job.version_id})) == {job.version_id}
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


async def test_an_unexpected_error_fails_the_job_and_not_the_worker(bench: Bench) -> None:
    def stumble() -> None:
        raise ZeroDivisionError("a fault of ours")

    bench.sandbox.act = stumble
    async with bench.running():
        job = await bench.finished(bench.upload())
    assert job.failure is not None
    assert job.failure.code == "ingestion_failed"
    assert "a fault of ours" in job.failure.detail


@pytest.mark.parametrize(("failures", "state"), [(2, JobState.SUCCEEDED), (3, JobState.FAILED)])
async def test_an_index_that_is_down_is_tried_three_times(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int, state: JobState
) -> None:
    monkeypatch.setattr(worker_module, "_RETRY_SECONDS", 0.0)
    bench = Bench(database, tmp_path, FlakyIndex(failures))
    async with bench.running():
        job = await bench.finished(bench.upload())
    assert (job.state, job.attempts) == (state, 3)


async def test_a_document_deleted_while_it_is_read_leaves_nothing(bench: Bench) -> None:
    deleted: list[str] = []

    def delete() -> None:
        document = bench.catalog.documents("default")[0]
        bench.catalog.delete_document("default", document.document_id)
        deleted.append(document.version_id)

    bench.sandbox.act = delete
    async with bench.running():
        job = bench.upload()
        await bench.until(lambda: bool(deleted) and not (bench.extracted / job.version_id).exists())
        await bench.until(lambda: not bench.catalog.purges())
    assert await bench.index.count(SCOPE) == 0
    assert [path for path in bench.blobs.path("00").parent.parent.rglob("*") if path.is_file()] == []


async def test_an_update_purges_the_version_before_it(bench: Bench) -> None:
    async with bench.running():
        first = await bench.finished(bench.upload(b"The old words."))
        second = await bench.finished(bench.upload(b"The new words."))
        await bench.until(lambda: not bench.catalog.purges())
    assert await bench.index.count(SCOPE, version_id=first.version_id) == 0
    assert await bench.index.count(SCOPE, version_id=second.version_id) == 1
    assert not (bench.extracted / first.version_id).exists()


async def test_a_document_that_ended_the_service_three_times_is_given_up(bench: Bench) -> None:
    job = bench.upload()
    for _ in range(3):
        bench.queue.claim()
        bench.queue.requeue_running()
    async with bench.running():
        found = await bench.finished(job)
    assert found.failure is not None
    assert "ended 3 times" in found.failure.detail


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
