"""Data folders that older code filled (``tests/support/old_folders/make.py``) open, answer and change."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.settings import GenerationSettings, GeneratorBackend, Settings, StorageSettings
from tests.support import old_folders
from tests.support.servers.service import running_client, take_in, upload, wait_for_job, wait_for_purge

REVISIONS = ("295d36f", "320f359")
ARCHIVES = Path(old_folders.__file__).parent


@pytest.fixture(scope="module", params=REVISIONS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("old")
    with tarfile.open(ARCHIVES / f"{request.param}.tar.xz") as archive:
        archive.extractall(target, filter="data")
    return target / "data"


@pytest.fixture(scope="module")
def client(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    settings = Settings(
        storage=StorageSettings(folder=folder),
        generation=GenerationSettings(backend=GeneratorBackend.EXTRACTIVE),
    )
    with running_client(settings, tmp_path_factory.mktemp("socket") / "api.sock") as http:
        yield http


def documents(client: httpx.Client) -> dict[str, dict[str, Any]]:
    listed = client.get("/v1/documents").raise_for_status().json()["documents"]
    return {document["name"]: document for document in listed}


def ask(client: httpx.Client, question: str, collection: str = "default") -> str:
    body = client.post("/v1/ask", json={"question": question, "collection": collection}).raise_for_status().json()
    return str(body["answer"])


def test_its_documents_are_listed_and_nothing_differs(client: httpx.Client) -> None:
    found = documents(client)
    assert sorted(found) == ["cat.pdf", "gate.txt", "handbook.md"]
    assert {document["state"] for document in found.values()} == {"ready"}
    assert found["gate.txt"]["version_number"] == 2
    report = client.post("/v1/maintenance/audit", json={"read_everything": True}).raise_for_status().json()
    assert report["differences"] == []


def test_its_documents_were_read_by_an_older_parser(client: httpx.Client) -> None:
    state = client.get("/v1/maintenance/reparse").raise_for_status().json()
    assert (state["documents"], state["outdated"], state["in_work"]) == (3, 3, 0)


def test_its_passages_answer_questions(client: httpx.Client) -> None:
    assert "30 days" in ask(client, "How many days of vacation do full-time employees get?")
    assert "Juniper" in ask(client, "What is the office cat called?")
    assert "seven" in ask(client, "When does the north gate open?", "site")


def test_the_text_of_its_documents_is_read(client: httpx.Client) -> None:
    cat = documents(client)["cat.pdf"]
    assert "Juniper" in client.get(f"/v1/documents/{cat['id']}/text").raise_for_status().json()["text"]


def test_feedback_and_evaluations_are_kept(client: httpx.Client) -> None:
    [judged] = client.get("/v1/feedback").raise_for_status().json()["feedback"]
    assert (judged["verdict"], judged["reasons"]) == ("down", ["incomplete"])
    [run] = client.get("/v1/evals").raise_for_status().json()["evaluations"]
    assert (run["state"], run["asked"]) == ("finished", 1)
    [record] = client.get(run["links"]["questions"]).raise_for_status().json()["questions"]
    assert record["question"]["id"] == "q1"


def test_an_answer_from_before_sentences_were_stored_has_no_proof_and_says_so(client: httpx.Client) -> None:
    [judged] = client.get("/v1/feedback").raise_for_status().json()["feedback"]
    proof = client.get(f"/v1/answers/{judged['request_id']}/proof/1")
    assert (proof.status_code, proof.json()["code"]) == (404, "unknown_sentence")
    assert "Ask the question again" in proof.json()["detail"]


def test_conversations_begin_in_it(client: httpx.Client) -> None:
    assert client.get("/v1/conversations").raise_for_status().json()["conversations"] == []
    conversation = client.post("/v1/conversations", json={}).raise_for_status().json()["id"]
    asked = {"question": "What is the office cat called?", "conversation_id": conversation}
    answer = client.post("/v1/ask", json=asked).raise_for_status().json()
    [turn] = client.get(f"/v1/conversations/{conversation}").raise_for_status().json()["turns"]
    assert turn["answer"] == answer


def test_a_repeated_upload_is_known_by_its_key(client: httpx.Client) -> None:
    handbook = documents(client)["handbook.md"]
    original = client.get(f"/v1/documents/{handbook['id']}/versions/{handbook['version_id']}/original").content
    again = upload(client, "handbook.md", original, key="key of handbook.md").raise_for_status().json()
    assert again["document"]["id"] == handbook["id"]


def test_it_goes_back_to_an_earlier_version(client: httpx.Client) -> None:
    gate = documents(client)["gate.txt"]
    newest, first = client.get(f"/v1/documents/{gate['id']}/versions").raise_for_status().json()["versions"]
    assert (newest["number"], first["number"]) == (2, 1)
    job = client.post(f"/v1/documents/{gate['id']}/versions/{first['id']}/activate").raise_for_status().json()
    assert wait_for_job(client, job["id"])["state"] == "succeeded"
    assert "six" in ask(client, "When does the north gate open?", "site")


def test_its_documents_are_read_again_and_the_versions_before_are_kept(client: httpx.Client) -> None:
    before = documents(client)
    client.post("/v1/maintenance/reparse").raise_for_status()
    while (state := client.get("/v1/maintenance/reparse").json())["in_work"]:
        pass
    assert state["outdated"] == 0
    for name, document in documents(client).items():
        kept = client.get(f"/v1/documents/{document['id']}/versions").json()["versions"]
        assert before[name]["version_id"] in {version["id"] for version in kept}
    assert "30 days" in ask(client, "How many days of vacation do full-time employees get?")
    assert "six" in ask(client, "When does the north gate open?", "site")
    report = client.post("/v1/maintenance/audit", json={"read_everything": True}).raise_for_status().json()
    assert report["differences"] == []


def test_documents_are_added_and_deleted(client: httpx.Client) -> None:
    take_in(client, "owl.md", b"# Owl\n\nThe night watch keeps an owl called Minerva.")
    assert "Minerva" in ask(client, "What is the owl of the night watch called?")
    cat = documents(client)["cat.pdf"]
    receipt = client.delete(f"/v1/documents/{cat['id']}").raise_for_status().json()
    wait_for_purge(client, receipt["id"])
    assert "cat.pdf" not in documents(client)
    assert "Juniper" not in ask(client, "What is the office cat called?")
