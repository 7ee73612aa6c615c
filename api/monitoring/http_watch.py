"""Gives each request an id, counts it and opens its span if there are traces. Outermost middleware, as plain ASGI."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_of, problem_response
from api.monitoring.metrics import Metrics
from api.streaming import CLIENT_GONE
from rag.telemetry.recorder import REQUEST_ID

SpanEnd = Callable[[str, int], None]
"""Called with the route and the status of a request that has ended."""
RequestSpan = Callable[[Scope, str], AbstractContextManager[SpanEnd]]
"""Opens the span of a request with an id."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER, _NO_ROUTE = "other", "none"


@contextmanager
def no_span(_scope: Scope, _request_id: str) -> Iterator[SpanEnd]:
    """Opens no span."""
    yield lambda _route, _status: None


class HttpWatch:
    """Watches requests. ``X-Request-ID`` in an answer is its receipt's ``request_id``."""

    # An id that a client sends is not used: sent twice, it would join two questions.

    def __init__(self, app: ASGIApp, *, metrics: Metrics, span: RequestSpan = no_span) -> None:
        self._app = app
        self._metrics = metrics
        self._span = span

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, watching it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid.uuid4().hex
        status = CLIENT_GONE
        started = time.perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        with self._span(scope, request_id) as end_span:
            token = REQUEST_ID.set(request_id)
            try:
                await self._app(scope, receive, send_and_note)
            except Exception as error:
                if status != CLIENT_GONE:
                    raise
                # Answered further out, it would be logged without the request's id.
                await problem_response(problem_of(error))(scope, receive, send_and_note)
            finally:
                REQUEST_ID.reset(token)
                method, route = method_of(scope), _route(scope)
                if status == HTTPStatus.METHOD_NOT_ALLOWED:  # else each method would add a series for each route
                    method, route = _OTHER, _NO_ROUTE
                end_span(route, status)
                seconds = time.perf_counter() - started
                self._metrics.count_request(method=method, route=route, status=status, seconds=seconds)


def method_of(scope: Scope) -> str:
    """Returns the request's method; all methods that do not exist count as one."""
    return scope["method"] if scope["method"] in _METHODS else _OTHER


def _route(scope: Scope) -> str:
    """Returns the template of the request's route, which the router puts into the scope."""
    return getattr(scope.get("route"), "path", None) or scope.get("root_path") or _NO_ROUTE
