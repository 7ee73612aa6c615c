"""The tables of the audit trail: who did what. Rows are added and never changed; texts can be erased."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Index, String, Table, Text

from rag.catalog.database.tables import METADATA

AUDIT_EVENTS = Table(
    "audit_events",
    METADATA,
    # Without a gap, over all tenants.
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime, nullable=False, index=True),
    Column("tenant", String(64), nullable=False),
    Column("actor_id", String(32), nullable=False),
    Column("via", String(16), nullable=False),
    Column("event", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("target", String(255), nullable=False),
    Column("details", Text, nullable=False),  # JSON, without personal data
    # The hash of the salted text in ``audit_texts``, which outlives the text; empty for a row without one.
    Column("text_digest", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Index("audit_events_by_tenant", "tenant", "number"),
    Index("audit_events_by_actor", "actor_id", "number"),
)

AUDIT_TEXTS = Table(
    "audit_texts",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", String(32), nullable=False),
    # JSON: names of people and documents, addresses, and questions where they are kept.
    Column("text", Text, nullable=False),
)

AUDIT_ANCHORS = Table(
    "audit_anchors",
    METADATA,
    # A day (YYYY-MM-DD); ``head`` for the last row, ``pruned`` for the last one that retention removed.
    Column("name", String(16), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("made_at", DateTime, nullable=False),
    # An HMAC by the installation's secret; empty where that could not be read.
    Column("seal", String(64), nullable=False),
)
