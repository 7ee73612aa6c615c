"""Which version of a document is the active one, and which are kept beside it: statements inside a transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from rag.catalog.database.records import VersionState
from rag.catalog.database.rows import give_up_versions, is_unfinished, note_change, request_purge, scope_of
from rag.catalog.database.tables import DOCUMENTS, JOBS, VERSIONS


def came_too_late(document: Row[Any], job: Row[Any]) -> bool:
    """Whether the active version was asked for after this job was: then the job changes nothing."""
    active = document.active_request_number
    return active is not None and job.request_number < active


def switch_to(connection: Connection, document: Row[Any], job: Row[Any], *, now: datetime) -> None:
    """Makes the job's version the active one; the one before keeps its text and original, and loses its points."""
    if document.active_version_id != job.version_id:
        request_purge(connection, VERSIONS.c.id == document.active_version_id, now=now, index_only=True)
    connection.execute(
        update(DOCUMENTS)
        .where(DOCUMENTS.c.id == document.id)
        .values(active_version_id=job.version_id, active_request_number=job.request_number, updated_at=now)
    )
    note_change(connection, scope_of(document))


def retire_old(connection: Connection, document_id: str, *, kept: int, now: datetime) -> None:
    """Gives up the oldest ready versions beyond ``kept``, never the active one or one that a job works on."""
    in_work = select(JOBS.c.version_id).where(JOBS.c.document_id == document_id, is_unfinished())
    active = select(DOCUMENTS.c.active_version_id).where(DOCUMENTS.c.id == document_id)
    surplus = connection.execute(
        select(VERSIONS.c.id)
        .where(
            VERSIONS.c.document_id == document_id,
            VERSIONS.c.state == VersionState.READY,
            VERSIONS.c.id.not_in(in_work),
            VERSIONS.c.id.not_in(active),
        )
        .order_by(VERSIONS.c.number.desc())
        .offset(kept - 1)
    ).scalars()
    give_up_versions(connection, VERSIONS.c.id.in_(surplus.all()), now=now)
