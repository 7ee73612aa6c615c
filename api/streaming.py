"""Server-sent events: framing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

import anyio
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from api.paths import speaks_openai
from api.schemas.base import Problem
from api.schemas.openai_errors import OpenAIErrorBody

EVENT_STREAM = "text/event-stream"
LAST_EVENTS = (b"event: done\n", b"event: error\n", b"data: [DONE]\n", b'data: {"error":')
"""How the events begin that end a stream, ours and OpenAI's."""
HEARTBEAT = b": still here\n\n"
"""A comment: clients pass over it, and nothing between takes the connection for dead."""


def frame(event: str, data: BaseModel) -> bytes:
    """Returns one event; JSON keeps its data on one line, so that nothing in it can end the frame."""
    return f"event: {event}\ndata: {data.model_dump_json()}\n\n".encode()


def error_frame(path: str, problem: Problem, parameter: str | None = None) -> bytes:
    """Returns the event that ends what broke off, in the form that clients of ``path`` read."""
    if not speaks_openai(path):
        return frame("error", problem)
    return f"data: {OpenAIErrorBody.of(problem, parameter).model_dump_json(exclude_unset=True)}\n\n".encode()


def event_stream(frames: AsyncGenerator[bytes, None], *, first: bytes = b"") -> StreamingResponse:
    """Returns the response that sends the frames, each at once; when the client goes away they are closed.

    ``first`` goes before them.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _ClosingStream(frames, first, headers=headers)


class _ClosingStream(StreamingResponse):
    """Closes what it streams, wherever the client leaves; Starlette leaves that to the garbage collector."""

    def __init__(self, frames: AsyncGenerator[bytes, None], first: bytes, *, headers: Mapping[str, str]) -> None:
        body = _with_first(first, frames) if first else frames
        super().__init__(body, media_type=EVENT_STREAM, headers=headers)
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):  # the closing is what the cancelling is for
                await self._frames.aclose()


async def _with_first(first: bytes, frames: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    if first:
        yield first
    async for each in frames:
        yield each
