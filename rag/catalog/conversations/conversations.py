"""Keeps conversations: questions with their answers as they were shown, until a document that they quote is deleted."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)

from rag.catalog.access.reach import Conditions, rests_on_readable
from rag.catalog.conversations.records import ConversationRecord, TurnRecord, TurnState
from rag.catalog.conversations.turns import is_abandoned
from rag.catalog.database.connection import Database, new_id
from rag.catalog.database.conversation_rows import CONVERSATIONS, TURN_VERSIONS, TURNS, lock_conversation
from rag.catalog.database.rows import aware
from rag.errors import UnknownConversationError

_MOST_WORDS = 8
_TOKEN_BYTES = 32


class Conversations:
    """Stores conversations. Safe to call from several threads.

    ``owner`` is the id of the user whose they are. ``conditions`` are over ``DOCUMENTS``: a turn that rests on one that
    does not meet them is withheld.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, tenant: str, *, collection: str, title: str = "", owner: str = "") -> ConversationRecord:
        """Creates a conversation. Without a title it takes that of its first question, from which on it is listed."""
        now = self._database.now()
        about = {"id": new_id(), "tenant": tenant, "collection": collection, "title": title, "renamed": bool(title)}
        about |= {"owner_id": owner, "title_words": title.casefold(), "pinned": False}
        about |= {"created_at": now, "updated_at": now}
        with self._database.write() as connection:
            connection.execute(insert(CONVERSATIONS).values(**about))
            return _record(connection, tenant, CONVERSATIONS.c.id == about["id"])

    def list(
        self,
        tenant: str,
        *conditions: ColumnElement[bool],
        owner: str = "",
        words: str = "",
        after: tuple[bool, datetime, str] | None = None,
        limit: int = 100,
    ) -> Sequence[ConversationRecord]:
        """Returns conversations, pinned ones first, then those with the latest question first.

        With ``words`` only those that hold each of them, in the title, in a question or in an answer; upper and lower
        case count as equal.
        """
        order = CONVERSATIONS.c.pinned, CONVERSATIONS.c.updated_at, CONVERSATIONS.c.id
        demands = [CONVERSATIONS.c.tenant == tenant, CONVERSATIONS.c.owner_id == owner, _TURNS_OF.exists()]
        demands += [_holds(word, _not_withheld(conditions)) for word in words.casefold().split()[:_MOST_WORDS]]
        if after is not None:
            pinned, time, conversation_id = after
            moment = literal(time.astimezone(UTC).replace(tzinfo=None))
            demands.append(tuple_(*order) < tuple_(literal(pinned), moment, literal(conversation_id)))
        found = _RECORDS.where(*demands).order_by(*(column.desc() for column in order)).limit(limit)
        with self._database.read() as connection:
            return [_filled(row) for row in connection.execute(found)]

    def get(
        self, tenant: str, conversation_id: str, *conditions: ColumnElement[bool], owner: str = ""
    ) -> tuple[ConversationRecord, Sequence[TurnRecord]]:
        """Returns a conversation with its turns, oldest first; of one that is withheld only the question.

        Raises:
            UnknownConversationError: there is none with this id, or it is another user's.
        """
        is_own = CONVERSATIONS.c.owner_id == owner
        return self._whole(tenant, (CONVERSATIONS.c.id == conversation_id) & is_own, conditions)

    def shared(
        self, tenant: str, token: str, *conditions: ColumnElement[bool]
    ) -> tuple[ConversationRecord, Sequence[TurnRecord]]:
        """Returns the conversation that a link shows.

        Raises:
            UnknownConversationError: there is no such link, or not any more, or it is another tenant's, or a turn of it
                is withheld.
        """
        record, turns = self._whole(tenant, CONVERSATIONS.c.share_token == token, conditions)
        if any(turn.is_withheld for turn in turns):
            raise UnknownConversationError
        return record, turns

    def update(
        self,
        tenant: str,
        conversation_id: str,
        *,
        owner: str = "",
        title: str | None = None,
        pinned: bool | None = None,
    ) -> ConversationRecord:
        """Changes the title, or pins and unpins.

        Raises:
            UnknownConversationError: there is none with this id, or it is another tenant's.
        """
        values: dict[str, Any] = {} if pinned is None else {"pinned": pinned}
        if title is not None:
            values |= {"title": title, "title_words": title.casefold(), "renamed": True}
        return self._change(tenant, conversation_id, owner, values)

    def share(self, tenant: str, conversation_id: str, *, owner: str = "") -> ConversationRecord:
        """Makes a link, or returns the one there is.

        Raises:
            UnknownConversationError: there is none with this id, or it is another tenant's.
        """
        token = func.coalesce(CONVERSATIONS.c.share_token, secrets.token_urlsafe(_TOKEN_BYTES))
        values = {"share_token": token, "shared_at": self._database.now()}
        return self._change(tenant, conversation_id, owner, values)

    def unshare(self, tenant: str, conversation_id: str, *, owner: str = "") -> ConversationRecord:
        """Makes the link invalid; a later one is another.

        Raises:
            UnknownConversationError: there is none with this id, or it is another tenant's.
        """
        return self._change(tenant, conversation_id, owner, {"share_token": None, "shared_at": None})

    def delete(self, tenant: str, conversation_id: str, *, owner: str = "") -> None:
        """Deletes a conversation with its turns and its link.

        Raises:
            UnknownConversationError: there is none with this id, or it is another tenant's.
        """
        with self._database.write() as connection:
            lock_conversation(connection, tenant, conversation_id, owner)
            connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id))

    def remove_old(self, *, days: int) -> int:
        """Removes the conversations without a question for ``days``, all of them for 0. Returns how many.

        Those that no question was ever asked in go after a day.
        """
        with self._database.write() as connection:
            now, last = self._database.now(), CONVERSATIONS.c.updated_at
            unused = and_(last <= now - timedelta(days=1), ~_TURNS_OF.exists())
            old = or_(last <= now - timedelta(days=days), unused)
            return int(connection.execute(delete(CONVERSATIONS).where(old)).rowcount)

    def _whole(
        self, tenant: str, chosen: ColumnElement[bool], conditions: Conditions
    ) -> tuple[ConversationRecord, Sequence[TurnRecord]]:
        shown = and_(true(), *_not_withheld(conditions)).label("is_shown")
        with self._database.read() as connection:
            record = _record(connection, tenant, chosen)
            of_this = TURNS.c.conversation_id == record.conversation_id
            rows = connection.execute(select(TURNS, shown).where(of_this).order_by(TURNS.c.number))
            return record, [_turn(row, now=self._database.now()) for row in rows]

    def _change(self, tenant: str, conversation_id: str, owner: str, values: dict[str, Any]) -> ConversationRecord:
        with self._database.write() as connection:
            lock_conversation(connection, tenant, conversation_id, owner)
            if values:
                connection.execute(update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id).values(**values))
            return _record(connection, tenant, CONVERSATIONS.c.id == conversation_id)


