"""Fault 7: no room is left. What is refused says so, nothing is corrupt, and work goes on when there is room again."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from rag.catalog.database.connection import Database
from rag.catalog.database.records import Failure, JobState, Task
from rag.catalog.jobs import JobQueue
from rag.errors import StorageFullError
from tests.support.fakes.memory_index import MemoryIndex
from tests.support.faults.counts import say
from tests.support.faults.documents import good_document
from tests.support.faults.service import ServiceProcess
from tests.support.faults.workshop import FaultWorkshop, LineReader
from tests.support.servers.service import problem, take_in, upload, wait_for_job

SMALL = 64 * 1_048_576
ROOM_TO_START_AGAIN = 400 * 1_048_576


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of its own, with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={getattr(request, 'param', SMALL)}", "none", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603 - our own command
        pytest.skip("only root may mount the small file system that this test fills")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607 - our own command


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Leaves no byte free for as long as the block runs."""
    filler = folder / "filler"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        while free := shutil.disk_usage(folder).free:
            os.write(descriptor, bytes(min(free, 65_536)))
        yield
    finally:
        os.close(descriptor)
        filler.unlink()


@pytest.mark.integration
@pytest.mark.slow
def test_fault_7_on_a_full_disk_uploads_are_refused_searches_go_on_and_all_of_it_recovers(
    small_disk: Path, tmp_path: Path, random: Random, seed: int
) -> None:
    with ServiceProcess(small_disk / "data", CITEWELL_STORAGE__MIN_FREE_BYTES="1048576") as service:
        service.log = tmp_path / "service.log"
        service.start()
        with httpx.Client(base_url=service.wait_until_ready(), timeout=60) as client:
            take_in(client, "before.md", good_document(random, sections=10))
            with filled(small_disk):
                refused = {problem(upload(client, f"{n}.md", good_document(random, sections=3))) for n in range(5)}
                found = client.post("/v1/search", json={"query": "register", "limit": 20})
                assert client.get("/healthz").status_code == 200
                assert service.process.poll() is None
            assert refused == {(507, "storage_full")}
            assert len(found.json()["hits"]) >= 10
            done = take_in(client, "after.md", good_document(random, sections=3))
            audit = client.post("/v1/maintenance/audit", json={"read_everything": True}).json()
        service.stop()
    say(f"fault 7: seed {seed}, refused {refused}; then {done['state']}")
    assert audit["differences"] == []


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.parametrize("small_disk", [ROOM_TO_START_AGAIN], indirect=True)
def test_fault_7_a_disk_that_fills_while_a_document_is_indexed_loses_nothing(
    small_disk: Path, tmp_path: Path, random: Random, seed: int
) -> None:
    with ServiceProcess(small_disk / "data", CITEWELL_STORAGE__MIN_FREE_BYTES="1048576") as service:
        service.log = tmp_path / "service.log"
        service.start()
        with httpx.Client(base_url=service.wait_until_ready(), timeout=60) as client:
            take_in(client, "before.md", good_document(random, sections=10))
            job_id = upload(client, "during.md", good_document(random, sections=40)).json()["job"]["id"]
            while client.get(f"/v1/jobs/{job_id}").json()["stage"] == "parsing":
                pass
            # The index writes to memory that is mapped to its files: without room for them the system ends the process.
            ended: int | None = None
            with filled(small_disk):
                try:
                    while "cannot be noted now" not in service.log.read_text():
                        if client.get(f"/v1/jobs/{job_id}").json()["stage"] == "done":
                            break
                except httpx.TransportError:
                    ended = service.process.wait(60)
        if ended is not None:
            service.start()
        with httpx.Client(base_url=service.wait_until_ready(), timeout=60) as client:
            done = wait_for_job(client, job_id)
            audit = client.post("/v1/maintenance/audit", json={"read_everything": True}).json()
        service.stop()
    say(f"fault 7: seed {seed}, the process ended with {ended}; then {done['state']}, {done['chunks_done']} passages")
    assert (done["state"], done["chunks_done"]) == ("succeeded", 40)
    assert audit["differences"] == []


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[FaultWorkshop]:
    with closing(Database.open(tmp_path / "catalog.db")) as database:
        yield FaultWorkshop(database, tmp_path, MemoryIndex())


