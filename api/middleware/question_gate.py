"""Reads a question whole, and then decides whether there is a place for it, or a short wait for one."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.caller import get_caller
from api.errors import error_response, problem_of
from api.middleware.fair_queue import FairQueue
from api.paths import is_question
from rag.errors import CitewellError, TooManyQuestionsError
from rag.settings import LimitSettings

_SMALL_BYTES = 65_536  # so much of each is kept in memory, for as many as there are connections
_LARGE_AT_ONCE = 32  # of those that are longer, which ``BodyLimit`` bounds


class QuestionGate:
    """Holds a question's place until its answer has gone out, to the last event of a stream.

    A client that sends slowly holds none.
    """

    def __init__(self, app: ASGIApp, *, limits: LimitSettings) -> None:
        self._app = app
        self._queue = FairQueue(
            places=limits.concurrent_questions, waiting=limits.waiting_questions, seconds=limits.waiting_seconds
        )
        self._large = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what is no question, and a question that has a place."""
        if not is_question(scope):
            await self._app(scope, receive, send)
            return
        try:
            caller = await get_caller(HTTPConnection(scope))
            if (body := await self._read(receive)) is None:
                return
            async with self._queue.place(caller.tenant):
                await self._app(scope, _again(body, receive), send)
        except CitewellError as error:
            response = error_response(scope["path"], problem_of(error), {"Connection": "close"})
            await response(scope, receive, send)

    async def _read(self, receive: Receive) -> bytes | None:
        """Returns the whole body; None when the client is gone, or was refused."""
        body = bytearray()
        is_large = False
        try:
            while (message := await receive())["type"] == "http.request":
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    return bytes(body)
                if len(body) > _SMALL_BYTES and not is_large:
                    if self._large >= _LARGE_AT_ONCE:
                        raise TooManyQuestionsError(running=self._queue.running, waiting=self._queue.waiting)
                    self._large += 1
                    is_large = True
            return None
        finally:
            self._large -= is_large


def _again(body: bytes, receive: Receive) -> Receive:
    """Returns a channel that says once more what has been read, and then what comes after it."""
    message: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def receive_again() -> Message:
        nonlocal message
        first, message = message, None
        return first or await receive()

    return receive_again
