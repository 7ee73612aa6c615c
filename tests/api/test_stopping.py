"""Processes of their own, told to stop: they give their job back and leave nothing running."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from rag.catalog.records import JobStage, JobState
from rag.folder_lock import read_owner
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.support.service import running_client, upload

LONG = " ".join(f"Word {number} is explained in paragraph {number}." for number in range(5_000)).encode()
GRACE_SECONDS = 10  # what Docker gives a container before it kills it


@contextmanager
def citewell(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "CITEWELL_STORAGE__FOLDER": str(folder), "CITEWELL_SERVER__PORT": "0"}
    program = [sys.executable, "-c", "from api.cli import main; main()", *arguments]
    with subprocess.Popen(  # noqa: S603 - our own command
        program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    while not condition():
        assert process.poll() is None, process.stdout and process.stdout.read()


def last_job(folder: Path) -> tuple[str, str, int]:
    """Returns state, stage and attempts of the job that came last."""
    with closing(sqlite3.connect(f"file:{folder / 'catalog.db'}?mode=ro", uri=True)) as catalogue:
        query = "SELECT state, stage, attempts FROM jobs ORDER BY created_at DESC LIMIT 1"
        state, stage, attempts = catalogue.execute(query).fetchone()
    return state, stage, attempts


def queue(folder: Path, socket_path: Path, content: bytes) -> None:
    settings = Settings(storage=StorageSettings(folder=folder), server=ServerSettings(allowed_hosts=("localhost",)))
    with running_client(settings, socket_path, with_worker=False) as client:
        assert upload(client, "long.txt", content).status_code == 202


def is_running(folder: Path, stage: JobStage) -> bool:
    return last_job(folder)[:2] == (JobState.RUNNING, stage)


@pytest.mark.integration
@pytest.mark.parametrize("stage", [JobStage.PARSING, JobStage.INDEXING])
def test_fault_12_a_service_that_is_told_to_stop_gives_its_job_back_and_ends_in_time(
    tmp_path: Path, stage: JobStage
) -> None:
    folder = tmp_path / "data"
    with citewell("serve", folder=folder) as process:
        until(process, lambda: read_owner(folder).url is not None)
        with httpx.Client(base_url=str(read_owner(folder).url), timeout=60) as client:
            assert upload(client, "long.txt", LONG).status_code == 202
            until(process, lambda: is_running(folder, stage))
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=GRACE_SECONDS)
    assert last_job(folder) == (JobState.QUEUED, stage, 0)


@pytest.mark.integration
def test_a_worker_alone_takes_documents_in_and_gives_its_job_back_when_told_to_stop(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    queue(folder, tmp_path / "first.sock", b"Words for a worker.")
    with citewell("worker", folder=folder) as process:
        until(process, lambda: last_job(folder)[0] == JobState.SUCCEEDED)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=GRACE_SECONDS) == 0
    queue(folder, tmp_path / "second.sock", LONG)
    with citewell("worker", folder=folder) as process:
        until(process, lambda: is_running(folder, JobStage.INDEXING))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=GRACE_SECONDS) == 0
    assert last_job(folder) == (JobState.QUEUED, JobStage.INDEXING, 0)


def test_a_worker_beside_a_service_with_the_embedded_index_is_told_why_not(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    settings = Settings(storage=StorageSettings(folder=folder), server=ServerSettings(allowed_hosts=("localhost",)))
    with (
        running_client(settings, tmp_path / "api.sock", with_worker=False),
        citewell("worker", folder=folder) as process,
    ):
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "is in use by process" in said
    assert "Traceback" not in said
