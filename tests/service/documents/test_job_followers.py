"""Many clients that follow jobs: one look at a job serves all of them, and there is an end to how many they are."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from api.caller import Caller
from api.routes import jobs as job_routes
from ingest.service import Service
from rag.catalog.database.records import JobRecord
from rag.settings import LimitSettings, ServerSettings, Settings, StorageSettings
from tests.support.servers.service import problem, running_client, upload

FOLLOWERS = 10


class Looks:
    """Counts who looks at jobs, and how often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._look = job_routes._read_job  # noqa: SLF001 - what every look goes through
        self.by_task: Counter[asyncio.Task[object] | None] = Counter()
        self.by_job: Counter[str] = Counter()
        monkeypatch.setattr(job_routes, "_read_job", self.look)

    async def look(self, service: Service, caller: Caller, job_id: str) -> JobRecord:
        self.by_task[asyncio.current_task()] += 1
        self.by_job[job_id] += 1
        return await self._look(service, caller, job_id)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


@pytest.fixture
def client(tmp_path: Path, looks: Looks) -> Iterator[httpx.Client]:
    """A service that takes nothing up, and has room for some followers."""
    settings = Settings(
        storage=StorageSettings(folder=tmp_path / "data"),
        server=ServerSettings(allowed_hosts=("localhost",)),
        limits=LimitSettings(job_followers=FOLLOWERS),
    )
    assert looks.by_job.total() == 0
    with running_client(settings, tmp_path / "api.sock", with_worker=False) as http:
        yield http


def queue(client: httpx.Client, name: str) -> str:
    return str(upload(client, name, f"The words of {name}.".encode()).raise_for_status().json()["job"]["id"])


def follow(client: httpx.Client, stack: ExitStack, job_id: str) -> Iterator[str]:
    """Returns the lines of a stream that has begun."""
    lines = stack.enter_context(client.stream("GET", f"/v1/jobs/{job_id}/events")).iter_lines()
    assert next(lines) == "event: progress"
    return lines


def test_one_look_at_a_job_serves_all_who_follow_it(client: httpx.Client, looks: Looks) -> None:
    job_id = queue(client, "followed.txt")
    with ExitStack() as stack:
        streams = [follow(client, stack, job_id) for _ in range(FOLLOWERS)]
        seen = looks.by_job[job_id]
        while looks.by_job[job_id] < seen + 2:
            pass
        client.post(f"/v1/jobs/{job_id}/cancel")
        ends = [[line for line in lines if line.startswith("event:")] for lines in streams]
    assert ends == [["event: done"]] * FOLLOWERS
    assert sum(count > 1 for count in looks.by_task.values()) == 1


def test_one_follower_too_many_is_told_to_come_back_until_another_leaves(client: httpx.Client) -> None:
    job_id, other = queue(client, "first.txt"), queue(client, "second.txt")
    with ExitStack() as stack:
        following = [follow(client, stack, job_id) for _ in range(FOLLOWERS)]
        refused = client.get(f"/v1/jobs/{other}/events")
        assert problem(refused) == (429, "too_many_followers")
        assert int(refused.headers["retry-after"]) > 0
        assert len(following) == FOLLOWERS
    while True:  # until the service notices that they have left
        with client.stream("GET", f"/v1/jobs/{other}/events") as response:
            if response.status_code == 200:
                break


def test_nobody_looks_at_a_job_that_nobody_follows_any_more(client: httpx.Client, looks: Looks) -> None:
    left, kept = queue(client, "left.txt"), queue(client, "kept.txt")
    with ExitStack() as stack:
        following = follow(client, stack, kept)
        with ExitStack() as short:
            leaving = [follow(client, short, left) for _ in range(2)]
        assert len(leaving) == 2
        for _ in range(3):  # the first of them may come before the service notices
            seen, elsewhere = looks.by_job[left], looks.by_job[kept]
            while looks.by_job[kept] < elsewhere + 3:
                pass
        assert looks.by_job[left] == seen
        assert next(following).startswith("data:")
