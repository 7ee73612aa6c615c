"""Conversations over HTTP: kept, searched, changed, shared and deleted, also with the documents that they quote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.settings import ConversationSettings, ServerSettings, Settings, StorageSettings
from tests.service.documents.test_erasing import holding, wait_until_erased
from tests.support.servers.service import problem, running_client, take_in

QUESTION = "How many days of vacation do full-time employees get?"
FOLLOW_UP = "And part-time employees?"
WORD = "marigold"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("service") / "data"
    return Settings(
        storage=StorageSettings(folder=folder, erase_after_seconds=0),
        server=ServerSettings(allowed_hosts=("localhost",)),
    )


@pytest.fixture(autouse=True)
def _documents(handbook: str) -> None:
    """Every question here is about the handbook."""


def begin(client: httpx.Client, **about: str) -> str:
    """Returns the id of a new conversation."""
    created = client.post("/v1/conversations", json=about)
    assert created.status_code == 201, created.text
    return str(created.json()["id"])


def ask(client: httpx.Client, conversation: str, question: str = QUESTION, **about: Any) -> dict[str, Any]:
    asked = {"question": question, "conversation_id": conversation, **about}
    body: dict[str, Any] = client.post("/v1/ask", json=asked).raise_for_status().json()
    return body


def whole(client: httpx.Client, conversation: str) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"/v1/conversations/{conversation}").raise_for_status().json()
    return body


def listed(client: httpx.Client, search: str = "") -> list[str]:
    body = client.get("/v1/conversations", params={"search": search}).raise_for_status().json()
    return [each["id"] for each in body["conversations"]]


def test_each_answer_is_kept_as_it_was_first_sent(client: httpx.Client) -> None:
    conversation = begin(client)
    first = ask(client, conversation)
    second = ask(client, conversation, FOLLOW_UP)
    body = whole(client, conversation)
    assert (body["title"], body["questions"], body["shared"]) == (QUESTION, 2, None)
    assert [turn["answer"] for turn in body["turns"]] == [first, second]
    assert [turn["request_id"] for turn in body["turns"]] == [each["receipt"]["request_id"] for each in (first, second)]
    assert {turn["state"] for turn in body["turns"]} == {"answered"}


def test_a_follow_up_needs_no_history_from_the_client(client: httpx.Client) -> None:
    conversation = begin(client)
    ask(client, conversation)
    assert "18 days" in ask(client, conversation, FOLLOW_UP)["answer"]
    given = ask(client, conversation, FOLLOW_UP, history=[])
    assert given["search_query"] == FOLLOW_UP


def test_a_stream_numbers_its_events(client: httpx.Client) -> None:
    asked = {"question": QUESTION, "conversation_id": begin(client), "stream": True}
    answer = client.post("/v1/ask", json=asked).raise_for_status()
    blocks = answer.text.strip().split("\n\n")
    assert [block.split("\n")[1] for block in blocks] == [f"id: {number}" for number in range(1, len(blocks) + 1)]
    request_id = answer.headers["x-request-id"]
    again = client.get(f"/v1/answers/{request_id}/events", headers={"Last-Event-ID": "1"})
    assert again.text.strip().split("\n\n") == blocks[1:]
    beyond = client.get(f"/v1/answers/{request_id}/events", headers={"Last-Event-ID": "99"})
    assert beyond.text.strip() == blocks[-1]
    assert client.post(f"/v1/answers/{request_id}/stop").status_code == 204


def test_it_is_found_by_words_of_questions_and_answers(client: httpx.Client) -> None:
    conversation = begin(client)
    ask(client, conversation, "Is business class refunded?")
    assert conversation in listed(client, "BUSINESS refund")
    assert listed(client, "business zeppelin") == []


def test_it_is_renamed_pinned_and_deleted(client: httpx.Client) -> None:
    conversation = begin(client)
    ask(client, conversation)
    path = f"/v1/conversations/{conversation}"
    changed = client.patch(path, json={"title": " Leave ", "pinned": True}).raise_for_status().json()
    assert (changed["title"], changed["pinned"]) == ("Leave", True)
    assert listed(client)[0] == conversation
    assert client.patch(path, json={}).json()["title"] == "Leave"
    assert problem(client.patch(path, json={"title": "  "})) == (422, "invalid_request")
    client.patch(path, json={"pinned": False}).raise_for_status()
    assert client.delete(path).status_code == 204
    assert problem(client.get(path)) == (404, "unknown_conversation")
    assert conversation not in listed(client)


def test_a_list_comes_in_pages(client: httpx.Client) -> None:
    for _ in range(3):
        ask(client, begin(client))
    pages: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        body = client.get("/v1/conversations", params={"limit": 1, **cursor}).raise_for_status().json()
        pages += [each["id"] for each in body["conversations"]]
        if body["next_cursor"] is None:
            break
        cursor = {"cursor": body["next_cursor"]}
    assert pages == listed(client)
    assert len(set(pages)) == len(pages)
    wrong = client.get("/v1/conversations", params={"search": "x", **cursor})
    assert problem(wrong) == (422, "wrong_cursor")


def test_a_link_shows_it_until_it_is_taken_back(client: httpx.Client) -> None:
    conversation = begin(client)
    ask(client, conversation)
    path = f"/v1/conversations/{conversation}/share"
    shared = client.post(path).raise_for_status().json()["shared"]
    assert client.post(path).json()["shared"] == shared
    body = client.get(f"/v1{shared}").raise_for_status().json()
    assert (body["title"], body["turns"]) == (QUESTION, whole(client, conversation)["turns"])
    page = client.get(shared)
    assert "text/html" in page.headers["content-type"]
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert client.delete(path).raise_for_status().json()["shared"] is None
    assert problem(client.get(f"/v1{shared}")) == (404, "unknown_conversation")


def test_a_refused_question_is_not_kept(client: httpx.Client) -> None:
    conversation = begin(client)
    for streamed in (True, False):
        refused = client.post("/v1/ask", json={"question": " ", "conversation_id": conversation, "stream": streamed})
        assert problem(refused) == (422, "empty_question")
    assert whole(client, conversation)["turns"] == []


def test_what_is_not_known_is_refused(client: httpx.Client) -> None:
    for wrong in ("0" * 32, ""):
        asked = client.post("/v1/ask", json={"question": QUESTION, "conversation_id": wrong})
        assert problem(asked) == (404, "unknown_conversation")
    assert problem(client.get(f"/v1/answers/{'0' * 32}/events")) == (404, "answer_not_live")
    assert problem(client.post(f"/v1/answers/{'0' * 32}/stop")) == (404, "answer_not_live")
    assert problem(client.get("/v1/shared/none")) == (404, "unknown_conversation")
    assert problem(client.post("/v1/conversations", json={"collection": "none"})) == (404, "unknown_collection")


def test_what_was_answered_from_a_deleted_document_leaves_every_file(client: httpx.Client, settings: Settings) -> None:
    secret = take_in(client, "secret.md", f"# Plan\n\nThe code word of the plan is {WORD}.".encode())
    mixed, only = begin(client), begin(client, title="Secrets")
    kept = ask(client, mixed, "Is business class refunded?", filter={"document_ids": [_handbook(client)]})
    for conversation in (mixed, only):
        assert WORD in ask(client, conversation, "What is the code word of the plan?", filter={})["answer"]
    link = client.post(f"/v1/conversations/{mixed}/share").raise_for_status().json()["shared"]
    streamed = {"question": "What is the code word?", "conversation_id": mixed, "stream": True}
    run = client.post("/v1/ask", json=streamed).raise_for_status().headers["x-request-id"]

    receipt = client.delete(f"/v1/documents/{secret['id']}").raise_for_status().json()

    assert listed(client, WORD) == []
    assert WORD not in client.get("/v1/conversations").text
    assert [turn["answer"] for turn in whole(client, mixed)["turns"]] == [kept]
    assert WORD not in client.get(f"/v1{link}").raise_for_status().text
    assert problem(client.get(f"/v1/conversations/{only}")) == (404, "unknown_conversation")
    assert problem(client.get(f"/v1/answers/{run}/events")) == (404, "answer_not_live")
    wait_until_erased(client, receipt["id"])
    assert holding(settings.storage.folder, WORD) == []


def _handbook(client: httpx.Client) -> str:
    documents = client.get("/v1/documents").json()["documents"]
    return str(next(each["id"] for each in documents if each["name"] == "handbook.md"))


def test_a_service_that_keeps_none_says_so(tmp_path: Path) -> None:
    settings = Settings(
        storage=StorageSettings(folder=tmp_path / "data"),
        server=ServerSettings(allowed_hosts=("localhost",)),
        conversations=ConversationSettings(keep_days=0),
    )
    with running_client(settings, tmp_path / "api.sock") as client:
        asked = {"question": QUESTION, "conversation_id": "c"}
        for refused in (client.post("/v1/conversations", json={}), client.post("/v1/ask", json=asked)):
            assert problem(refused) == (409, "conversations_off")
            assert "CITEWELL_CONVERSATIONS__KEEP_DAYS" in refused.json()["detail"]
        assert client.get("/v1/conversations").json() == {"conversations": [], "keep_days": 0, "next_cursor": None}
