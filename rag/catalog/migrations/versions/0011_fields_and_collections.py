"""Tags and fields of documents, descriptions and settings of collections, and the filters of turns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Documents that are stored already have no tags and fields until they are read again."""
    op.add_column("collections", sa.Column("description", sa.Text, nullable=False, server_default=""))
    op.add_column("collections", sa.Column("settings", sa.Text, nullable=False, server_default="{}"))
    op.add_column("turns", sa.Column("filter", sa.Text))
    op.create_table(
        "document_tags",
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("folded", sa.String(128), nullable=False),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.Column("given", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("document_id", "folded", name="document_tags_pkey"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], ondelete="CASCADE"),
    )
    op.create_index("document_tags_by_tag", "document_tags", ["folded", "document_id"])
    op.create_table(
        "document_fields",
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("type", sa.String(8), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("folded", sa.String(256), nullable=False),
        sa.Column("number", sa.Float),
        sa.Column("day", sa.String(10)),
        sa.Column("given", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("document_id", "name", name="document_fields_pkey"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], ondelete="CASCADE"),
    )
    op.create_index("document_fields_by_value", "document_fields", ["name", "folded", "document_id"])
