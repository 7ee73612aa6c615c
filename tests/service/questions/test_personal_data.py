"""Fault 44 over HTTP: what the policy for answers masks leaves by no door."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from rag.settings import PersonalAction, PersonalDataSettings, PersonalKind, ServerSettings, Settings, StorageSettings
from tests.support.servers.chat import chunks_of, content_of
from tests.support.servers.service import events, take_in

NOTE = """# Pump contacts

## Contact for Wilhelmina Kowalska

The contact for the cooling pump is Wilhelmina Kowalska, reached at w.kowalska@example.com or +49 30 901820.
The card for spare parts is 4111 1111 1111 1111.
"""
QUESTION = "Who is the contact for the cooling pump?"
SECRETS = ("Kowalska", "w.kowalska@", "901820", "4111 1111")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        storage=StorageSettings(folder=tmp_path_factory.mktemp("service") / "data"),
        server=ServerSettings(allowed_hosts=("localhost",)),
        personal_data=PersonalDataSettings(answers={PersonalKind.ALL: PersonalAction.MASK}),
    )


@pytest.fixture(scope="module")
def note(client: httpx.Client) -> dict[str, Any]:
    return take_in(client, "pump.md", NOTE.encode())


def leaked(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def test_the_document_is_warned_of_by_default(note: dict[str, Any]) -> None:
    assert note["warnings"] == ["It holds personal data: 1 card numbers."]


@pytest.mark.usefixtures("note")
def test_an_answer_is_masked_and_its_receipt_says_how_much(client: httpx.Client) -> None:
    response = client.post("/v1/ask", json={"question": QUESTION})
    assert leaked(response.text) == []
    body = response.json()
    assert body["answer"].startswith("The contact for the cooling pump is ██████████ ████████")
    assert body["receipt"]["personal_data"] == [
        {"kind": "person", "count": 1, "masked": True},
        {"kind": "email", "count": 1, "masked": True},
        {"kind": "phone", "count": 1, "masked": True},
    ]


@pytest.mark.usefixtures("note")
@pytest.mark.parametrize("fresh", [True, False])
def test_a_stream_is_masked_also_when_it_comes_from_the_cache(client: httpx.Client, *, fresh: bool) -> None:
    headers = {"cache-control": "no-cache"} if fresh else {}
    response = client.post("/v1/ask", json={"question": QUESTION, "stream": True}, headers=headers)
    assert events(response)[-1][0] == "done"
    assert leaked(response.text) == []


@pytest.mark.usefixtures("note")
def test_chat_completions_and_their_footer_are_masked(client: httpx.Client) -> None:
    asked = {"model": "citewell", "messages": [{"role": "user", "content": QUESTION}]}
    whole = client.post("/v1/chat/completions", json=asked)
    assert "██████████" in whole.json()["choices"][0]["message"]["content"]
    streamed = client.post("/v1/chat/completions", json={**asked, "stream": True})
    chunks, finished = chunks_of(streamed)
    assert finished
    assert content_of(chunks) == whole.json()["choices"][0]["message"]["content"]
    assert leaked(whole.text) == leaked(streamed.text) == []


@pytest.mark.usefixtures("note")
def test_a_search_is_masked(client: httpx.Client) -> None:
    found = client.post("/v1/search", json={"query": QUESTION}).raise_for_status()
    assert found.json()["hits"]
    assert leaked(found.text) == []


@pytest.mark.usefixtures("note")
def test_a_conversation_and_its_shared_page_are_masked(client: httpx.Client) -> None:
    conversation = client.post("/v1/conversations", json={}).json()["id"]
    client.post("/v1/ask", json={"question": QUESTION, "conversation_id": conversation}).raise_for_status()
    kept = client.get(f"/v1/conversations/{conversation}").raise_for_status()
    assert kept.json()["turns"]
    assert leaked(kept.text) == []
    path = client.post(f"/v1/conversations/{conversation}/share").raise_for_status().json()["shared"]
    shared = client.get(f"/v1{path}").raise_for_status()
    assert leaked(shared.text) == []


@pytest.mark.usefixtures("note")
def test_suggestions_hold_nothing_that_is_masked(client: httpx.Client) -> None:
    assert leaked(client.get("/v1/collections/default/suggestions").raise_for_status().text) == []
