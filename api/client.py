"""How the command line reaches a service: the one that runs, or one of its own for as long as the command takes."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from api.server import serving
from rag.errors import CitewellError, ConfigurationError
from rag.folder_lock import running_service
from rag.settings import Settings

_TIMEOUT = httpx.Timeout(300.0, connect=5.0)
JsonObject = dict[str, Any]


class ServiceError(CitewellError):
    """The service answered with a problem."""

    def __init__(self, problem: JsonObject) -> None:
        super().__init__(str(problem.get("detail", problem)))
        self.problem = problem


class Client:
    """The API as the command line uses it."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def request(self, method: str, path: str, **arguments: Any) -> JsonObject:  # noqa: ANN401 - httpx's own
        """Returns the JSON of an answer.

        Raises:
            ServiceError: the service refused.
            ConfigurationError: nothing answers at the address.
        """
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.TransportError as error:
            raise ConfigurationError(f"No service answers at {self._http.base_url}: {error}.") from error
        if response.is_error:
            raise ServiceError(_problem(response))
        body: JsonObject = response.json() if response.content else {}
        return body

    def upload(self, path: Path, collection: str) -> JsonObject:
        """Uploads a file; returns its document and its job."""
        with path.open("rb") as content:
            return self.request(
                "POST", "/v1/documents", files={"file": (path.name, content)}, data={"collection": collection}
            )

    def ask(self, body: JsonObject) -> Iterator[tuple[str, JsonObject]]:
        """Yields the events of a streamed answer as (name, data).

        Raises:
            ServiceError: the service refused, or the stream ended with an error.
        """
        with self._http.stream("POST", "/v1/ask", json={**body, "stream": True}) as response:
            if response.is_error:
                response.read()
                raise ServiceError(_problem(response))
            event = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data = json.loads(line.removeprefix("data: "))
                    if event == "error":
                        raise ServiceError(data)
                    yield event, data


def _problem(response: httpx.Response) -> JsonObject:
    try:
        problem: JsonObject = response.json()
    except ValueError:
        return {"detail": f"HTTP status {response.status_code}", "code": "http_error"}
    return problem


@contextmanager
def connect(settings: Settings, url: str | None) -> Iterator[Client]:
    """Yields a client of the service at ``url``, else of the one that owns the data folder, else of one started here.

    Raises:
        CitewellError: no service could be reached or started.
    """
    address = url or running_service(settings.storage.folder)
    if address:
        with httpx.Client(base_url=address, timeout=_TIMEOUT) as http:
            yield Client(http)
        return
    with _own_service(settings) as http:
        yield Client(http)


@contextmanager
def _own_service(settings: Settings) -> Iterator[httpx.Client]:
    with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
        path = Path(folder) / "api.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            with serving(settings, listener):
                transport = httpx.HTTPTransport(uds=str(path))
                with httpx.Client(transport=transport, base_url="http://localhost", timeout=_TIMEOUT) as http:
                    yield http
