"""What all bodies share."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict

from rag.catalog.records import Failure


class Request(BaseModel):
    """A body that we read: a field that we do not know is an error."""

    model_config = ConfigDict(extra="forbid")


class Response(BaseModel):
    """A body that we write."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


NEXT_CURSOR = "Send it as `cursor` for the next page; null where this is the last one."


class FailureBody(Response):
    """Why a document could not be taken in."""

    code: str
    detail: str

    @classmethod
    def of(cls, failure: Failure | None) -> Self | None:
        """Returns the body for a failure, None for none."""
        return cls(code=failure.code, detail=failure.detail) if failure else None


class Problem(BaseModel):
    """RFC 9457 problem details; ``code`` is stable, ``detail`` says what to do next."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
