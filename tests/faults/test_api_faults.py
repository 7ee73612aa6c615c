"""Faults 8, 18, 20 and 31: a locked catalogue, a full queue, repeated uploads, and requests meant to hurt."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from rag.settings import IngestionSettings, ServerSettings, Settings, StorageSettings
from tests.support.servers.service import RawRequest, problem, running_client, take_in, upload, wait_for_job

UPLOADS = 24  # more than there are threads for writing, and more than asyncio's own pool has
SEARCHES = 20
MAX_WAITING = 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


def settings(folder: Path, *, max_waiting_jobs: int = 1_000, min_free_bytes: int = 0) -> Settings:
    return Settings(
        storage=StorageSettings(folder=folder, min_free_bytes=min_free_bytes),
        ingestion=IngestionSettings(max_waiting_jobs=max_waiting_jobs),
        server=ServerSettings(allowed_hosts=("localhost",), body_timeout_seconds=1.0),
    )


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    with running_client(settings(folder / "data"), folder / "api.sock") as http:
        yield http


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[httpx.Client]:
    """A service that takes nothing up and lets two documents wait."""
    chosen = settings(tmp_path / "data", max_waiting_jobs=MAX_WAITING)
    with running_client(chosen, tmp_path / "api.sock", with_worker=False) as http:
        yield http


@pytest.fixture
def full(tmp_path: Path) -> Iterator[httpx.Client]:
    """A service that wants more room than any disk has."""
    chosen = settings(tmp_path / "data", min_free_bytes=2**62)
    with running_client(chosen, tmp_path / "api.sock", with_worker=False) as http:
        yield http


def search(client: httpx.Client) -> httpx.Response:
    return client.post("/v1/search", json={"query": "limit of the lift"})


def key_is_held(folder: Path, key: str) -> bool:
    with closing(sqlite3.connect(f"file:{folder / 'data' / 'catalog.db'}?mode=ro", uri=True)) as catalogue:
        return catalogue.execute("SELECT 1 FROM idempotency_keys WHERE key = ?", (key,)).fetchone() is not None


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        pass


def test_fault_8_uploads_wait_for_a_locked_catalogue_and_searches_go_on(client: httpx.Client, folder: Path) -> None:
    take_in(client, "lift.txt", b"The limit of the lift is 630 kg.")
    with (
        closing(sqlite3.connect(folder / "data" / "catalog.db", isolation_level=None)) as other,
        ThreadPoolExecutor(UPLOADS) as pool,
    ):
        other.execute("BEGIN IMMEDIATE")
        keys = (None, "with a key")  # one kind waits before its body is read, the other after
        uploads: list[Future[httpx.Response]] = [
            pool.submit(
                upload, client, f"{number}.txt", f"Document {number}.".encode(), key=keys[number % 2] and f"k{number}"
            )
            for number in range(UPLOADS)
        ]
        searches = [search(client).status_code for _ in range(SEARCHES)]
        listed = client.get("/v1/documents").status_code
        waiting = sum(not each.done() for each in uploads)
        other.execute("COMMIT")
        statuses = [each.result().status_code for each in uploads]
    assert searches == [200] * SEARCHES
    assert listed == 200
    assert waiting == UPLOADS
    assert statuses == [202] * UPLOADS
    for each in uploads:
        assert wait_for_job(client, each.result().json()["job"]["id"])["state"] == "succeeded"


def test_fault_18_a_full_queue_refuses_before_the_body_is_read(crowded: httpx.Client, tmp_path: Path) -> None:
    for number in range(MAX_WAITING):
        assert upload(crowded, f"{number}.txt", f"Document {number}.".encode()).status_code == 202
    status, headers, body = RawRequest(
        tmp_path / "api.sock", size_bytes=50_000_000
    ).answer()  # not a byte of it is sent
    assert (status, body["code"]) == (429, "queue_full")
    assert int(headers["retry-after"]) > 0
    waiting = crowded.get("/v1/jobs").json()["jobs"]
    crowded.post(f"/v1/jobs/{waiting[0]['id']}/cancel")
    assert upload(crowded, "later.txt", b"There is room again.").status_code == 202


def test_fault_7_a_full_disk_refuses_before_the_body_is_read(full: httpx.Client, tmp_path: Path) -> None:
    status, headers, body = RawRequest(tmp_path / "api.sock", size_bytes=50_000_000).answer()
    assert (status, body["code"]) == (507, "storage_full")
    assert int(headers["retry-after"]) > 0
    assert full.get("/healthz").status_code == 200


def test_fault_20_the_same_request_again_gives_the_same_document_and_job(client: httpx.Client) -> None:
    first = upload(client, "once.txt", b"Sent twice, taken once.", key="twice")
    wait_for_job(client, first.json()["job"]["id"])
    again = upload(client, "once.txt", b"Sent twice, taken once.", key="twice")
    assert (first.status_code, again.status_code) == (202, 202)
    for part in ("document", "job"):
        assert again.json()[part]["id"] == first.json()[part]["id"]


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("used.txt", b"Other words.", {}),
        ("other.txt", b"The first words.", {}),
        ("used.txt", b"The first words.", {"collection": "other"}),
    ],
)
def test_fault_20_a_key_stands_for_one_request(
    client: httpx.Client, name: str, content: bytes, form: dict[str, str]
) -> None:
    assert upload(client, "used.txt", b"The first words.", key="used").status_code == 202
    assert problem(upload(client, name, content, key="used", **form)) == (422, "idempotency_mismatch")


def test_fault_20_at_the_same_time_one_is_told_to_wait(client: httpx.Client, folder: Path) -> None:
    content = b"Slowly sent words."
    size = len(RawRequest.HEAD) + len(content) + len(RawRequest.END)
    first = RawRequest(folder / "api.sock", size_bytes=size, Idempotency_Key="busy")
    first.send(RawRequest.HEAD)
    until(lambda: key_is_held(folder, "busy"))
    assert problem(upload(client, "raw.txt", content, key="busy")) == (409, "conflict")
    first.send(content + RawRequest.END)
    status, _, body = first.answer()
    assert status == 202
    assert upload(client, "raw.txt", content, key="busy").json()["job"]["id"] == body["job"]["id"]


def test_fault_20_a_request_that_came_to_nothing_frees_its_key(client: httpx.Client, folder: Path) -> None:
    assert problem(upload(client, "program.exe", b"MZ\x90\x00" * 50, key="freed")) == (415, "unsupported_type")
    assert not key_is_held(folder, "freed")
    cut = RawRequest(folder / "api.sock", size_bytes=1_000, Idempotency_Key="freed")
    until(lambda: key_is_held(folder, "freed"))
    cut.hang_up()
    until(lambda: not key_is_held(folder, "freed"))
    assert upload(client, "freed.txt", b"Words at last.", key="freed").status_code == 202


@pytest.mark.parametrize("key", ["", "k" * 256, "schl\u00fcssel", "a\tb"])
def test_fault_20_a_malformed_key_is_refused(client: httpx.Client, key: str) -> None:
    answer = client.post(
        "/v1/documents", files={"file": ("a.txt", b"Words.")}, headers={b"Idempotency-Key": key.encode("latin-1")}
    )
    assert problem(answer) == (422, "invalid_request")


def test_fault_31_ten_thousand_parts_are_refused(client: httpx.Client) -> None:
    parts = [("file", (f"{number}.txt", b"Words.")) for number in range(10_000)]
    assert problem(client.post("/v1/documents", files=parts)) == (400, "bad_request")


def test_fault_31_huge_headers_are_refused(client: httpx.Client) -> None:
    assert 400 <= client.get("/healthz", headers={"X-Long": "a" * 1_000_000}).status_code < 500


def test_fault_31_a_body_that_stops_coming_is_given_up_and_health_answers_meanwhile(
    client: httpx.Client, folder: Path
) -> None:
    slow = [RawRequest(folder / "api.sock", size_bytes=1_000, Idempotency_Key=f"slow-{each}") for each in range(20)]
    for each in slow:
        each.send(RawRequest.HEAD)
    health = [client.get("/healthz") for _ in range(50)]
    answers = [each.answer() for each in slow]
    assert [(status, body["code"]) for status, _, body in answers] == [(408, "request_timeout")] * len(slow)
    assert {response.status_code for response in health} == {200}
    until(lambda: not any(key_is_held(folder, f"slow-{each}") for each in range(len(slow))))
    slowest = max(response.elapsed.total_seconds() for response in health)
    print(f"{len(slow)} slow bodies: /healthz answered {len(health)} times, slowest {slowest * 1000:.0f} ms")  # noqa: T201
