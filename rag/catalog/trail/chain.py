"""Events of the audit trail, and the chain of their digests: each row holds that of the row before it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

GENESIS = "0" * 64
"""The digest before the first row."""
_CHAINED = (
    *("number", "at", "tenant", "actor_id", "via", "event", "outcome", "target", "details", "text_digest"),
    "previous",
)
_KEY = re.compile(r"\bck_[A-Za-z0-9_-]{4,}")


class EventOutcome(StrEnum):
    """The end of what was tried."""

    DONE = "done"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done, or tried. ``text`` holds all that is personal, and can be erased later.

    ``actor_id`` is empty for the single user, for the service itself, and for a caller who is not known.
    ``target`` holds ids as ``document:…``, with spaces between them.
    """

    at: datetime
    tenant: str
    actor_id: str
    via: str
    event: str
    outcome: EventOutcome
    target: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRow(Event):
    """A stored event. ``text`` is empty after an erasure, which ``erased`` says."""

    number: int
    digest: str
    erased: bool


def canonical(values: Mapping[str, Any]) -> str:
    """Returns values as JSON of one line in ASCII, the same for the same values."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=_written)


def safe_text(text: Mapping[str, str]) -> str:
    """Returns texts as canonical JSON, without the API keys that users may have pasted into them."""
    return canonical({name: _KEY.sub("ck_…", value) for name, value in text.items() if value})


def digest_of_text(salt: str, text: str) -> str:
    """Returns the SHA-256 of a salted text: a guess of the text cannot be checked once the salt is erased."""
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()


def digest_of_row(row: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of a row's columns, as canonical JSON."""
    return hashlib.sha256(canonical({name: row[name] for name in _CHAINED}).encode()).hexdigest()


def _written(value: object) -> str:
    assert isinstance(value, datetime)  # noqa: S101 - nothing else needs to be written
    return value.isoformat(timespec="microseconds")
