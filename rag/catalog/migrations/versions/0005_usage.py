"""What each answer used: tokens and money, for accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "usage",
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("answered_at", sa.DateTime, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("collection", sa.String(64), nullable=False),
        sa.Column("endpoint", sa.Text),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text),
        sa.Column("prompt_tokens", sa.BigInteger, nullable=False),
        sa.Column("cached_prompt_tokens", sa.BigInteger, nullable=False),
        sa.Column("completion_tokens", sa.BigInteger, nullable=False),
        sa.Column("cost_nanos", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("abstained", sa.Boolean, nullable=False),
        sa.Column("degraded", sa.Boolean, nullable=False),
        sa.Column("cached", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="usage_pkey"),
    )
    op.create_index("usage_answered_at_idx", "usage", ["answered_at"])
    op.create_index("usage_by_tenant", "usage", ["tenant", "answered_at"])
