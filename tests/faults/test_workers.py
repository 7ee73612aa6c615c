"""Faults 3 and 6: two worker processes over one catalogue; one is frozen past its lease, or killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from rag.catalog.database.connection import Database
from rag.catalog.database.records import JobRecord, JobState
from tests.support.fakes.shared_index import SharedIndex
from tests.support.faults.counts import say
from tests.support.faults.workshop import BATCH_SIZE, LEASE_SECONDS, SCOPE, TENANT, FaultWorkshop

LINES = 60
HOLD = 4  # the upsert in which the first worker is stopped


@pytest.fixture(params=["sqlite", "postgres"])
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "catalog.db")
    url = str(request.getfixturevalue("postgres_url"))
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url


@pytest.fixture
def workshop(catalogue: str, tmp_path: Path) -> Iterator[FaultWorkshop]:
    with closing(Database.open(catalogue if "://" in catalogue else Path(catalogue))) as database:
        index = SharedIndex(tmp_path / "points.db")
        yield FaultWorkshop(database, tmp_path, index)
        asyncio.run(index.close())


@contextmanager
def worker(catalogue: str, folder: Path, *, hold: int = 0) -> Iterator[subprocess.Popen[str]]:
    """A worker process that has begun to look for jobs."""
    program = [sys.executable, "-m", "tests.support.faults.worker", catalogue, str(folder), str(hold)]
    with subprocess.Popen(  # noqa: S603 - our own program
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert hears(process) == "working"
            yield process
        finally:
            process.kill()


def hears(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def release(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def freeze(process: subprocess.Popen[str], database: Database) -> None:
    """Stops the process while it holds no lock in the catalogue: what is tested is its silence."""
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE jobs, documents, purges")
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)


def thaw(process: subprocess.Popen[str]) -> None:
    release(process)
    process.send_signal(signal.SIGCONT)


async def counts(workshop: FaultWorkshop) -> dict[str, int]:
    return dict((await workshop.index.versions()).get(SCOPE, {}))


def test_fault_3_a_worker_frozen_past_its_lease_is_refused_when_it_goes_on(
    catalogue: str, workshop: FaultWorkshop, tmp_path: Path
) -> None:
    job = workshop.upload_lines(LINES)
    with worker(catalogue, tmp_path, hold=HOLD) as late:
        assert hears(late) == "holding"
        freeze(late, workshop.database)
        with worker(catalogue, tmp_path):
            done = workshop.wait_for(job)
        thaw(late)
        assert hears(late) == "let go"
    found = asyncio.run(counts(workshop))
    say(f"fault 3: {done.state} at attempt {done.attempts}, {found[job.version_id]} of {LINES} passages")
    assert (done.state, done.attempts) == (JobState.SUCCEEDED, 2)
    assert workshop.job(job) == done
    assert found[job.version_id] == LINES
    assert asyncio.run(workshop.audit()).differences == ()


@pytest.mark.parametrize("change", ["deleted", "replaced"])
def test_fault_3_a_frozen_worker_brings_nothing_back_that_is_gone(
    catalogue: str, workshop: FaultWorkshop, tmp_path: Path, change: str
) -> None:
    job = workshop.upload_lines(LINES)
    with worker(catalogue, tmp_path, hold=HOLD) as late:
        assert hears(late) == "holding"
        freeze(late, workshop.database)
        with worker(catalogue, tmp_path):
            workshop.wait_for(job)
            kept = _change(workshop, job, change)
            workshop.wait_for_purges()
        assert asyncio.run(counts(workshop)) == kept
        thaw(late)
        assert hears(late) == "let go"
        workshop.wait_for_purges()
    differences = asyncio.run(workshop.audit()).differences
    found = asyncio.run(counts(workshop))
    say(f"fault 3: {change} while a worker was frozen: {found.get(job.version_id, 0)} passages came back")
    assert job.version_id not in found
    assert differences == ()


def _change(workshop: FaultWorkshop, job: JobRecord, change: str) -> dict[str, int]:
    if change == "deleted":
        workshop.storage.deletions.delete_document(TENANT, job.document_id)
        return {}
    newer = workshop.wait_for(workshop.upload_lines(2, text="Newer line"))
    return {newer.version_id: 2}


def test_fault_6_when_one_of_two_workers_is_killed_the_other_takes_over(
    catalogue: str, workshop: FaultWorkshop, tmp_path: Path
) -> None:
    jobs = [workshop.upload_lines(LINES, f"{number}.txt") for number in range(4)]
    with worker(catalogue, tmp_path, hold=HOLD) as victim:
        assert hears(victim) == "holding"
        with worker(catalogue, tmp_path):
            victim.kill()
            killed_at = datetime.now(UTC)
            done = [workshop.wait_for(job) for job in jobs]
    taken_over = [job for job in done if job.attempts == 2]
    seconds = max((job.started_at - killed_at).total_seconds() for job in taken_over if job.started_at)
    say(f"fault 6: {len(done)} jobs, {len(taken_over)} taken over after {seconds:.1f} s, lease {LEASE_SECONDS} s")
    assert {job.state for job in done} == {JobState.SUCCEEDED}
    assert 1 <= len(taken_over) <= 2  # one is parsed while the other is indexed
    assert seconds < LEASE_SECONDS + 5
    assert asyncio.run(counts(workshop)) == {job.version_id: LINES for job in done}
    assert asyncio.run(workshop.audit()).differences == ()
    assert LINES % BATCH_SIZE == 0
