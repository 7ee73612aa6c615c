"""Connects a command to a service: one that runs, or one that the command starts for itself and ends."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import httpx

from ingest.storage.folder_lock import Owner, current_owner
from rag.access.tokens import KEY_PREFIX, is_key
from rag.errors import CitewellError, ConfigurationError, LoginRequiredError, QueueFullError
from rag.settings import IndexBackend, Settings
from rag.terminal.output import note

_TIMEOUT = httpx.Timeout(300.0, connect=5.0)
_PATIENCE_SECONDS = 600.0
_PAUSE_SECONDS = 5.0
_STARTING_SECONDS = 30.0
_LOOK_SECONDS = 0.2
_ENTRIES = 1_000  # on a page of a list
KEY_VARIABLE = "CITEWELL_API_KEY"
JsonObject = dict[str, Any]


class ServiceError(CitewellError):
    """The service answered with a problem."""

    def __init__(self, problem: JsonObject, *, retry_after_seconds: float | None = None) -> None:
        words = str(problem.get("detail", problem))
        if problem.get("code") == LoginRequiredError.code:
            words = (
                f"This service asks who calls. Set {KEY_VARIABLE} to an API key that holds: the page 'Account' makes "
                "one, and so does `citewell keys add`."
            )
        super().__init__(words)
        self.problem = problem
        self.retry_after_seconds = retry_after_seconds


class Client:
    """Calls the service's HTTP API."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._has_answered = False

    def request(self, method: str, path: str, **arguments: Any) -> JsonObject:  # noqa: ANN401 - httpx's own
        """Returns the JSON of an answer.

        Raises:
            ServiceError: the service refused.
            ConfigurationError: nothing answers at the address.
        """
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        self._has_answered = True
        if response.is_error:
            raise _error(response)
        body: JsonObject = response.json() if response.content else {}
        return body

    def listed(self, path: str, **parameters: object) -> Iterator[JsonObject]:
        """Yields the entries of a list, page by page. Each page holds them under the last word of the path.

        Raises:
            ServiceError: the service refused.
        """
        asked = {"limit": _ENTRIES, **{name: value for name, value in parameters.items() if value is not None}}
        while True:
            page = self.request("GET", path, params=asked)
            yield from page[path.rpartition("/")[2]]
            if page["next_cursor"] is None:
                return
            asked["cursor"] = page["next_cursor"]

    def upload(self, path: Path, *, name: str, collection: str, said: Mapping[str, str] | None = None) -> JsonObject:
        """Uploads a file under a name; returns its document and its job. Waits while the service's queue is full.

        ``said`` are further fields of the form, such as ``tags``.

        Raises:
            ServiceError: the file was refused, or the queue stayed full for long.
        """
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                with path.open("rb") as content:
                    files, form = (
                        {"file": (PurePosixPath(name).name, content)},
                        {"name": name, "collection": collection, **(said or {})},
                    )
                    return self.request("POST", "/v1/documents", files=files, data=form)
            except ServiceError as error:
                if error.problem.get("code") != QueueFullError.code or time.monotonic() >= give_up_at:
                    raise
                time.sleep(_PAUSE_SECONDS if error.retry_after_seconds is None else error.retry_after_seconds)

    def download(self, method: str, path: str) -> Iterator[bytes]:
        """Yields the body of a response of any length.

        Raises:
            ServiceError: the service refused.
        """
        with self._stream(method, path) as response:
            yield from response.iter_bytes()

    def ask(self, body: JsonObject) -> Iterator[tuple[str, JsonObject]]:
        """Yields the events of a streamed answer as (name, data).

        Raises:
            ServiceError: the service refused, or the stream ended with an error.
        """
        with self._stream("POST", "/v1/ask", json={**body, "stream": True}) as response:
            event = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data = json.loads(line.removeprefix("data: "))
                    if event == "error":
                        raise ServiceError(data)
                    yield event, data

    @contextmanager
    def _stream(self, method: str, path: str, **arguments: Any) -> Iterator[httpx.Response]:  # noqa: ANN401 - httpx's own
        try:
            with self._http.stream(method, path, **arguments) as response:
                self._has_answered = True
                if response.is_error:
                    response.read()
                    raise _error(response)
                yield response
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: httpx.TransportError) -> ConfigurationError:
        if isinstance(error, httpx.ConnectError) and not self._has_answered:
            return ConfigurationError(
                f"No service answers at {self._http.base_url}. Is it running? `citewell serve` starts it."
            )
        reason = str(error).rstrip(".") or type(error).__name__
        return ConfigurationError(
            f"No service answers at {self._http.base_url}: {reason}. Start it again: what it had goes on by itself."
        )


