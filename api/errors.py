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
from rag import errors
from rag.text.validation_messages import words_for

_LOG = logging.getLogger(__name__)

STATUSES: dict[type[errors.CitewellError], HTTPStatus] = {
    errors.ConfigurationError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ModelError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.ModelServerError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.FolderInUseError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.UnusableFolderError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.FolderMismatchError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.CatalogDamagedError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.RequestError: HTTPStatus.BAD_REQUEST,
    errors.UnknownCollectionError: HTTPStatus.NOT_FOUND,
    errors.UnknownDocumentError: HTTPStatus.NOT_FOUND,
    errors.UnknownVersionError: HTTPStatus.NOT_FOUND,
    errors.UnknownJobError: HTTPStatus.NOT_FOUND,
    errors.UnknownReceiptError: HTTPStatus.NOT_FOUND,
    errors.UnknownDatasetError: HTTPStatus.NOT_FOUND,
    errors.UnknownEvaluationError: HTTPStatus.NOT_FOUND,
    errors.WrongDatasetError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownAnswerError: HTTPStatus.NOT_FOUND,
    errors.FeedbackOffError: HTTPStatus.CONFLICT,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.SourcesChangedError: HTTPStatus.CONFLICT,
    errors.IdempotencyMismatchError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.QueueFullError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.WrongCursorError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.WrongPeriodError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyQuestionsError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TooManyFollowersError: HTTPStatus.TOO_MANY_REQUESTS,
    errors.EmptyQuestionError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.QuestionTooLongError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnknownChatModelError: HTTPStatus.NOT_FOUND,
    errors.UnsupportedParameterError: HTTPStatus.BAD_REQUEST,
    errors.UnsupportedMessageError: HTTPStatus.BAD_REQUEST,
    errors.ModelNotAllowedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DocumentError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.EmptyDocumentError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DocumentTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.TypeMismatchError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.EncryptedDocumentError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CorruptDocumentError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NoTextError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ParserLimitError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyPassagesError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ParserCrashError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.IngestionFailedError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.DependencyError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.CatalogUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StorageFullError: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.StoredFileMissingError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.IndexUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.EncoderError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.RerankerError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.GeneratorError: HTTPStatus.BAD_GATEWAY,
    errors.JudgeError: HTTPStatus.BAD_GATEWAY,
}
_INVALID = HTTPStatus.UNPROCESSABLE_ENTITY
_RETRY_AFTER_SECONDS = "5"
PROBLEM_JSON = "application/problem+json"
MAY_PASS = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE})


def problem_of(error: Exception) -> Problem:
    """Returns the problem details for any error; what is not ours is logged and kept to ourselves."""
    if isinstance(error, OSError) and error.errno in errors.FULL:
        error = errors.StorageFullError(error.strerror or "the disk is full")
    if isinstance(error, errors.CitewellError):
        status = STATUSES[type(error)]
        return Problem(title=status.phrase, status=status, detail=str(error), code=error.code)
    _LOG.error("unexpected error", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "Something went wrong on our side. The service's log holds the details; please try again."
    return Problem(title=status.phrase, status=status, detail=detail, code="internal_error")


def install_error_handlers(app: FastAPI) -> None:
    """Makes every error of ``app`` a problem."""

    @app.exception_handler(errors.CitewellError)
    async def on_citewell_error(request: Request, error: errors.CitewellError) -> Response:
        return error_response(request.url.path, problem_of(error), parameter=parameter_of(error))

    @app.exception_handler(RequestValidationError)
    async def on_invalid_request(request: Request, error: RequestValidationError) -> Response:
        faults = " ".join(_sentence(fault) for fault in error.errors())
        parameter = ".".join(str(part) for part in error.errors()[0]["loc"][1:]) or None
        body = problem(_INVALID, faults, "invalid_request")
        return error_response(request.url.path, body, parameter=parameter)

    @app.exception_handler(HTTPException)
    async def on_http_error(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, OSError):  # while the body was put aside
            return error_response(request.url.path, problem_of(error.__cause__))
        if isinstance(error.__cause__, ValueError | RecursionError):  # what reads JSON says no more
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
    """Returns the field of the request that an error is about, where it names one."""
    parameter = getattr(error, "parameter", None)
    return parameter if isinstance(parameter, str) else None


def problem(status: HTTPStatus, detail: str, code: str) -> Problem:
    """Returns the problem details for what is no error of ours."""
    return Problem(title=status.phrase, status=status, detail=detail, code=code)


def error_response(
    path: str, body: Problem, headers: Mapping[str, str] | None = None, *, parameter: str | None = None
) -> Response:
    """Returns the response to a request for ``path``: a problem, or what clients of OpenAI's API read."""
    if not speaks_openai(path):
        return problem_response(body, headers)
    return Response(
        OpenAIErrorBody.of(body, parameter).model_dump_json(),
        status_code=openai_status(body.status),
        media_type="application/json",
        headers=_with_retry(body, headers),
    )


def problem_response(body: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Returns the response that tells a client of a problem; of one that may pass, also when to come back."""
    return Response(
        body.model_dump_json(),
        status_code=body.status,
        media_type=PROBLEM_JSON,
        headers=_with_retry(body, headers),
    )


def _allowed(request: Request) -> dict[str, str]:
    """Returns the header that names the methods of a path: all of them, where several routes share it."""
    path = getattr(request.scope.get("route"), "path", None)
    routes = [route for route in iter_route_contexts(request.app.routes) if route.path == path]
    methods = {method for route in routes for method in route.methods or ()}
    return {"Allow": ", ".join(sorted(methods or {"GET", "HEAD"}))}  # without a route: a file of the page


def _with_retry(body: Problem, headers: Mapping[str, str] | None) -> dict[str, str]:
    return {**(headers or {}), **({"Retry-After": _RETRY_AFTER_SECONDS} if body.status in MAY_PASS else {})}


def _sentence(fault: Mapping[str, Any]) -> str:
    """Says what is wrong with one part of a request."""
    place = [str(part) for part in fault["loc"]]
    words = words_for(fault, forms=FORMS)
    if fault["type"] == "json_invalid":
        return f"The body {words}, from character {place[-1]} on."
    if place == ["body"] and fault["type"] in FORM_FAULTS:
        return f"The body {words}."
    if place == ["body"]:
        return f"The body {words}. Send a JSON object with 'Content-Type: application/json'."
    return f"{'.'.join(place)} {words}."
