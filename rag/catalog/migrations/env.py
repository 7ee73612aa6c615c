"""Run by Alembic, on the connection that ``rag.catalog.database.connection`` hands over."""

from __future__ import annotations

from alembic import context

from rag.catalog.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
