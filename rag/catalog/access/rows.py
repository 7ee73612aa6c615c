"""The tables of users, groups, sessions, keys and rights. Secrets are kept as hashes only."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
)

from rag.catalog.database.tables import METADATA

USERS = Table(
    "users",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), ForeignKey("tenants.name"), nullable=False),
    Column("name", String(254), nullable=False),
    # Names are compared by it. It is unique in the installation: who logs in names no tenant.
    Column("folded", String(254), nullable=False),
    Column("display_name", String(254), nullable=False, default="", server_default=""),
    # Null for users who log in elsewhere, and until an invitation is accepted.
    Column("password_hash", Text),
    Column("roles", Text, nullable=False),  # separated by spaces
    # The issuer and subject of OIDC.
    Column("subject", String(512)),
    Column("disabled", Boolean, nullable=False, default=False, server_default=false()),
    Column("created_at", DateTime, nullable=False),
    Column("last_login_at", DateTime),
    Index("users_by_name", "folded", unique=True),
    Index("users_by_subject", "subject", unique=True),
    Index("users_by_tenant", "tenant", "folded"),
)

GROUPS = Table(
    "groups",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("tenant", String(64), ForeignKey("tenants.name"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Index("groups_by_name", "tenant", "name", unique=True),
)

GROUP_MEMBERS = Table(
    "group_members",
    METADATA,
    Column("group_id", String(32), ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    # The token before this one: it is taken for a short time after a rotation, and means theft later.
    Column("previous_digest", String(64), index=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", DateTime, nullable=False),
    Column("rotated_at", DateTime, nullable=False),
    Column("used_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False, index=True),
)

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    Column("start", String(16), nullable=False),  # the first letters, by which people recognise it
    Column("digest", String(64), nullable=False, unique=True),
    Column("rights", Text, nullable=False),  # separated by spaces
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime),
    Column("last_used_at", DateTime),
    Column("revoked_at", DateTime),
)

INVITATIONS = Table(
    "invitations",
    METADATA,
    Column("digest", String(64), primary_key=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", DateTime, nullable=False),
    Column("expires_at", DateTime, nullable=False),
)

LOGIN_FAILURES = Table(
    "login_failures",
    METADATA,
    # A hash of the account's name, or of the address.
    Column("subject", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", DateTime, nullable=False, index=True),
)

COLLECTION_GRANTS = Table(
    "collection_grants",
    METADATA,
    Column("tenant", String(64), primary_key=True),
    Column("collection", String(64), primary_key=True),
    Column("subject_kind", String(8), primary_key=True),  # user or group
    Column("subject_id", String(32), primary_key=True),
    Column("level", String(8), nullable=False),  # read or write
    ForeignKeyConstraint(
        ["tenant", "collection"], ["collections.tenant", "collections.name"], ondelete="CASCADE", onupdate="CASCADE"
    ),
    Index("collection_grants_by_subject", "subject_id"),
)

DOCUMENT_GRANTS = Table(
    "document_grants",
    METADATA,
    Column("document_id", String(32), ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("subject_kind", String(8), primary_key=True),
    Column("subject_id", String(32), primary_key=True),
    Column("level", String(8), nullable=False),
    Index("document_grants_by_subject", "subject_id"),
)

TENANT_QUOTAS = Table(
    "tenant_quotas",
    METADATA,
    # Null: not bounded. Those of a day begin at midnight, UTC.
    Column("tenant", String(64), ForeignKey("tenants.name", ondelete="CASCADE"), primary_key=True),
    Column("documents", BigInteger),
    Column("bytes", BigInteger),
    Column("questions_a_day", BigInteger),
    Column("tokens_a_day", BigInteger),
    Column("cost_nanos_a_day", BigInteger),
    Column("connections", Integer),
)
