from __future__ import annotations

import httpx
import pytest

from evals.benchmarks.models.bench import Streamed, ask_service
from evals.benchmarks.models.overhead import overhead_table
from evals.benchmarks.models.overload import ClientLoad, overload_table
from evals.benchmarks.models.paced_server import Timing, create_app
from evals.benchmarks.models.streams import fairness, load_table


def answer(first: float = 0.2, last: float = 1.2, *, retrieval: float | None = 0.1) -> Streamed:
    return Streamed(first_seconds=first, last_seconds=last, tokens=101, retrieval_seconds=retrieval)


DIRECT = Streamed(first_seconds=0.05, last_seconds=1.05, tokens=101)


def test_fairness_is_one_for_equals_and_one_nth_where_one_has_all() -> None:
    assert fairness([3.0, 3.0, 3.0]) == pytest.approx(1)
    assert fairness([1.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)
    assert fairness([1.0, 3.0]) == pytest.approx(0.8)


def test_what_is_added_is_what_neither_the_model_nor_retrieval_takes() -> None:
    table = overhead_table([(answer(), DIRECT)])
    assert table.rows[-1]["p50_ms"] == pytest.approx(50)
    assert table.missed == ()


def test_the_overhead_misses_its_targets_when_it_is_slow_or_a_stream_breaks_off() -> None:
    assert "60 ms" in overhead_table([(answer(first=0.25, last=1.25), DIRECT)]).missed[0]
    assert "tokens a second" in overhead_table([(answer(last=1.5), DIRECT)]).missed[0]
    assert "done" in overhead_table([(answer(), DIRECT), (answer(retrieval=None), DIRECT)]).missed[0]


def test_streams_miss_their_targets_when_one_is_dropped_or_starves_or_memory_grows() -> None:
    well = [([answer(), answer()], 300.0)] * 3
    assert load_table(well).missed == ()
    assert "dropped" in load_table([*well, ([answer(), answer(retrieval=None)], 300.0)]).missed[0]
    assert "fairness" in load_table([*well, ([answer(), answer(last=9.0)], 300.0)]).missed[0]
    assert "memory" in load_table([*well, ([answer(), answer()], 330.0)]).missed[0]


def load(*answers: Streamed, turned_away: int = 5, with_retry_after: int = 5, megabytes: float = 300.0) -> ClientLoad:
    return ClientLoad(
        clients=16,
        answers=list(answers),
        turned_away=turned_away,
        with_retry_after=with_retry_after,
        megabytes=megabytes,
    )


def test_overload_misses_its_targets_when_the_taken_wait_or_the_others_are_not_told() -> None:
    full = load(answer(), turned_away=0, with_retry_after=0)
    assert overload_table(full, load(answer(), answer(last=1.7))).missed == ()
    assert "1.5 times" in overload_table(full, load(answer(last=1.9))).missed[0]
    assert "complete" in overload_table(full, load(answer(retrieval=None))).missed[0]
    assert "turned away" in overload_table(full, load(answer(), turned_away=0, with_retry_after=0)).missed[0]
    assert "when to come back" in overload_table(full, load(answer(), with_retry_after=4)).missed[0]
    assert "memory" in overload_table(full, load(answer(), megabytes=340.0)).missed[0]


async def test_the_paced_server_repeats_what_it_was_sent() -> None:
    app = create_app(Timing(first_seconds=0, token_seconds=0, tokens=5))
    asked = {"messages": [{"role": "user", "content": "<source>one two</source> three"}]}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://model") as client:
        text = (await client.post("/v1/chat/completions", json=asked)).text
        assert (await client.get("/last")).json() == asked
    assert [text.count(word) for word in ("one ", "two ", "three ", "source")] == [2, 2, 1, 0]
    assert text.endswith("data: [DONE]\n\n")


async def test_an_answer_is_timed_and_its_retrieval_read_from_the_receipt() -> None:
    stages = (
        '{"receipt": {"stages": [{"stage": "encode", "milliseconds": 30}, {"stage": "generate", "milliseconds": 9}]}}'
    )
    body = f'event: token\ndata: {{"text": "Five years"}}\n\nevent: done\ndata: {stages}\n\n'
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=body))
    async with httpx.AsyncClient(transport=transport) as client:
        streamed = await ask_service(client, "http://citewell", "How long?")
    assert streamed.tokens == 2
    assert streamed.retrieval_seconds == pytest.approx(0.03)
    assert 0 < streamed.first_seconds <= streamed.last_seconds
