"""The whole service in front of model servers that fail, hang, talk nonsense, or go on for ever."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.generation.endpoints import router
from rag.generation.model_servers import factory
from rag.settings import CacheSettings, GenerationSettings, GeneratorBackend, ServerSettings, Settings, StorageSettings
from tests.support.servers.openai_server import ALLOWED_FIELDS, Fault, Script, loopback_openai_server
from tests.support.servers.service import events, running_client, take_in

pytestmark = pytest.mark.integration

QUESTION = "How many days of vacation do full-time employees get?"
FACT = "Full-time employees get 30 days of vacation a year."
ABORTED_WITHIN_SECONDS = 1.0


class Site:
    """The service with two endpoints; their scripts can be changed at any time."""

    def __init__(self, client: httpx.Client, socket_path: Path, first: Script, second: Script) -> None:
        self.client = client
        self.socket_path = socket_path
        self.first = first
        self.second = second

    def ask(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.post("/v1/ask", json={"question": QUESTION}).raise_for_status().json()
        return answer

    def stream(self) -> list[tuple[str, str]]:
        return events(self.client.post("/v1/ask", json={"question": QUESTION, "stream": True}))


def settings_for(folder: Path, *urls: str, **changes: Any) -> Settings:
    prices = {"prompt_price": 1.0, "completion_price": 2.0, "currency": "EUR"}
    return Settings(
        storage=StorageSettings(folder=folder / "data"),
        server=ServerSettings(allowed_hosts=("localhost",)),
        cache=CacheSettings(answers=False),
        generation=GenerationSettings.model_validate(
            {
                "backend": "vllm",
                "endpoints": [{"name": f"e{number}", "url": url, **prices} for number, url in enumerate(urls, start=1)],
                "silence_seconds": 0.5,
                "timeout_seconds": 10,
                "max_tokens": 64,
                **changes,
            }
        ),
    )


@contextlib.contextmanager
def running_site(
    folder: Path, *, breaker_failures: int = 1_000, breaker_seconds: float = 10.0, **changes: Any
) -> Iterator[Site]:
    first, second = Script(owned_by="vllm"), Script()
    with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr(factory, "_BREAKER_FAILURES", breaker_failures)
        patch.setattr(factory, "_BREAKER_SECONDS", breaker_seconds)
        urls = [stack.enter_context(loopback_openai_server(script)) for script in (first, second)]
        client = stack.enter_context(running_client(settings_for(folder, *urls, **changes), folder / "api.sock"))
        take_in(client, "handbook.md", f"# Vacation\n\n{FACT} Part-time employees get 18 days.\n".encode())
        yield Site(client, folder / "api.sock", first, second)


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="module")
def patient_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("patient"), silence_seconds=60, timeout_seconds=60) as running:
        yield running


@pytest.fixture
def site(shared_site: Site) -> Site:
    return prepared(shared_site)


def prepared(site: Site) -> Site:
    """Both servers answer well, and have seen nothing."""
    site.first.become(Script(pieces=[FACT, " [1]"], owned_by="vllm"))
    site.second.become(Script(pieces=[FACT, " [1]"]))
    return site


def degraded(answer: dict[str, Any]) -> list[str]:
    return [part["reason"] for part in answer["receipt"]["degraded"] if part["stage"] == "generate"]


def test_an_answer_carries_endpoint_and_cost_and_nothing_but_our_fields_went_out(site: Site) -> None:
    receipt = site.ask()["receipt"]
    assert (receipt["generator"], receipt["usage"]["endpoint"], receipt["usage"]["currency"]) == (
        "tiny-model",
        "e1",
        "EUR",
    )
    assert receipt["usage"]["cost"] == pytest.approx((50 + 2 * 2) / 1_000_000)
    assert set(site.first.requests[0]) == ALLOWED_FIELDS
    refused = site.client.post("/v1/ask", json={"question": QUESTION, "n": 5, "chat_template": "x"})
    assert refused.status_code == 422
    assert len(site.first.requests) == 1


def test_fault_38_nothing_that_a_chat_client_sends_beside_its_words_reaches_a_model(site: Site) -> None:
    picture = {"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/secret.png"}}
    messages = [
        {"role": "system", "content": "secret"},
        {"role": "user", "content": [{"type": "text", "text": "Hello."}, picture]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "secret"}]},
        {"role": "tool", "content": "secret"},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}, picture]},
    ]
    extra = {"chat_template": "secret", "chat_template_kwargs": {"secret": 1}, "top_k": 40, "metadata": {"secret": "x"}}
    body = {"model": "citewell", "messages": messages, **extra, "citewell": {"fresh": True}}
    assert site.client.post("/v1/chat/completions", json=body).status_code == 200
    assert all(set(sent) == ALLOWED_FIELDS and "secret" not in str(sent) for sent in site.first.requests)
    assert len(site.first.requests) == 1


@pytest.mark.parametrize("bad", [Script(status=503), Script(fault=Fault.HANGS), Script(fault=Fault.GARBAGE)])
def test_the_next_endpoint_answers_when_one_fails_before_its_first_word(site: Site, bad: Script) -> None:
    site.first.status, site.first.fault = bad.status, bad.fault
    answer = site.ask()
    assert (answer["answer"], answer["receipt"]["usage"]["endpoint"]) == (FACT, "e2")
    assert degraded(answer) == []
    assert len(site.first.requests) == 1


def test_the_breaker_opens(tmp_path: Path) -> None:
    with running_site(tmp_path, breaker_failures=2, breaker_seconds=600) as site:
        prepared(site).first.status = 503
        endpoints = [site.ask()["receipt"]["usage"]["endpoint"] for _ in range(4)]
        assert endpoints == ["e2"] * 4
        assert len(site.first.requests) == 2


def test_with_all_down_the_documents_are_quoted_with_citations_and_it_says_so(site: Site) -> None:
    site.first.status = site.second.status = 503
    answer = site.ask()
    assert answer["sentences"][0]["text"] == FACT
    assert answer["sentences"][0]["citations"]
    assert answer["receipt"]["generator"] == "extractive"
    [reason] = degraded(answer)
    assert "'e1'" in reason
    assert "'e2'" in reason


@pytest.mark.parametrize(
    "fault",
    [
        Fault.HANGS_AMID,
        Fault.DIES_AMID,
        Fault.BREAKS_AMID,
        Fault.GARBAGE_AMID,
        Fault.NOT_JSON_AMID,
        Fault.ERROR_AMID,
        Fault.ENDLESS,
    ],
)
def test_what_goes_wrong_after_the_first_word_ends_the_stream_with_an_error_and_no_done(
    site: Site, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    site.first.fault = fault
    stream = site.stream()
    names = [name for name, _ in stream]
    assert names[0] == "sources"
    assert "token" in names
    assert names[-1] == "error"
    assert "done" not in names
    assert json.loads(stream[-1][1])["code"] == "generator_failed"
    assert site.second.requests == []
    assert "the model server 'e1' failed after" in caplog.text


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("fault", [Fault.HANGS, Fault.HANGS_AMID])
def test_the_upstream_request_ends_within_a_second_of_the_client_leaving(
    patient_site: Site, fault: Fault, *, stream: bool
) -> None:
    site = prepared(patient_site)
    site.first.fault = fault
    with asking_by_hand(site.socket_path, stream=stream):
        assert site.first.begun.wait(30)
        assert not site.first.left.is_set()
    assert site.first.left.wait(ABORTED_WITHIN_SECONDS)
    site.first.fault = Fault.NONE
    assert site.ask()["answer"] == FACT


@contextlib.contextmanager
def asking_by_hand(socket_path: Path, *, stream: bool) -> Iterator[None]:
    """Sends a question, reads nothing, and hangs up at the end of the block."""
    body = json.dumps({"question": QUESTION, "stream": stream})
    head = f"Host: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(socket_path))
        connection.sendall(f"POST /v1/ask HTTP/1.1\r\n{head}\r\n{body}".encode())
        yield


def test_a_default_server_that_comes_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router, "_HEALTH_SECONDS", 0.05)
    script = Script(pieces=[FACT, " [1]"])
    with loopback_openai_server(script) as url:
        generation = GenerationSettings(url=url)
        settings = settings_for(tmp_path).model_copy(update={"generation": generation})
        assert generation.backend is GeneratorBackend.AUTO
        with running_client(settings, tmp_path / "api.sock") as client:
            take_in(client, "handbook.md", f"# Vacation\n\n{FACT}\n".encode())
            deadline = time.monotonic() + 30
            while not script.requests and time.monotonic() < deadline:
                answer = client.post("/v1/ask", json={"question": QUESTION}).raise_for_status().json()
    assert answer["receipt"]["generator"] == "tiny-model"
