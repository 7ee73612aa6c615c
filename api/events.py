"""Server-sent events: framing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import cast

import anyio
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.types import Send

EVENT_STREAM = "text/event-stream"
HEARTBEAT = b": still here\n\n"
"""A comment: clients pass over it, and nothing between takes the connection for dead."""


def frame(event: str, data: BaseModel) -> bytes:
    """Returns one event; JSON keeps its data on one line, so that nothing in it can end the frame."""
    return f"event: {event}\ndata: {data.model_dump_json()}\n\n".encode()


def event_stream(frames: AsyncGenerator[bytes, None]) -> StreamingResponse:
    """Returns the response that sends the frames, each at once; when the client goes away they are closed."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _ClosingStream(frames, media_type=EVENT_STREAM, headers=headers)


class _ClosingStream(StreamingResponse):
    """Closes what it streams, wherever the client leaves; Starlette leaves that to the garbage collector."""

    async def stream_response(self, send: Send) -> None:
        frames = cast("AsyncGenerator[bytes, None]", self.body_iterator)
        try:
            await super().stream_response(send)
        finally:
            with anyio.CancelScope(shield=True):  # the closing is what the cancelling is for
                await frames.aclose()
