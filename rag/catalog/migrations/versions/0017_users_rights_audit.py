"""Users, groups, sessions, keys, rights, quotas, and the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_USERS_OF = (
    ("conversations", "owner_id"),
    ("answers", "asked_by"),
    ("removed_answers", "asked_by"),
    ("jobs", "requested_by"),
    ("receipts", "requested_by"),
)


def upgrade() -> None:
    """There are no users at first; what is stored already belongs to the first administrator."""
    _create_people()
    _create_ways_in()
    _create_grants()
    _create_trail()
    for table, column in _USERS_OF:
        op.add_column(table, sa.Column(column, sa.String(32), nullable=False, server_default=""))


def _create_people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(64), sa.ForeignKey("tenants.name"), nullable=False),
        sa.Column("name", sa.String(254), nullable=False),
        sa.Column("folded", sa.String(254), nullable=False),
        sa.Column("display_name", sa.String(254), nullable=False, server_default=""),
        sa.Column("password_hash", sa.Text),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("subject", sa.String(512)),
        sa.Column("disabled", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("last_login_at", sa.DateTime),
    )
    op.create_index("users_by_name", "users", ["folded"], unique=True)
    op.create_index("users_by_subject", "users", ["subject"], unique=True)
    op.create_index("users_by_tenant", "users", ["tenant", "folded"])
    op.create_table(
        "groups",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("tenant", sa.String(64), sa.ForeignKey("tenants.name"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_index("groups_by_name", "groups", ["tenant", "name"], unique=True)
    op.create_table(
        "group_members",
        sa.Column("group_id", sa.String(32), sa.ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("group_members_user_id_idx", "group_members", ["user_id"])
    op.create_table(
        "tenant_quotas",
        sa.Column("tenant", sa.String(64), sa.ForeignKey("tenants.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("documents", sa.BigInteger),
        sa.Column("bytes", sa.BigInteger),
        sa.Column("questions_a_day", sa.BigInteger),
        sa.Column("tokens_a_day", sa.BigInteger),
        sa.Column("cost_nanos_a_day", sa.BigInteger),
        sa.Column("connections", sa.Integer),
    )


def _create_ways_in() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("previous_digest", sa.String(64)),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("rotated_at", sa.DateTime, nullable=False),
        sa.Column("used_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    for column in ("previous_digest", "user_id", "expires_at"):
        op.create_index(f"sessions_{column}_idx", "sessions", [column])
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("start", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("rights", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("last_used_at", sa.DateTime),
        sa.Column("revoked_at", sa.DateTime),
    )
    op.create_index("api_keys_user_id_idx", "api_keys", ["user_id"])
    op.create_table(
        "invitations",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
    )
    op.create_index("invitations_user_id_idx", "invitations", ["user_id"])
    op.create_table(
        "login_failures",
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.DateTime, nullable=False),
    )
    op.create_index("login_failures_last_at_idx", "login_failures", ["last_at"])


def _create_grants() -> None:
    op.create_table(
        "collection_grants",
        sa.Column("tenant", sa.String(64), primary_key=True),
        sa.Column("collection", sa.String(64), primary_key=True),
        sa.Column("subject_kind", sa.String(8), primary_key=True),
        sa.Column("subject_id", sa.String(32), primary_key=True),
        sa.Column("level", sa.String(8), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant", "collection"], ["collections.tenant", "collections.name"], ondelete="CASCADE", onupdate="CASCADE"
        ),
    )
    op.create_index("collection_grants_by_subject", "collection_grants", ["subject_id"])
    op.create_table(
        "document_grants",
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("subject_kind", sa.String(8), primary_key=True),
        sa.Column("subject_id", sa.String(32), primary_key=True),
        sa.Column("level", sa.String(8), nullable=False),
    )
    op.create_index("document_grants_by_subject", "document_grants", ["subject_id"])


def _create_trail() -> None:
    op.create_table(
        "audit_events",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("actor_id", sa.String(32), nullable=False),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("target", sa.String(255), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("text_digest", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_index("audit_events_at_idx", "audit_events", ["at"])
    op.create_index("audit_events_by_tenant", "audit_events", ["tenant", "number"])
    op.create_index("audit_events_by_actor", "audit_events", ["actor_id", "number"])
    op.create_table(
        "audit_texts",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.String(32), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "audit_anchors",
        sa.Column("name", sa.String(16), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
    )
