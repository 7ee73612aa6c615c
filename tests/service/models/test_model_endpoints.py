"""A model is connected, tested, changed and removed while the service runs, and its key shows nowhere."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.generation.model_servers import probe
from rag.settings import GenerationSettings, ServerSettings, Settings, StorageSettings
from tests.support.servers.openai_server import Script, loopback_openai_server
from tests.support.servers.service import problem, running_client, take_in
from tests.support.servers.strange_servers import Answer, strange_server

pytestmark = pytest.mark.integration

KEY = "sk-a-very-secret-key"
ENDPOINTS = "/v1/models/endpoints"
TEXT = b"# Warranty\n\nThe warranty of the kettle lasts 24 months from the day of purchase.\n"
QUESTION = "How long is the warranty of the kettle?"
WRITTEN = ["The warranty of the kettle", " lasts 24 months", " from the day of purchase", " [1]."]


def unnamed() -> GenerationSettings:
    """Settings that name no server, as by default; the usual place of this machine is not asked."""
    held = dict(GenerationSettings()) | {"url": "http://127.0.0.1:9/v1"}
    return GenerationSettings.model_construct(_fields_set=set(), **held)


def settings_for(folder: Path, generation: GenerationSettings) -> Settings:
    return Settings(
        storage=StorageSettings(folder=folder),
        server=ServerSettings(allowed_hosts=("localhost",)),
        generation=generation,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("connected") / "data"


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    with running_client(settings_for(folder, unnamed()), folder.with_name("api.sock")) as http:
        take_in(http, "kettle.md", TEXT)
        yield http


@pytest.fixture(autouse=True)
def nothing_stays(client: httpx.Client) -> Iterator[None]:
    yield
    for each in client.get(ENDPOINTS).json()["endpoints"]:
        remove(client, each)


@pytest.fixture
def script() -> Script:
    return Script(pieces=list(WRITTEN), token_seconds=0.05)


@pytest.fixture
def model_server(script: Script) -> Iterator[str]:
    with loopback_openai_server(script) as url:
        yield url


def add(client: httpx.Client, url: str, **rest: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"name": "local", "url": url, "model": "tiny-model"} | rest
    answer = client.post(ENDPOINTS, json=body)
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


def remove(client: httpx.Client, added: dict[str, Any]) -> None:
    assert client.delete(f"{ENDPOINTS}/{added['id']}").status_code == 204


def ask(client: httpx.Client) -> dict[str, Any]:
    fresh = {"cache-control": "no-cache"}
    answer = client.post("/v1/ask", json={"question": QUESTION}, headers=fresh).raise_for_status()
    return dict(answer.json())


def listed(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get(ENDPOINTS).raise_for_status().json()
    return found


def test_a_connected_model_writes_the_next_answer_and_quotes_come_back_when_it_is_removed(
    client: httpx.Client, model_server: str, script: Script
) -> None:
    assert "no model is connected" in listed(client)["writing"]["message"]
    assert ask(client)["receipt"]["generator"] == "extractive"

    added = add(client, model_server, api_key=KEY, prompt_price=1, completion_price=2)
    written = ask(client)
    assert written["receipt"]["usage"]["endpoint"] == "local"
    assert written["receipt"]["usage"]["cost"] > 0
    assert written["sentences"][0]["supported"]
    assert script.headers[-1]["authorization"] == f"Bearer {KEY}"
    while listed(client)["endpoints"][0]["state"] != "up":
        time.sleep(0.02)
    assert listed(client)["writing"]["model"] == "tiny-model"

    remove(client, added)
    assert ask(client)["receipt"]["generator"] == "extractive"
    assert listed(client)["endpoints"] == []


def test_one_that_is_switched_off_writes_nothing_and_can_be_tested(client: httpx.Client, model_server: str) -> None:
    added = add(client, model_server, enabled=False)
    assert (added["state"], added["reason"]) == ("unused", "It is switched off.")
    assert ask(client)["receipt"]["generator"] == "extractive"
    trial = client.post(f"{ENDPOINTS}/{added['id']}/test").raise_for_status().json()
    assert trial["fault"] is None
    client.patch(f"{ENDPOINTS}/{added['id']}", json={"enabled": True}).raise_for_status()
    assert ask(client)["receipt"]["usage"]["endpoint"] == "local"
    remove(client, added)


def test_a_test_shows_first_word_speed_and_a_checked_answer_with_its_citations(
    client: httpx.Client, model_server: str, script: Script
) -> None:
    sample = client.post(f"{ENDPOINTS}/test", json={"url": model_server.removesuffix("/v1")}).raise_for_status().json()
    assert (sample["url"], sample["model"], sample["offered"]) == (model_server, "tiny-model", ["tiny-model"])
    answer = sample["sample"]
    assert answer["first_word_milliseconds"] > 0
    assert answer["tokens_per_second"] > 0
    [sentence] = answer["sentences"]
    assert sentence["supported"]
    assert "24 months" in sentence["citations"][0]["quote"]

    script.pieces = ["The warranty of the kettle lasts 99 years [1]."]
    false = client.post(f"{ENDPOINTS}/test", json={"url": model_server}).raise_for_status().json()["sample"]
    assert [sentence["supported"] for sentence in false["sentences"]] == [False]
    script.pieces = ["NO_ANSWER"]
    declined = client.post(f"{ENDPOINTS}/test", json={"url": model_server}).raise_for_status().json()["sample"]
    assert (declined["declined"], declined["sentences"]) == (True, [])
    assert listed(client)["endpoints"] == []


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (Answer(status="401 Unauthorized"), "wrong_key", "does not accept this key"),
        (Answer(b"<html>It works!</html>"), "not_openai", "does not speak OpenAI's interface"),
        (Answer(status="404 Not Found"), "not_openai", "does not speak OpenAI's interface"),
        (Answer(status="500 Internal Server Error"), "failed", "failed to answer"),
        (Answer(b'{"data": [{"id": "citewell", "owned_by": "citewell"}]}'), "itself", "Citewell itself"),
    ],
)
def test_a_server_that_is_wrong_is_said_to_be_so_in_words(
    client: httpx.Client, answer: Answer, kind: str, words: str
) -> None:
    with strange_server(answer) as port:
        body = {"url": f"http://127.0.0.1:{port}/v1", "api_key": KEY, "model": "qwen"}
        found = client.post(f"{ENDPOINTS}/test", json=body).raise_for_status()
    fault = found.json()["fault"]
    assert fault["kind"] == kind
    assert words in fault["message"]
    assert "status" not in fault["message"]
    assert KEY not in found.text


def test_no_such_model_and_no_such_address_are_said_plainly(
    client: httpx.Client, model_server: str, script: Script
) -> None:
    script.status = 404
    body = {"url": model_server, "model": "qwen"}
    fault = client.post(f"{ENDPOINTS}/test", json=body).raise_for_status().json()["fault"]
    assert fault["message"] == "The server has no model named 'qwen'. It has: tiny-model."
    with strange_server(Answer()) as port:
        pass
    gone = {"url": f"http://127.0.0.1:{port}/v1"}
    fault = client.post(f"{ENDPOINTS}/test", json=gone).raise_for_status().json()["fault"]
    assert (fault["kind"], "Nothing answers" in fault["message"]) == ("wrong_address", True)


def test_a_wrong_entry_is_refused_and_says_what_to_enter(client: httpx.Client) -> None:
    for url in ("ftp://model/v1", "http://user:word@model/v1", "http://169.254.169.254/v1"):
        for path, body in ((ENDPOINTS, {"name": "x", "url": url}), (f"{ENDPOINTS}/test", {"url": url})):
            assert problem(client.post(path, json=body)) == (422, "wrong_endpoint")
    refused = client.post(ENDPOINTS, json={"name": "x", "url": "http://model/v1", "api_key": KEY, "currency": 7})
    assert refused.status_code == 422
    assert KEY not in refused.text
    for method, path in (("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
        answer = client.request(method, f"{ENDPOINTS}/none{path}", json={} if method == "PATCH" else None)
        assert problem(answer) == (404, "unknown_endpoint")


def test_a_key_that_no_header_can_carry_is_refused(client: httpx.Client, model_server: str) -> None:
    entry = {"name": "x", "url": model_server, "api_key": "sk-\x86é"}
    for path in (ENDPOINTS, f"{ENDPOINTS}/test"):
        sent = entry if path == ENDPOINTS else {"url": model_server, "api_key": entry["api_key"]}
        assert problem(client.post(path, json=sent)) == (422, "wrong_endpoint")


def test_a_name_is_given_once_and_prices_have_one_currency(client: httpx.Client, model_server: str) -> None:
    added = add(client, model_server, prompt_price=1, completion_price=1, currency="EUR")
    same = client.post(ENDPOINTS, json={"name": "local", "url": model_server})
    assert problem(same) == (409, "conflict")
    other = {"name": "other", "url": model_server, "prompt_price": 1, "completion_price": 1, "currency": "USD"}
    assert problem(client.post(ENDPOINTS, json=other)) == (422, "wrong_endpoint")
    remove(client, added)


def test_the_key_goes_with_its_address_only(client: httpx.Client, model_server: str, script: Script) -> None:
    """A stored key is not sent to another server because someone changed the address."""
    added = add(client, model_server, api_key=KEY)
    path = f"{ENDPOINTS}/{added['id']}"
    with strange_server(Answer(status="401 Unauthorized")) as port:
        elsewhere = f"http://127.0.0.1:{port}/v1"
        assert problem(client.patch(path, json={"url": elsewhere})) == (422, "wrong_endpoint")
        moved = client.patch(path, json={"url": elsewhere, "forget_key": True}).raise_for_status().json()
    assert (moved["url"], moved["has_key"]) == (elsewhere, False)
    kept = client.patch(path, json={"name": "renamed", "url": model_server, "api_key": KEY}).raise_for_status().json()
    assert (kept["name"], kept["has_key"]) == ("renamed", True)
    assert client.patch(path, json={"model": "tiny-model"}).raise_for_status().json()["has_key"]
    script.headers.clear()
    client.post(f"{path}/test").raise_for_status()
    assert script.headers[-1]["authorization"] == f"Bearer {KEY}"
    remove(client, added)


def test_the_key_is_in_no_file_answer_log_or_backup(
    client: httpx.Client, folder: Path, model_server: str, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    added = add(client, model_server, api_key=KEY)
    script.status, script.pieces = 500, []
    answers = [client.get(ENDPOINTS), client.post("/v1/ask", json={"question": f"{QUESTION} Now?"})]
    answers += [client.post(f"{ENDPOINTS}/{added['id']}/test"), client.get("/metrics"), client.get("/v1/usage")]
    backup = client.post("/v1/maintenance/backup").raise_for_status().content
    assert all(KEY not in answer.text for answer in answers)
    assert KEY not in caplog.text
    assert KEY.encode() not in backup
    assert folder.with_name("data.key").read_bytes() not in backup
    files = [path for path in folder.rglob("*") if path.is_file() and ".backup-" not in str(path)]
    assert folder / "catalog.db" in files
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    with sqlite3.connect(folder / "catalog.db") as database:
        [(sealed,)] = database.execute("SELECT sealed_key FROM model_endpoints").fetchall()
    assert sealed
    remove(client, added)


def test_model_servers_of_this_machine_are_found(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ollama = Answer(b'{"object": "list", "data": [{"id": "qwen2.5:7b", "owned_by": "library"}]}')
    studio = Answer(b'{"object": "list", "data": [{"id": "phi-4", "owned_by": "organization_owner"}]}')
    bystander = Answer(b"{}")
    with strange_server(ollama) as first, strange_server(studio) as second, strange_server(bystander) as third:
        monkeypatch.setattr(probe, "PORTS", (first, second))
        monkeypatch.setattr(probe, "_KINDS", {first: "Ollama", second: "LM Studio"})
        found = client.post(f"{ENDPOINTS}/find").raise_for_status().json()["found"]
    assert [(each["kind"], each["models"]) for each in found] == [("Ollama", ["qwen2.5:7b"]), ("LM Studio", ["phi-4"])]
    assert third
    assert (ollama.paths, studio.paths, bystander.paths) == (["/v1/models"], ["/v1/models"], [])


def test_settings_win_over_what_is_connected_and_it_is_said(tmp_path: Path, model_server: str) -> None:
    settings = settings_for(tmp_path / "data", GenerationSettings(url=model_server))
    with strange_server(Answer()) as port, running_client(settings, tmp_path / "api.sock") as http:
        added = add(http, f"http://127.0.0.1:{port}/v1", name="mine")
        while (found := listed(http))["writing"]["model"] is None:
            time.sleep(0.02)
    assert found["locked"]
    assert [(each["source"], each["state"]) for each in found["endpoints"]] == [
        ("settings", "up"),
        ("connected", "unused"),
    ]
    assert "the settings of the service name the model" in added["reason"]


def test_a_connected_model_is_there_after_a_restart_and_says_when_its_key_is_lost(
    tmp_path: Path, model_server: str
) -> None:
    folder = tmp_path / "data"
    settings = settings_for(folder, unnamed())
    with running_client(settings, tmp_path / "one.sock") as http:
        add(http, model_server, api_key=KEY)
    with running_client(settings, tmp_path / "two.sock") as http:
        while listed(http)["writing"]["model"] is None:
            time.sleep(0.02)
    folder.with_name("data.key").unlink()
    with running_client(settings, tmp_path / "three.sock") as http:
        [lost] = listed(http)["endpoints"]
        assert (lost["state"], "Enter the key again" in lost["reason"]) == ("unused", True)
        assert problem(http.post(f"{ENDPOINTS}/{lost['id']}/test")) == (409, "key_unreadable")
        http.patch(f"{ENDPOINTS}/{lost['id']}", json={"api_key": KEY}).raise_for_status()
        while listed(http)["writing"]["model"] is None:
            time.sleep(0.02)
