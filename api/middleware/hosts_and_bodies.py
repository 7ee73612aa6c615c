"""Guards in front of the routes, as plain ASGI: a request's host name, its origin, and its body's size and speed."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import error_response, problem
from api.paths import QUESTIONS, UPLOADS
from api.schemas.base import Problem, storable

_FORM_OVERHEAD_BYTES = 65_536
_LEAST_BYTES_PER_SECOND = 4_096
_JSON_BYTES = 4 * 1_048_576
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]+)?", re.IGNORECASE)

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class SecurityHeaders:
    """Adds to every answer the security headers for browsers that it does not have."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", []))
                names = {name for name, _ in own}
                message["headers"] = own + [header for header in SECURITY_HEADERS if header[0] not in names]
            await send(message)

        await self._app(scope, receive, send_secured)


class AllowedHosts:
    """Refuses a request for a host name that is not this service's: another site's name may resolve to this address.

    ``*`` allows any name, ``*.example.org`` all names below ``example.org``.
    """

    def __init__(self, app: ASGIApp, *, names: Sequence[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)
        self._endings = tuple(name[1:] for name in self._names if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on if its Host header names this service."""
        if scope["type"] == "http" and "*" not in self._names:
            host = _HOST.fullmatch(Headers(scope=scope).get("host", ""))
            name = host[1].lower() if host else ""
            if name not in self._names and not name.endswith(self._endings):
                await _refuse(_not_our_name(name), scope, receive, send)
                return
        await self._app(scope, receive, send)


class ReadableAddress:
    """Refuses an address that is not UTF-8 or holds NUL: nothing has such a name, and PostgreSQL accepts none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on if its path and its query can be read."""
        if scope["type"] == "http":
            try:
                storable(unquote_to_bytes(scope.get("raw_path", b"")).decode())
                storable(unquote_to_bytes(scope["query_string"]).decode())
            except ValueError:
                await _refuse(_unreadable_address(), scope, receive, send)
                return
        await self._app(scope, receive, send)


class BodyLimit:
    """Refuses a body that is too large, unread if its length is declared, and one that arrives too slowly.

    ``timeout_seconds`` is the longest silence and, for a question, the time for its whole body; any other body has more
    time, by ``_LEAST_BYTES_PER_SECOND``.
    """

    def __init__(self, app: ASGIApp, *, upload_bytes: int, timeout_seconds: float) -> None:
        self._app = app
        self._upload_bytes = upload_bytes
        self._timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, watching its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._upload_bytes + _FORM_OVERHEAD_BYTES if scope["path"] in UPLOADS else _JSON_BYTES
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            await _refuse(_too_large(limit), scope, receive, send)
            return
        body = _WatchedBody(scope, receive, send, limit=limit, timeout_seconds=self._timeout_seconds)
        await self._app(scope, body.receive, body.send)


class _WatchedBody:
    """One request's channels. Once it is refused, the application sees a disconnect, and its answer is dropped."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, limit: int, timeout_seconds: float) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._timeout_seconds = timeout_seconds
        self._more_seconds_per_byte = 0.0 if scope["path"] in QUESTIONS else 1 / _LEAST_BYTES_PER_SECOND
        self._waited_seconds = 0.0  # for the client; the service's own time between two pieces does not count
        self._seen = 0
        self._complete = False
        self._answering = False
        self._refused = False

    async def receive(self) -> Message:
        """Returns the next piece of the body; messages after the body have no time limit."""
        if self._refused:
            return {"type": "http.disconnect"}
        begun = time.monotonic()
        left_seconds = self._timeout_seconds + self._seen * self._more_seconds_per_byte - self._waited_seconds
        try:
            async with asyncio.timeout(None if self._complete else min(left_seconds, self._timeout_seconds)):
                message = await self._receive()
        except TimeoutError:
            return await self._give_up(_too_slow(self._timeout_seconds))
        self._waited_seconds += time.monotonic() - begun
        self._seen += len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        return message if self._seen <= self._limit else await self._give_up(_too_large(self._limit))

    async def send(self, message: Message) -> None:
        """Passes an answer on unless the request was refused."""
        if not self._refused:
            self._answering = True
            await self._send(message)

    async def _give_up(self, why: Problem) -> Message:
        self._refused = True
        if not self._answering:
            await _refuse(why, self._scope, self._receive, self._send)
        return {"type": "http.disconnect"}


class SameOrigin:
    """Refuses requests that another site's page makes a browser send."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on unless its Origin header names another site."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin and urlsplit(origin).netloc != headers.get("host"):
            detail = f"Requests from pages of {origin} are not accepted. Call the API from this service's own page."
            await _refuse(problem(HTTPStatus.FORBIDDEN, detail, "cross_origin_request"), scope, receive, send)
            return
        await self._app(scope, receive, send)


def _not_our_name(name: str) -> Problem:
    detail = (
        f"The request's Host header, '{name}', is not a name of this service. Use one of those in "
        "CITEWELL_SERVER__ALLOWED_HOSTS, or add this one there."
    )
    return problem(HTTPStatus.BAD_REQUEST, detail, "host_not_allowed")


def _unreadable_address() -> Problem:
    detail = "The request's path or query holds NUL, or bytes that are not UTF-8. Percent-encode its text as UTF-8."
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, "invalid_request")


def _too_large(limit: int) -> Problem:
    detail = (
        f"The request is larger than the limit of {limit / 1_048_576:,.0f} MiB. Split the file, or raise "
        "CITEWELL_INGESTION__MAX_UPLOAD_BYTES."
    )
    values = {"limit_bytes": limit}
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, "document_too_large", values=values)


def _too_slow(seconds: float) -> Problem:
    detail = (
        f"The request's body did not come within {seconds:g} seconds, or came too slowly. Check the connection and "
        "send it again."
    )
    return problem(HTTPStatus.REQUEST_TIMEOUT, detail, "request_timeout")


async def _refuse(why: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    await error_response(scope["path"], why, {"Connection": "close"})(scope, receive, send)
