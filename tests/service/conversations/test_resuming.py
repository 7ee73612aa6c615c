"""An answer in a conversation is written on while its reader is away; it can be stopped, and never ends in silence."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.conversations import live_answer
from rag.settings import GenerationSettings, GeneratorBackend, ServerSettings, Settings, StorageSettings
from tests.service.operations.test_stopping import QUESTION, answering_service
from tests.support.servers.openai_server import Fault, Script, loopback_openai_server
from tests.support.servers.service import problem, running_client, take_in

pytestmark = pytest.mark.integration

PUMP = b"The pump is serviced every five years."
# The guard holds back a word until it is complete.
BEGINNING = ["The pump is serviced every five years [1].", " So it wi"]
LAST_WORDS = " So it"
WRITTEN = "The pump is serviced every five years. So it "
WAIT_SECONDS = 20


@pytest.fixture
def script() -> Script:
    """A model that begins an answer and waits."""
    return Script(pieces=BEGINNING, fault=Fault.HANGS_AMID)


@pytest.fixture
def client(script: Script, tmp_path: Path) -> Iterator[httpx.Client]:
    with loopback_openai_server(script) as url:
        settings = Settings(
            storage=StorageSettings(folder=tmp_path / "data"),
            server=ServerSettings(allowed_hosts=("localhost",)),
            generation=GenerationSettings(backend=GeneratorBackend.VLLM, url=url),
        )
        with running_client(settings, tmp_path / "api.sock") as http:
            take_in(http, "pump.txt", PUMP)
            yield http


@pytest.fixture
def conversation(client: httpx.Client) -> str:
    return str(client.post("/v1/conversations", json={}).raise_for_status().json()["id"])


def begin_and_leave(client: httpx.Client, conversation: str | None) -> tuple[str, list[str]]:
    """Asks, reads up to the last word that the model wrote, and leaves. Returns request id and events."""
    asked = {"question": QUESTION, "stream": True} | ({"conversation_id": conversation} if conversation else {})
    with client.stream("POST", "/v1/ask", json=asked) as answer:
        seen = blocks_until(answer, LAST_WORDS)
        return answer.headers["x-request-id"], seen


def blocks_until(answer: httpx.Response, word: str) -> list[str]:
    text = ""
    for piece in answer.iter_text():
        text += piece
        if "event: token" in text and word in text.rpartition("event: token")[2]:
            break
    return text.strip().split("\n\n")


def last_turn(client: httpx.Client, conversation: str) -> dict[str, Any]:
    body = client.get(f"/v1/conversations/{conversation}").raise_for_status().json()
    turn: dict[str, Any] = body["turns"][-1]
    return turn


def ended_turn(client: httpx.Client, conversation: str) -> dict[str, Any]:
    while (turn := last_turn(client, conversation))["state"] == "running":
        pass
    return turn


def test_a_reader_that_comes_back_goes_on_where_it_left(
    client: httpx.Client, script: Script, conversation: str
) -> None:
    request_id, seen = begin_and_leave(client, conversation)
    assert last_turn(client, conversation)["state"] == "running"
    last_id = seen[-1].split("\n")[1].removeprefix("id: ")
    with client.stream("GET", f"/v1/answers/{request_id}/events", headers={"Last-Event-ID": last_id}) as rest:
        script.go_on.set()
        blocks = rest.read().decode().strip().split("\n\n")
    assert not script.left.is_set()
    assert blocks[0].split("\n")[1] == f"id: {int(last_id) + 1}"
    assert blocks[-1].startswith("event: done\n")
    answer = json.loads(blocks[-1].split("data: ")[1])
    turn = last_turn(client, conversation)
    assert (turn["state"], turn["answer"]) == ("answered", answer)
    whole = client.get(f"/v1/answers/{request_id}/events").text.strip().split("\n\n")
    assert whole == [*seen, *blocks]


def test_several_readers_get_the_same(client: httpx.Client, script: Script, conversation: str) -> None:
    request_id, seen = begin_and_leave(client, conversation)
    path = f"/v1/answers/{request_id}/events"
    with client.stream("GET", path) as one, client.stream("GET", path) as other:
        assert blocks_until(one, LAST_WORDS) == seen
        script.go_on.set()
        assert other.read().decode().strip().split("\n\n")[: len(seen)] == seen


def test_a_stopped_answer_is_kept_as_far_as_it_was_written(
    client: httpx.Client, script: Script, conversation: str
) -> None:
    request_id, _ = begin_and_leave(client, conversation)
    with client.stream("GET", f"/v1/answers/{request_id}/events") as rest:
        blocks_until(rest, LAST_WORDS)
        assert client.post(f"/v1/answers/{request_id}/stop").status_code == 204
    assert script.left.wait(WAIT_SECONDS)
    last = client.get(f"/v1/answers/{request_id}/events").text.strip().split("\n\n")[-1]
    assert last.startswith("event: error\n")
    assert json.loads(last.split("data: ")[1])["code"] == "answer_stopped"
    turn = last_turn(client, conversation)
    assert (turn["state"], turn["partial"]["text"]) == ("stopped", WRITTEN)
    assert turn["partial"]["sources"][0]["name"] == "pump.txt"
    script.go_on.set()
    client.post("/v1/ask", json={"question": QUESTION, "conversation_id": conversation}).raise_for_status()
    turns = client.get(f"/v1/conversations/{conversation}").json()["turns"]
    assert [each["state"] for each in turns] == ["answered"]


def test_an_answer_whose_reader_stays_away_is_given_up(
    client: httpx.Client, script: Script, conversation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_answer, "_UNREAD_SECONDS", 0.2)
    begin_and_leave(client, conversation)
    assert script.left.wait(WAIT_SECONDS)
    turn = ended_turn(client, conversation)
    assert (turn["state"], turn["problem"]["code"]) == ("failed", "answer_abandoned")


def test_without_a_conversation_a_reader_that_leaves_ends_the_work(client: httpx.Client, script: Script) -> None:
    request_id, _ = begin_and_leave(client, None)
    assert script.left.wait(WAIT_SECONDS)
    assert problem(client.get(f"/v1/answers/{request_id}/events")) == (404, "answer_not_live")


def test_a_model_that_fails_ends_the_stream_and_the_turn_with_an_error(
    client: httpx.Client, script: Script, conversation: str
) -> None:
    script.fault = Fault.DIES_AMID
    asked = {"question": QUESTION, "conversation_id": conversation, "stream": True}
    last = client.post("/v1/ask", json=asked).text.strip().split("\n\n")[-1]
    assert last.startswith("event: error\n")
    turn = last_turn(client, conversation)
    assert (turn["state"], turn["problem"]) == ("failed", json.loads(last.split("data: ")[1]))


def test_what_is_written_from_a_deleted_document_is_neither_shown_again_nor_kept(
    client: httpx.Client, script: Script, conversation: str
) -> None:
    request_id, _ = begin_and_leave(client, conversation)
    [document] = client.get("/v1/documents").json()["documents"]
    client.delete(f"/v1/documents/{document['id']}").raise_for_status()
    assert problem(client.get(f"/v1/answers/{request_id}/events")) == (404, "answer_not_live")
    script.go_on.set()
    while (found := client.get(f"/v1/conversations/{conversation}")).status_code == 200:
        assert "five years" not in found.text
    assert problem(found) == (404, "unknown_conversation")


def test_a_deleted_conversation_stops_its_answer(client: httpx.Client, script: Script, conversation: str) -> None:
    request_id, _ = begin_and_leave(client, conversation)
    assert client.delete(f"/v1/conversations/{conversation}").status_code == 204
    assert script.left.wait(WAIT_SECONDS)
    assert problem(client.get(f"/v1/answers/{request_id}/events")) == (404, "answer_not_live")


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_an_answer_that_the_end_of_the_service_cut_off_is_shown_as_such(tmp_path: Path, sign: signal.Signals) -> None:
    script = Script(pieces=BEGINNING, fault=Fault.HANGS_AMID)
    with answering_service(tmp_path / "data", script) as (process, url), httpx.Client(base_url=url, timeout=60) as http:
        conversation = http.post("/v1/conversations", json={}).json()["id"]
        begin_and_leave(http, conversation)
        process.send_signal(sign)
    settings = Settings(
        storage=StorageSettings(folder=tmp_path / "data"), server=ServerSettings(allowed_hosts=("localhost",))
    )
    with running_client(settings, tmp_path / "api.sock") as http:
        turn = last_turn(http, conversation)
    assert (turn["question"], turn["state"], turn["answer"]) == (QUESTION, "interrupted", None)
