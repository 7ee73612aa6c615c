from __future__ import annotations

import asyncio

import pytest

from rag.errors import GeneratorError
from rag.generation.endpoints.endpoint import CircuitBreaker, Endpoint, EndpointHealth, check_port_open
from rag.settings import EndpointSettings
from tests.support.fakes.model_clients import ScriptedClient, failure


class Seconds:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(clock: Seconds) -> CircuitBreaker:
    return CircuitBreaker(failures=3, seconds=10, clock=clock)


def fail(breaker: CircuitBreaker, times: int = 1) -> None:
    for _ in range(times):
        breaker.begin()
        breaker.fail()


def test_it_opens_after_failures_in_a_row_and_not_before(breaker: CircuitBreaker) -> None:
    fail(breaker, 2)
    assert breaker.allows
    breaker.begin()
    breaker.succeed()
    fail(breaker, 2)
    assert breaker.allows
    fail(breaker)
    assert not breaker.allows


def test_after_its_pause_it_lets_one_try(breaker: CircuitBreaker, clock: Seconds) -> None:
    fail(breaker, 3)
    clock.now = 9.9
    assert not breaker.allows
    clock.now = 10
    assert breaker.allows
    breaker.begin()
    assert not breaker.allows
    breaker.succeed()
    assert breaker.allows


def test_the_pause_doubles_when_the_one_that_tries_fails_and_starts_over_after_a_success(
    breaker: CircuitBreaker, clock: Seconds
) -> None:
    fail(breaker, 3)
    clock.now = 10
    fail(breaker)
    clock.now = 29.9
    assert not breaker.allows
    clock.now = 30
    assert breaker.allows
    breaker.begin()
    breaker.succeed()
    fail(breaker, 3)
    clock.now = 40
    assert breaker.allows


def test_the_pause_has_an_end(breaker: CircuitBreaker, clock: Seconds) -> None:
    fail(breaker, 3)
    for _ in range(20):
        clock.now += 300
        assert breaker.allows
        fail(breaker)


def test_one_that_tried_and_was_given_up_leaves_room_for_another(breaker: CircuitBreaker, clock: Seconds) -> None:
    fail(breaker, 3)
    clock.now = 10
    breaker.begin()
    breaker.abandon()
    assert breaker.allows


class Server:
    """A model server that listens once told to, and counts the clients that were built for it."""

    def __init__(self) -> None:
        self.listens = False
        self.built = 0

    async def check_port(self) -> None:
        if not self.listens:
            raise failure("nobody listens")

    def build_client(self) -> ScriptedClient:
        self.built += 1
        return ScriptedClient(name="learned")

    def endpoint(self, *, model: str = "") -> Endpoint:
        settings = EndpointSettings(name="a", url="http://model/v1", model=model)
        breaker = CircuitBreaker(failures=3, seconds=10, clock=Seconds())
        return Endpoint(settings=settings, build_client=self.build_client, breaker=breaker, check_port=self.check_port)


async def test_the_client_is_built_once_and_only_when_a_server_listens() -> None:
    server = Server()
    endpoint = server.endpoint()
    with pytest.raises(GeneratorError, match="nobody listens"):
        await endpoint.connect()
    await endpoint.check_health()
    assert (endpoint.health, server.built, endpoint.model) == (EndpointHealth.DOWN, 0, "vllm")
    server.listens = True
    clients = await asyncio.gather(*(endpoint.connect() for _ in range(5)))
    await endpoint.check_health()
    assert (endpoint.health, server.built, endpoint.model) == (EndpointHealth.UP, 1, "learned")
    assert len({id(client) for client in clients}) == 1


async def test_closing_an_endpoint_without_a_client_builds_none() -> None:
    server = Server()
    await server.endpoint(model="configured").close()
    assert (server.built, server.endpoint(model="configured").model) == (0, "configured")


@pytest.mark.integration
async def test_a_port_is_open_while_a_server_listens() -> None:
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await check_port_open(f"http://127.0.0.1:{port}/v1", model="tiny")
    with pytest.raises(GeneratorError, match="nobody listens"):
        await check_port_open(f"http://127.0.0.1:{port}/v1", model="tiny")
