import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from api.commands.shared.client import Client, ServiceError, connect
from ingest.storage.folder_lock import FolderLock
from rag.errors import ConfigurationError
from rag.settings import Settings, StorageSettings

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


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage=StorageSettings(folder=tmp_path / "data"))


@pytest.fixture
def starting(settings: Settings) -> Iterator[FolderLock]:
    """The lock of a service that has not announced its address yet."""
    lock = FolderLock(settings.storage.folder)
    lock.acquire()
    yield lock
    lock.release()


@pytest.mark.integration
def test_a_command_waits_for_a_service_that_is_starting(
    settings: Settings, starting: FolderLock, capsys: pytest.CaptureFixture[str]
) -> None:
    with HTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever).start()

        def announce() -> None:
            time.sleep(0.4)
            starting.announce(f"http://127.0.0.1:{server.server_port}")

        announcing = threading.Thread(target=announce)
        announcing.start()
        with connect(settings, None) as client:
            assert client.request("GET", "/v1/documents") == {}
        announcing.join()
        server.shutdown()
    said = capsys.readouterr().err
    assert said == f"The data folder is in use by process {os.getpid()}, which does not answer yet; waiting for it.\n"


def test_a_service_that_does_not_get_ready_is_named(
    settings: Settings, starting: FolderLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.commands.shared.client._STARTING_SECONDS", 0.0)
    starting.announce(None)
    expected = rf"The service \(process {os.getpid()}\) is still starting.*; try again in a moment\."
    with pytest.raises(ConfigurationError, match=expected), connect(settings, None):
        pass


def test_a_reading_command_makes_no_data_folder(settings: Settings) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"There is no data folder at /.*data. Start `citewell serve`, or set"),
        connect(settings, None, reads_only=True),
    ):
        pass
    assert not settings.storage.folder.exists()


def test_an_address_without_http_is_refused(settings: Settings) -> None:
    with (
        pytest.raises(ConfigurationError, match="--url needs http:// in front: http://localhost:8797"),
        connect(settings, "localhost:8797"),
    ):
        pass


@pytest.mark.integration
def test_a_dead_port_asks_whether_the_service_runs(settings: Settings) -> None:
    with (
        pytest.raises(ConfigurationError, match=r"No service answers at http://127.0.0.1:9. Is it running\?"),
        connect(settings, "http://127.0.0.1:9") as client,
    ):
        client.request("GET", "/v1/documents")


def test_a_service_that_asks_who_calls_is_told_by_the_key_of_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("authorization"))
        return problem(401, "login_required")

    class Recorded(httpx.Client):
        def __init__(self, *, headers: dict[str, str], **_: object) -> None:
            super().__init__(transport=httpx.MockTransport(answer), base_url="http://citewell", headers=headers)

    monkeypatch.setattr("api.commands.shared.client.httpx.Client", Recorded)
    for key in ("", "ck_" + "a" * 43):
        monkeypatch.setenv("CITEWELL_API_KEY", key)
        with (
            pytest.raises(ServiceError, match="Set CITEWELL_API_KEY to an API key"),
            connect(settings, "http://citewell") as client,
        ):
            client.request("GET", "/v1/documents")
    assert sent == [None, "Bearer ck_" + "a" * 43]
    monkeypatch.setenv("CITEWELL_API_KEY", "sk-of-another-service")
    with (
        pytest.raises(ConfigurationError, match="CITEWELL_API_KEY is no API key"),
        connect(settings, "http://citewell"),
    ):
        pass
