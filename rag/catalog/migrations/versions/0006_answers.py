"""Answers that are remembered for a while, the versions they were written from, and what people said of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "answers",
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("collection", sa.String(64), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("citations", sa.Text, nullable=False),
        sa.Column("abstention", sa.String(32)),
        sa.Column("cached", sa.Boolean, nullable=False),
        sa.Column("experiment", sa.String(64)),
        sa.Column("arm", sa.String(16)),
        sa.Column("shadow_of", sa.String(32)),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("milliseconds", sa.Float, nullable=False),
        sa.Column("cost_nanos", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.PrimaryKeyConstraint("request_id", name="answers_pkey"),
    )
    op.create_index("answers_asked_at_idx", "answers", ["asked_at"])
    op.create_index("answers_by_tenant", "answers", ["tenant", "asked_at"])
    op.create_table(
        "answer_versions",
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("version_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "version_id", name="answer_versions_pkey"),
        sa.ForeignKeyConstraint(["request_id"], ["answers.request_id"], ondelete="CASCADE"),
    )
    op.create_index("answer_versions_version_id_idx", "answer_versions", ["version_id"])
    op.create_table(
        "feedback",
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("corrected_answer", sa.Text, nullable=False),
        sa.Column("given_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="feedback_pkey"),
        sa.ForeignKeyConstraint(["request_id"], ["answers.request_id"], ondelete="CASCADE"),
    )
    op.create_index("feedback_by_tenant", "feedback", ["tenant", "given_at"])
