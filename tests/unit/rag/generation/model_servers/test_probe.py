import asyncio
import json
import socket

import pytest

from rag.generation.endpoints.faults import EndpointFault, FaultKind
from rag.generation.model_servers import probe
from rag.generation.model_servers.probe import FoundServer, OfferedModels, find_servers, offered_models
from tests.support.servers.strange_servers import Answer, strange_server

pytestmark = pytest.mark.integration


def listed(*names: str, owner: str = "library") -> bytes:
    return json.dumps({"object": "list", "data": [{"id": name, "owned_by": owner} for name in names]}).encode()


async def asked(answer: Answer, key: str | None = None) -> OfferedModels | EndpointFault:
    with strange_server(answer) as port:
        return await offered_models(f"http://127.0.0.1:{port}/v1", key, seconds=0.5)


async def test_a_server_is_asked_for_its_models_with_its_key() -> None:
    answer = Answer(listed("qwen", "llama", owner="vllm"))
    assert await asked(answer, "sk-secret") == OfferedModels(names=("qwen", "llama"), owner="vllm")
    assert answer.paths == ["/v1/models"]
    assert "Bearer sk-secret" in answer.heads[0]


async def test_a_server_without_a_list_offers_no_names() -> None:
    assert await asked(Answer(status="404 Not Found")) == OfferedModels(names=())
    assert await asked(Answer(b'{"object": "list", "data": null}')) == OfferedModels(names=())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status="401 Unauthorized"), FaultKind.WRONG_KEY),
        (Answer(status="403 Forbidden"), FaultKind.WRONG_KEY),
        (Answer(status="429 Too Many Requests"), FaultKind.REFUSED),
        (Answer(status="503 Service Unavailable"), FaultKind.FAILED),
        (Answer(status="302 Found", headers="Location: http://127.0.0.1:9/v1/models\r\n"), FaultKind.NOT_OPENAI),
        (Answer(b"<html>It works!</html>"), FaultKind.NOT_OPENAI),
        (Answer(b'{"models": []}'), FaultKind.NOT_OPENAI),
        (Answer(b"[" * 100_000), FaultKind.NOT_OPENAI),
        (Answer(status="nonsense"), FaultKind.NOT_OPENAI),
        (Answer(), FaultKind.TIMEOUT),
    ],
)
async def test_each_way_to_be_wrong_is_told_apart(answer: Answer, kind: FaultKind) -> None:
    found = await asked(answer)
    assert isinstance(found, EndpointFault)
    assert found.kind is kind


async def test_where_nothing_listens_the_address_is_wrong() -> None:
    with strange_server(Answer()) as port:
        pass
    found = await offered_models(f"http://127.0.0.1:{port}/v1", None)
    assert isinstance(found, EndpointFault)
    assert found.kind is FaultKind.WRONG_ADDRESS


async def test_no_more_than_a_list_of_models_is_read() -> None:
    found = await asked(Answer(b" " * 3_000_000 + listed("qwen")))
    assert isinstance(found, EndpointFault)
    assert found.kind is FaultKind.NOT_OPENAI


async def test_the_usual_ports_of_this_machine_are_asked_for_models_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two ports stand for the usual ones; a third listens too, and must hear nothing."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    ollama, studio, bystander = Answer(listed("qwen")), Answer(listed("phi")), Answer(listed("other"))
    ourselves = Answer(listed("citewell", owner="citewell"))
    asked_hosts = set()
    connect = asyncio.get_running_loop().create_connection

    async def noting(factory: object, host: str, port: int, **rest: object) -> object:
        asked_hosts.add((host, port))
        return await connect(factory, host, port, **rest)  # type: ignore[call-overload]

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", noting)
    with (
        strange_server(ollama) as first,
        strange_server(studio) as second,
        strange_server(bystander),
        strange_server(ourselves) as own,
    ):
        monkeypatch.setattr(probe, "PORTS", (first, second, own))
        monkeypatch.setattr(probe, "_KINDS", {first: "Ollama", second: "LM Studio"})
        found = await find_servers()
    assert found == [
        FoundServer(url=f"http://127.0.0.1:{first}/v1", kind="Ollama", models=("qwen",)),
        FoundServer(url=f"http://127.0.0.1:{second}/v1", kind="LM Studio", models=("phi",)),
    ]
    assert [each.paths for each in (ollama, studio, ourselves, bystander)] == [["/v1/models"]] * 3 + [[]]
    assert {host for host, _ in asked_hosts} <= {"127.0.0.1"}
    assert "Authorization" not in ollama.heads[0]


async def test_the_service_does_not_ask_its_own_port(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(listed("qwen"))
    with strange_server(answer) as port:
        monkeypatch.setattr(probe, "PORTS", (port,))
        assert await find_servers(leave_out={port}) == []
    assert answer.paths == []


def test_the_ports_are_those_of_the_usual_programs() -> None:
    assert probe.PORTS == (8000, 8001, 11434, 1234, 8080)
    assert socket.inet_aton(probe.LOOPBACK)[0] == 127
