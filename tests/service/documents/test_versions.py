import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.settings import Settings
from tests.support.servers.service import problem, take_in, upload, wait_for_job, wait_for_purge


def weights(client: httpx.Client, collection: str) -> list[str]:
    body = {"query": "limit of the lift", "collection": collection}
    return [hit["source"]["text"] for hit in client.post("/v1/search", json=body).json()["hits"]]


def original(document: dict[str, Any]) -> str:
    return f"/v1/documents/{document['id']}/versions/{document['version_id']}/original"


def two_versions(client: httpx.Client, collection: str) -> tuple[str, str, str]:
    """Returns the ids of a document, its first and its second version, which is the active one."""
    first = take_in(client, "lift.txt", b"The limit of the lift is 400 kg.", collection=collection)
    second = take_in(client, "lift.txt", b"The limit of the lift is 630 kg.", collection=collection)
    assert first["id"] == second["id"]
    return first["id"], first["version_id"], second["version_id"]


def test_versions_are_listed_newest_first_and_one_is_active(client: httpx.Client) -> None:
    document_id, first, second = two_versions(client, "listed")
    versions = client.get(f"/v1/documents/{document_id}/versions").json()["versions"]
    assert [(each["id"], each["number"], each["is_active"]) for each in versions] == [
        (second, 2, True),
        (first, 1, False),
    ]
    assert client.get(f"/v1/documents/{document_id}/versions/{first}").json() == versions[1]
    assert client.get(f"/v1/documents/{document_id}").json()["version_number"] == 2


def test_an_earlier_version_answers_again_without_being_parsed(client: httpx.Client) -> None:
    document_id, first, _ = two_versions(client, "restored")
    answer = client.post(f"/v1/documents/{document_id}/versions/{first}/activate")
    assert (answer.status_code, answer.json()["stage"]) == (202, "indexing")
    assert wait_for_job(client, answer.json()["id"])["state"] == "succeeded"
    assert weights(client, "restored") == ["The limit of the lift is 400 kg."]
    assert client.get(f"/v1/documents/{document_id}").json()["version_id"] == first


def test_the_same_bytes_again_give_the_job_there_was(client: httpx.Client) -> None:
    first = upload(client, "same.txt", b"The same words in the same order.", collection="same").json()
    wait_for_job(client, first["job"]["id"])
    again = upload(client, "same.txt", b"The same words in the same order.", collection="same").json()
    assert (again["job"]["id"], again["job"]["state"]) == (first["job"]["id"], "succeeded")
    assert again["document"]["version_id"] == first["document"]["version_id"]


def test_the_text_of_every_kept_version_can_be_read_and_says_whether_it_answers(client: httpx.Client) -> None:
    document_id, first, second = two_versions(client, "texts")
    for version_id, words, is_active in ((first, "400 kg", False), (second, "630 kg", True)):
        body = client.get(f"/v1/documents/{document_id}/text", params={"version_id": version_id}).json()
        assert words in body["text"]
        assert (body["version_id"], body["is_active"]) == (version_id, is_active)


def test_a_deleted_version_is_unknown_and_the_active_one_cannot_be_deleted(client: httpx.Client) -> None:
    document_id, first, second = two_versions(client, "deleted-versions")
    path = f"/v1/documents/{document_id}/versions"
    assert problem(client.delete(f"{path}/{second}")) == (409, "conflict")
    answer = client.delete(f"{path}/{first}")
    assert (answer.status_code, answer.json()["kind"]) == (202, "version")
    wait_for_purge(client, answer.json()["id"])
    gone = (404, "unknown_version")
    assert problem(client.get(f"{path}/{first}")) == gone
    assert problem(client.get(f"{path}/{first}/original")) == gone
    assert problem(client.post(f"{path}/{first}/activate")) == gone
    assert problem(client.delete(f"{path}/{first}")) == gone
    assert problem(client.get(f"/v1/documents/{document_id}/text", params={"version_id": first})) == gone


def test_the_original_is_sent_to_be_saved_and_never_opened(client: httpx.Client) -> None:
    page = "<html><body><h1>Größe</h1><p>Harmless words.</p><script>alert(1)</script></body></html>".encode()
    document = take_in(client, "page.html", page, collection="originals", name="guides/größe.html")
    assert document["name"] == "guides/größe.html"
    answer = client.get(original(document))
    assert answer.content == page
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.html"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_stored_file_that_the_data_folder_has_lost_is_no_unknown_version(
    client: httpx.Client, settings: Settings
) -> None:
    content = b"These words will be lost."
    document = take_in(client, "lost.txt", content, collection="lost")
    path = f"/v1/documents/{document['id']}"
    shutil.rmtree(settings.storage.folder / "extracted" / document["version_id"])
    (settings.storage.folder / "blobs" / document["sha256"][:2] / document["sha256"]).unlink()
    for address, file in ((f"{path}/text", "extracted text"), (original(document), "original")):
        answer = client.get(address)
        assert problem(answer) == (500, "stored_file_missing")
        assert f"The {file} of version 1 of 'lost.txt' is missing" in answer.json()["detail"]
        assert "citewell audit-index" in answer.json()["detail"]
    found = client.post("/v1/maintenance/audit", json={}).raise_for_status().json()["differences"]
    assert {each["kind"] for each in found} == {"text_missing", "original_missing"}

    upload(client, "lost.txt", content, collection="lost").raise_for_status()
    assert client.get(original(document)).content == content
    client.post("/v1/maintenance/audit", json={"repair": True}).raise_for_status()
    [job] = client.get("/v1/jobs", params={"collection": "lost", "limit": 1}).json()["jobs"]
    wait_for_job(client, job["id"])
    assert client.get(f"{path}/text").json()["text"] == content.decode()


def test_files_that_are_gone_because_their_version_was_deleted_meanwhile_are_not_called_lost(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    document_id, first, _ = two_versions(client, "raced")
    path = f"/v1/documents/{document_id}/versions/{first}"

    def load_text(_: Path) -> str:
        wait_for_purge(client, client.delete(path).json()["id"])
        raise FileNotFoundError

    monkeypatch.setattr("api.routes.documents.load_text", load_text)
    answer = client.get(f"/v1/documents/{document_id}/text", params={"version_id": first})
    assert problem(answer) == (404, "unknown_version")


@pytest.mark.parametrize("path", ["versions", "versions/nope", "versions/nope/original"])
def test_versions_of_an_unknown_document_are_unknown(client: httpx.Client, path: str) -> None:
    assert problem(client.get(f"/v1/documents/nope/{path}")) == (404, "unknown_document")


def test_names_with_folders_are_documents_of_their_own(client: httpx.Client) -> None:
    for folder in ("a", "b"):
        take_in(
            client, "README.md", f"# Folder {folder}\n\nWords.".encode(), collection="tree", name=f"{folder}/README.md"
        )
    documents = client.get("/v1/documents", params={"collection": "tree"}).json()["documents"]
    assert sorted(document["name"] for document in documents) == ["a/README.md", "b/README.md"]
