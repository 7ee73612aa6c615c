"""Conversations with their turns, and the versions that each turn was written from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("collection", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("title_words", sa.Text, nullable=False),
        sa.Column("renamed", sa.Boolean, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("share_token", sa.String(64)),
        sa.Column("shared_at", sa.DateTime),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="conversations_pkey"),
    )
    op.create_index("conversations_by_tenant", "conversations", ["tenant", "pinned", "updated_at"])
    op.create_index("conversations_by_token", "conversations", ["share_token"], unique=True)
    op.create_index("conversations_updated_at_idx", "conversations", ["updated_at"])
    op.create_table(
        "turns",
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("conversation_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("collection", sa.String(64), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("problem", sa.Text),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="turns_pkey"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
    )
    op.create_index("turns_by_number", "turns", ["conversation_id", "number"], unique=True)
    op.create_index("turns_state_idx", "turns", ["state"])
    op.create_table(
        "turn_versions",
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("version_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "version_id", name="turn_versions_pkey"),
        sa.ForeignKeyConstraint(["request_id"], ["turns.request_id"], ondelete="CASCADE"),
    )
    op.create_index("turn_versions_version_id_idx", "turn_versions", ["version_id"])
