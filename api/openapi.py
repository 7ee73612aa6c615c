"""Completes /openapi.json: operation ids, errors, events of streams, files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.errors import MAY_PASS, PROBLEM_JSON
from api.paths import speaks_openai
from api.schemas.answers import SentenceBody, SourcesBody, TokenBody
from api.schemas.base import Problem
from api.schemas.chat_answers import ChatChunk
from api.schemas.openai_errors import OpenAIErrorBody, openai_status

_SCHEMAS = "#/components/schemas/"
_NOT_FROM_ROUTES = (Problem, OpenAIErrorBody, SourcesBody, TokenBody, SentenceBody, ChatChunk)
_NARROWED = {"const", "enum", "pattern", "format", "contentMediaType"}
_NO_SCHEMAS = {"default", "example", "examples"}
_FASTAPIS_OWN = ("HTTPValidationError", "ValidationError")
BINARY = {"schema": {"type": "string", "format": "binary"}}

_MEANINGS: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read, or is meant for a host of another name.",
    HTTPStatus.UNAUTHORIZED: "It does not say who sends it, or not in a way that holds.",
    HTTPStatus.FORBIDDEN: "The caller may not do this, or it comes from another site's page.",
    HTTPStatus.NOT_FOUND: "What it names does not exist.",
    HTTPStatus.REQUEST_TIMEOUT: "Its body stopped coming.",
    HTTPStatus.CONFLICT: "It does not go with the state of what it names.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Its body, or the question in it, is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The file is of a kind that is not read, or not of the kind that its name says.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A parameter, or a field of the body, is missing, wrong or not known.",
    HTTPStatus.TOO_MANY_REQUESTS: "There is too much to do already.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on the service's side.",
    HTTPStatus.BAD_GATEWAY: "A model server failed.",
    HTTPStatus.SERVICE_UNAVAILABLE: "A part of the service does not answer now.",
    HTTPStatus.INSUFFICIENT_STORAGE: "The disk is full.",
}
_ALWAYS = (400, 401, 403, 422, 429, 500)
_WITH_BODY = (408, 413)
_CHANGES = (409, 507)
_QUESTIONS = (404, 409, 502)
BY_OPERATION: dict[str, tuple[int, ...]] = {
    "upload_document": (415,),
    "list_documents": (404,),
    "count_documents": (404,),
    "change_documents": (404,),
    "dismiss_failed": (404,),
    "get_text": (409,),
    "find_page": (409,),
    "get_page": (409, 507),
    "list_passages": (409,),
    "get_place": (409,),
    "list_tables": (409,),
    "get_table": (409,),
    "search": _QUESTIONS,
    "explain_search": _QUESTIONS,
    "get_passage": (409,),
    "get_outline": (409,),
    "unpack_archive": (404, 415),
    "ask": _QUESTIONS,
    "create_chat_completion": _QUESTIONS,
    "explain_access": (404,),
    "get_reparse": (404,),
    "reparse": (404,),
    "give_feedback": (404,),
    "create_conversation": (404,),
    "start_evaluation": (404,),
    "draft_questions": (404, 502),
    "get_invited_user": (404,),
    "accept_invitation": (404,),
    "add_user": (404,),
    "add_group": (404,),
}
"""Statuses that do not follow from method, path or body."""


class DescribedApi(FastAPI):
    """Adds to the schema what FastAPI does not know, such as errors that are raised outside the routes."""

    def openapi(self) -> dict[str, Any]:
        """Returns the schema."""
        schema = super().openapi()
        if "responses" not in schema["components"]:
            _complete(schema)
        return schema


def operation_id(route: APIRoute) -> str:
    """Returns the id of a route's operation: the name of its function, which is unique."""
    return route.name


def events_of(**bodies: type[BaseModel]) -> dict[str, Any]:
    """Returns the media type object of a stream of named events; ``bodies`` are the models of their data.

    OpenAPI 3.1 cannot describe the items of a stream: the schema is that of one event, as clients read it.
    """
    return {
        "schema": {
            "oneOf": [_event(f"{name.capitalize()}Event", body, event={"const": name}) for name, body in bodies.items()]
        }
    }


