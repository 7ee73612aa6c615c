"""Request and response bodies of conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field, StrictBool

from api.errors import problem_of
from api.schemas.answers import AnswerBody, SentenceBody, SourceBody
from api.schemas.base import NEXT_CURSOR, Problem, Request, Response
from api.schemas.filters import Filter
from api.schemas.requests import COLLECTION, TITLE_PATTERN
from rag.catalog.conversations.records import ConversationRecord, TurnRecord, TurnState
from rag.errors import SourcesWithheldError

_TITLE_CHARACTERS = 200


class NewConversation(Request):
    """A conversation to create. Without a title it takes that of its first question."""

    collection: str = COLLECTION
    title: str = Field(default="", max_length=_TITLE_CHARACTERS)


class ConversationChange(Request):
    """What to change; a field that is left out stays as it is."""

    title: str | None = Field(default=None, max_length=_TITLE_CHARACTERS, pattern=TITLE_PATTERN)
    pinned: StrictBool | None = None


class ConversationBody(Response):
    """A conversation; ``collection`` is that of its last question."""

    id: str
    title: str
    collection: str
    pinned: bool
    shared: str | None = Field(description="The path of the page that a link to it opens; null if it is not shared.")
    questions: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, record: ConversationRecord) -> Self:
        """Returns the body for a record."""
        return cls(**_about(record))


class PartialBody(Response):
    """What was written of an answer that was stopped, or that failed."""

    sources: list[SourceBody]
    text: str
    sentences: list[SentenceBody]


class TurnBody(Response):
    """A question with its answer. ``request_id`` names it for feedback and, while it is being written, for its events.

    ``text`` is what later questions know of the answer. ``answer`` is null where there is none, or where it is too
    large to be kept whole.
    """

    request_id: str
    state: TurnState
    collection: str
    question: str
    asked_at: datetime
    text: str
    answer: AnswerBody | None
    partial: PartialBody | None
    problem: Problem | None
    filter: Filter | None = Field(description="The filter of the question; null without one.")

    @classmethod
    def of(cls, record: TurnRecord) -> Self:
        """Returns the body for a record."""
        is_whole = record.state is TurnState.ANSWERED
        problem = Problem.model_validate_json(record.problem) if record.problem else None
        return cls(
            request_id=record.request_id,
            state=record.state,
            collection=record.collection,
            question=record.question,
            asked_at=record.asked_at,
            text=record.answer,
            answer=AnswerBody.model_validate_json(record.body) if record.body and is_whole else None,
            partial=PartialBody.model_validate_json(record.body) if record.body and not is_whole else None,
            problem=problem_of(SourcesWithheldError()) if record.is_withheld else problem,
            filter=Filter.read(record.filter),
        )


class WholeConversation(ConversationBody):
    """A conversation with all its turns, oldest first."""

    turns: list[TurnBody]

    @classmethod
    def whole(cls, record: ConversationRecord, turns: list[TurnBody]) -> Self:
        """Returns the body for a record and its turns."""
        return cls(**_about(record), turns=turns)


class ConversationList(Response):
    """Conversations: pinned ones first, then those with the latest question first."""

    conversations: list[ConversationBody]
    keep_days: int = Field(description="Days for which they are kept after their last question; 0: none is kept.")
    next_cursor: str | None = Field(description=NEXT_CURSOR)


class SharedConversation(Response):
    """What a link shows: the turns that have ended."""

    title: str
    updated_at: datetime
    turns: list[TurnBody]


def _about(record: ConversationRecord) -> dict[str, object]:
    return {
        "id": record.conversation_id,
        "title": record.title,
        "collection": record.collection,
        "pinned": record.pinned,
        "shared": f"/shared/{record.share_token}" if record.share_token else None,
        "questions": record.turns,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }
