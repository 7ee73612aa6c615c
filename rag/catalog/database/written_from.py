"""Which versions still exist, of those that something was written from."""

from __future__ import annotations

from sqlalchemy import Connection, select

from rag.catalog.database.tables import VERSIONS


def present_versions(connection: Connection, version_ids: frozenset[str]) -> set[str]:
    """Returns those that still exist; a delete of one of them waits until this transaction ends."""
    kept = select(VERSIONS.c.id).where(VERSIONS.c.id.in_(version_ids)).order_by(VERSIONS.c.id)
    return set(connection.execute(kept.with_for_update(read=True, key_share=True)).scalars())
