"""Values of conversations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rag.answers import Turn


class TurnState(StrEnum):
    """The state of a turn. ``INTERRUPTED``: the service ended while the answer was written."""

    RUNNING = "running"
    ANSWERED = "answered"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRecord:
    """A conversation without its turns. ``collection`` is that of the last question; ``share_token`` of its link."""

    conversation_id: str
    collection: str
    title: str
    pinned: bool
    share_token: str | None
    turns: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRecord:
    """A question with its answer.

    ``body``, ``problem`` and ``filter`` are JSON as it was sent, None where nothing was. ``is_withheld``: its answer
    rests on a document that may not be read any more, and is left out.
    """

    request_id: str
    state: TurnState
    collection: str
    question: str
    answer: str
    body: str | None
    problem: str | None
    asked_at: datetime
    filter: str | None = None
    is_withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The turns that a question follows, oldest first, and all versions that they were written from."""

    turns: tuple[Turn, ...]
    version_ids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnd:
    """The end of a turn. ``version_ids`` are all that it may quote."""

    request_id: str
    state: TurnState
    answer: str
    body: str | None
    problem: str | None
    version_ids: frozenset[str]
