"""Originals that an older parser read are read again: with the real catalogue and files, and a reader that changes."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from ingest.parsing import PARSER_VERSION
from ingest.storage.extracted_text import load_extracted, load_text, move_extracted
from rag.catalog.database.connection import Database
from rag.catalog.database.records import JobRecord, JobState, VersionRecord
from rag.catalog.database.tables import VERSIONS
from rag.errors import CorruptDocumentError
from tests.support.fakes.memory_index import MemoryIndex
from tests.support.faults.workshop import SCOPE, TENANT, FaultWorkshop, LineReader

CONTENT = b"The dose is 503 mg.\nStore it dry.\n"


class Reader(LineReader):
    """Reads every file as it is told to."""

    def __init__(self, old: str = "", new: str = "") -> None:
        self.old, self.new = old, new
        self.refuses = False

    def read(self, path: Path) -> str:
        if self.refuses:
            raise CorruptDocumentError("a.txt", "it is torn")
        return super().read(path).replace(self.old, self.new)


class Bench(FaultWorkshop):
    """A workshop with one document that an older parser read."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder, MemoryIndex())
        self.document_id = ""

    async def take_in(self, name: str = "a.txt") -> VersionRecord:
        async with self.working(LineReader()):
            job = await asyncio.to_thread(self.wait_for, self.upload(CONTENT, name))
        self.document_id = job.document_id
        self.change(parser_version=PARSER_VERSION - 1)
        return self.versions()[0]

    def change(self, **values: object) -> None:
        with self.database.write() as connection:
            connection.execute(update(VERSIONS).values(**values))

    async def read_again(self, reader: Reader) -> JobRecord:
        self.storage.rereads.queue(TENANT)
        async with self.working(reader):
            job = await asyncio.to_thread(self.wait_for, self.storage.board.jobs(TENANT)[0])
            await asyncio.to_thread(self.wait_for_purges)
        return job

    def versions(self) -> list[VersionRecord]:
        return self.storage.catalog.versions(TENANT, self.document_id)

    def text(self, version: VersionRecord) -> str:
        return load_text(self.extracted / version.version_id)


@pytest.fixture
def bench(catalogue_file: Path, tmp_path: Path) -> Iterator[Bench]:
    with closing(Database.open(catalogue_file)) as database:
        yield Bench(database, tmp_path)


async def test_what_reads_differently_is_a_new_version_and_the_words_of_the_old_one_stay(bench: Bench) -> None:
    old = await bench.take_in()
    job = await bench.read_again(Reader("503 mg", "50 mg"))
    new, kept = bench.versions()
    assert (job.state, job.version_id) == (JobState.SUCCEEDED, new.version_id)
    assert [(each.number, each.is_active, each.parser_version) for each in (new, kept)] == [
        (2, True, PARSER_VERSION),
        (1, False, PARSER_VERSION - 1),
    ]
    assert (kept.version_id, kept.sha256) == (old.version_id, new.sha256)
    assert bench.text(kept)[12:18] == "503 mg"
    assert bench.text(new)[12:17] == "50 mg"
    assert await bench.index.count(SCOPE, version_id=old.version_id) == 0
    assert await bench.index.count(SCOPE, version_id=new.version_id) == 2
    assert (await bench.audit()).differences == ()
    [_, label] = bench.storage.blobs.labels()
    assert (label.version_id, label.number, label.parser_version) == (new.version_id, 2, PARSER_VERSION)
    assert label == next(each for each in bench.storage.catalog.labels() if each.number == 2)


async def test_what_reads_as_before_stays_the_same_version_and_is_not_encoded(bench: Bench) -> None:
    old = await bench.take_in()
    job = await bench.read_again(Reader())
    [version] = bench.versions()
    assert (job.state, job.version_id) == (JobState.SUCCEEDED, old.version_id)
    assert (version.version_id, version.is_active, version.parser_version) == (old.version_id, True, PARSER_VERSION)
    assert [folder.name for folder in bench.texts()] == [old.version_id]
    assert len(bench.storage.blobs.labels()) == 1
    assert (await bench.audit()).differences == ()


