"""What all bodies share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Request(BaseModel):
    """A body that we read: a field that we do not know is an error."""

    model_config = ConfigDict(extra="forbid")


class Response(BaseModel):
    """A body that we write."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Problem(BaseModel):
    """RFC 9457 problem details; ``code`` is stable, ``detail`` says what to do next."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
