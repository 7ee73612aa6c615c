"""Collections as things, and documents that are moved, tagged and deleted several at once."""

import json
from typing import Any

import httpx
import pytest

from tests.support.servers.service import problem, take_in, upload, wait_for_job, wait_for_purge

QUESTION = "How long is the warranty?"


def ask(client: httpx.Client, collection: str, **more: object) -> dict[str, Any]:
    body = {"question": QUESTION, "collection": collection, **more}
    answer: dict[str, Any] = client.post("/v1/ask", json=body).raise_for_status().json()
    return answer


def warranty(client: httpx.Client, name: str, collection: str, years: str = "two", **form: str) -> dict[str, Any]:
    return take_in(client, name, f"# Terms\n\nThe warranty is {years} years.".encode(), collection=collection, **form)


def batch(client: httpx.Client, **body: object) -> dict[str, Any]:
    found: dict[str, Any] = client.post("/v1/documents/batch", json=body).raise_for_status().json()
    return found


def test_a_collection_is_named_first_and_then_filled(client: httpx.Client) -> None:
    made = client.post("/v1/collections", json={"name": "HR", "description": "People"})
    assert (made.status_code, made.json()["documents"], made.json()["description"]) == (201, 0, "People")
    assert client.get("/v1/documents", params={"collection": "HR"}).json()["documents"] == []
    assert ask(client, "HR")["abstention"]["reason"] == "empty_collection"
    assert "HR" in [each["name"] for each in client.get("/v1/collections").json()["collections"]]
    assert problem(client.post("/v1/collections", json={"name": "HR"})) == (409, "conflict")
    warranty(client, "terms.md", "HR")
    whole = client.get("/v1/collections/HR").json()
    assert (whole["documents"], whole["states"]) == (1, {"ready": 1})


def test_the_default_collection_is_there_before_anything(client: httpx.Client) -> None:
    assert client.get("/v1/collections/default").status_code == 200
    assert client.patch("/v1/collections/default", json={"description": "All"}).json()["description"] == "All"


@pytest.mark.parametrize("name", ["../up", "", "a" * 65, " x", "a/b"])
def test_a_collection_needs_a_name_of_the_right_form(client: httpx.Client, name: str) -> None:
    assert problem(client.post("/v1/collections", json={"name": name})) == (422, "invalid_request")


def test_the_settings_of_a_collection_decide_how_its_questions_are_searched(client: httpx.Client) -> None:
    take_in(client, "words.md", b"The warranty of gadgets.", collection="tuned")
    take_in(client, "meaning.md", b"We repair broken devices for free for two years.", collection="tuned")
    query = {"query": "warranty", "collection": "tuned"}

    def shares() -> set[str]:
        hits = client.post("/v1/search", json=query).json()["hits"]
        return {side for hit in hits for side in ("dense", "bm25") if hit[side] and hit[side]["share"]}

    assert shares() == {"dense", "bm25"}
    for weight, left in (("bm25_weight", {"dense"}), ("dense_weight", {"bm25"})):
        settings = {"fusion": {weight: 0}}
        changed = client.patch("/v1/collections/tuned", json={"settings": settings}).raise_for_status().json()
        assert changed["settings"]["fusion"][weight] == 0
        assert shares() == left
    wrong = client.patch("/v1/collections/tuned", json={"settings": {"fusion": {"dense_weight": -1}}})
    assert problem(wrong) == (422, "invalid_request")


def test_a_moved_document_is_found_in_its_new_collection_alone(client: httpx.Client) -> None:
    client.post("/v1/collections", json={"name": "archive"}).raise_for_status()
    warranty(client, "terms.md", "current", "one")
    document = warranty(client, "terms.md", "current", "three", tags="old")
    conversation = client.post("/v1/conversations", json={"collection": "current"}).json()["id"]
    answer = ask(client, "current", conversation_id=conversation)
    [cited] = {citation["version_id"] for sentence in answer["sentences"] for citation in sentence["citations"]}

    moved = client.patch(f"/v1/documents/{document['id']}", json={"collection": "archive"}).raise_for_status().json()

    assert (moved["collection"], moved["version_id"], moved["tags"]) == ("archive", document["version_id"], ["old"])
    assert moved["chunk_count"] == document["chunk_count"]
    assert "three years" in ask(client, "archive")["answer"]
    assert ask(client, "current")["sources"] == []
    assert len(client.get(f"/v1/documents/{document['id']}/versions").json()["versions"]) == 2
    assert client.get(f"/v1/documents/{document['id']}/text", params={"version_id": cited}).status_code == 200
    kept = client.get(f"/v1/conversations/{conversation}").json()["turns"]
    assert [turn["state"] for turn in kept] == ["answered"]
    jobs = client.get("/v1/jobs", params={"collection": "archive"}).json()["jobs"]
    assert {job["state"] for job in jobs} == {"succeeded"}  # those of the two uploads: nothing was queued
    audit = client.post("/v1/maintenance/audit", json={}).json()
    assert [each for each in audit["differences"] if each["kind"].startswith("passages")] == []
    newer = warranty(client, "terms.md", "archive", "four")
    assert (newer["id"], newer["version_number"]) == (document["id"], 3)
    assert "four years" in ask(client, "archive")["answer"]