async def test_a_file_that_is_refused_now_keeps_its_old_text(bench: Bench) -> None:
    old = await bench.take_in()
    reader = Reader()
    reader.refuses = True
    job = await bench.read_again(reader)
    assert job.failure is not None
    assert (job.state, job.failure.code) == (JobState.FAILED, "corrupt_document")
    active = bench.versions()[-1]
    assert (active.version_id, active.is_active) == (old.version_id, True)
    assert bench.text(active) == CONTENT.decode()
    assert await bench.index.count(SCOPE, version_id=old.version_id) == 2
    questions = bench.extracted.parent / "evals" / "mine.jsonl"
    questions.parent.mkdir()
    questions.write_text('{"gold_passages":[{"document":"a.txt"}]}\n', encoding="utf-8")
    reader.refuses = False
    assert (await bench.read_again(reader)).state is JobState.SUCCEEDED
    assert bench.storage.rereads.state(TENANT).outdated == 0
    assert "a.txt" in questions.read_text("utf-8")  # only the version that was never ready was purged


async def test_a_restart_goes_on_with_what_is_left(bench: Bench) -> None:
    names = [f"{number}.txt" for number in range(5)]
    old = [await bench.take_in(name) for name in names]
    bench.storage.rereads.queue(TENANT)
    jobs = bench.storage.board.jobs(TENANT, state=JobState.QUEUED)
    async with bench.working(Reader("503", "50")):
        await asyncio.to_thread(bench.wait_for, jobs[-1])
    async with bench.working(Reader("503", "50")):
        for job in jobs:
            assert (await asyncio.to_thread(bench.wait_for, job)).state is JobState.SUCCEEDED
        await asyncio.to_thread(bench.wait_for_purges)
    assert bench.storage.rereads.state(TENANT).outdated == 0
    for version in old:
        bench.document_id = version.document_id
        assert [each.number for each in bench.versions()] == [2, 1]
        assert "503 mg" in bench.text(version)
    assert await bench.index.count(SCOPE) == 10
    assert (await bench.audit()).differences == ()


async def test_a_crash_after_the_files_were_moved_leaves_nothing_half(bench: Bench) -> None:
    old = await bench.take_in()
    bench.storage.rereads.queue(TENANT)
    task = bench.storage.queue.claim("w")
    assert task is not None
    folder = bench.extracted / task.version_id
    folder.mkdir()
    path = bench.storage.blobs.path(task.sha256)
    LineReader().parse(path, name="a.txt", media_type="text/plain", output_folder=folder)
    move_extracted(folder, bench.extracted / old.version_id)
    bench.storage.queue.release(task)
    async with bench.working(Reader()):
        await asyncio.to_thread(bench.wait_for, bench.storage.board.jobs(TENANT)[0])
    [version] = bench.versions()
    assert (version.version_id, version.parser_version) == (old.version_id, PARSER_VERSION)
    extracted, chunks = load_extracted(bench.extracted / old.version_id)
    assert (extracted.text, len(chunks)) == (CONTENT.decode(), 2)
    assert (await bench.audit()).differences == ()


async def test_a_file_for_which_there_is_another_reader_now_is_read_by_that(bench: Bench) -> None:
    old = await bench.take_in("pump.log")
    assert old.media_type == "text/x-log"
    bench.change(media_type="text/plain")
    await bench.read_again(Reader())
    new, kept = bench.versions()
    assert (new.media_type, kept.media_type) == ("text/x-log", "text/plain")


async def test_a_document_that_is_deleted_while_it_is_read_again_leaves_nothing(bench: Bench) -> None:
    await bench.take_in()
    bench.storage.rereads.queue(TENANT)

    class DeletingReader(Reader):
        def read(self, path: Path) -> str:
            if bench.storage.catalog.documents(TENANT):
                bench.storage.deletions.delete_document(TENANT, bench.document_id)
            return super().read(path)

    async with bench.working(DeletingReader("503", "50")):
        job = await asyncio.to_thread(bench.wait_for, bench.storage.board.jobs(TENANT)[0])
        await asyncio.to_thread(bench.wait_for_purges)
    assert job.state is JobState.CANCELLED
    assert (bench.texts(), await bench.index.count(SCOPE), bench.holds_file(CONTENT)) == ([], 0, False)
