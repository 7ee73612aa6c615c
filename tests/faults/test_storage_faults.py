"""Faults 4, 5 and 9: files that kill their parser, uploads that die half-way, deletes in the middle of the work."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ingest.sandbox.pool import SandboxPool
from ingest.sandbox.sandbox import ParsedDocument, Sandbox
from ingest.storage import blobs as blob_store
from rag.catalog.database.connection import Database
from rag.catalog.database.records import JobState
from rag.settings import IngestionSettings, OcrBackend
from rag.stages import PageCounter, ignore_progress
from tests.support.fakes.hash_encoder import HashEncoder
from tests.support.fakes.shared_index import SharedIndex
from tests.support.faults.counts import say
from tests.support.faults.intake import Point
from tests.support.faults.workshop import BATCH_SIZE, TENANT, FaultWorkshop, LineReader
from tests.support.models import minilm_tokenizer_file

BATCHES = 4
DELETED = "deleted.txt"


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[FaultWorkshop]:
    with closing(Database.open(tmp_path / "catalog.db")) as database:
        index = SharedIndex(tmp_path / "points.db")
        yield FaultWorkshop(database, tmp_path, index)
        asyncio.run(index.close())


async def test_fault_4_a_file_that_kills_its_parser_becomes_a_dead_letter_and_the_others_go_on(
    workshop: FaultWorkshop,
) -> None:
    killers = [workshop.upload(b"segfault ", f"killer-{number}.txt") for number in range(2)]
    others = [workshop.upload(f"echo Some words, {number}.".encode(), f"{number}.txt") for number in range(5)]
    with Sandbox(
        IngestionSettings(ocr=OcrBackend.NONE),
        tokenizer_file=minilm_tokenizer_file(),
        max_tokens=HashEncoder().max_tokens,
        parser="tests.support.fakes.sandbox_parsers:ObedientParser",
    ) as sandbox:
        async with workshop.working(SandboxPool([sandbox])):
            ended = [await asyncio.to_thread(workshop.wait_for, job) for job in (*killers, *others)]
    dead, taken_in = ended[: len(killers)], ended[len(killers) :]
    say(f"fault 4: {len(taken_in)} taken in; dead letters: {[(job.attempts, str(job.failure)) for job in dead]}")
    assert {job.state for job in taken_in} == {JobState.SUCCEEDED}
    for job in dead:
        assert job.failure is not None
        assert (job.state, job.attempts, job.failure.code) == (JobState.FAILED, 3, "parser_crash")
        assert "SIGSEGV" in job.failure.detail
    assert (await workshop.audit()).differences == ()


@pytest.mark.parametrize("point", [Point.WRITTEN, Point.IN_PLACE])
def test_fault_5_what_an_upload_that_died_left_is_swept(
    workshop: FaultWorkshop, tmp_path: Path, point: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_uploading(tmp_path, point)
    blobs = tmp_path / "blobs"
    left = [path for path in blobs.rglob("*") if path.is_file()]
    assert len(left) == (2 if point is Point.IN_PLACE else 1)  # with its label
    assert workshop.storage.catalog.documents(TENANT) == []
    assert workshop.storage.board.jobs(TENANT) == []
    monkeypatch.setattr(blob_store, "_LEFT_AFTER_SECONDS", -1)  # an hour later
    workshop.expirer.expire()
    swept = [path for path in left if not path.exists()]
    say(f"fault 5: died with the file {point}: {len(left)} left, {len(swept)} swept")
    assert swept == left
    assert workshop.upload(b"Some words.").state is JobState.QUEUED


async def test_fault_5_an_upload_that_died_after_it_was_queued_is_taken_in(
    workshop: FaultWorkshop, tmp_path: Path
) -> None:
    die_uploading(tmp_path, Point.QUEUED)
    [job] = workshop.storage.board.jobs(TENANT)
    async with workshop.working(LineReader()):
        ended = await asyncio.to_thread(workshop.wait_for, job)
    say(f"fault 5: died when queued: {ended.state}")
    assert ended.state is JobState.SUCCEEDED
    assert (await workshop.audit()).differences == ()


def die_uploading(folder: Path, point: Point) -> None:
    program = [sys.executable, "-m", "tests.support.faults.intake", str(folder), point]
    ended = subprocess.run(program, input=b"Some words.", check=False)  # noqa: S603 - our own program
    assert ended.returncode == -9


class Deleter(LineReader):
    """Deletes the document at a moment of its ingestion: 0 while it is read, n in the upsert of batch n.

    ``waits``: the work goes on only when the delete is done; else both race.
    """

    def __init__(self, workshop: FaultWorkshop, *, moment: int, waits: bool) -> None:
        self._workshop = workshop
        self._moment = moment
        self._waits = waits
        self.deleted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._racing: asyncio.Task[None] | None = None

    def parse(
        self, path: Path, *, name: str, media_type: str, output_folder: Path, on_page: PageCounter = ignore_progress
    ) -> ParsedDocument:
        if self._moment == 0 and name == DELETED and self._waits:
            self._delete()
        elif self._moment == 0 and name == DELETED:
            self._loop.run_in_executor(None, self._delete)
        return super().parse(path, name=name, media_type=media_type, output_folder=output_folder, on_page=on_page)

    async def before_upsert(self, number: int) -> None:
        if number == self._moment:
            deleting = asyncio.create_task(asyncio.to_thread(self._delete))
            self._racing = deleting
            if self._waits:
                await deleting

    def _delete(self) -> None:
        documents = self._workshop.storage.catalog.documents(TENANT)
        [document] = [each for each in documents if each.name == DELETED]
        receipt = self._workshop.storage.deletions.delete_document(TENANT, document.document_id)
        self._loop.call_soon_threadsafe(self.deleted.set_result, receipt.receipt_id)


async def test_fault_9_nothing_survives_of_a_document_that_is_deleted_while_it_is_taken_in(
    workshop: FaultWorkshop, tmp_path: Path, random: Random, scale: int, seed: int
) -> None:
    moments = [*range(BATCHES + 1), *random.choices(range(BATCHES + 1), k=3 * scale)]
    for number, moment in enumerate(moments):
        waits = random.random() < 0.5
        deleter = Deleter(workshop, moment=moment, waits=waits)
        workshop.index = index = SharedIndex(tmp_path / "points.db", before_upsert=deleter.before_upsert)
        caches_dropped = workshop.caches_dropped
        content = "".join(f"Line {line} of document {number}.\n" for line in range(BATCHES * BATCH_SIZE)).encode()
        async with workshop.working(deleter) as worker:
            job = workshop.upload(content, DELETED)
            worker.wake()
            receipt_id = await deleter.deleted
            worker.wake()
            await asyncio.to_thread(workshop.wait_for_purges)
            await asyncio.to_thread(workshop.wait_for, workshop.upload(b"A word.", "next.txt"))
        receipt = workshop.storage.deletions.receipt(TENANT, receipt_id)
        assert receipt.finished_at is not None
        # Where both race, the job may have been quicker than the delete.
        assert workshop.job(job).state in {JobState.CANCELLED} | (set() if waits else {JobState.SUCCEEDED})
        assert await index.count(job.scope, version_id=job.version_id) == 0
        assert job.version_id not in {path.name for path in workshop.texts()}
        assert not workshop.holds_file(content)
        assert workshop.caches_dropped > caches_dropped
        assert (await workshop.audit()).differences == ()
        await index.close()
    say(f"fault 9: seed {seed}, {len(moments)} documents deleted at {BATCHES + 1} moments: nothing of them is left")
