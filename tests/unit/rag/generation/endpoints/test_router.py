from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rag.answers import Degradation, GenerationEvent, GenerationRequest, TextDelta, Usage, WrittenBy
from rag.errors import GeneratorError
from rag.generation.endpoints import router
from rag.generation.endpoints.budgets import DailyLedger, Spend
from rag.generation.endpoints.connected import ConnectedEndpoints
from rag.generation.endpoints.endpoint import CircuitBreaker, Endpoint, EndpointHealth, ServerLoad
from rag.generation.endpoints.router import RoutingGenerator
from rag.settings import BudgetSettings, EndpointSettings, GenerationSettings, GeneratorBackend
from rag.types import Scope
from tests.support.builders.passages import make_passage
from tests.support.builders.pipeline import ScriptedGenerator
from tests.support.fakes.generation import generation_request
from tests.support.fakes.model_clients import ScriptedClient, failure

ASKED = generation_request("How long is the warranty?", make_passage("The warranty lasts five years.", number=1))
QUOTE = "The warranty lasts five years."


@dataclass(slots=True)
class Bench:
    """A router with what is around it."""

    router: RoutingGenerator
    endpoints: dict[str, Endpoint]
    ledger: DailyLedger


def returning(client: ScriptedClient) -> Callable[[], ScriptedClient]:
    return lambda: client


def bench(
    *clients: tuple[ScriptedClient, dict[str, Any]],
    health: EndpointHealth = EndpointHealth.UP,
    breaker_failures: int = 3,
    language_of: Callable[[str], str | None] = lambda _: None,
    **settings: Any,
) -> Bench:
    chosen = GenerationSettings(**{"backend": GeneratorBackend.VLLM, **settings})
    endpoints = [
        Endpoint(
            settings=EndpointSettings(**{"name": "abc"[place], "url": "http://model/v1", **own}),
            build_client=returning(client),
            breaker=CircuitBreaker(failures=breaker_failures, seconds=3_600, clock=lambda: 0.0),
        )
        for place, (client, own) in enumerate(clients)
    ]
    for endpoint in endpoints:
        endpoint.health = health
    ledger = DailyLedger(budget_of=chosen.budget_of)
    router = RoutingGenerator(
        endpoints=endpoints,
        last=ScriptedGenerator(TextDelta(text=QUOTE)),
        ledger=ledger,
        settings=chosen,
        language_of=language_of,
    )
    return Bench(router, {endpoint.settings.name: endpoint for endpoint in endpoints}, ledger)


async def events_of(router: RoutingGenerator, request: GenerationRequest = ASKED) -> list[GenerationEvent]:
    return [event async for event in router.generate(request)]


