"""Common steps of tests with a running service."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from api.server import serving
from rag.catalog.database.records import JobState
from rag.settings import Settings

_POLL_SECONDS = 0.02


@contextmanager
def running_client(settings: Settings, socket_path: Path, *, with_worker: bool = True) -> Iterator[httpx.Client]:
    """Runs the real service, with models and sandbox, on a Unix socket."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_path))
        transport = httpx.HTTPTransport(uds=str(socket_path))
        with (
            serving(settings, listener, with_worker=with_worker),
            httpx.Client(transport=transport, base_url="http://localhost", timeout=60) as http,
        ):
            yield http


def wait_for_job(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """Polls until the job has ended; the client's timeout bounds a hanging service."""
    while True:
        job: dict[str, Any] = client.get(f"/v1/jobs/{job_id}").raise_for_status().json()
        if JobState(job["state"]).is_final:
            return job
        time.sleep(_POLL_SECONDS)


def upload(
    client: httpx.Client, name: str, content: bytes, /, *, key: str | None = None, **form: str
) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return client.post("/v1/documents", files={"file": (name, content)}, data=form, headers=headers)


def problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert len(body["detail"]) > 20
    return response.status_code, body["code"]


def take_in(client: httpx.Client, name: str, content: bytes, /, **form: str) -> dict[str, Any]:
    """Uploads a document, waits until it is searchable, and returns it."""
    answer = upload(client, name, content, **form)
    assert answer.status_code == 202, answer.text
    job = wait_for_job(client, answer.json()["job"]["id"])
    assert job["state"] == "succeeded", job
    document: dict[str, Any] = client.get(f"/v1/documents/{job['document_id']}").raise_for_status().json()
    return document


def wait_for_purge(client: httpx.Client, receipt_id: str) -> dict[str, Any]:
    while True:
        receipt: dict[str, Any] = client.get(f"/v1/receipts/{receipt_id}").raise_for_status().json()
        if receipt["state"] == "purged":
            return receipt
        time.sleep(_POLL_SECONDS)


def build_ready(client: httpx.Client) -> dict[str, Any]:
    while True:
        build: dict[str, Any] = client.get("/v1/maintenance/index").raise_for_status().json()["build"]
        if build["state"] != "building":
            return build
        time.sleep(_POLL_SECONDS)


class RawRequest:
    """An upload sent in pieces over the service's Unix socket."""

    BOUNDARY = "cut"
    HEAD = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="raw.txt"\r\n\r\n'.encode()
    END = f"\r\n--{BOUNDARY}--\r\n".encode()

    def __init__(self, socket_path: Path, *, size_bytes: int, **headers: str) -> None:
        """Sends the head of a request with a body of ``size_bytes``."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(socket_path))
        lines = {
            "Host": "localhost",
            "Content-Type": f"multipart/form-data; boundary={self.BOUNDARY}",
            "Content-Length": str(size_bytes),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.send(f"POST /v1/documents HTTP/1.1\r\n{head}\r\n".encode())

    def send(self, piece: bytes) -> None:
        self._socket.sendall(piece)

    def answer(self) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Reads the whole response: status, headers by lower-case names, JSON."""
        with self._socket, self._socket.makefile("rb") as stream:
            status = int(stream.readline().split()[1])
            headers = {}
            while line := stream.readline().decode().strip():
                name, _, value = line.partition(": ")
                headers[name.lower()] = value
            length = headers.get("content-length")
            body = stream.read() if length is None else stream.read(int(length))
        return status, headers, json.loads(body)

    def hang_up(self) -> None:
        self._socket.close()


def events(response: httpx.Response) -> list[tuple[str, str]]:
    """Splits an event stream into (name, data)."""
    found = []
    for block in response.text.strip().split("\n\n"):
        if block.startswith(":"):
            continue
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), data.removeprefix("data: ")))
    return found
