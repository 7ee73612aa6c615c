"""An invalid request is answered with plain sentences that name the place and what would be right."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.support.servers.chat import openai_error
from tests.support.servers.service import problem, upload

_LIBRARY_WORDS = re.compile(r"[Ii]nput|[Ff]ield|instance|dictionary|[Vv]alue error|Expecting|\\|<class")


def detail(response: httpx.Response) -> str:
    assert problem(response) == (422, "invalid_request")
    said = str(response.json()["detail"])
    assert not _LIBRARY_WORDS.search(said)
    return said


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("ask", {"question": 5}, "body.question must be text."),
        ("ask", {}, "body.question is missing."),
        ("ask", {"question": "x", "colour": 1}, "body.colour is not known; check its spelling."),
        ("ask", {"question": "x", "stream": "maybe"}, "body.stream must be true or false."),
        ("ask", {"question": "x", "filter": 3}, "body.filter must be a JSON object."),
        (
            "ask",
            {"question": "x", "history": [{"role": "user", "content": "x"}, {"role": "system", "content": "x"}]},
            "body.history.1.role must be 'user' or 'assistant'.",
        ),
        (
            "ask",
            {"question": "x", "history": [{"role": "user", "content": "x" * 100_001}]},
            "body.history.0.content must have 100,000 characters at most.",
        ),
        ("search", {"query": "x", "limit": 1_000}, "body.limit must be 100 at most."),
        ("search", {"limit": 0}, "body.query is missing. body.limit must be 1 or more."),
        (
            "search",
            {"query": "x", "filter": {"document_ids": ["a"] * 1_001}},
            "body.filter.document_ids must have 1,000 entries at most.",
        ),
    ],
)
def test_a_body_at_fault_is_told_field_by_field(client: httpx.Client, path: str, body: Any, said: str) -> None:
    assert detail(client.post(f"/v1/{path}", json=body)) == said


@pytest.mark.parametrize(
    ("content", "media_type", "said"),
    [
        (b'{"question": "x",}', "application/json", "The body is not valid JSON, from character 17 on."),
        (b'["x"]', "application/json", "The body must be a JSON object."),
        (b"", "application/json", "The body is missing."),
        (b'{"question": "x"}', "application/x-www-form-urlencoded", "'Content-Type: application/json'"),
    ],
)
def test_a_body_that_is_no_json_object_is_told_so(
    client: httpx.Client, content: bytes, media_type: str, said: str
) -> None:
    assert said in detail(client.post("/v1/ask", content=content, headers={"Content-Type": media_type}))


def test_a_form_and_a_query_are_told_the_same_way(client: httpx.Client) -> None:
    form = detail(upload(client, "a.txt", b"Words.", collection="../x", name="x" * 5_000))
    assert form.startswith("body.collection must begin with a letter or a digit, and go on with letters, digits,")
    assert form.endswith("body.name must have 4,096 characters at most.")
    assert detail(client.post("/v1/documents", data={"file": "words"})) == "body.file is not of the right kind."
    query = detail(client.get("/v1/jobs", params={"state": "lost", "limit": "few"}))
    assert query == (
        "query.state must be 'queued', 'running', 'succeeded', 'failed' or 'cancelled'. "
        "query.limit must be a whole number."
    )


BROKEN = ("\\ud800", "a\\udfffb", "a\\u0000b")


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("search", '{"query": "TEXT"}', "body.query"),
        ("search", '{"query": "x", "filter": {"document_ids": ["a", "TEXT"]}}', "body.filter.document_ids.1"),
        ("search", '{"query": "x", "filter": {"media_types": ["TEXT"]}}', "body.filter.media_types.0"),
        ("search", '{"query": "x", "TEXT": 1}', "body."),
        ("ask", '{"question": "TEXT"}', "body.question"),
        ("ask", '{"question": "x", "history": [{"role": "user", "content": "TEXT"}]}', "body.history.0.content"),
        ("feedback", '{"request_id": "TEXT", "verdict": "up"}', "body.request_id"),
        ("feedback", '{"request_id": "x", "verdict": "up", "comment": "TEXT"}', "body.comment"),
        ("evals", '{"dataset": "TEXT"}', "body.dataset"),
        ("evals", '{"questions": [{"id": "q", "question": "TEXT"}]}', "body.questions.0.question"),
        ("evals", '{"questions": [{"id": "q", "TEXT": "x"}]}', "body.questions.0."),
        ("evals/drafts", '{"collection": "TEXT"}', "body.collection"),
        ("maintenance/index/build", '{"TEXT": "x"}', "body."),
    ],
)
def test_text_that_cannot_be_stored_is_refused_wherever_it_stands(
    client: httpx.Client, path: str, body: str, place: str, text: str
) -> None:
    headers = {"Content-Type": "application/json"}
    said = detail(client.post(f"/v1/{path}", content=body.replace("TEXT", text), headers=headers))
    assert said.startswith(place)
    assert said.endswith("holds NUL, half of a surrogate pair, or bytes that are not UTF-8; send whole characters.")


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ('{"model": "citewell", "messages": [{"role": "user", "content": "TEXT"}]}', "messages.0.content"),
        ('{"model": "TEXT", "messages": [{"role": "user", "content": "x"}]}', "model"),
        ('{"model": "citewell", "messages": [{"role": "user", "content": "x"}], "user": "TEXT"}', "user"),
        (
            '{"model": "citewell", "messages": [{"role": "user", "content": [{"type": "text", "text": "TEXT"}]}]}',
            "messages.0.content.0.text",
        ),
    ],
)
def test_a_chat_refuses_such_text_too(client: httpx.Client, body: str, parameter: str, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/chat/completions", content=body.replace("TEXT", text), headers=headers)
    assert openai_error(answer) == (400, "invalid_request", parameter)


@pytest.mark.parametrize(
    "content",
    [b'{"query": "\xff"}', b'{"query": ' + b"[" * 100_000, b'{"query": "x", "limit": ' + b"9" * 5_000 + b"}"],
)
def test_json_that_cannot_be_read_is_told_so(client: httpx.Client, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert detail(client.post("/v1/search", content=content, headers=headers)).startswith("The body is JSON that")


@pytest.mark.parametrize("text", ["%ff", "%ED%A0%80", "%00"])
@pytest.mark.parametrize("path", ["/v1/documents?collection=TEXT", "/v1/documents/TEXT", "/page/TEXT", "/?TEXT=1"])
def test_an_address_that_is_not_utf_8_is_refused(client: httpx.Client, path: str, text: str) -> None:
    assert "Percent-encode its text as UTF-8." in detail(client.get(path.replace("TEXT", text)))
