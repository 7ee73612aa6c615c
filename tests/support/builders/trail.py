"""Events of the audit trail for tests."""

from dataclasses import replace
from datetime import datetime

from rag.catalog.trail.chain import Event, EventOutcome

MOMENT = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - naive UTC, as the tables hold it


def event(name: str = "document.read", **changes: object) -> Event:
    usual = Event(
        at=MOMENT,
        tenant="acme",
        actor_id="anna",
        via="session",
        event=name,
        outcome=EventOutcome.DONE,
        target="document:d1",
        details={"status": 200},
        text={"actor": "Anna", "address": "10.0.0.1"},
    )
    return replace(usual, **changes)  # type: ignore[arg-type]
