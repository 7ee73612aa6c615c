"""Model servers that people connect, with their keys encrypted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """There are none at first: those of the settings stay where they are."""
    op.create_table(
        "model_endpoints",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("sealed_key", sa.Text, nullable=True),
        sa.Column("prompt_price", sa.Float, nullable=True),
        sa.Column("completion_price", sa.Float, nullable=True),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="model_endpoints_pkey"),
    )
    op.create_index("model_endpoints_by_name", "model_endpoints", ["name"], unique=True)
