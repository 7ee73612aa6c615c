"""Writes the turns of conversations: when a question comes, and when its answer has ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from rag.answers import Role, Turn
from rag.catalog.access.reach import Conditions, rests_on_readable
from rag.catalog.conversations.records import History, TurnEnd, TurnState
from rag.catalog.database.connection import Database
from rag.catalog.database.conversation_rows import (
    CONVERSATIONS,
    TURN_VERSIONS,
    TURNS,
    lock_conversation,
    settle,
    title_of,
)
from rag.catalog.database.written_from import present_versions
from rag.errors import ConflictError

_MOST_TURNS = 200
_HISTORY_TURNS = 6
_SPOKEN = [
    TURNS.c[name]
    for name in ("request_id", "number", "state", "collection", "question", "answer", "asked_at", "alive_at")
]
_ASKED_AGAIN = (TurnState.STOPPED, TurnState.FAILED, TurnState.INTERRUPTED)


_LEASE = timedelta(seconds=30)
"""Without a word of the process that writes an answer for so long, that process has ended."""


class Turns:
    """Stores turns. Safe to call from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
        tenant: str,
        conversation_id: str,
        *conditions: ColumnElement[bool],
        request_id: str,
        collection: str,
        question: str,
        replaces: str | None = None,
        chosen: str | None = None,
        owner: str = "",
    ) -> History:
        """Adds a question, and returns the turns that it follows, without those that rest on hidden documents.

        ``conditions`` over ``DOCUMENTS`` say which are not.

        It takes the place of the turn that it replaces, or of the last one, if that is the same question without an
        answer. ``chosen`` is its filter, as JSON.

        Raises:
            UnknownConversationError: there is none with this id, or it is another tenant's.
            ConflictError: it has as many turns as may be.
        """
        with self._database.write() as connection:
            conversation = lock_conversation(connection, tenant, conversation_id, owner)
            of_this = TURNS.c.conversation_id == conversation_id
            rows = list(connection.execute(select(*_SPOKEN).where(of_this).order_by(TURNS.c.number)))
            number = rows[-1].number + 1 if rows else 1
            now = self._database.now()
            if (replaced := _replaced(rows, question, replaces, now)) is not None:
                connection.execute(delete(TURNS).where(TURNS.c.request_id == replaced.request_id))
                number, rows = replaced.number, [row for row in rows if row.number < replaced.number]
            elif len(rows) >= _MOST_TURNS:
                raise ConflictError(f"This conversation has {_MOST_TURNS} turns, as many as may be. Begin a new one.")
            turn = insert(TURNS).values(
                request_id=request_id,
                conversation_id=conversation_id,
                number=number,
                state=TurnState.RUNNING,
                collection=collection,
                question=question,
                answer="",
                words=question.casefold(),
                filter=chosen,
                asked_at=now,
                alive_at=now,
            )
            connection.execute(turn)
            title = conversation.title if conversation.renamed or rows else title_of(question)
            values = {"title": title, "title_words": title.casefold(), "collection": collection, "updated_at": now}
            connection.execute(update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id).values(**values))
            return _history(connection, rows, collection, conditions)

    def renew(self, request_id: str) -> None:
        """Says that the answer of a turn is still being written."""
        with self._database.write() as connection:
            this = TURNS.c.request_id == request_id
            connection.execute(update(TURNS).where(this).values(alive_at=self._database.now()))

    def last_filter(self, tenant: str, conversation_id: str, *, collection: str, owner: str = "") -> str | None:
        """Returns the filter of the last turn, as JSON, if that was asked in the same collection."""
        of_this = select(TURNS.c.filter, TURNS.c.collection).join(
            CONVERSATIONS, CONVERSATIONS.c.id == TURNS.c.conversation_id
        )
        is_own = (CONVERSATIONS.c.tenant == tenant) & (CONVERSATIONS.c.owner_id == owner)
        last = of_this.where(is_own, CONVERSATIONS.c.id == conversation_id)
        with self._database.read() as connection:
            row = connection.execute(last.order_by(TURNS.c.number.desc()).limit(1)).first()
        return row.filter if row is not None and row.collection == collection else None

    def end(self, end: TurnEnd) -> None:
        """Stores the end of a turn; removes the turn if a version that it may quote has been deleted since it began."""
        this = TURNS.c.request_id == end.request_id
        with self._database.write() as connection:
            is_whole = end.version_ids <= present_versions(connection, end.version_ids)
            found = connection.execute(select(TURNS.c.conversation_id, TURNS.c.question).where(this)).first()
            if found is None:  # the conversation was deleted
                return
            conversation = CONVERSATIONS.c.id == found.conversation_id
            connection.execute(select(CONVERSATIONS.c.id).where(conversation).with_for_update())
            if not is_whole:
                connection.execute(delete(TURNS).where(this))
                settle(connection, [found.conversation_id])
                return
            values = {"state": end.state, "answer": end.answer, "body": end.body, "problem": end.problem}
            values |= {"words": f"{found.question}\n{end.answer}".casefold()}
            connection.execute(update(TURNS).where(this).values(**values))
            if end.version_ids:
                rows = [{"request_id": end.request_id, "version_id": each} for each in sorted(end.version_ids)]
                connection.execute(insert(TURN_VERSIONS), rows)
            connection.execute(update(CONVERSATIONS).where(conversation).values(updated_at=self._database.now()))

    def drop(self, request_id: str) -> None:
        """Removes a turn whose question was refused."""
        with self._database.write() as connection:
            connection.execute(delete(TURNS).where(TURNS.c.request_id == request_id))

    def interrupt_running(self) -> None:
        """Marks the turns that a process was writing when it ended; no other process may be writing one."""
        with self._database.write() as connection:
            running = update(TURNS).where(TURNS.c.state == TurnState.RUNNING)
            connection.execute(running.values(state=TurnState.INTERRUPTED))


def is_abandoned(turn: Row[Any], now: datetime) -> bool:
    """Returns whether the process that was writing the answer of a turn has ended."""
    heard_of: datetime = turn.alive_at or turn.asked_at
    return turn.state == TurnState.RUNNING and heard_of < now - _LEASE


def _replaced(rows: Sequence[Row[Any]], question: str, replaces: str | None, now: datetime) -> Row[Any] | None:
    if replaces is not None:
        return next((row for row in rows if row.request_id == replaces), None)
    if not rows or rows[-1].question != question:
        return None
    return rows[-1] if rows[-1].state in _ASKED_AGAIN or is_abandoned(rows[-1], now) else None


def _history(connection: Connection, rows: Sequence[Row[Any]], collection: str, conditions: Conditions) -> History:
    """Returns the last answered turns in this collection; those before a turn in another one are about other things."""
    same = takewhile(lambda row: row.collection == collection, reversed(rows))
    answered = [row for row in same if row.state == TurnState.ANSWERED][:_HISTORY_TURNS][::-1]
    if conditions:
        shown = rests_on_readable(TURN_VERSIONS, TURNS.c.request_id, conditions)
        among = TURNS.c.request_id.in_([row.request_id for row in answered])
        told = set(connection.execute(select(TURNS.c.request_id).where(among, *shown)).scalars())
        answered = [row for row in answered if row.request_id in told]
    spoken = [((Role.USER, row.question), (Role.ASSISTANT, row.answer)) for row in answered]
    turns = tuple(Turn(role=role, content=content) for pair in spoken for role, content in pair)
    chosen = TURN_VERSIONS.c.request_id.in_([row.request_id for row in answered])
    versions = connection.execute(select(TURN_VERSIONS.c.version_id).where(chosen)).scalars()
    return History(turns=turns, version_ids=frozenset(versions))