def test_several_documents_are_tagged_moved_and_deleted_each_with_an_outcome(client: httpx.Client) -> None:
    client.post("/v1/collections", json={"name": "store"}).raise_for_status()
    one, two, three = (warranty(client, f"{name}.md", "desk", name)["id"] for name in ("one", "two", "three"))
    warranty(client, "two.md", "store")
    tagged = batch(client, document_ids=[one, "none", two], action="tag", add_tags=["x"], fields={"year": 2024})
    assert (tagged["done"], tagged["failed"]) == (2, 1)
    assert [each["ok"] for each in tagged["outcomes"]] == [True, False, True]
    assert tagged["outcomes"][1]["error"]["code"] == "unknown_document"

    moved = batch(client, document_ids=[one, two], action="move", collection="store")
    assert [(each["name"], each["ok"]) for each in moved["outcomes"]] == [("one.md", True), ("two.md", False)]
    assert moved["outcomes"][1]["error"]["code"] == "conflict"

    deleted = batch(client, document_ids=[one, three], action="delete")
    assert deleted["done"] == 2
    for outcome in deleted["outcomes"]:
        wait_for_purge(client, outcome["receipt_id"])
    names = [each["name"] for each in client.get("/v1/documents", params={"collection": "desk"}).json()["documents"]]
    assert names == ["two.md"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"document_ids": [], "action": "delete"}, (422, "invalid_request")),
        ({"document_ids": ["a"], "action": "burn"}, (422, "invalid_request")),
        ({"document_ids": ["a"], "action": "move"}, (422, "wrong_field")),
        ({"document_ids": ["a"], "action": "move", "collection": "nowhere"}, (404, "unknown_collection")),
        ({"document_ids": ["a"] * 1_001, "action": "delete"}, (422, "invalid_request")),
    ],
)
def test_a_wrong_batch_is_refused_whole(
    client: httpx.Client, body: dict[str, object], expected: tuple[int, str]
) -> None:
    assert problem(client.post("/v1/documents/batch", json=body)) == expected


def test_a_renamed_collection_keeps_documents_conversations_and_settings(client: httpx.Client) -> None:
    client.post("/v1/collections", json={"name": "before", "settings": {"instructions": "Be short."}})
    document = warranty(client, "terms.md", "before", "seven")
    conversation = client.post("/v1/conversations", json={"collection": "before"}).json()["id"]
    ask(client, "before", conversation_id=conversation)

    renamed = client.patch("/v1/collections/before", json={"name": "after"}).raise_for_status().json()

    assert (renamed["name"], renamed["documents"]) == ("after", 1)
    assert renamed["settings"]["instructions"] == "Be short."
    assert problem(client.get("/v1/collections/before")) == (404, "unknown_collection")
    assert "seven years" in ask(client, "after", conversation_id=conversation)["answer"]
    whole = client.get(f"/v1/conversations/{conversation}").json()
    assert [turn["collection"] for turn in whole["turns"]] == ["after", "after"]
    assert client.get(f"/v1/documents/{document['id']}").json()["version_id"] == document["version_id"]
    assert problem(client.patch("/v1/collections/after", json={"name": "HR"})) == (409, "conflict")


def test_failed_documents_are_dismissed_together(client: httpx.Client) -> None:
    broken = b"%PDF-1.7\nthis is no PDF at all\n"
    for name in ("a.pdf", "b.pdf"):
        wait_for_job(client, upload(client, name, broken, collection="mixed").json()["job"]["id"])
    kept = warranty(client, "c.txt", "mixed")
    counts = client.get("/v1/documents/counts", params={"collection": "mixed"}).json()
    assert counts["states"] == {"failed": 2, "ready": 1}
    assert client.post("/v1/documents/dismiss-failed", params={"collection": "mixed"}).json() == {"dismissed": 2}
    left = client.get("/v1/documents", params={"collection": "mixed"}).json()["documents"]
    assert [each["id"] for each in left] == [kept["id"]]
    assert client.post("/v1/documents/dismiss-failed", params={"collection": "mixed"}).json() == {"dismissed": 0}


def test_tags_of_a_file_follow_its_versions_and_given_ones_stay(client: httpx.Client) -> None:
    def head(tags: list[str], author: str) -> bytes:
        return f"---\ntags: {json.dumps(tags)}\nauthor: {author}\n---\n# Note\n\nSome words.".encode()

    first = take_in(client, "note.md", head(["draft"], "Ada"), collection="notes")
    assert (first["tags"], first["fields"][0]["source"]) == (["draft"], "file")
    given = {"add_tags": ["mine"], "fields": {"author": "Grace"}}
    client.patch(f"/v1/documents/{first['id']}", json=given).raise_for_status()
    second = take_in(client, "note.md", head(["final"], "Linus"), collection="notes")
    assert second["tags"] == ["final", "mine"]
    assert [(each["value"], each["source"]) for each in second["fields"]] == [("Grace", "given")]
