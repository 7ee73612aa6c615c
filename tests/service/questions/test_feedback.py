from pathlib import Path

import httpx
import pytest

from rag.settings import FeedbackSettings, ServerSettings, Settings, StorageSettings
from tests.service.documents.test_erasing import holding, wait_until_erased
from tests.support.servers.service import problem, running_client, take_in

QUESTION = "How many days of vacation do full-time employees get?"
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


def ask(client: httpx.Client, question: str = QUESTION) -> str:
    """Returns the id of the answer."""
    body = client.post("/v1/ask", json={"question": question}).raise_for_status().json()
    return str(body["receipt"]["request_id"])


def test_a_verdict_is_kept_with_question_answer_and_quotes(client: httpx.Client, handbook: str) -> None:
    request_id = ask(client)
    given = {"verdict": "down", "reasons": ["wrong", "wrong", "incomplete"], "comment": " Not for trainees. "}
    body = client.post("/v1/feedback", json={"request_id": request_id, **given}).raise_for_status().json()
    assert (body["request_id"], body["verdict"], body["question"]) == (request_id, "down", QUESTION)
    assert (body["reasons"], body["comment"]) == (["wrong", "incomplete"], "Not for trainees.")
    assert body["answer"].startswith("Full-time employees get 30 days")
    assert body["citations"][0]["document"] == "handbook.md"
    assert body["citations"][0]["document_id"] == handbook
    assert client.get("/v1/feedback", params={"verdict": "down"}).json()["feedback"][0] == body


def test_a_later_verdict_replaces_the_first(client: httpx.Client) -> None:
    request_id = ask(client)
    for verdict in ("down", "up", "up"):
        client.post("/v1/feedback", json={"request_id": request_id, "verdict": verdict}).raise_for_status()
    listed = client.get("/v1/feedback").json()["feedback"]
    assert [each["verdict"] for each in listed if each["request_id"] == request_id] == ["up"]
    assert client.get("/v1/feedback", params={"limit": 1}).json()["feedback"] == listed[:1]


def test_an_answer_from_memory_is_judged_on_its_own(client: httpx.Client) -> None:
    ask(client)
    body = client.post("/v1/ask", json={"question": QUESTION}).json()
    assert body["receipt"]["cached"]
    given = client.post("/v1/feedback", json={"request_id": body["receipt"]["request_id"], "verdict": "up"})
    assert given.raise_for_status().json()["answer"] == body["answer"]


def test_the_id_of_a_chat_completion_names_its_answer(client: httpx.Client) -> None:
    messages = [{"role": "user", "content": QUESTION}]
    completion = client.post("/v1/chat/completions", json={"model": "citewell", "messages": messages}).json()
    assert completion["id"] == f"chatcmpl-{completion['citewell']['receipt']['request_id']}"
    given = client.post("/v1/feedback", json={"request_id": completion["id"], "verdict": "up"})
    assert given.raise_for_status().json()["question"] == QUESTION


def test_what_is_not_known_or_not_in_the_list_is_refused(client: httpx.Client) -> None:
    unknown = client.post("/v1/feedback", json={"request_id": "0" * 32, "verdict": "up"})
    assert problem(unknown) == (404, "unknown_answer")
    request_id = ask(client)
    for wrong in ({"verdict": "maybe"}, {"reasons": ["ugly"]}, {"comment": "x" * 2_001}):
        given = {"request_id": request_id, "verdict": "up"} | wrong
        assert problem(client.post("/v1/feedback", json=given))[0] == 422


def test_what_was_answered_from_a_deleted_document_leaves_every_file(client: httpx.Client, settings: Settings) -> None:
    secret = take_in(client, "secret.md", f"# Plan\n\nThe code word of the plan is {WORD}.".encode())
    request_id = ask(client, "What is the code word of the plan?")
    given = {"request_id": request_id, "verdict": "down", "corrected_answer": f"It was {WORD}."}
    assert WORD in client.post("/v1/feedback", json=given).raise_for_status().json()["answer"]
    receipt = client.delete(f"/v1/documents/{secret['id']}").raise_for_status().json()
    assert request_id not in {each["request_id"] for each in client.get("/v1/feedback").json()["feedback"]}
    wait_until_erased(client, receipt["id"])
    assert holding(settings.storage.folder, WORD) == []


def test_a_service_that_remembers_nothing_says_so(tmp_path: Path) -> None:
    settings = Settings(
        storage=StorageSettings(folder=tmp_path / "data"),
        server=ServerSettings(allowed_hosts=("localhost",)),
        feedback=FeedbackSettings(keep_days=0),
    )
    with running_client(settings, tmp_path / "api.sock") as client:
        given = client.post("/v1/feedback", json={"request_id": ask(client), "verdict": "up"})
        assert problem(given) == (409, "feedback_off")
        assert "CITEWELL_FEEDBACK__KEEP_DAYS" in given.json()["detail"]
