"""The audit over a real catalogue and real files, with an index in memory."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.intake.intake import Intake
from ingest.jobs.indexing import Indexer, build_chunks
from ingest.opening import Storage, open_storage
from ingest.storage.extracted_text import save_extracted
from ingest.upkeep.audit import Auditor, AuditReport, DifferenceKind
from rag.catalog.database.records import IndexedVersion, JobStage, Task
from rag.settings import Settings, StorageSettings
from rag.types import ChunkSpan, ExtractedText, Scope, Span
from tests.support.fakes.hash_encoder import HashEncoder
from tests.support.fakes.memory_index import MemoryIndex

SCOPE = Scope(tenant="default", collection="default")


class Bench:
    """A storage with one document of three passages, all in order."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        self.storage = storage
        self.index = MemoryIndex()
        self.texts = settings.storage.folder / "extracted"
        self.intake = Intake(settings, uploads=storage.uploads, board=storage.board, blobs=storage.blobs)
        self.auditor = Auditor(storage, self.index, self.texts)

    async def take_in(self, content: str = "One.\nTwo.\nThree.\n") -> Task:
        self.intake.accept(io.BytesIO(content.encode()), name="a.txt", scope=SCOPE)
        task = self.storage.queue.claim("w")
        assert task is not None
        spans, start = [], 0
        for line in content.splitlines(keepends=True):
            spans.append(ChunkSpan(span=Span(start=start, end=start + len(line)), page=None, heading_path=()))
            start += len(line)
        extracted = ExtractedText(text=content, title="", elements=(), page_count=None, parser="test")
        folder = self.texts / task.version_id
        folder.mkdir(parents=True)
        save_extracted(folder, extracted, tuple(spans))

        indexer = Indexer(encoder=HashEncoder(), index=self.index, batch_size=8)
        await indexer.add(SCOPE, build_chunks(task, extracted, spans))
        found = IndexedVersion(title="", page_count=None, chunk_count=len(spans), warnings=())
        self.storage.queue.publish_version(task, found)
        return task

    async def kinds(self, *, repair: bool = False, read_everything: bool = False) -> list[tuple[DifferenceKind, bool]]:
        report = await self.auditor.audit(repair=repair, read_everything=read_everything)
        return [(difference.kind, difference.repaired) for difference in report.differences]

    def queued(self) -> Task | None:
        return self.storage.queue.claim("w")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    settings = Settings(storage=StorageSettings(folder=tmp_path / "data"))
    with open_storage(settings) as storage:
        yield Bench(settings, storage)


async def test_what_agrees_is_left_alone(bench: Bench) -> None:
    await bench.take_in()
    report = await bench.auditor.audit(repair=True, read_everything=True)
    assert report == AuditReport(versions=1, passages=3, originals=1, differences=())
    assert bench.queued() is None


async def test_passages_that_the_index_lost_are_indexed_again(bench: Bench) -> None:
    task = await bench.take_in()
    await bench.index.delete_version(SCOPE, task.version_id)
    assert await bench.kinds() == [(DifferenceKind.PASSAGES_MISSING, False)]
    assert bench.queued() is None
    assert await bench.kinds(repair=True) == [(DifferenceKind.PASSAGES_MISSING, True)]
    assert await bench.kinds(repair=True) == []  # a job is at it
    queued = bench.queued()
    assert queued is not None
    assert (queued.version_id, queued.stage) == (task.version_id, JobStage.INDEXING)


async def test_passages_of_nobody_are_removed(bench: Bench) -> None:
    task = await bench.take_in()
    bench.storage.deletions.delete_document("default", task.document_id)
    for purge in bench.storage.deletions.pending():  # and the index comes back from an older backup
        bench.storage.deletions.finish(purge)
    assert (DifferenceKind.PASSAGES_LEFT_OVER, True) in await bench.kinds(repair=True)
    assert await bench.index.count(SCOPE) == 0


async def test_a_purge_that_is_still_to_be_done_is_no_difference(bench: Bench) -> None:
    task = await bench.take_in()
    bench.storage.deletions.delete_document("default", task.document_id)
    assert await bench.kinds() == []


async def test_passages_of_a_version_that_is_not_active_are_removed(bench: Bench) -> None:
    first = await bench.take_in()
    await bench.take_in("Four.\n")
    for purge in bench.storage.deletions.pending():
        bench.storage.deletions.finish(purge)
    assert await bench.kinds(repair=True) == [(DifferenceKind.PASSAGES_LEFT_OVER, True)]
    assert await bench.index.count(SCOPE, version_id=first.version_id) == 0


async def test_a_text_that_is_gone_is_parsed_again(bench: Bench) -> None:
    task = await bench.take_in()
    (bench.texts / task.version_id / "text.txt").unlink()
    assert await bench.kinds(repair=True) == [(DifferenceKind.TEXT_MISSING, True)]
    queued = bench.queued()
    assert queued is not None
    assert queued.stage is JobStage.PARSING


async def test_a_text_that_was_cut_off_is_seen_when_everything_is_read(bench: Bench) -> None:
    task = await bench.take_in()
    (bench.texts / task.version_id / "text.txt").write_text("On")
    assert await bench.kinds() == []
    assert await bench.kinds(read_everything=True) == [(DifferenceKind.TEXT_MISSING, False)]


async def test_an_original_that_is_gone_or_changed_is_told_and_cannot_be_mended(bench: Bench) -> None:
    task = await bench.take_in()
    path = bench.storage.blobs.path(task.sha256)
    path.write_bytes(path.read_bytes().swapcase())
    assert await bench.kinds(repair=True) == []
    assert await bench.kinds(repair=True, read_everything=True) == [(DifferenceKind.ORIGINAL_DAMAGED, False)]
    path.write_bytes(b"")
    assert await bench.kinds(repair=True) == [(DifferenceKind.ORIGINAL_DAMAGED, False)]
    path.unlink()
    assert await bench.kinds(repair=True) == [(DifferenceKind.ORIGINAL_MISSING, False)]


async def test_files_of_nobody_are_removed(bench: Bench) -> None:
    await bench.take_in()
    orphan = "0" * 64
    bench.storage.blobs.path(orphan).parent.mkdir(exist_ok=True)
    bench.storage.blobs.path(orphan).write_bytes(b"x")
    (bench.texts / "nobody").mkdir()
    stray = bench.storage.blobs.path(orphan).with_name("notes.txt")  # none of ours: left where it is
    stray.write_text("x")
    expected = [(DifferenceKind.TEXT_LEFT_OVER, True), (DifferenceKind.ORIGINAL_LEFT_OVER, True)]
    assert await bench.kinds(repair=True) == expected
    assert await bench.kinds() == []
    assert stray.exists()
