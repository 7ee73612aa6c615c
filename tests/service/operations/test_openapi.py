"""The schema says what the service does: ids, errors, streams, files; and what it does not know it refuses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api import openapi
from api.app import create_app
from rag.settings import Settings
from tests.support.servers.service import problem

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return create_app(Settings()).openapi()


def operations(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["operationId"]: each for methods in schema["paths"].values() for each in methods.values()}


def response(schema: dict[str, Any], operation: str, status: int) -> dict[str, Any]:
    found: dict[str, Any] = operations(schema)[operation]["responses"][str(status)]
    name = found.get("$ref", "").rpartition("/")[2]
    return schema["components"]["responses"][name] if name else found


def test_operations_are_named_after_their_functions_each_once(schema: dict[str, Any]) -> None:
    ids = [each["operationId"] for methods in schema["paths"].values() for each in methods.values()]
    names = [
        str(context.name)
        for context in iter_route_contexts(create_app(Settings()).routes)
        if isinstance(context.original_route, APIRoute) and context.original_route.include_in_schema
    ]
    assert sorted(ids) == sorted(set(names))
    assert {"upload_document", "list_documents", "ask", "search", "create_chat_completion"} <= set(ids)
    assert set(openapi.BY_OPERATION) <= set(ids)


def test_every_error_is_declared_once_as_what_is_sent(schema: dict[str, Any]) -> None:
    for name, each in schema["components"]["responses"].items():
        if name.startswith("Problem"):
            assert each["content"] == PROBLEM
    for operation, declared in operations(schema).items():
        kind = "OpenAIError" if declared["tags"] == ["openai"] else "Problem"
        errors = {status: each for status, each in declared["responses"].items() if status[0] not in "23"}
        assert {"400", "403", "500"} <= set(errors), operation
        for status, each in errors.items():
            assert each == {"$ref": f"#/components/responses/{kind}{status}"}
    assert not {"HTTPValidationError", "ValidationError"} & set(schema["components"]["schemas"])


@pytest.mark.parametrize(
    ("operation", "statuses"),
    [
        ("upload_document", {408, 409, 413, 415, 422, 429, 503, 507}),
        ("ask", {404, 408, 409, 413, 422, 429, 502, 503}),
        ("get_document", {404, 422, 503}),
        ("get_page", {200, 404, 409, 422, 429}),
        ("find_page", {307, 404}),
        ("start_evaluation", {404, 409, 422}),
    ],
)
def test_an_operation_declares_what_it_answers(schema: dict[str, Any], operation: str, statuses: set[int]) -> None:
    assert {str(status) for status in statuses} <= set(operations(schema)[operation]["responses"])


def test_whoever_may_come_back_is_told_when(schema: dict[str, Any]) -> None:
    for status in (429, 503, 507):
        assert "Retry-After" in response(schema, "upload_document", status)["headers"]
    parameters = {each["name"].lower() for each in operations(schema)["upload_document"]["parameters"]}
    assert parameters == {"idempotency-key"}


@pytest.mark.parametrize(
    ("operation", "events"),
    [
        (
            "ask",
            {
                "sources": "SourcesBody",
                "token": "TokenBody",
                "sentence": "SentenceBody",
                "done": "AnswerBody",
                "error": "Problem",
            },
        ),
        ("follow_job", {"progress": "JobBody", "done": "JobBody", "error": "Problem"}),
    ],
)
def test_the_events_of_a_stream_are_described(schema: dict[str, Any], operation: str, events: dict[str, str]) -> None:
    content = response(schema, operation, 200)["content"]["text/event-stream"]["schema"]
    described = {}
    for event in content["oneOf"]:
        reference = event["properties"]["data"]["contentSchema"]["$ref"]
        described[event["properties"]["event"]["const"]] = reference.removeprefix("#/components/schemas/")
    assert described == events
    assert set(events.values()) <= set(schema["components"]["schemas"])


def test_files_are_declared_as_files(schema: dict[str, Any]) -> None:
    assert set(response(schema, "backup", 200)["content"]) == {"application/octet-stream", "application/gzip"}
    original = response(schema, "get_original", 200)["content"]
    assert {"application/pdf", "text/markdown", "image/png"} <= set(original)
    assert all(each == openapi.BINARY for each in original.values())
    page = response(schema, "get_page", 200)["content"]
    assert set(page) == {"image/png", "image/webp", "text/html"}
    assert page["image/png"] == openapi.BINARY


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "/v1/documents?colour=red",
            (
                "query.colour is not known; the parameters there are: collection, cursor, filter, limit, name, order, "
                "sort, state, tag, type."
            ),
        ),
        ("/v1/jobs?limit=1&limit=2", "query.limit must be given once."),
        ("/v1/maintenance/index?x=1", "query.x is not known; the parameters there are: none."),
        ("/v1/usage?form=2026-01-01", "query.form is not known; the parameters there are: by, from, to."),
        ("/healthz?verbose", "query.verbose is not known"),
        ("/evals/nope?agianst=x", "query.agianst is not known"),
    ],
)
def test_a_parameter_that_would_do_nothing_is_refused(client: httpx.Client, path: str, said: str) -> None:
    answer = client.get(path)
    assert problem(answer) == (422, "invalid_request")
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/search"), ("POST", "/v1/ask"), ("DELETE", "/v1/documents/x"), ("GET", "/readyz")]
)
def test_every_method_refuses_them(client: httpx.Client, method: str, path: str) -> None:
    body = {"query": "x", "question": "x"}.get(path.rpartition("/")[2])
    answer = client.request(method, path, params={"dry_run": "true"}, json=body and {"query": body})
    assert problem(answer)[0] == 422
    assert "query.dry_run" in answer.json()["detail"]


def test_a_client_of_openais_api_reads_of_it_in_its_own_way(client: httpx.Client) -> None:
    answer = client.get("/v1/models", params={"limit": "1"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "limit"


@pytest.mark.parametrize("path", ["/?collection=x", "/evals?dataset=x", "/page/chat/app.js?v=1"])
def test_what_a_pages_address_holds_is_the_pages_own(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/documents", "GET, POST"),
        ("/v1/documents/x/versions/y", "DELETE, GET"),
        ("/v1/evals/datasets", "GET"),
        ("/v1/evals/datasets/x", "GET, PUT"),
        ("/v1/maintenance/index/build", "DELETE, POST"),
        ("/healthz", "GET"),
        ("/openapi.json", "GET, HEAD"),
        ("/page/chat/app.js", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_all_right_ones(client: httpx.Client, path: str, methods: str) -> None:
    for method in ("PATCH", "TRACE", "OPTIONS", "QUERY"):
        answer = client.request(method, path)
        assert problem(answer) == (405, "method_not_allowed")
        assert answer.headers["allow"] == methods


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/search", {"query": "x", "limit": "8"}),
        ("/v1/search", {"query": "x", "limit": True}),
        ("/v1/ask", {"question": "x", "stream": 0}),
        ("/v1/ask", {"question": "x", "stream": "true"}),
        ("/v1/maintenance/audit", {"repair": 1}),
        ("/v1/evals/drafts", {"questions": "5"}),
    ],
)
def test_a_value_of_another_kind_is_not_taken_for_the_right_one(client: httpx.Client, path: str, body: Any) -> None:
    assert problem(client.post(path, json=body)) == (422, "invalid_request")


def test_a_whole_number_may_be_written_with_a_point(client: httpx.Client) -> None:
    assert client.post("/v1/search", json={"query": "x", "limit": 8.0}).status_code == 200


@pytest.mark.parametrize("day", ["0", "1764374400", "2026-11-29T00:00:00", "20261129", "2026-13-01", ""])
def test_a_day_is_written_in_full(client: httpx.Client, day: str) -> None:
    assert problem(client.get("/v1/usage", params={"from": day})) == (422, "invalid_request")


def test_an_empty_collection_is_not_the_default_one(client: httpx.Client) -> None:
    answer = client.post("/v1/documents", files={"file": ("a.txt", b"Words.")}, data={"collection": ""})
    assert problem(answer) == (422, "invalid_request")
    assert "body.collection is empty" in answer.json()["detail"]
