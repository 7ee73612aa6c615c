"""A client that uploads, updates, deletes and searches while the service is killed repeatedly."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import httpx

from api.commands.shared.client import Client
from tests.support.faults.documents import bad_document, good_document
from tests.support.faults.service import ServiceProcess, wait_until_gone

_NAMES = 40
_OPERATIONS = 3
_MOST_WAITING = 6
_SECTIONS = (1, 4, 12, 30)
_MOMENT_SECONDS = 20.0
_IDLE_SECONDS = 600.0
_POLL_SECONDS = 0.01
_UNFINISHED = "SELECT id, stage, state FROM jobs WHERE state IN ('queued', 'running')"
_UNPURGED = "SELECT 1 FROM purges WHERE finished_at IS NULL OR (erased_at IS NULL AND NOT index_only)"
_SWEPT = frozenset({"original_left_over"})
"""Differences that a crash may leave and that the sweep removes: bytes of an upload that nobody was told of."""


class Moment(StrEnum):
    """The moment of the kill: at the start, at any time, or in a stage of the first or second job."""

    STARTING = "starting"
    ANY = "any"
    PARSING = "parsing"
    INDEXING = "indexing"


@dataclass(slots=True, kw_only=True)
class Tally:
    """The observations of one run."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    deletes: int = 0
    killed_during: Counter[str] = field(default_factory=Counter)
    killed_while_erasing: int = 0
    searches: int = 0
    found_whole: int = 0
    partially_visible: int = 0
    deleted_visible: int = 0
    differences: Counter[str] = field(default_factory=Counter)
    parsers_left: int = 0
    died_by_itself: int = 0


