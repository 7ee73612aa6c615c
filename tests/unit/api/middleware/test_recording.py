"""What is recorded when, and what becomes of an answer whose event cannot be written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import Response

from api.access.notes import note
from api.errors import install_error_handlers
from api.middleware.recording import Recording
from rag.catalog.trail.chain import Event, EventOutcome
from rag.errors import CatalogUnavailableError
from tests.support.builders.trail import MOMENT


class Ledger:
    """Takes events, at once or later; refuses them at once where it is told to."""

    def __init__(self) -> None:
        self.appended: list[Event] = []
        self.waiting: list[Event] = []
        self.refuses = False

    def now(self) -> datetime:
        return MOMENT

    def append(self, events: Sequence[Event]) -> None:
        if self.refuses:
            raise CatalogUnavailableError("it is locked")
        self.appended.extend(events)

    def add(self, event: Event) -> None:
        self.waiting.append(event)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def app(ledger: Ledger) -> FastAPI:
    app = FastAPI()
    app.state.service = SimpleNamespace(storage=SimpleNamespace(trail=ledger), trail_writer=ledger)
    app.add_middleware(Recording)
    install_error_handlers(app)

    @app.delete("/documents/{document_id}")
    async def delete_document(document_id: str) -> dict[str, str]:
        note(targets={"receipt": "r1"}, details={"kind": "whole"}, text={"document": "plan.md"})
        if document_id == "broken":
            raise ZeroDivisionError
        if document_id == "slow":
            await asyncio.Event().wait()
        return {"deleted": document_id}

    @app.get("/documents/{document_id}/text")
    def get_text(document_id: str) -> dict[str, str]:
        note(details={"length": len(document_id)})
        return {"text": document_id}

    @app.get("/shared/{token}")
    def get_shared_conversation(token: str) -> Response:
        del token
        return Response(status_code=403)

    @app.post("/v1/search")
    def search() -> Response:
        return Response(status_code=429)

    @app.get("/healthz")
    def healthz() -> Response:
        return Response(status_code=401)

    return app


@pytest.fixture
def client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def test_a_change_is_appended_before_its_answer_with_what_the_route_notes(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    assert (await client.delete("/documents/d1")).status_code == 200
    [event] = ledger.appended
    assert (event.event, event.outcome, event.target) == (
        "document.deleted",
        EventOutcome.DONE,
        "document:d1 receipt:r1",
    )
    assert event.details == {"request": "", "operation": "delete_document", "status": 200, "kind": "whole"}
    assert event.text == {"actor": "", "address": "127.0.0.1", "document": "plan.md"}


async def test_a_read_is_added_in_the_background_with_the_notes_of_its_thread(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    await client.get("/documents/d1/text")
    assert (ledger.appended, [each.details["length"] for each in ledger.waiting]) == ([], [2])


async def test_a_change_that_cannot_be_recorded_is_told_and_its_event_waits(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    ledger.refuses = True
    answer = await client.delete("/documents/d1")
    assert (answer.status_code, answer.json()["code"]) == (503, "catalog_unavailable")
    assert "deleted" not in answer.text
    assert [each.event for each in ledger.waiting] == ["document.deleted"]


async def test_what_fails_is_recorded_as_failed(client: httpx.AsyncClient, ledger: Ledger) -> None:
    assert (await client.delete("/documents/broken")).status_code == 500
    assert [(each.outcome, each.details["status"]) for each in ledger.appended] == [(EventOutcome.FAILED, 500)]


async def test_a_request_that_is_cut_short_is_recorded(client: httpx.AsyncClient, ledger: Ledger) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.delete("/documents/slow")
    assert [(each.outcome, each.details["status"]) for each in ledger.waiting] == [(EventOutcome.FAILED, 499)]


async def test_a_refusal_is_recorded_even_where_the_route_leaves_no_event_and_no_token_with_it(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    await client.get("/healthz")
    await client.get("/shared/a-secret-token")
    await client.put("/documents/d1/text")
    assert [(each.event, each.outcome) for each in ledger.waiting] == [
        ("access.refused", EventOutcome.REFUSED),
        ("conversation.read", EventOutcome.REFUSED),
    ]
    assert "a-secret-token" not in str(ledger.waiting)


async def test_callers_who_are_not_known_cannot_fill_the_trail(client: httpx.AsyncClient, ledger: Ledger) -> None:
    for _ in range(80):
        await client.get("/healthz")
    assert len(ledger.waiting) == 60


async def test_questions_that_an_overload_turns_away_are_not_recorded(
    client: httpx.AsyncClient, ledger: Ledger
) -> None:
    assert (await client.post("/v1/search")).status_code == 429
    assert (ledger.appended, ledger.waiting) == ([], [])
