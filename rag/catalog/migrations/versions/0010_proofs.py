"""The sentences of an answer with their citations, and the answers that were removed with a document."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Answers that are stored already have no sentences."""
    op.add_column("answers", sa.Column("sentences", sa.Text, nullable=False, server_default="[]"))
    op.create_table(
        "removed_answers",
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("removed_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="removed_answers_pkey"),
    )
    op.create_index("removed_answers_removed_at_idx", "removed_answers", ["removed_at"])
