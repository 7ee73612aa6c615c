"""Bounds connections: how many there are, how long a request's head may take, how long an answer may stay unread.

uvicorn itself closes a connection that is silent after an answer, and no others.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from functools import partial
from http import HTTPStatus
from typing import cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from api.errors import problem, problem_response
from api.middleware.hosts_and_bodies import SECURITY_HEADERS

_LOG = logging.getLogger(__name__)

_UNREAD_SECONDS = 30.0
_NO_DESCRIPTORS = "socket.accept() out of system resource"  # asyncio's words, with a traceback for each attempt
_DESCRIPTORS_EACH = 2  # the connection, and the temporary file of a large upload
_DESCRIPTORS_KEPT = 256  # for catalogue, index and model servers, and for connections that are just being accepted


class Connections:
    """Counts a server's connections and closes those that are overdue."""

    def __init__(self, *, most: int, head_seconds: float) -> None:
        self._most = most
        self._head_seconds = head_seconds
        self._open: set[BoundedConnection] = set()
        # Since when each has waited, the longest first: for the rest of a request's head, and of its body.
        self._without_head: dict[BoundedConnection, float] = {}
        self._without_body: dict[BoundedConnection, float] = {}

    @property
    def protocol(self) -> type[H11Protocol]:
        """The class of connections, as uvicorn expects it."""
        return cast("type[H11Protocol]", partial(BoundedConnection, self))

    def admit(self, connection: BoundedConnection) -> bool:
        """Admits a connection, if need be in another's place; returns False when all others are being answered."""
        if len(self._open) >= self._most and not self._make_room():
            return False
        self._open.add(connection)
        self.note(connection)
        return True

    def note(self, connection: BoundedConnection) -> None:
        """Records what a connection waits for, after each event on it."""
        if connection not in self._open:
            return
        for waiting, waits in (
            (self._without_head, not connection.is_asked),
            (self._without_body, connection.is_asked and connection.conn.their_state is h11.SEND_BODY),
        ):
            if waits:
                waiting.setdefault(connection, time.monotonic())
            else:
                waiting.pop(connection, None)

    def forget(self, connection: BoundedConnection) -> None:
        """Removes a connection that has ended."""
        self._open.discard(connection)
        self._without_head.pop(connection, None)
        self._without_body.pop(connection, None)

    def close_overdue(self) -> None:
        """Closes connections whose request head is late, and those whose client does not read its answer."""
        now = time.monotonic()
        for connection in tuple(self._open):
            unread_seconds = connection.unread_seconds(now)
            waited_seconds = now - self._without_head.get(connection, now) if unread_seconds is None else 0.0
            if (unread_seconds or 0.0) > _UNREAD_SECONDS or waited_seconds > self._head_seconds:
                self._abort(connection)

    def _make_room(self) -> bool:
        """Closes the connection that waits longest for a head, else for a body, else one whose answer stays unread."""
        now = time.monotonic()
        unread = (each for each in self._open if each.unread_seconds(now) is not None)
        for candidates in (self._without_head, self._without_body, unread):
            if (connection := next(iter(candidates), None)) is not None:
                self._abort(connection)
                return True
        return False

    def _abort(self, connection: BoundedConnection) -> None:
        self.forget(connection)
        connection.transport.abort()  # closing would wait until the client has read everything


class BoundedConnection(H11Protocol):
    """One connection, which reports its events to ``Connections``."""

    def __init__(
        self,
        connections: Connections,
        *,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = _StrictParser(h11.SERVER)
        self._connections = connections
        self._unread_bytes = 0
        self._read_at = 0.0

    @property
    def is_asked(self) -> bool:
        """True while a request is not fully answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def unread_seconds(self, now: float) -> float | None:
        """Returns for how long the client has not read the data that waits to be sent; None when none waits."""
        unread_bytes = self.transport.get_write_buffer_size()
        if not self._unread_bytes or unread_bytes < self._unread_bytes:
            self._read_at = now
        self._unread_bytes = unread_bytes
        return now - self._read_at if unread_bytes else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuses the connection if there is no room."""
        super().connection_made(cast("asyncio.Transport", transport))
        if not self._connections.admit(self):
            _LOG.warning("all connections are being answered; one more is refused")
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "All connections are in use. Try again in a while.", "busy")

    def connection_lost(self, exc: Exception | None) -> None:
        """Frees its place."""
        super().connection_lost(exc)
        self._connections.forget(self)

    def data_received(self, data: bytes) -> None:
        """Passes a piece of a request to the parser."""
        super().data_received(data)
        self._connections.note(self)

    def on_response_complete(self) -> None:
        """Goes on to the next request."""
        super().on_response_complete()
        self._connections.note(self)

    def send_400_response(self, msg: str) -> None:
        """Answers input that is not HTTP; after an answer has begun, it closes the connection instead."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            detail = f"{msg} Send one request with a whole head, and a body as long as its head says."
            self._refuse(HTTPStatus.BAD_REQUEST, detail, "bad_request")
        else:
            self.transport.abort()

    def shutdown(self) -> None:
        """Closes the connection once the open request is answered."""
        if not self.transport.is_closing():
            super().shutdown()

    def _refuse(self, status: HTTPStatus, detail: str, code: str) -> None:
        response = problem_response(problem(status, detail, code), {"Connection": "close"})
        head = b"".join(b"%s: %s\r\n" % header for header in (*response.raw_headers, *SECURITY_HEADERS))
        line = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode()
        self.transport.write(line + head + b"\r\n" + bytes(response.body))
        self.transport.close()


class _StrictParser(h11.Connection):
    """Refuses requests whose length a proxy may read differently (RFC 9112, 6.1)."""

    def next_event(self) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        """Returns the next event of the request."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            names = {name for name, _ in event.headers}
            if b"transfer-encoding" in names and (b"content-length" in names or event.http_version < b"1.1"):
                raise h11.RemoteProtocolError("a length beside Transfer-Encoding")
        return event


def room_for_connections(wanted: int) -> int:
    """Returns how many connections the process has descriptors for, after raising its own limit as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted * _DESCRIPTORS_EACH + _DESCRIPTORS_KEPT
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if soft < needed:
            room = max(1, (soft - _DESCRIPTORS_KEPT) // _DESCRIPTORS_EACH)
            _LOG.warning("room for %d connections, not %d: the limit of open files is %d", room, wanted, soft)
            return room
    return wanted


class OnceASecond(logging.Filter):
    """Drops repeats of a warning within a second: clients can cause any number of them."""

    def __init__(self) -> None:
        super().__init__()
        self._second = 0
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns whether a record is new in this second, or an error that clients cannot cause."""
        words = record.getMessage().partition("\n")[0]
        if record.levelno > logging.WARNING and words != _NO_DESCRIPTORS:
            return True
        if (second := int(time.monotonic())) != self._second:
            self._second = second
            self._said.clear()
        is_new = words not in self._said
        self._said.add(words)
        return is_new
