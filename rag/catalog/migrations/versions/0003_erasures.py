"""When the bytes of a purged version have left the index's files, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the column; what was purged before is erased next."""
    op.add_column("purges", sa.Column("erased_at", sa.DateTime))
    op.create_index("purges_erased_at_idx", "purges", ["erased_at"])
