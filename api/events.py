"""Server-sent events: framing. Pure."""

from __future__ import annotations

from pydantic import BaseModel


def frame(event: str, data: BaseModel) -> bytes:
    """Returns one event; JSON keeps its data on one line, so that nothing in it can end the frame."""
    return f"event: {event}\ndata: {data.model_dump_json()}\n\n".encode()
