"""The tables of conversations, and what a delete of documents takes out of them. Times are UTC without a zone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    select,
    update,
)

from rag.catalog.database.tables import METADATA
from rag.errors import UnknownConversationError

_TITLE_CHARACTERS = 80

CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), nullable=False),
    # The user whose it is; empty without logins, and for those from before there were users.
    Column("owner_id", String(32), nullable=False, default="", server_default=""),
    # That of the last question: each turn has its own.
    Column("collection", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("title_words", Text, nullable=False),  # case-folded, to search in
    # A user gave the title; any other is the first question's, and goes with it.
    Column("renamed", Boolean, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("share_token", String(64)),
    Column("shared_at", DateTime),
    Column("created_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False, index=True),
    Index("conversations_by_tenant", "tenant", "pinned", "updated_at"),
    Index("conversations_by_token", "share_token", unique=True),
)

TURNS = Table(
    "turns",
    METADATA,
    Column("request_id", String(32), primary_key=True),
    Column("conversation_id", String(32), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("collection", String(64), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("words", Text, nullable=False),  # question and answer, case-folded, to search in
    Column("body", Text),  # JSON: the answer as it was sent, or what was written of it
    Column("problem", Text),  # JSON
    Column("filter", Text),  # JSON as it was sent, null without one
    Column("asked_at", DateTime, nullable=False),
    Column("alive_at", DateTime),  # when the process that writes the answer was last heard of
    Index("turns_by_number", "conversation_id", "number", unique=True),
)

TURN_VERSIONS = Table(
    "turn_versions",
    METADATA,
    # All versions that the writer was shown, for this turn or for those that it follows up.
    Column("request_id", String(32), ForeignKey("turns.request_id", ondelete="CASCADE"), primary_key=True),
    Column("version_id", String(32), primary_key=True, index=True),
)


def lock_conversation(connection: Connection, tenant: str, conversation_id: str, owner: str) -> Row[Any]:
    """Locks a user's conversation until the transaction ends, and returns its row.

    Raises:
        UnknownConversationError: there is none with this id, or it is another user's.
    """
    chosen = CONVERSATIONS.c.id == conversation_id, CONVERSATIONS.c.tenant == tenant, CONVERSATIONS.c.owner_id == owner
    row = connection.execute(select(CONVERSATIONS).where(*chosen).with_for_update()).first()
    if row is None:
        raise UnknownConversationError
    return row


def adopt_conversations(connection: Connection, tenant: str, user_id: str) -> None:
    """Gives a user the conversations of a tenant that have no owner: those from before there were users."""
    unowned = CONVERSATIONS.c.tenant == tenant, CONVERSATIONS.c.owner_id == ""
    connection.execute(update(CONVERSATIONS).where(*unowned).values(owner_id=user_id))


def remove_turns(connection: Connection, version_ids: Sequence[str]) -> None:
    """Removes the turns that were written from these versions, and the conversations that have no turn left."""
    written = select(TURN_VERSIONS.c.request_id).where(TURN_VERSIONS.c.version_id.in_(version_ids))
    touched = select(TURNS.c.conversation_id).where(TURNS.c.request_id.in_(written))
    # Conversations are locked before their turns, by all transactions, so that none waits in a circle.
    known = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.id.in_(touched)).order_by(CONVERSATIONS.c.id)
    conversation_ids = connection.execute(known.with_for_update()).scalars().all()
    if conversation_ids:
        connection.execute(delete(TURNS).where(TURNS.c.request_id.in_(written)))
        settle(connection, conversation_ids)


def settle(connection: Connection, conversation_ids: Sequence[str]) -> None:
    """Removes the conversations without turns, and gives the others the title of their first question."""
    turns = select(TURNS.c.request_id).where(TURNS.c.conversation_id == CONVERSATIONS.c.id)
    chosen = CONVERSATIONS.c.id.in_(conversation_ids)
    connection.execute(delete(CONVERSATIONS).where(chosen, ~turns.exists()))
    left = select(CONVERSATIONS.c.id).where(chosen, ~CONVERSATIONS.c.renamed)
    for conversation_id in connection.execute(left).scalars().all():
        first = select(TURNS.c.question).where(TURNS.c.conversation_id == conversation_id).order_by(TURNS.c.number)
        title = title_of(connection.execute(first.limit(1)).scalar_one())
        this = CONVERSATIONS.c.id == conversation_id
        connection.execute(update(CONVERSATIONS).where(this).values(title=title, title_words=title.casefold()))


def title_of(question: str) -> str:
    """Returns a question in one line, cut at a space where there is one near the end."""
    flat = " ".join(question.split())
    if len(flat) <= _TITLE_CHARACTERS:
        return flat
    cut = flat[: _TITLE_CHARACTERS - 1]
    start, _, _ = cut.rpartition(" ")
    return f"{start if len(start) > _TITLE_CHARACTERS // 2 else cut}…"
