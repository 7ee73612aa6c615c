"""Clients that ask for a backup and leave at every moment: nothing of it stays."""

from __future__ import annotations

import hashlib
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from ingest.storage.folder_lock import read_owner
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.service.operations.test_stopping import GRACE_SECONDS, citewell, until
from tests.support.servers.service import problem, running_client, upload

REQUEST = b"POST /v1/maintenance/backup HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
# More than what sockets hold, also compressed.
LARGE = b"\n".join(hashlib.sha256(str(number).encode()).hexdigest().encode() for number in range(150_000))


class Service:
    """A real service without a worker, which holds one document, and clients that speak to it by hand."""

    def __init__(self, client: httpx.Client, folder: Path, socket_path: Path) -> None:
        self.client, self.folder, self._path = client, folder, socket_path

    def ask_for_backup(self) -> socket.socket:
        raw = socket.socket(socket.AF_UNIX)
        raw.settimeout(60)
        raw.connect(str(self._path))
        raw.sendall(REQUEST)
        return raw

    @property
    def leftovers(self) -> list[Path]:
        return list(self.folder.glob(".backup-*"))

    def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(2_000):  # looks, not seconds: a busy machine answers each of them later
            if condition():
                return
            self.client.get("/healthz").raise_for_status()
        pytest.fail(f"left over: {self.leftovers}")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    folder = tmp_path / "data"
    settings = Settings(storage=StorageSettings(folder=folder), server=ServerSettings(allowed_hosts=("localhost",)))
    with running_client(settings, tmp_path / "api.sock", with_worker=False) as client:
        assert upload(client, "large.txt", LARGE).status_code == 202
        yield Service(client, folder, tmp_path / "api.sock")


@pytest.mark.parametrize("moment", ["at once", "while it is made", "after the first bytes"])
def test_whenever_a_client_leaves_nothing_of_its_backup_stays_and_the_next_one_gets_a_whole_one(
    service: Service, moment: str
) -> None:
    for _ in range(3):
        with service.ask_for_backup() as raw:
            if moment == "while it is made":
                service.until(lambda: bool(service.leftovers))
            if moment == "after the first bytes":
                assert raw.recv(4_096).startswith(b"HTTP/1.1 200")
        service.until(lambda: not service.leftovers)

    def succeeds() -> bool:
        answer = service.client.post("/v1/maintenance/backup")
        return answer.status_code == 200 and len(answer.content) > len(LARGE) // 2

    service.until(succeeds)
    service.until(lambda: not service.leftovers)


def test_a_second_backup_is_refused_while_the_first_is_read_and_holes_are_not_copied(service: Service) -> None:
    with service.ask_for_backup() as raw:
        assert raw.recv(4_096).startswith(b"HTTP/1.1 200")
        for _ in range(3):
            assert problem(service.client.post("/v1/maintenance/backup")) == (409, "conflict")
        [snapshot] = service.leftovers
        sizes = [path.stat() for path in snapshot.glob("index*/**/*") if path.is_file()]
        assert sum(size.st_size for size in sizes) > 50_000_000
        assert sum(size.st_blocks * 512 for size in sizes) < 5_000_000
    service.until(lambda: not service.leftovers)


@pytest.mark.integration
def test_a_service_that_is_told_to_stop_leaves_nothing_of_a_backup_that_is_being_read(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with citewell("serve", "--no-worker", folder=folder) as process:
        until(process, lambda: read_owner(folder).url is not None)
        url = httpx.URL(str(read_owner(folder).url))
        with httpx.Client(base_url=url, timeout=60) as client:
            assert upload(client, "large.txt", LARGE).status_code == 202
        with socket.create_connection((url.host, url.port), timeout=60) as raw:
            raw.sendall(REQUEST)
            assert raw.recv(4_096).startswith(b"HTTP/1.1 200")
            assert len(list(folder.glob(".backup-*"))) == 1
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=GRACE_SECONDS)
    assert list(folder.glob(".backup-*")) == []
