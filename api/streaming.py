"""Server-sent events, and work that is cancelled when its client disconnects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from typing import TypeVar

import anyio
from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from api.paths import speaks_openai
from api.schemas.answers import AnswerBody, SentenceBody, SourcesBody, TokenBody
from api.schemas.base import Problem
from api.schemas.openai_errors import OpenAIErrorBody
from rag.answers import Answer, AnswerEvent, AnswerSentence, Sources, TextDelta

_Result = TypeVar("_Result")
CLIENT_GONE = 499
"""The status that logs and metrics show of a client that did not wait for its answer."""
EVENT_STREAM = "text/event-stream"
LAST_EVENTS = (b"event: done\n", b"event: error\n", b"data: [DONE]\n", b'data: {"error":')
"""Beginnings of the events that end a stream, in Citewell's form and in OpenAI's."""
HEARTBEAT = b": still here\n\n"
"""A comment: clients skip it, and proxies see that the connection is alive."""


def frame(event: str, data: BaseModel, *, number: int | None = None) -> bytes:
    """Returns one event, with ``number`` as its id. JSON is one line, so no data can end the frame."""
    identity = "" if number is None else f"id: {number}\n"
    return f"event: {event}\n{identity}data: {data.model_dump_json()}\n\n".encode()


def answer_frame(event: AnswerEvent, *, number: int | None = None) -> bytes:
    """Returns an event of an answer as it is sent."""
    match event:
        case Sources():
            return frame("sources", SourcesBody.model_validate(event), number=number)
        case TextDelta():
            return frame("token", TokenBody(text=event.text), number=number)
        case AnswerSentence():
            return frame("sentence", SentenceBody.model_validate(event), number=number)
        case Answer():
            return frame("done", AnswerBody.of(event), number=number)


def error_frame(path: str, problem: Problem, parameter: str | None = None) -> bytes:
    """Returns the event that ends a stream after an error, in the form that clients of ``path`` read."""
    if not speaks_openai(path):
        return frame("error", problem)
    return f"data: {OpenAIErrorBody.of(problem, parameter).model_dump_json(exclude_unset=True)}\n\n".encode()


def event_stream(frames: AsyncGenerator[bytes, None], *, first: bytes = b"") -> StreamingResponse:
    """Returns the response that sends each frame at once, and closes the frames when the client disconnects.

    ``first`` is sent before them.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _ClosingStream(frames, first, headers=headers)


class _ClosingStream(StreamingResponse):
    """Closes its frames whenever the client disconnects; Starlette leaves that to the garbage collector."""

    def __init__(self, frames: AsyncGenerator[bytes, None], first: bytes, *, headers: Mapping[str, str]) -> None:
        body = _with_first(first, frames) if first else frames
        super().__init__(body, media_type=EVENT_STREAM, headers=headers)
        self._frames = frames

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):  # closing must finish although the task is cancelled
                await self._frames.aclose()


async def _with_first(first: bytes, frames: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    if first:
        yield first
    async for each in frames:
        yield each


async def while_connected(request: Request, work: Coroutine[None, None, _Result]) -> _Result | None:
    """Returns the work's result; cancels the work and returns None when the client disconnects.

    The request's body must have been read.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
