"""Processes of their own, told to stop: they give their job back and leave nothing running."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from ingest.storage.folder_lock import read_owner
from rag.catalog.database.records import JobStage, JobState
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.support.servers.openai_server import Fault, Script, loopback_openai_server
from tests.support.servers.service import running_client, take_in, upload

LONG = " ".join(f"Word {number} is explained in paragraph {number}." for number in range(5_000)).encode()
GRACE_SECONDS = 10  # what Docker gives a container before it kills it


@contextmanager
def citewell(*arguments: str, folder: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "CITEWELL_STORAGE__FOLDER": str(folder), "CITEWELL_SERVER__PORT": "0", **settings}
    program = [sys.executable, "-c", "from api.commands.main import main; main()", *arguments]
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


@contextmanager
def answering_service(folder: Path, script: Script) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service whose answers a scripted model server writes; it has ended in time when the block has."""
    with loopback_openai_server(script) as url:
        model = {"CITEWELL_GENERATION__BACKEND": "vllm", "CITEWELL_GENERATION__URL": url}
        with citewell("serve", folder=folder, **model) as process:
            until(process, lambda: read_owner(folder).url is not None)
            address = str(read_owner(folder).url)
            with httpx.Client(base_url=address, timeout=60) as client:
                take_in(client, "pump.txt", b"The pump is serviced every five years.")
            yield process, address
            process.wait(timeout=GRACE_SECONDS)


def data_of(lines: str) -> list[str]:
    return [line.removeprefix("data: ") for line in lines.splitlines() if line.startswith("data: ")]


def names_of(lines: str) -> list[str]:
    return [line.removeprefix("event: ") for line in lines.splitlines() if line.startswith("event: ")]


QUESTION = "How often is the pump serviced?"
CHAT = {"model": "citewell", "messages": [{"role": "user", "content": QUESTION}]}


@pytest.mark.integration
def test_everything_that_is_open_ends_with_an_error_when_the_service_is_told_to_stop(tmp_path: Path) -> None:
    script = Script(pieces=["The pump is"], fault=Fault.HANGS_AMID)
    with answering_service(tmp_path / "data", script) as (process, url), ThreadPoolExecutor() as pool:
        job = httpx.post(f"{url}/v1/documents", files={"file": ("long.txt", LONG)}).json()["job"]["id"]
        with httpx.stream("GET", f"{url}/v1/jobs/{job}/events", timeout=60) as followed:
            lines = followed.iter_lines()
            begun = next(lines)
            asked = [
                pool.submit(httpx.post, url + path, json=body | {"stream": stream}, timeout=60)
                for path, body in (("/v1/ask", {"question": QUESTION}), ("/v1/chat/completions", CHAT))
                for stream in (True, False)
            ]
            until(process, lambda: len(script.requests) == len(asked))
            process.send_signal(signal.SIGTERM)
            progress = "\n".join([begun, *lines])
        events, whole, chunks, completion = [each.result() for each in asked]
    for stream in (progress, events.text):
        assert (names_of(stream)[-1], names_of(stream).count("error"), names_of(stream).count("done")) == (
            "error",
            1,
            0,
        )
        assert json.loads(data_of(stream)[-1])["code"] == "service_stopping"
    assert json.loads(data_of(chunks.text)[-1])["error"]["code"] == "service_stopping"
    assert "[DONE]" not in chunks.text
    assert (whole.status_code, whole.headers["retry-after"], whole.json()["code"]) == (503, "5", "service_stopping")
    assert (completion.status_code, completion.json()["error"]["code"]) == (503, "service_stopping")


@pytest.mark.integration
def test_an_answer_that_ends_in_time_is_whole_when_the_service_is_told_to_stop(tmp_path: Path) -> None:
    script = Script(pieces=["The pump is serviced", " every five years. [1]"], token_seconds=0.5)
    with answering_service(tmp_path / "data", script) as (process, url), ThreadPoolExecutor() as pool:
        asked = pool.submit(httpx.post, f"{url}/v1/ask", json={"question": QUESTION, "stream": True}, timeout=60)
        until(process, lambda: bool(script.requests))
        process.send_signal(signal.SIGTERM)
        names = names_of(asked.result().text)
    assert (names[-1], names.count("done"), names.count("error")) == ("done", 1, 0)


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
