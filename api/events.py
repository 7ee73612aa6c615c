"""Server-sent events: framing."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi.responses import StreamingResponse
from pydantic import BaseModel

EVENT_STREAM = "text/event-stream"
HEARTBEAT = b": still here\n\n"
"""A comment: clients pass over it, and nothing between takes the connection for dead."""


def frame(event: str, data: BaseModel) -> bytes:
    """Returns one event; JSON keeps its data on one line, so that nothing in it can end the frame."""
    return f"event: {event}\ndata: {data.model_dump_json()}\n\n".encode()


def event_stream(frames: AsyncIterator[bytes]) -> StreamingResponse:
    """Returns the response that sends the frames, each at once."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(frames, media_type=EVENT_STREAM, headers=headers)
