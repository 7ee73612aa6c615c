from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.commands.shared.client import Client, ServiceError

ACCEPTED = {"document": {"id": "d1"}, "job": {"id": "j1"}}


def client_of(answers: list[httpx.Response], seen: list[bytes]) -> Client:
    left: Iterator[httpx.Response] = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.read())
        return next(left)

    return Client(httpx.Client(transport=httpx.MockTransport(answer), base_url="http://citewell"))


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "code": code, "detail": f"It is {code}."}, headers=headers)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text("The whole file.")
    return path


def test_an_upload_waits_for_a_full_queue_and_sends_the_whole_file_again(file: Path) -> None:
    seen: list[bytes] = []
    full = [problem(429, "queue_full", **{"retry-after": "0"}) for _ in range(3)]
    client = client_of([*full, httpx.Response(202, json=ACCEPTED)], seen)
    assert client.upload(file, name="guides/a.txt", collection="default") == ACCEPTED
    assert len(seen) == 4
    assert all(b"The whole file." in body and b"guides/a.txt" in body for body in seen)


def test_an_upload_that_is_refused_is_not_tried_again(file: Path) -> None:
    seen: list[bytes] = []
    client = client_of([problem(415, "unsupported_type")], seen)
    with pytest.raises(ServiceError, match="It is unsupported_type"):
        client.upload(file, name="a.txt", collection="default")
    assert len(seen) == 1


def test_a_queue_that_stays_full_ends_the_waiting(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.commands.shared.client._PATIENCE_SECONDS", -1.0)
    client = client_of([problem(429, "queue_full", **{"retry-after": "0"})], [])
    with pytest.raises(ServiceError, match="It is queue_full"):
        client.upload(file, name="a.txt", collection="default")
