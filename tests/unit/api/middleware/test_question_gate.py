"""The gate in front of questions, without the service behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import Response

from api.middleware import question_gate
from api.middleware.question_gate import QuestionGate
from api.streaming import event_stream, while_connected
from rag.settings import LimitSettings, Settings

SERVICE = SimpleNamespace(settings=Settings(tenant="acme"))
"""All that finding out who asks needs of a service."""


class Desk:
    """An application whose questions last until ``finish`` is set."""

    def __init__(self, limits: LimitSettings) -> None:
        self.app = FastAPI()
        self.app.state.service = SERVICE
        self.app.add_middleware(QuestionGate, limits=limits)
        self.app.post("/v1/ask")(self._answer)
        self.app.get("/healthz")(self._health)
        self.asked = 0
        self.finish = asyncio.Event()

    async def _answer(self) -> str:
        self.asked += 1
        await self.finish.wait()
        return "Five years."

    async def _health(self) -> str:
        return "ok"


async def test_with_ten_times_the_load_what_is_over_is_refused_at_once_and_the_rest_is_answered() -> None:
    desk = Desk(LimitSettings(concurrent_questions=4, waiting_questions=4, waiting_seconds=60))
    transport = httpx.ASGITransport(desk.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://citewell") as client:
        asking = [asyncio.create_task(client.post("/v1/ask")) for _ in range(80)]
        while sum(task.done() for task in asking) < 72:
            await asyncio.sleep(0)
        assert desk.asked == 4
        assert (await client.get("/healthz")).is_success
        desk.finish.set()
        answers = await asyncio.gather(*asking)
    assert sorted({answer.status_code for answer in answers}) == [200, 429]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 72
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert {answer.headers["content-type"] for answer in refused} == {"application/problem+json"}
    assert {answer.json()["code"] for answer in refused} == {"too_many_questions"}


async def test_a_stream_keeps_its_place_until_its_end() -> None:
    app = FastAPI()
    app.state.service = SERVICE
    app.add_middleware(QuestionGate, limits=LimitSettings(concurrent_questions=1, waiting_questions=0))
    streaming, go_on = asyncio.Event(), asyncio.Event()

    @app.post("/v1/ask")
    async def ask() -> Response:
        async def frames() -> AsyncGenerator[bytes, None]:
            yield b"data: one\n\n"
            streaming.set()
            await go_on.wait()
            yield b"data: two\n\n"

        return event_stream(frames())

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://citewell") as client:
        first = asyncio.create_task(client.post("/v1/ask"))
        await streaming.wait()
        assert (await client.post("/v1/ask")).status_code == 429
        go_on.set()
        assert (await first).text.endswith("two\n\n")
        assert (await client.post("/v1/ask")).status_code == 200


class Caller:
    """The channels of one request, by hand: the body has been sent, and the client may hang up."""

    def __init__(self) -> None:
        self.hung_up = asyncio.Event()

    async def receive(self) -> dict[str, str]:
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    def request(self) -> Request:
        return Request({"type": "http", "method": "POST", "headers": []}, self.receive)


async def test_work_ends_when_the_client_hangs_up() -> None:
    caller, begun = Caller(), asyncio.Event()
    stopped: list[bool] = []

    async def work() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append(True)
            raise
        return "never"

    waiting = asyncio.create_task(while_connected(caller.request(), work()))
    await begun.wait()
    caller.hung_up.set()
    assert await waiting is None
    assert stopped == [True]


async def test_work_that_ends_or_fails_is_passed_on() -> None:
    async def right() -> str:
        return "Five years."

    async def wrong() -> str:
        raise ZeroDivisionError

    assert await while_connected(Caller().request(), right()) == "Five years."
    with pytest.raises(ZeroDivisionError):
        await while_connected(Caller().request(), wrong())


async def test_a_question_that_has_not_come_whole_holds_no_place() -> None:
    desk = Desk(LimitSettings(concurrent_questions=1, waiting_questions=0))
    dripping = asyncio.Event()

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield b'{"question":'
        dripping.set()
        await asyncio.Event().wait()

    async with httpx.AsyncClient(transport=httpx.ASGITransport(desk.app), base_url="http://citewell") as client:
        slow = [asyncio.create_task(client.post("/v1/ask", content=pieces())) for _ in range(130)]
        await dripping.wait()
        desk.finish.set()
        assert (await client.post("/v1/ask")).status_code == 200
        for each in slow:
            each.cancel()


async def test_only_so_many_long_questions_are_read_at_once_and_short_ones_beside_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(question_gate, "_LARGE_AT_ONCE", 2)
    desk = Desk(LimitSettings())
    desk.finish.set()
    go_on = asyncio.Event()
    begun = 0

    async def pieces() -> AsyncGenerator[bytes, None]:
        nonlocal begun
        yield b" " * 70_000
        begun += 1
        await go_on.wait()
        yield b" "

    async with httpx.AsyncClient(transport=httpx.ASGITransport(desk.app), base_url="http://citewell") as client:
        long = [asyncio.create_task(client.post("/v1/ask", content=pieces())) for _ in range(2)]
        while begun < 2:
            await asyncio.sleep(0)
        refused = await client.post("/v1/ask", content=pieces())
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_questions")
        assert (await client.post("/v1/ask", content=b" ")).status_code == 200
        go_on.set()
        assert [(await each).status_code for each in long] == [200, 200]
        assert (await client.post("/v1/ask", content=pieces())).status_code == 200
