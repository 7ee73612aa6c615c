import httpx
import pytest

from tests.support.servers.service import problem, upload, wait_for_job


def test_a_document_is_listed_and_described(client: httpx.Client, handbook: str) -> None:
    document = client.get(f"/v1/documents/{handbook}").json()
    assert (document["name"], document["state"], document["collection"]) == ("handbook.md", "ready", "default")
    assert document["chunk_count"] >= 1
    assert handbook in [item["id"] for item in client.get("/v1/documents").json()["documents"]]
    counts = {each["name"]: each["documents"] for each in client.get("/v1/collections").json()["collections"]}
    assert counts["default"] == 1


def test_the_text_that_offsets_point_into_can_be_read(client: httpx.Client, handbook: str) -> None:
    body = client.get(f"/v1/documents/{handbook}/text", params={"start": 0, "end": 8}).json()
    assert body["text"] == "Handbook"
    assert (body["start"], body["end"]) == (0, 8)
    beyond = client.get(f"/v1/documents/{handbook}/text", params={"start": 10**9}).json()
    assert (beyond["text"], beyond["start"]) == ("", beyond["length"])


def test_the_text_of_another_version_is_not_passed_off_as_this_one(client: httpx.Client, handbook: str) -> None:
    answer = client.get(f"/v1/documents/{handbook}/text", params={"version_id": "0" * 32})
    assert problem(answer) == (404, "unknown_version")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.txt", b"", (422, "empty_document")),
        ("program.exe", b"MZ\x90\x00" * 50, (415, "unsupported_type")),
        ("picture.pdf", b"\x89PNG\r\n\x1a\n" + b"\0" * 64, (415, "type_mismatch")),
        ("large.txt", b"a" * 1_050_000, (413, "document_too_large")),
    ],
)
def test_a_bad_file_is_refused_at_once(
    client: httpx.Client, name: str, content: bytes, expected: tuple[int, str]
) -> None:
    assert problem(upload(client, name, content, collection="refused")) == expected
    assert "refused" not in [item["name"] for item in client.get("/v1/collections").json()["collections"]]


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused_while_it_is_read(client: httpx.Client, *, declared: bool) -> None:
    body = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n' + b"a" * 3_000_000
    content = body if declared else iter([body[:1_000], body[1_000:]])
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert problem(client.post("/v1/documents", headers=headers, content=content)) == (413, "document_too_large")


def test_what_only_the_parser_can_see_is_the_jobs_failure(client: httpx.Client) -> None:
    answer = upload(client, "broken.pdf", b"%PDF-1.7\nthis is no PDF at all\n", collection="broken")
    assert answer.status_code == 202
    job = wait_for_job(client, answer.json()["job"]["id"])
    assert (job["state"], job["error"]["code"]) == ("failed", "corrupt_document")
    document = client.get(f"/v1/documents/{answer.json()['document']['id']}").json()
    assert (document["state"], document["error"]["code"]) == ("failed", "corrupt_document")
    assert problem(client.get(f"/v1/documents/{document['id']}/text")) == (409, "conflict")


def test_a_new_version_replaces_the_old_one_in_answers(client: httpx.Client) -> None:
    def search() -> list[str]:
        body = {"query": "limit of the lift", "collection": "versions"}
        return [hit["source"]["text"] for hit in client.post("/v1/search", json=body).json()["hits"]]

    for weight in ("400 kg", "630 kg"):
        answer = upload(client, "lift.txt", f"The limit of the lift is {weight}.".encode(), collection="versions")
        wait_for_job(client, answer.json()["job"]["id"])
        assert search() == [f"The limit of the lift is {weight}."]
    assert len(client.get("/v1/documents", params={"collection": "versions"}).json()["documents"]) == 1


def test_a_deleted_document_is_gone_from_everything(client: httpx.Client) -> None:
    answer = upload(client, "secret.txt", b"The code word is periwinkle.", collection="deleted")
    document_id = answer.json()["document"]["id"]
    wait_for_job(client, answer.json()["job"]["id"])
    assert client.delete(f"/v1/documents/{document_id}").status_code == 202
    assert problem(client.get(f"/v1/documents/{document_id}")) == (404, "unknown_document")
    assert problem(client.delete(f"/v1/documents/{document_id}")) == (404, "unknown_document")
    hits = client.post("/v1/search", json={"query": "periwinkle code word"}).json()["hits"]
    assert all("periwinkle" not in hit["source"]["text"] for hit in hits)


def test_names_that_try_to_leave_the_folder_stay_names(client: httpx.Client) -> None:
    answer = upload(client, "../../etc/evil.txt", b"Harmless words in a file.", collection="names")
    assert answer.json()["document"]["name"] == "evil.txt"
    assert wait_for_job(client, answer.json()["job"]["id"])["state"] == "succeeded"


@pytest.mark.parametrize("path", ["/v1/documents/nope", "/v1/jobs/nope", "/v1/documents/nope/text"])
def test_guessed_ids_are_unknown(client: httpx.Client, path: str) -> None:
    status, code = problem(client.get(path))
    assert status == 404
    assert code in {"unknown_document", "unknown_job"}


def test_a_malformed_collection_name_is_refused(client: httpx.Client) -> None:
    answer = upload(client, "a.txt", b"Some words.", collection="../x")
    assert problem(answer) == (422, "invalid_request")


def test_a_missing_file_is_named(client: httpx.Client) -> None:
    answer = client.post("/v1/documents", data={"collection": "default"})
    assert problem(answer) == (422, "invalid_request")
    assert "file" in answer.json()["detail"]
