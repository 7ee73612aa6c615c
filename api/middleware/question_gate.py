"""Reads a question's whole body, then gives it a place, a short wait for one, or a refusal."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.caller import get_caller
from api.errors import error_response, problem_of
from api.middleware.fair_queue import FairQueue
from api.paths import is_question
from rag.errors import CitewellError, TooManyQuestionsError
from rag.settings import LimitSettings

_SMALL_BYTES = 65_536  # of each question are held in memory, whatever the number of connections
_LARGE_AT_ONCE = 32  # longer questions; ``BodyLimit`` bounds each


class QuestionGate:
    """Holds a question's place until its answer is sent, to the last event of a stream.

    A client that is still sending its question holds no place.
    """

    def __init__(self, app: ASGIApp, *, limits: LimitSettings) -> None:
        self._app = app
        self._queue = FairQueue(
            places=limits.concurrent_questions, waiting=limits.waiting_questions, seconds=limits.waiting_seconds
        )
        self._large = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on a question once it has a place, and any other request at once."""
        if not is_question(scope):
            await self._app(scope, receive, send)
            return
        try:
            caller = await get_caller(HTTPConnection(scope))
            if (body := await self._read(receive)) is None:
                return
            async with self._queue.place(caller.tenant):
                await self._app(scope, _replayed(body, receive), send)
        except CitewellError as error:
            response = error_response(scope["path"], problem_of(error), {"Connection": "close"})
            await response(scope, receive, send)

    async def _read(self, receive: Receive) -> bytes | None:
        """Returns the whole body; None when the client has disconnected, or was refused."""
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


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Returns a channel that repeats the body that was read, then passes on what follows it."""
    message: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def receive_replayed() -> Message:
        nonlocal message
        first, message = message, None
        return first or await receive()

    return receive_replayed
