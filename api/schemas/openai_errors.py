"""Errors in the form of OpenAI's API."""

from __future__ import annotations

from http import HTTPStatus
from typing import Self

from pydantic import BaseModel

from api.schemas.base import Problem

_TYPES: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
}


class OpenAIError(BaseModel):
    """An error; ``param`` is the field of the request that caused it, if any, and ``code`` is stable."""

    message: str
    type: str
    param: str | None
    code: str


class OpenAIErrorBody(BaseModel):
    """An error as a response, or as an event of a stream."""

    error: OpenAIError

    @classmethod
    def of(cls, problem: Problem, parameter: str | None = None) -> Self:
        """Returns the body for a problem."""
        ours = problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        kind = "api_error" if ours else _TYPES.get(problem.status, "invalid_request_error")
        return cls(error=OpenAIError(message=problem.detail, type=kind, param=parameter, code=problem.code))


def openai_status(status: int) -> int:
    """Returns the status in OpenAI's API, where an invalid request is a bad request."""
    return HTTPStatus.BAD_REQUEST if status == HTTPStatus.UNPROCESSABLE_ENTITY else status
