from datetime import datetime
from pathlib import Path

import httpx

from api.app import create_app
from ingest.service import Service
from rag.answers import TextDelta
from rag.settings import ServerSettings, Settings, StorageSettings
from tests.support.servers.service import problem, take_in, wait_for_purge

PLACES = ("vectors", "text_index", "extracted_text", "caches")


def test_the_receipt_of_a_document_says_what_was_purged_and_when(client: httpx.Client) -> None:
    document = take_in(client, "secret.txt", b"The code word is periwinkle.", collection="receipts")
    answer = client.delete(f"/v1/documents/{document['id']}")
    assert answer.status_code == 202
    given = answer.json()
    assert (given["kind"], given["name"], given["collection"]) == ("document", "secret.txt", "receipts")
    receipt = wait_for_purge(client, given["id"])
    [version] = receipt["versions"]
    identity = (version["document_id"], version["version_id"], version["name"], version["chunks"])
    assert identity == (document["id"], document["version_id"], "secret.txt", document["chunk_count"])
    times = [datetime.fromisoformat(version[f"{place}_purged_at"]) for place in (*PLACES, "original")]
    assert datetime.fromisoformat(receipt["requested_at"]) <= min(times)
    assert max(times) <= datetime.fromisoformat(receipt["finished_at"])
    assert version["original_kept_for_others"] is False


def test_an_original_that_another_document_has_too_is_kept(client: httpx.Client) -> None:
    content = b"Two documents hold these very words."
    doomed = take_in(client, "one.txt", content, collection="shared")
    kept = take_in(client, "two.txt", content, collection="shared")
    receipt = wait_for_purge(client, client.delete(f"/v1/documents/{doomed['id']}").json()["id"])
    [version] = receipt["versions"]
    assert (version["original_purged_at"], version["original_kept_for_others"]) == (None, True)
    original = client.get(f"/v1/documents/{kept['id']}/versions/{kept['version_id']}/original")
    assert original.content == content


def test_a_collection_goes_with_all_that_is_in_it(client: httpx.Client) -> None:
    for number in range(3):
        take_in(client, f"{number}.txt", f"Document {number} of a collection.".encode(), collection="whole")
    answer = client.delete("/v1/collections/whole")
    assert answer.status_code == 202
    assert problem(client.post("/v1/search", json={"query": "document", "collection": "whole"})) == (
        404,
        "unknown_collection",
    )
    receipt = wait_for_purge(client, answer.json()["id"])
    assert [version["name"] for version in receipt["versions"]] == ["0.txt", "1.txt", "2.txt"]
    assert problem(client.delete("/v1/collections/whole")) == (404, "unknown_collection")


def test_a_guessed_receipt_is_unknown(client: httpx.Client) -> None:
    assert problem(client.get("/v1/receipts/nope")) == (404, "unknown_receipt")


async def test_a_delete_empties_the_caches_before_it_returns_whoever_purges(tmp_path: Path) -> None:
    settings = Settings(storage=StorageSettings(folder=tmp_path), server=ServerSettings(allowed_hosts=("localhost",)))
    started: list[Service] = []
    app = create_app(settings, on_ready=started.append, with_worker=False)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as api,
    ):
        uploaded = (await api.post("/v1/documents", files={"file": ("secret.txt", b"periwinkle")})).raise_for_status()
        arm = started[0].engine.arms.control
        assert arm.cache is not None
        for path in (f"/v1/documents/{uploaded.json()['document']['id']}", "/v1/collections/default"):
            arm.cache.put(b"key", [TextDelta(text="periwinkle")])
            assert (await api.delete(path)).status_code == 202
            assert arm.caches["answers"].entries == 0
