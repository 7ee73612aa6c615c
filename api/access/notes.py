"""What the audit trail holds of a request beside its route and its caller: routes note it while they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Notes:
    """Notes on one request. ``text`` holds what is personal and can be erased later, ``details`` the rest."""

    targets: dict[str, str] = field(default_factory=dict)
    details: dict[str, str | int] = field(default_factory=dict)
    text: dict[str, str] = field(default_factory=dict)
    tenant: str = ""


_NOTES: ContextVar[Notes | None] = ContextVar("notes", default=None)


@contextmanager
def taking_notes() -> Iterator[Notes]:
    """Yields the notes that ``note`` fills while the block runs, in threads that the request uses, too."""
    notes = Notes()
    token = _NOTES.set(notes)
    try:
        yield notes
    finally:
        _NOTES.reset(token)


def note(
    *,
    targets: Mapping[str, str] | None = None,
    details: Mapping[str, str | int] | None = None,
    text: Mapping[str, str] | None = None,
    tenant: str = "",
) -> None:
    """Adds to the event of the current request; outside a request it does nothing.

    Args:
        targets: ids by kind, such as ``document``, beside those of the address.
        details: what is neither personal nor secret.
        text: names, questions and addresses. Secrets belong nowhere.
        tenant: whose the event is where the caller is not known.
    """
    notes = _NOTES.get()
    if notes is not None:
        notes.targets.update(targets or {})
        notes.details.update(details or {})
        notes.text.update(text or {})
        notes.tenant = tenant or notes.tenant