def _error(response: httpx.Response) -> ServiceError:
    wait = response.headers.get("retry-after", "")
    try:
        problem: JsonObject = response.json()
    except ValueError:
        problem = {"detail": f"HTTP status {response.status_code}", "code": "http_error"}
    return ServiceError(problem, retry_after_seconds=float(wait) if wait.isdecimal() else None)


@contextmanager
def connect(settings: Settings, url: str | None, *, reads_only: bool = False) -> Iterator[Client]:
    """Yields a client of the service at ``url``, else of the one that owns the data folder, else of one started here.

    Waits for a service that is starting. With ``reads_only`` the data folder must exist, and is not created.

    Raises:
        CitewellError: no service could be reached or started.
    """
    if url and not url.startswith(("http://", "https://")):
        raise ConfigurationError(f"--url needs http:// in front: http://{url}")
    address = url or _address_of_owner(settings)
    if address:
        with httpx.Client(base_url=address, timeout=_TIMEOUT, headers=_key_header()) as http:
            yield Client(http)
        return
    folder = settings.storage.folder
    if reads_only and not folder.is_dir():
        raise ConfigurationError(
            f"There is no data folder at {folder.absolute()}. Start `citewell serve`, or set CITEWELL_STORAGE__FOLDER."
        )
    with _own_service(settings) as http:
        yield Client(http)


def _key_header() -> dict[str, str]:
    """Returns the header with the API key of the environment, where there is one."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if key and not is_key(key):
        raise ConfigurationError(
            f"{KEY_VARIABLE} is no API key: one begins with {KEY_PREFIX}. `citewell keys add` makes it."
        )
    return {"Authorization": f"Bearer {key}"} if key else {}


def _address_of_owner(settings: Settings) -> str | None:
    """Returns the address of the service that owns the data folder, once it answers; None where no process owns it.

    Raises:
        ConfigurationError: the owner does not answer in time.
    """
    give_up_at = time.monotonic() + _STARTING_SECONDS
    is_noted = False
    while owner := current_owner(settings.storage.folder):
        if _answers(owner):
            return owner.url
        if owner.url is None and settings.index.backend is not IndexBackend.EDGE:
            return None  # a worker has the lock, and several processes may share the folder
        process = f"process {owner.pid}" if owner.pid else "another process"
        if time.monotonic() >= give_up_at:
            raise ConfigurationError(
                f"The service ({process}) is still starting, or another command uses the data folder; "
                "try again in a moment."
            )
        if not is_noted:
            note(f"The data folder is in use by {process}, which does not answer yet; waiting for it.")
            is_noted = True
        time.sleep(_LOOK_SECONDS)
    return None


def _answers(owner: Owner) -> bool:
    if owner.url is None:
        return False
    try:
        httpx.get(f"{owner.url}/readyz", timeout=_TIMEOUT)
    except httpx.ConnectError:
        return False
    except httpx.TransportError:  # it is there: the call that follows says what is wrong
        return True
    return True


@contextmanager
def _own_service(settings: Settings) -> Iterator[httpx.Client]:
    """Serves on a socket that only this user can open, without logins: who has the folder has all of it."""
    from api.server import serving

    security = settings.security.model_copy(update={"logins": False})
    settings = settings.model_copy(update={"security": security})

    with tempfile.TemporaryDirectory(prefix="citewell-") as folder:
        path = Path(folder) / "api.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            with serving(settings, listener):
                transport = httpx.HTTPTransport(uds=str(path))
                with httpx.Client(transport=transport, base_url="http://localhost", timeout=_TIMEOUT) as http:
                    yield http
