"""Errors as RFC 9457 problem details. HTTP statuses live here and nowhere else."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from api.paths import speaks_openai
from api.schemas.base import Problem
from api.schemas.openai_errors import OpenAIErrorBody, openai_status
from api.schemas.requests import FORM_FAULTS, FORMS
from rag.errors import FULL, CitewellError, ErrorKind, RequestError, StorageFullError
from rag.text.validation_messages import words_for

_LOG = logging.getLogger(__name__)

STATUSES: dict[ErrorKind, HTTPStatus] = {
    ErrorKind.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    ErrorKind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorKind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorKind.CONFLICT: HTTPStatus.CONFLICT,
    ErrorKind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorKind.UNSUPPORTED_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorKind.BUSY: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorKind.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
    ErrorKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorKind.UPSTREAM_FAILED: HTTPStatus.BAD_GATEWAY,
    ErrorKind.STORAGE_FULL: HTTPStatus.INSUFFICIENT_STORAGE,
}
_INVALID = HTTPStatus.UNPROCESSABLE_ENTITY
_RETRY_AFTER_SECONDS = "5"
PROBLEM_JSON = "application/problem+json"
MAY_PASS = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE})


def problem_of(error: Exception) -> Problem:
    """Returns the problem details for any error; one that was not raised on purpose is logged and not described."""
    if isinstance(error, OSError) and error.errno in FULL:
        error = StorageFullError(error.strerror or "the disk is full")
    if isinstance(error, CitewellError):
        status = STATUSES[error.kind]
        return Problem(title=status.phrase, status=status, detail=str(error), code=error.code, values=error.values)
    _LOG.error("unexpected error", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "Something went wrong on our side. The service's log holds the details; please try again."
    return Problem(title=status.phrase, status=status, detail=detail, code="internal_error")


def install_error_handlers(app: FastAPI) -> None:
    """Answers every error of ``app`` with a problem."""

    @app.exception_handler(CitewellError)
    async def on_citewell_error(request: Request, error: CitewellError) -> Response:
        return error_response(request.url.path, problem_of(error), parameter=parameter_of(error))

    @app.exception_handler(RequestValidationError)
    async def on_invalid_request(request: Request, error: RequestValidationError) -> Response:
        faults = " ".join(_sentence(fault) for fault in error.errors())
        parameter = ".".join(str(part) for part in error.errors()[0]["loc"][1:]) or None
        body = problem(_INVALID, faults, "invalid_request")
        return error_response(request.url.path, body, parameter=parameter)

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, OSError):  # storing the body failed
            return error_response(request.url.path, problem_of(error.__cause__))
        if isinstance(error.__cause__, ValueError | RecursionError):  # raised by the JSON parser, without a reason
            detail = "The body is JSON that cannot be read: not in UTF-8, nested too deeply, or with too long a number."
            return error_response(request.url.path, problem(_INVALID, detail, "invalid_request"))
        status = HTTPStatus(error.status_code)
        code = status.phrase.lower().replace(" ", "_")
        detail = f"{request.method} {request.url.path}: {error.detail}. /openapi.json describes what there is."
        headers = {**(error.headers or {}), **(_allowed(request) if status is HTTPStatus.METHOD_NOT_ALLOWED else {})}
        return error_response(request.url.path, problem(status, detail, code), headers)

    @app.exception_handler(OSError)
    @app.exception_handler(Exception)
    async def on_unexpected_error(request: Request, error: Exception) -> Response:
        return error_response(request.url.path, problem_of(error))


def parameter_of(error: Exception) -> str | None:
    """Returns the field of the request that an error names, None where it names none."""
    return error.parameter if isinstance(error, RequestError) else None


def problem(
    status: HTTPStatus, detail: str, code: str, *, values: Mapping[str, str | int | float] | None = None
) -> Problem:
    """Returns the problem details for a failure that has no error class."""
    return Problem(title=status.phrase, status=status, detail=detail, code=code, values=dict(values or {}))


def error_response(
    path: str, body: Problem, headers: Mapping[str, str] | None = None, *, parameter: str | None = None
) -> Response:
    """Returns the error response for a request to ``path``: a problem, or an error in OpenAI's form."""
    if not speaks_openai(path):
        return problem_response(body, headers)
    return Response(
        OpenAIErrorBody.of(body, parameter).model_dump_json(),
        status_code=openai_status(body.status),
        media_type="application/json",
        headers=_with_retry(body, headers),
    )


def problem_response(body: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Returns a problem as a response; for a temporary one it also says when to try again."""
    return Response(
        body.model_dump_json(),
        status_code=body.status,
        media_type=PROBLEM_JSON,
        headers=_with_retry(body, headers),
    )


def _allowed(request: Request) -> dict[str, str]:
    """Returns the header that names the methods of a path, those of all routes that share it."""
    path = getattr(request.scope.get("route"), "path", None)
    routes = [route for route in iter_route_contexts(request.app.routes) if route.path == path]
    methods = {method for route in routes for method in route.methods or ()}
    return {"Allow": ", ".join(sorted(methods or {"GET", "HEAD"}))}  # a file of the page has no route


def _with_retry(body: Problem, headers: Mapping[str, str] | None) -> dict[str, str]:
    added = {}
    if body.status in MAY_PASS:
        added["Retry-After"] = str(body.values.get("seconds", _RETRY_AFTER_SECONDS))
    if body.status == HTTPStatus.UNAUTHORIZED:
        added["WWW-Authenticate"] = "Bearer"
    return {**(headers or {}), **added}


def _sentence(fault: Mapping[str, Any]) -> str:
    """Describes one fault of a request in a sentence."""
    place = [str(part) for part in fault["loc"]]
    words = words_for(fault, forms=FORMS)
    if fault["type"] == "json_invalid":
        return f"The body {words}, from character {place[-1]} on."
    if place == ["body"] and fault["type"] in FORM_FAULTS:
        return f"The body {words}."
    if place == ["body"]:
        return f"The body {words}. Send a JSON object with 'Content-Type: application/json'."
    return f"{'.'.join(place)} {words}."
