"""Which version of the parser read each version of a document, and jobs that run after all others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Counts every text there is as read by the first parser."""
    op.add_column("versions", sa.Column("parser_version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("jobs", sa.Column("background", sa.Boolean, nullable=False, server_default=sa.false()))