_TURNS_OF = select(TURNS.c.request_id).where(TURNS.c.conversation_id == CONVERSATIONS.c.id)
_COUNT = select(func.count()).where(TURNS.c.conversation_id == CONVERSATIONS.c.id).scalar_subquery()
_RECORDS = select(CONVERSATIONS, _COUNT.label("turns"))


def _not_withheld(conditions: Conditions) -> Conditions:
    """Returns the condition that all that a turn rests on may be read."""
    return rests_on_readable(TURN_VERSIONS, TURNS.c.request_id, conditions)


def _holds(word: str, shown: Conditions) -> ColumnElement[bool]:
    """Returns the condition that a conversation holds a case-folded word, also as a part of a longer one."""
    in_turns = _TURNS_OF.where(TURNS.c.words.contains(word, autoescape=True), *shown).exists()
    return or_(CONVERSATIONS.c.title_words.contains(word, autoescape=True), in_turns)


def _record(connection: Connection, tenant: str, chosen: ColumnElement[bool]) -> ConversationRecord:
    row = connection.execute(_RECORDS.where(chosen, CONVERSATIONS.c.tenant == tenant)).first()
    if row is None:
        raise UnknownConversationError
    return _filled(row)


def _filled(row: Row[Any]) -> ConversationRecord:
    return ConversationRecord(
        conversation_id=row.id,
        collection=row.collection,
        title=row.title,
        pinned=row.pinned,
        share_token=row.share_token,
        turns=row.turns,
        created_at=aware(row.created_at),
        updated_at=aware(row.updated_at),
    )


def _turn(row: Row[Any], *, now: datetime) -> TurnRecord:
    return TurnRecord(
        request_id=row.request_id,
        state=TurnState.INTERRUPTED if is_abandoned(row, now) else TurnState(row.state),
        collection=row.collection,
        question=row.question,
        answer=row.answer if row.is_shown else "",
        body=row.body if row.is_shown else None,
        problem=row.problem,
        asked_at=aware(row.asked_at),
        filter=row.filter,
        is_withheld=not row.is_shown,
    )
