"""Faults 10 and 11: an index that does not answer, and one whose files are damaged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from rag.factory import build_index
from rag.settings import IngestionSettings, OcrBackend, ServerSettings, Settings, StorageSettings
from rag.stages import ChunkIndex
from tests.support.fakes.refusing_index import RefusingIndex
from tests.support.faults.counts import say
from tests.support.faults.documents import good_document
from tests.support.faults.service import ServiceEndedError, ServiceProcess
from tests.support.servers.service import problem, running_client, take_in, upload, wait_for_job

Answers = set[tuple[str, float, float]]
REFUSALS = 3
QUESTIONS = ("What does the register keep?", "Who signs for an item?", "inspection repaired")


@pytest.fixture
def indexes(monkeypatch: pytest.MonkeyPatch) -> list[RefusingIndex]:
    """The indexes that a service opens, as it opens them."""
    opened: list[RefusingIndex] = []

    def refusing(*arguments: Any, **options: Any) -> ChunkIndex:
        opened.append(RefusingIndex(build_index(*arguments, **options)))
        return opened[-1]

    monkeypatch.setattr("ingest.opening.build_index", refusing)
    return opened


@pytest.fixture
def client(tmp_path: Path, indexes: list[RefusingIndex]) -> Iterator[httpx.Client]:
    assert indexes == []
    settings = Settings(
        storage=StorageSettings(folder=tmp_path / "data", min_free_bytes=0),
        ingestion=IngestionSettings(ocr=OcrBackend.NONE),
        server=ServerSettings(allowed_hosts=("localhost",)),
    )
    with running_client(settings, tmp_path / "api.sock") as http:
        yield http


def test_fault_10_while_the_index_is_down_nothing_is_pretended_and_no_attempt_is_used(
    client: httpx.Client, indexes: list[RefusingIndex]
) -> None:
    take_in(client, "lift.txt", b"The limit of the lift is 630 kg.")
    [index] = indexes
    index.down = True
    asked = {
        "readyz": client.get("/readyz"),
        "search": client.post("/v1/search", json={"query": "limit of the lift"}),
        "ask": client.post("/v1/ask", json={"question": "What is the limit of the lift?"}),
    }
    assert {problem(answer) for answer in asked.values()} == {(503, "index_unavailable")}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in asked.values())
    assert client.get("/healthz").status_code == 200
    waiting = upload(client, "stairs.txt", b"The stairs have 99 steps.").json()["job"]["id"]
    before = index.refused
    while index.refused < before + REFUSALS:
        job = client.get(f"/v1/jobs/{waiting}").json()
        assert job["state"] in {"queued", "running"}
    while (job := client.get(f"/v1/jobs/{waiting}").json())["state"] == "running":
        pass
    assert (job["state"], job["attempts"], job["error"]["code"]) == ("queued", 0, "index_unavailable")
    index.down = False
    assert client.get("/readyz").status_code == 200
    done = wait_for_job(client, waiting)
    say(f"fault 10: refused {index.refused} times, then {done['state']} with attempts {done['attempts']}")
    assert (done["state"], done["attempts"]) == ("succeeded", 1)


def found(client: httpx.Client) -> Answers:
    """Every passage with its scores, for each question."""
    passages = set()
    for question in QUESTIONS:
        answer = client.post("/v1/search", json={"query": question, "limit": 100}).raise_for_status()
        for hit in answer.json()["hits"]:
            dense, bm25 = (round(hit[side]["score"], 2) if hit[side] else 0.0 for side in ("dense", "bm25"))
            passages.add((hit["source"]["chunk_id"], dense, bm25))
    return passages


def start_and_ask(service: ServiceProcess) -> tuple[Answers, list[str]]:
    """Starts the service, asks, and stops it. Returns the answers, and what an audit finds.

    Raises:
        ServiceEndedError: it refused to start.
    """
    with service:
        service.start()
        with httpx.Client(base_url=service.wait_until_ready(), timeout=60) as client:
            while client.get("/readyz").raise_for_status().json()["waiting_jobs"]:
                pass  # what the index has lost is being indexed again
            answers = found(client)
            report = client.post("/v1/maintenance/audit", json={}).raise_for_status().json()
        service.stop()
    return answers, [difference["kind"] for difference in report["differences"]]


def damage(folder: Path, random: Random, number: int) -> str:
    """Cuts a file of the index off, the first time its manifest, or overwrites a part of it; returns what was done."""
    files = sorted(path for path in (folder / "index").rglob("*") if path.is_file() and path.stat().st_size)
    path = random.choice(files) if number else folder / "index" / "index.json"
    size = path.stat().st_size
    place = random.randrange(size)
    if number % 3 != 2:
        os.truncate(path, place)
        return f"cut: {path.relative_to(folder)} to {place} of {size} bytes"
    with path.open("r+b") as file:
        file.seek(place)
        file.write(random.randbytes(min(64, size - place)))
    return f"overwritten: {path.relative_to(folder)} at {place} of {size} bytes"


@pytest.fixture
def whole(tmp_path: Path, random: Random) -> tuple[Path, Answers]:
    """A data folder with an index in order, and what it finds."""
    with ServiceProcess(tmp_path / "whole") as service:
        service.start()
        with httpx.Client(base_url=service.wait_until_ready(), timeout=60) as client:
            for number in range(4):
                take_in(client, f"{number}.md", good_document(random, sections=10))
            answers = found(client)
        service.stop()
    return service.folder, answers


@pytest.mark.integration
@pytest.mark.slow
def test_fault_11_a_damaged_index_is_named_and_reindexing_gives_the_same_answers(
    whole: tuple[Path, Answers], tmp_path: Path, random: Random, scale: int, seed: int
) -> None:
    folder, answers = whole
    outcomes: Counter[str] = Counter()
    for number in range(1 + scale // 3):
        copy = shutil.copytree(folder, tmp_path / f"damaged-{number}")
        what = damage(copy, random, number)
        outcome = outcome_of(ServiceProcess(copy), answers)
        say(f"fault 11: {what}: {outcome}")
        outcomes[outcome] += 1
        assert outcome in {"refused", "same answers", "others, and the audit says so"} or what.startswith("overwritten")
        if outcome != "same answers":
            reindex(copy)
            assert start_and_ask(ServiceProcess(copy)) == (answers, [])
    say(f"fault 11: seed {seed}, {dict(outcomes)}; after 'citewell reindex' all gave the same answers")


def outcome_of(service: ServiceProcess, answers: Answers) -> str:
    try:
        got, differences = start_and_ask(service)
    except ServiceEndedError as error:
        clear = "citewell reindex" in str(error) and service.process.returncode == 1
        return "refused" if clear else f"died: {service.process.returncode}"
    if got == answers:
        return "same answers"
    return "others, and the audit says so" if differences else "others, unnoticed"


def reindex(folder: Path) -> None:
    command = Path(sys.executable).with_name("citewell")
    environment = {**os.environ, "CITEWELL_STORAGE__FOLDER": str(folder)}
    done = subprocess.run(  # noqa: S603 - our own command
        [command, "reindex", "--json"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
