"""Ends open requests with an error to their clients when the service is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import error_response, problem
from api.streaming import EVENT_STREAM, LAST_EVENTS, error_frame

_ANSWER_SECONDS = 4.0
"""Time that open answers have left; the server itself waits one second longer."""
_STOPPING = problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The service is stopping, so this has not come to its end. Try again in a while.",
    "service_stopping",
)


class Stop:
    """Ends all open requests when the service stops. Belongs to one event loop."""

    def __init__(self) -> None:
        self._ends_at: float | None = None
        self._open: set[asyncio.Timeout] = set()
        self._endless: set[asyncio.Timeout] = set()

    def begin(self) -> None:
        """Gives open answers some seconds, and ends at once the streams that only follow something."""
        now = asyncio.get_running_loop().time()
        self._ends_at = now + _ANSWER_SECONDS
        for each in self._open:
            each.reschedule(now if each in self._endless else self._ends_at)

    def end_at_once(self, request: asyncio.Timeout) -> None:
        """Marks a request that would not end by itself."""
        self._endless.add(request)
        if self._ends_at is not None:
            request.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def request(self) -> AsyncIterator[asyncio.Timeout]:
        """Holds a request open.

        Raises:
            TimeoutError: the service stops, and the request's time is up.
        """
        async with asyncio.timeout_at(self._ends_at) as request:
            self._open.add(request)
            try:
                yield request
            finally:
                self._open.discard(request)
                self._endless.discard(request)


class Stopping:
    """Answers requests that are cut short: with a stream's last event, or with a problem if no answer has begun."""

    def __init__(self, app: ASGIApp, *, stop: Stop) -> None:
        self._app = app
        self._stop = stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on until it ends or must end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)

        async def send_and_note(message: Message) -> None:
            await answer.send(message)
            if answer.is_stream and scope["method"] == "GET":  # it follows a job; questions come by POST
                self._stop.end_at_once(request)

        try:
            async with self._stop.request() as request:
                await self._app(scope, receive, send_and_note)
        except TimeoutError:
            if not request.expired():
                raise
            if not answer.has_begun:
                await error_response(scope["path"], _STOPPING, {"Connection": "close"})(scope, receive, send)
            elif answer.is_stream:
                last = b"" if answer.is_finished else error_frame(scope["path"], _STOPPING)
                await send({"type": "http.response.body", "body": last})


class _Answer:
    """Passes an answer on and notes how far it is."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False
        self.is_stream = False  # and has not ended
        self.is_finished = False

    async def send(self, message: Message) -> None:
        """Sends a message of the answer."""
        if message["type"] == "http.response.start":
            self.has_begun = True
            self.is_stream = Headers(raw=message["headers"]).get("content-type", "").startswith(EVENT_STREAM)
        elif not message.get("more_body", False):
            self.is_stream = False
        else:
            self.is_finished = message["body"].startswith(LAST_EVENTS)
        await self._send(message)
