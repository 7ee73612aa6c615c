"""Guards in front of the routes, as plain ASGI: how large a body may be, where a request may come from."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.schemas.base import Problem

_FORM_OVERHEAD_BYTES = 65_536
_JSON_BYTES = 4 * 1_048_576

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)


class BodyLimit:
    """Refuses a body over its limit: before it is read where its length is declared, else when it passes it."""

    def __init__(self, app: ASGIApp, *, upload_bytes: int) -> None:
        self._app = app
        self._upload_bytes = upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, counting."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._upload_bytes + _FORM_OVERHEAD_BYTES if scope["path"] == "/v1/documents" else _JSON_BYTES
        declared = _header(scope, b"content-length")
        if declared.isdigit() and int(declared) > limit:
            await _refuse(send, limit)
            return
        seen = 0
        refused = False

        async def counted() -> Message:
            nonlocal seen, refused
            message = await receive()
            seen += len(message.get("body", b""))
            if seen <= limit:
                return message
            if not refused:
                refused = True
                await _refuse(send, limit)
            return {"type": "http.disconnect"}

        async def unless_refused(message: Message) -> None:
            if not refused:
                await send(message)

        await self._app(scope, counted, unless_refused)


class SameOrigin:
    """Refuses what another site's page makes a browser send, and adds the headers that keep browsers careful."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on if its origin, where it names one, is this service."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        origin = _header(scope, b"origin").decode("latin-1")
        if origin and urlsplit(origin).netloc != _header(scope, b"host").decode("latin-1"):
            detail = f"Requests from pages of {origin} are not accepted. Call the API from this service's own page."
            await _send_problem(
                send, Problem(title="Forbidden", status=403, detail=detail, code="cross_origin_request")
            )
            return

        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_SECURITY_HEADERS]
            await send(message)

        await self._app(scope, receive, careful)


def _header(scope: Scope, name: bytes) -> bytes:
    return next((bytes(value) for key, value in scope["headers"] if key == name), b"")


async def _refuse(send: Send, limit: int) -> None:
    detail = (
        f"The request is larger than the limit of {limit / 1_048_576:,.0f} MiB. Split the file, or raise "
        "CITEWELL_INGESTION__MAX_UPLOAD_BYTES."
    )
    problem = Problem(title="Request Entity Too Large", status=413, detail=detail, code="document_too_large")
    await _send_problem(send, problem)


async def _send_problem(send: Send, problem: Problem) -> None:
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": problem.model_dump_json().encode()})
