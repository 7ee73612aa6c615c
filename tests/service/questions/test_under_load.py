"""Deletes and updates while clients ask: nothing of a version shows in an answer that was asked for after it went."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.settings import ServerSettings, Settings, StorageSettings
from tests.support.servers.service import running_client, take_in, wait_for_job

ROOMS = 12
CLIENTS = 3
LEAST_QUESTIONS = 100  # of each client
SEED = 20_261


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One answer: which versions it shows or cites, and the time around it."""

    begun: float
    ended: float
    version_ids: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Absence:
    """From when until when a version must not show."""

    version_id: str
    begun: float
    ended: float = float("inf")


@dataclass(slots=True)
class Rooms:
    """Documents that change: each room's door code is in a document of its own."""

    client: httpx.Client
    versions: dict[str, list[str]] = field(default_factory=dict)
    active: dict[str, str] = field(default_factory=dict)
    absences: list[Absence] = field(default_factory=list)

    def write(self, name: str, code: int) -> None:
        document = take_in(self.client, f"{name}.txt", f"The door code of room {name} is {code}.".encode())
        self._now_active(document["id"], document["version_id"])
        self.versions.setdefault(document["id"], []).append(document["version_id"])

    def restore(self, document_id: str, version_id: str) -> None:
        for absence in self.absences:
            if absence.version_id == version_id and absence.ended == float("inf"):
                absence.ended = time.monotonic()
        answer = self.client.post(f"/v1/documents/{document_id}/versions/{version_id}/activate").raise_for_status()
        wait_for_job(self.client, answer.json()["id"])
        self._now_active(document_id, version_id)

    def delete(self, document_id: str) -> None:
        self.client.delete(f"/v1/documents/{document_id}").raise_for_status()
        self.absences.append(Absence(version_id=self.active.pop(document_id), begun=time.monotonic()))

    def _now_active(self, document_id: str, version_id: str) -> None:
        before = self.active.get(document_id)
        if before not in {None, version_id}:
            self.absences.append(Absence(version_id=str(before), begun=time.monotonic()))
        self.active[document_id] = version_id


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    settings = Settings(
        storage=StorageSettings(folder=tmp_path / "data"), server=ServerSettings(allowed_hosts=("localhost",))
    )
    with running_client(settings, tmp_path / "api.sock") as http:
        yield http


def shown(body: dict[str, Any]) -> frozenset[str]:
    cited = {citation["version_id"] for sentence in body["sentences"] for citation in sentence["citations"]}
    return frozenset(cited | {source["version_id"] for source in body["sources"]})


def ask_on(client: httpx.Client, finished: threading.Event, rng: random.Random, asked: list[Asked]) -> None:
    count = 0
    while count < LEAST_QUESTIONS or not finished.is_set():
        count += 1
        question = f"What is the door code of room {rng.randrange(ROOMS)}?"
        begun = time.monotonic()
        response = client.post("/v1/ask", json={"question": question})
        if response.status_code == 409:  # the document went while the answer was written, and the service says so
            continue
        asked.append(Asked(begun=begun, ended=time.monotonic(), version_ids=shown(response.raise_for_status().json())))


def change(rooms: Rooms, rng: random.Random) -> None:
    """Every room is updated and restored, in any order; a third of them are deleted."""
    names = list(range(ROOMS))
    for name in rng.sample(names, ROOMS):
        rooms.write(str(name), rng.randrange(1_000, 10_000))
    documents = list(rooms.active)
    for document_id in rng.sample(documents, ROOMS // 2):
        rooms.restore(document_id, rooms.versions[document_id][0])
    for document_id in rng.sample(documents, ROOMS // 3):
        rooms.delete(document_id)


def test_no_answer_shows_a_version_that_was_deleted_or_superseded_before_it_was_asked_for(client: httpx.Client) -> None:
    rng = random.Random(SEED)  # noqa: S311 - a test that can be repeated
    rooms = Rooms(client)
    for name in range(ROOMS):
        rooms.write(str(name), rng.randrange(1_000, 10_000))
    asked: list[Asked] = []
    finished = threading.Event()
    threads = [
        threading.Thread(target=ask_on, args=(client, finished, random.Random(SEED + each), asked))  # noqa: S311
        for each in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    change(rooms, rng)
    finished.set()
    for thread in threads:
        thread.join()
    wrong = [
        (answer, absence)
        for answer in asked
        for absence in rooms.absences
        if absence.version_id in answer.version_ids and absence.begun <= answer.begun and answer.ended <= absence.ended
    ]
    assert wrong == []
    assert len(rooms.absences) == ROOMS + ROOMS // 2 + ROOMS // 3
    assert len(asked) >= CLIENTS * LEAST_QUESTIONS // 2
    gone = {absence.version_id for absence in rooms.absences}
    assert any(answer.version_ids & gone for answer in asked)  # they did show before they went
    print(f"{len(asked)} answers beside {len(rooms.absences)} changes, none shows what had gone")  # noqa: T201
