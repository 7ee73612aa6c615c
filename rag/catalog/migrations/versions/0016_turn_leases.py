"""When the process that writes an answer was last heard of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0012"


def upgrade() -> None:
    """Of turns that are stored already it is not known: the time of their question counts."""
    op.add_column("turns", sa.Column("alive_at", sa.DateTime))