class KillRun:
    """One service folder and one client. ``expected`` holds the last upload under each name, and its job."""

    def __init__(self, folder: Path, random: Random) -> None:
        self.tally = Tally()
        self.expected: dict[str, tuple[bytes, str]] = {}
        self._random = random
        self._documents: dict[str, str] = {}
        self._deleted: list[str] = []
        self._pending: Callable[[httpx.Client], None] | None = None
        self.service = ServiceProcess(
            folder,
            CITEWELL_ENCODER__BATCH_SIZE="4",
            CITEWELL_RETRIEVAL__CANDIDATES="200",
            CITEWELL_RERANKER__BACKEND="none",
            CITEWELL_STORAGE__ERASE_AFTER_SECONDS="0",
        )

    def cycle(self) -> None:
        """Starts the service, works with it, and kills it at a random moment."""
        moment = self._random.choices(list(Moment), weights=(1, 2, 2, 5))[0]
        has_catalog = self.service.folder.exists()
        self.service.start()
        if moment is Moment.STARTING and has_catalog:
            time.sleep(self._random.uniform(0, 2))
            self._kill()
            return
        url = self.service.wait_until_ready()
        delay, jobs = self._random.uniform(0, 0.5), self._random.choice((1, 2))
        killer = threading.Thread(target=self._kill_at, args=(moment, delay, jobs), name="killer")
        killer.start()
        try:
            with httpx.Client(base_url=url, timeout=60) as client:
                self._work(client)
        except httpx.TransportError:
            pass  # killed, as intended
        finally:
            killer.join()

    def finish(self) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        """Runs the service until no work is left, then stops it. Returns jobs by id and documents by name."""
        self.service.start()
        with httpx.Client(base_url=self.service.wait_until_ready(), timeout=60) as client:
            if self._pending is not None:
                self._pending(client)
            self._wait_until_idle()
            self._audit(client)
            for name in sorted(self._documents):
                self._search(client, name)
            jobs = {job_id: client.get(f"/v1/jobs/{job_id}").json() for job_id in self.tally.acknowledged}
            documents = {each["name"]: each for each in Client(client).listed("/v1/documents")}
        self.service.stop()
        return jobs, documents

    def _work(self, client: httpx.Client) -> None:
        self._audit(client)
        for _ in range(_OPERATIONS):
            if self._pending is None:
                self._pending = self._next_operation()
            self._pending(client)
            self._pending = None
        while True:
            for name in sorted(self._documents):
                self._search(client, name)
            client.get("/healthz")

    def _next_operation(self) -> Callable[[httpx.Client], None]:
        draw = self._random.random()
        if draw < 0.15 and self._documents:
            return self._delete(self._random.choice(sorted(self._documents)))
        name = f"{self._random.randrange(_NAMES)}.md"
        if draw < 0.3:
            return self._upload(name.replace(".md", ".pdf"), bad_document(self._random))
        sections = self._random.choice(_SECTIONS)
        return self._upload(name, good_document(self._random, sections=sections))

    def _upload(self, name: str, content: bytes) -> Callable[[httpx.Client], None]:
        def upload(client: httpx.Client) -> None:
            while len(self._unfinished()) >= _MOST_WAITING:
                client.get("/healthz")
                time.sleep(_POLL_SECONDS)
            answer = client.post("/v1/documents", files={"file": (name, content)})
            assert answer.status_code == httpx.codes.ACCEPTED, answer.text
            body = answer.json()
            self.tally.acknowledged[body["job"]["id"]] = name
            self._documents[name] = body["document"]["id"]
            self.expected[name] = (content, body["job"]["id"])

        return upload

    def _delete(self, name: str) -> Callable[[httpx.Client], None]:
        document_id = self._documents[name]

        def delete(client: httpx.Client) -> None:
            answer = client.delete(f"/v1/documents/{document_id}")
            # Not found: it was deleted, and the service killed before its response.
            assert answer.status_code in {httpx.codes.ACCEPTED, httpx.codes.NOT_FOUND}, answer.text
            self.tally.deletes += 1
            self._documents.pop(name)
            self.expected.pop(name, None)
            self._deleted.append(document_id)

        return delete

    def _search(self, client: httpx.Client, name: str) -> None:
        """Searches for a document that is active before and after; every passage must be found."""
        document_id = self._documents[name]
        before = client.get(f"/v1/documents/{document_id}").json()
        found = self._hits(client, [document_id])
        after = client.get(f"/v1/documents/{document_id}").json()
        self.tally.searches += 1
        if (before["version_id"], before["chunk_count"]) == (after["version_id"], after["chunk_count"]):
            whole = Counter({before["version_id"]: before["chunk_count"]}) if before["chunk_count"] else Counter()
            self.tally.found_whole += bool(found) and found == whole
            self.tally.partially_visible += found != whole
        if self._deleted:
            self.tally.deleted_visible += self._hits(client, self._deleted).total()

    def _hits(self, client: httpx.Client, document_ids: list[str]) -> Counter[str]:
        body = {"query": "section of the register", "limit": 100, "filter": {"document_ids": document_ids}}
        answer = client.post("/v1/search", json=body)
        if answer.status_code == httpx.codes.NOT_FOUND:  # no collection yet
            return Counter()
        return Counter(hit["source"]["version_id"] for hit in answer.raise_for_status().json()["hits"])

    def _audit(self, client: httpx.Client) -> None:
        report = client.post("/v1/maintenance/audit", json={"repair": False}).raise_for_status().json()
        self.tally.differences.update(
            difference["kind"] for difference in report["differences"] if difference["kind"] not in _SWEPT
        )

    def _kill_at(self, moment: Moment, delay: float, jobs: int) -> None:
        if moment is Moment.ANY:
            delay *= 4
        else:
            self._wait_for(moment, jobs)
        time.sleep(delay)
        self._kill()

    def _wait_for(self, moment: Moment, jobs: int) -> None:
        seen: set[str] = set()
        until = time.monotonic() + _MOMENT_SECONDS
        while len(seen) < jobs and time.monotonic() < until:
            seen.update(job_id for job_id, stage in self._running() if stage == moment)
            time.sleep(_POLL_SECONDS)

    def _kill(self) -> None:
        parsers = self.service.children()
        self.tally.died_by_itself += self.service.process.poll() is not None
        self.service.kill()
        self.tally.parsers_left += len(wait_until_gone(parsers))
        self.tally.killed_while_erasing += any((self.service.folder / "index").glob("shard-*-source"))
        self.tally.killed_during.update([stage for _, stage in self._running()] or ["no job"])

    def _running(self) -> list[tuple[str, str]]:
        """Returns (job id, stage) of the running jobs."""
        return [(job_id, stage) for job_id, stage, state in self._unfinished() if state == "running"]

    def _unfinished(self) -> list[tuple[str, str, str]]:
        """Reads ids, stages and states from the catalogue, so that it works for a dead service."""
        path = self.service.folder / "catalog.db"
        if not path.exists():
            return []
        with closing(sqlite3.connect(path, timeout=60)) as catalogue:
            return catalogue.execute(_UNFINISHED).fetchall()

    def _wait_until_idle(self) -> None:
        until = time.monotonic() + _IDLE_SECONDS
        path = self.service.folder / "catalog.db"
        while time.monotonic() < until:
            with closing(sqlite3.connect(path, timeout=60)) as catalogue:
                purges = catalogue.execute(_UNPURGED).fetchall()
            if not purges and not self._unfinished():
                return
            time.sleep(_POLL_SECONDS)
        raise TimeoutError("the service did not come to rest")