def chunks_of(*bodies: type[BaseModel], last: str) -> dict[str, Any]:
    """Returns the media type object of a stream of unnamed events; the last event has the data ``last``."""
    end = {"type": "object", "required": ["data"], "properties": {"data": {"const": last}}}
    return {"schema": {"anyOf": [*(_event(f"{body.__name__}Event", body) for body in bodies), end]}}


def files_of(media_types: Iterable[str]) -> dict[str, Any]:
    """Returns the content of an answer that is a file of one of these types."""
    # The type of any bytes comes first: generated clients take the first type that they know, and must keep the bytes.
    return dict.fromkeys(["application/octet-stream", *sorted(set(media_types))], BINARY)


def _event(title: str, body: type[BaseModel], **properties: Mapping[str, Any]) -> dict[str, Any]:
    data = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": _SCHEMAS + body.__name__},
    }
    return {
        "type": "object",
        "title": title,
        "required": [*properties, "data"],
        "properties": {**properties, "data": data},
    }


def _complete(schema: dict[str, Any]) -> None:
    components = schema["components"]
    responses = components.setdefault("responses", {})
    sent = dict(components["schemas"])
    for path, operations in schema["paths"].items():
        kind = "OpenAIError" if speaks_openai(path) else "Problem"
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                _without_null(parameter["schema"])
                _without_nul(parameter["schema"], sent)
            _without_nul(operation.get("requestBody"), sent)
            declared = operation["responses"]
            declared.pop("422", None)  # FastAPI's own form, which is never sent
            for status in sorted(_statuses(path, method, operation)):
                name = f"{kind}{status}"
                responses.setdefault(name, _response(kind, status))
                declared[str(status)] = {"$ref": f"#/components/responses/{name}"}
    components["schemas"]["Body_upload_document"]["additionalProperties"] = False
    for name in _FASTAPIS_OWN:
        components["schemas"].pop(name, None)
    models = [(model, "serialization") for model in _NOT_FROM_ROUTES]
    _, found = models_json_schema(models, ref_template=_SCHEMAS + "{model}")  # type: ignore[arg-type]
    components["schemas"] = dict(sorted({**found["$defs"], **components["schemas"]}.items()))


def _without_null(schema: dict[str, Any]) -> None:
    """Removes null from a parameter's types: no text in an address or a header is null."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        del schema["anyOf"]
        schema |= choices[0]


def _without_nul(node: object, models: dict[str, Any]) -> None:
    """Adds to every text of a request that it holds no NUL: ``ReadableAddress`` and ``Request`` refuse it.

    ``models`` are the schemas that are still to be visited.
    """
    if isinstance(node, list):
        for each in node:
            _without_nul(each, models)
    elif isinstance(node, dict):
        if node.get("type") == "string" and not node.keys() & _NARROWED:
            node["pattern"] = "^[^\\u0000]*$"
        _without_nul(models.pop(str(node.get("$ref")).removeprefix(_SCHEMAS), None), models)
        _without_nul([value for key, value in node.items() if key not in _NO_SCHEMAS], models)


def _statuses(path: str, method: str, operation: Mapping[str, Any]) -> set[int]:
    statuses = {*_ALWAYS, *BY_OPERATION.get(operation["operationId"], ())}
    if "requestBody" in operation:
        statuses |= {*_WITH_BODY}
    if "{" in path:
        statuses.add(HTTPStatus.NOT_FOUND)
    if method != "get" and not statuses >= {*_QUESTIONS}:
        statuses |= {*_CHANGES}
    if path != "/healthz":
        statuses.add(HTTPStatus.SERVICE_UNAVAILABLE)
    return {openai_status(status) for status in statuses} if speaks_openai(path) else statuses


def _response(kind: str, status: int) -> dict[str, Any]:
    model, media_type = (OpenAIErrorBody, "application/json") if kind == "OpenAIError" else (Problem, PROBLEM_JSON)
    response: dict[str, Any] = {
        "description": _MEANINGS[status],
        "content": {media_type: {"schema": {"$ref": _SCHEMAS + model.__name__}}},
    }
    if status in MAY_PASS:
        response["headers"] = {
            "Retry-After": {
                "description": "After how many seconds it is worth trying again.",
                "required": True,
                "schema": {"type": "integer", "minimum": 0},
            }
        }
    return response