async def test_fault_7_with_too_little_room_jobs_wait_and_use_no_attempt(workshop: FaultWorkshop) -> None:
    job = workshop.upload_lines(20)
    workshop.min_free_bytes = 2**62
    async with workshop.working(LineReader()):
        while (waiting := await asyncio.to_thread(workshop.job, job)).failure is None:
            pass
    assert (waiting.state, waiting.attempts, waiting.failure.code) == (JobState.QUEUED, 0, "storage_full")
    workshop.min_free_bytes = 0
    async with workshop.working(LineReader()):
        done = await asyncio.to_thread(workshop.wait_for, job)
    assert (done.state, done.attempts, done.chunks_done) == (JobState.SUCCEEDED, 1, 20)


async def test_fault_7_a_catalogue_that_is_full_when_a_job_is_to_wait_stops_no_worker(
    workshop: FaultWorkshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    postpone, refused = JobQueue.postpone, 0

    def full_at_first(queue: JobQueue, task: Task, failure: Failure, *, counts: bool) -> timedelta:
        nonlocal refused
        refused += 1
        if refused < 3:
            raise StorageFullError("database or disk is full")
        return postpone(queue, task, failure, counts=counts)

    monkeypatch.setattr(JobQueue, "postpone", full_at_first)
    job = workshop.upload_lines(20)
    workshop.min_free_bytes = 2**62
    async with workshop.working(LineReader()):
        while (waiting := await asyncio.to_thread(workshop.job, job)).failure is None:
            pass
    assert (waiting.state, waiting.attempts, refused) == (JobState.QUEUED, 0, 3)


def test_fault_7_a_catalogue_that_cannot_grow_refuses_and_stays_whole(tmp_path: Path) -> None:
    limit = {"pages": 0}

    @event.listens_for(Engine, "connect")
    def bound(connection: sqlite3.Connection, _: object) -> None:
        if limit["pages"]:
            connection.execute(f"PRAGMA max_page_count={limit['pages']}")

    try:
        with closing(Database.open(tmp_path / "catalog.db")) as database:
            kept = FaultWorkshop(database, tmp_path, MemoryIndex()).upload(b"Before.", "before.txt")
        limit["pages"] = 1  # less than it has: it stays as large as it is
        with closing(Database.open(tmp_path / "catalog.db")) as database:
            workshop = FaultWorkshop(database, tmp_path, MemoryIndex())
            taken, refused = fill(workshop)
            assert workshop.storage.board.unfinished() == taken + 1
    finally:
        event.remove(Engine, "connect", bound)
    with closing(Database.open(tmp_path / "catalog.db")) as database:
        workshop = FaultWorkshop(database, tmp_path, MemoryIndex())
        assert workshop.job(kept).state is JobState.QUEUED
        workshop.expirer.expire()
        assert not workshop.holds_file(refused)
        assert workshop.upload(refused, "refused.txt").state is JobState.QUEUED
        with database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    say(f"fault 7: the catalogue took {taken} more uploads, refused one, and took it when it could grow again")


def fill(workshop: FaultWorkshop) -> tuple[int, bytes]:
    """Uploads until the catalogue is full; returns how many went in, and the content that did not."""
    for number in range(10_000):
        content = f"Number {number}.".encode()
        try:
            workshop.upload(content, f"{number}.txt")
        except StorageFullError:
            return number, content
    raise AssertionError("it never filled")


def test_fault_7_a_file_that_does_not_fit_is_refused_and_leaves_nothing(
    workshop: FaultWorkshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            workshop.upload(b"Some words.")
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
    assert workshop.storage.board.jobs("default") == []
    assert workshop.upload(b"Some words.").state is JobState.QUEUED
