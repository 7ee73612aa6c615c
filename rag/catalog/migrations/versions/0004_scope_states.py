"""What tells whoever caches answers that something in a collection has become visible or invisible."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the table; a collection has no state until something in it changes."""
    op.create_table(
        "scope_states",
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("collection", sa.String(64), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "collection", name="scope_states_pkey"),
    )
