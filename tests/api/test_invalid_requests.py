"""What is wrong with a request is told in plain sentences, each with the place and what would be right."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.support.service import problem, upload

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
