from __future__ import annotations

import httpx

from tests.service.conftest import HANDBOOK
from tests.support.servers.service import take_in


def test_suggestions_are_answered_and_go_with_their_document(client: httpx.Client) -> None:
    document = take_in(client, "handbook.md", HANDBOOK.encode(), collection="suggested")
    suggested = client.get("/v1/collections/suggested/suggestions").raise_for_status().json()["suggestions"]
    assert [each["document_id"] for each in suggested] == [document["id"]]
    for each in suggested:
        asked = {"question": each["question"], "collection": "suggested"}
        answer = client.post("/v1/ask", json=asked).raise_for_status().json()
        assert answer["abstention"] is None
        assert all(sentence["supported"] for sentence in answer["sentences"])
    client.delete(f"/v1/documents/{document['id']}").raise_for_status()
    assert client.get("/v1/collections/suggested/suggestions").json() == {"suggestions": []}


def test_a_document_without_headings_gives_no_suggestion(client: httpx.Client) -> None:
    take_in(client, "note.txt", b"The garage is closed on Mondays. The gate opens at seven.", collection="plain")
    assert client.get("/v1/collections/plain/suggestions").json() == {"suggestions": []}


def test_suggestions_of_an_unknown_collection_are_not_found(client: httpx.Client) -> None:
    assert client.get("/v1/collections/nowhere/suggestions").json()["code"] == "unknown_collection"