def text(events: list[GenerationEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def degradations(events: list[GenerationEvent]) -> list[str]:
    return [event.reason for event in events if isinstance(event, Degradation)]


async def test_an_answer_says_which_endpoint_wrote_it_and_what_it_cost() -> None:
    prices = {"prompt_price": 1, "cached_prompt_price": 0, "completion_price": 10, "currency": "EUR"}
    events = await events_of(bench((ScriptedClient("Five ", "years."), prices)).router)
    assert events[0] == WrittenBy(generator="tiny", prompt="p-1")
    assert text(events) == "Five years."
    usage = events[-1]
    assert isinstance(usage, Usage)
    assert (usage.endpoint, usage.currency, usage.estimated) == ("a", "EUR", False)
    assert usage.cost == pytest.approx((80 + 20) / 1_000_000)


@pytest.mark.parametrize("error", [failure("no connection"), failure(), failure("too long", refused=True)])
async def test_the_next_endpoint_answers_when_one_fails_before_its_first_word(error: GeneratorError) -> None:
    broken, sound = ScriptedClient(failure=error), ScriptedClient("Five years.", name="other")
    events = await events_of(bench((broken, {}), (sound, {})).router)
    assert text(events) == "Five years."
    assert [event.generator for event in events if isinstance(event, WrittenBy)][-1] == "other"
    assert degradations(events) == []
    assert (len(broken.asked), len(sound.asked)) == (1, 1)


async def test_a_silent_endpoint_is_left_for_the_next_one_and_its_request_ended() -> None:
    silent, sound = ScriptedClient(hangs=True), ScriptedClient("Five years.")
    events = await events_of(bench((silent, {}), (sound, {}), silence_seconds=0.5).router)
    assert text(events) == "Five years."
    assert silent.closed_early == 1


async def test_nothing_is_tried_again_after_the_first_word() -> None:
    broken, sound = ScriptedClient("Five ", failure=failure("it died")), ScriptedClient("Five years.")
    one = bench((broken, {}), (sound, {}))
    events: list[GenerationEvent] = []

    async def read() -> None:
        async for event in one.router.generate(ASKED):
            events.append(event)  # noqa: PERF401 - what came before the error counts too

    with pytest.raises(GeneratorError, match="it died"):
        await read()
    assert text(events) == "Five "
    assert sound.asked == []
    partial = events[-1]
    assert isinstance(partial, Usage)
    assert (partial.estimated, partial.completion_tokens, partial.endpoint) == (True, 1, "a")
    assert one.ledger.used("acme").tokens == partial.prompt_tokens + partial.completion_tokens


async def test_an_endpoint_that_hangs_or_never_ends_after_its_first_word_is_an_error() -> None:
    for silence, patience, reason in ((0.05, 60, "nothing came"), (60, 0.3, "not complete")):
        hanging = ScriptedClient("Five ", hangs=True)
        with pytest.raises(GeneratorError, match=reason):
            await events_of(bench((hanging, {}), silence_seconds=silence, timeout_seconds=patience).router)
        assert hanging.closed_early == 1


async def test_when_the_time_is_over_nobody_else_is_asked() -> None:
    silent, sound = ScriptedClient(hangs=True), ScriptedClient("Five years.")
    events = await events_of(bench((silent, {}), (sound, {}), silence_seconds=9, timeout_seconds=0.01).router)
    assert (text(events), sound.asked) == (QUOTE, [])


async def test_when_all_fail_the_documents_are_quoted_and_every_reason_is_told() -> None:
    events = await events_of(
        bench((ScriptedClient(failure=failure("x1")), {}), (ScriptedClient(failure=failure("x2")), {})).router
    )
    assert text(events) == QUOTE
    [reason] = degradations(events)
    assert "'a'" in reason
    assert "x1" in reason
    assert "'b'" in reason
    assert "x2" in reason


async def test_an_endpoint_that_fails_again_and_again_is_left_alone() -> None:
    broken = ScriptedClient(failure=failure())
    one = bench((broken, {}), breaker_failures=2)
    for _ in range(5):
        events = await events_of(one.router)
    assert len(broken.asked) == 2
    assert "left alone" in degradations(events)[0]


async def test_requests_that_were_refused_do_not_count_as_failures_of_the_server() -> None:
    picky = ScriptedClient(failure=failure("status 400", refused=True))
    one = bench((picky, {}), breaker_failures=2)
    for _ in range(5):
        await events_of(one.router)
    assert len(picky.asked) == 5


@pytest.mark.parametrize("health", [EndpointHealth.DOWN, EndpointHealth.UNKNOWN])
async def test_with_auto_a_server_that_was_not_seen_costs_nothing_and_is_no_degradation(health: EndpointHealth) -> None:
    absent = ScriptedClient("Five years.")
    one = bench((absent, {}), health=health, backend=GeneratorBackend.AUTO)
    events = await events_of(one.router)
    assert (text(events), degradations(events), absent.asked) == (QUOTE, [], [])
    assert one.router.name == "scripted"


async def test_with_auto_a_server_that_is_there_answers_and_its_failure_is_a_degradation() -> None:
    present = ScriptedClient("Five years.")
    assert text(await events_of(bench((present, {}), backend=GeneratorBackend.AUTO).router)) == "Five years."
    broken = ScriptedClient(failure=failure())
    assert degradations(await events_of(bench((broken, {}), backend=GeneratorBackend.AUTO).router))


async def test_with_vllm_a_server_that_is_gone_is_a_degradation_and_one_not_yet_seen_is_asked() -> None:
    client = ScriptedClient("Five years.")
    gone = bench((client, {}), health=EndpointHealth.DOWN)
    assert "does not answer" in degradations(await events_of(gone.router))[0]
    assert client.asked == []
    assert text(await events_of(bench((client, {}), health=EndpointHealth.UNKNOWN).router)) == "Five years."


async def test_who_may_not_see_a_question_is_not_asked_and_that_is_no_degradation() -> None:
    foreign = ScriptedClient("Five years.")
    one = bench((foreign, {"tenants": ["other"]}))
    events = await events_of(one.router)
    assert (text(events), degradations(events), foreign.asked) == (QUOTE, [], [])


async def test_a_question_goes_to_the_endpoint_of_its_language() -> None:
    german, english = ScriptedClient("Fünf Jahre.", name="g"), ScriptedClient("Five years.", name="e")
    one = bench(
        (german, {"languages": ["de"]}), (english, {"languages": ["en"]}), language_of=lambda asked: asked[:2].lower()
    )
    assert text(await events_of(one.router, replace(ASKED, question="DE?"))) == "Fünf Jahre."
    assert text(await events_of(one.router, replace(ASKED, question="EN?"))) == "Five years."


async def test_an_answer_that_was_not_supported_goes_to_the_large_endpoint() -> None:
    small, large = ScriptedClient("Six."), ScriptedClient("Five.")
    one = bench((small, {}), (large, {"tier": "large"}))
    assert text(await events_of(one.router)) == "Six."
    assert text(await events_of(one.router, replace(ASKED, escalated=True))) == "Five."


async def read_to_first_word(router: RoutingGenerator, stop: asyncio.Event) -> None:
    async with aclosing(router.generate(ASKED)) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                await stop.wait()
                return


async def test_requests_at_the_same_time_are_spread_and_kept_within_each_limit() -> None:
    clients = [ScriptedClient("Five ", hangs=True) for _ in range(2)]
    one = bench((clients[0], {"max_concurrent": 3}), (clients[1], {"max_concurrent": 3}))
    stop = asyncio.Event()
    reading = [asyncio.create_task(read_to_first_word(one.router, stop)) for _ in range(6)]
    while sum(len(client.asked) for client in clients) < 6:
        await asyncio.sleep(0)
    assert [len(client.asked) for client in clients] == [3, 3]
    events = await events_of(one.router)
    assert (text(events), "as many as may" in degradations(events)[0]) == (QUOTE, True)
    stop.set()
    await asyncio.gather(*reading)
    assert [endpoint.in_flight for endpoint in one.endpoints.values()] == [0, 0]


async def test_the_load_that_a_server_tells_of_counts() -> None:
    busy, idle = ScriptedClient("Six."), ScriptedClient("Five.")
    busy.requests, idle.requests = 7, 0
    one = bench((busy, {}), (idle, {}))
    for endpoint in one.endpoints.values():
        await endpoint.check_health()
    assert text(await events_of(one.router)) == "Five."


async def test_closing_an_answer_ends_the_request_settles_it_and_blames_nobody() -> None:
    client = ScriptedClient("Five ", hangs=True)
    one = bench((client, {}), breaker_failures=1)
    stop = asyncio.Event()
    stop.set()
    await read_to_first_word(one.router, stop)
    assert client.closed_early == 1
    assert one.endpoints["a"].in_flight == 0
    assert one.endpoints["a"].breaker.allows
    assert 0 < one.ledger.used("acme").tokens < 200


async def test_when_the_budget_is_used_up_the_documents_are_quoted_and_that_is_told() -> None:
    client = ScriptedClient("Five years.")
    one = bench((client, {}), budget=BudgetSettings(tokens=150))
    texts = [text(await events_of(one.router)) for _ in range(3)]
    assert texts == ["Five years.", "Five years.", QUOTE]  # of 101 tokens each
    assert "budget for today" in degradations(await events_of(one.router))[0]
    other = await events_of(one.router, replace(ASKED, scope=Scope(tenant="other", collection="default")))
    assert text(other) == "Five years."


async def test_fifty_questions_at_once_go_over_the_budget_by_one_reservation_at_most() -> None:
    client = ScriptedClient("Five ", hangs=True)
    one = bench((client, {}), budget=BudgetSettings(tokens=3_000), max_tokens=500)
    asking = [asyncio.create_task(events_of(one.router)) for _ in range(50)]
    most = one.endpoints["a"].most(prompt_bytes=len(ASKED.question) + len(QUOTE), max_tokens=500).tokens
    while sum(task.done() for task in asking) < 50 - len(client.asked):
        await asyncio.sleep(0)
    assert len(client.asked) == -(-3_000 // most)  # the others were answered without it
    assert 3_000 <= one.ledger.used("acme").tokens < 3_000 + most
    client.go_on.set()
    answers = [text(await task) for task in asking]
    assert answers.count("Five ") == len(client.asked)
    assert answers.count(QUOTE) == 50 - len(client.asked)


async def test_what_a_failed_try_reserved_is_free_again() -> None:
    one = bench((ScriptedClient(failure=failure()), {}))
    await events_of(one.router)
    assert one.ledger.used("acme") == Spend()


async def test_a_server_that_writes_is_there_whatever_comes_of_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    client = ScriptedClient("Five years.")
    one = bench((client, {}))

    async def check() -> ServerLoad:
        assert text(await events_of(one.router)) == "Five years."
        raise failure("it did not answer in time")

    monkeypatch.setattr(client, "check_health", check)
    await one.endpoints["a"].check_health()
    assert one.endpoints["a"].health is EndpointHealth.UP


async def test_with_auto_a_question_right_after_the_start_waits_for_the_first_look() -> None:
    client = ScriptedClient("Five years.")
    one = bench((client, {}), health=EndpointHealth.UNKNOWN, backend=GeneratorBackend.AUTO)
    async with one.router.health_checked():
        assert client.checks == 0
        assert text(await events_of(one.router)) == "Five years."


async def until(endpoint: Endpoint, health: EndpointHealth) -> None:
    while endpoint.health is not health:
        await asyncio.sleep(0)


async def test_endpoints_are_looked_at_again_and_again_while_the_router_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(router, "_HEALTH_SECONDS", 0.001)
    client = ScriptedClient("Five years.")
    client.gone = failure("nobody is there")
    one = bench((client, {}), health=EndpointHealth.UNKNOWN, backend=GeneratorBackend.AUTO)
    async with one.router.health_checked():
        await until(one.endpoints["a"], EndpointHealth.DOWN)
        assert text(await events_of(one.router)) == QUOTE
        client.gone = None
        await until(one.endpoints["a"], EndpointHealth.UP)
        assert text(await events_of(one.router)) == "Five years."
        assert one.router.name == "tiny"
    checks = client.checks
    await asyncio.sleep(0)
    assert client.checks == checks
    assert client.go_on.is_set()  # it was closed


def connectable(connected: ConnectedEndpoints, clients: dict[str, ScriptedClient], **settings: Any) -> RoutingGenerator:
    """A router that builds its endpoints from the clients, by the endpoints' names."""
    chosen = GenerationSettings(**settings)

    def build(endpoint: EndpointSettings, _: GenerationSettings) -> Endpoint:
        breaker = CircuitBreaker(failures=3, seconds=3_600, clock=lambda: 0.0)
        return Endpoint(settings=endpoint, build_client=returning(clients[endpoint.name]), breaker=breaker)

    return RoutingGenerator(
        endpoints=[build(endpoint, chosen) for endpoint in chosen.all_endpoints],
        last=ScriptedGenerator(TextDelta(text=QUOTE)),
        ledger=DailyLedger(budget_of=chosen.budget_of),
        settings=chosen,
        language_of=lambda _: None,
        connected=connected,
        build=build,
    )


def gone() -> ScriptedClient:
    client = ScriptedClient(failure=failure("the port is closed"))
    client.gone = client.failure
    return client


LOCAL = EndpointSettings(name="local", url="http://127.0.0.1:11434/v1")
OTHER = EndpointSettings(name="other", url="http://127.0.0.1:1234/v1")


async def test_an_endpoint_that_is_connected_writes_the_next_answer_and_one_that_is_removed_no_more() -> None:
    clients = {
        "default": gone(),
        "local": ScriptedClient("Five."),
        "other": ScriptedClient("Six."),
    }
    connected = ConnectedEndpoints()
    router = connectable(connected, clients)
    async with router.health_checked():
        assert text(await events_of(router)) == QUOTE
        connected.replace((LOCAL,))
        assert text(await events_of(router)) == "Five."
        assert [state.settings.name for state in router.states()] == ["local"]
        connected.replace((OTHER,))
        assert text(await events_of(router)) == "Six."
        connected.replace(())
        assert text(await events_of(router)) == QUOTE
    assert clients["local"].go_on.is_set()  # its connections are closed


async def test_a_connected_endpoint_that_fails_is_named_in_the_answer() -> None:
    clients = {"default": gone(), "local": gone()}
    connected = ConnectedEndpoints((LOCAL,))
    router = connectable(connected, clients)
    async with router.health_checked():
        await asyncio.sleep(0)
        events = await events_of(router)
    assert text(events) == QUOTE
    assert "'local' was not used" in degradations(events)[0]


async def test_endpoints_of_the_settings_go_before_those_that_are_connected() -> None:
    clients = {"default": ScriptedClient("Seven."), "local": ScriptedClient("Five.")}
    router = connectable(ConnectedEndpoints((LOCAL,)), clients, url="http://model/v1")
    async with router.health_checked():
        assert text(await events_of(router)) == "Seven."
