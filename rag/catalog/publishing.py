"""Switches a document's active version, in the transaction that ends the version's job."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from rag.catalog.database.description_rows import set_from_file
from rag.catalog.database.records import IndexedVersion, VersionState
from rag.catalog.database.rows import (
    is_unfinished,
    note_change,
    queue_versions_for_purge,
    request_purge,
    scope_of,
)
from rag.catalog.database.tables import DOCUMENTS, JOBS, VERSIONS


def publish(
    connection: Connection,
    document: Row[Any],
    job: Row[Any],
    version: IndexedVersion,
    *,
    versions_kept: int,
    now: datetime,
) -> bool:
    """Makes the version of a job the active one. Returns False if one that was requested later is active already.

    The version that was active before is kept without its points; versions beyond those kept are purged.
    """
    connection.execute(
        update(VERSIONS)
        .where(VERSIONS.c.id == job.version_id)
        .values(state=VersionState.READY, chunk_count=version.chunk_count, **_facts(version))
    )
    active = document.active_request_number
    superseded = active is not None and job.request_number < active
    if superseded:
        request_purge(connection, VERSIONS.c.id == job.version_id, now=now, index_only=True)
    else:
        _switch(connection, document, job, now=now)
        set_from_file(connection, document.id, version.description)
    _purge_surplus_versions(connection, document.id, kept=versions_kept, now=now)
    return not superseded


def keep_active_version(
    connection: Connection, document: Row[Any], job: Row[Any], version: IndexedVersion, *, parser_version: int
) -> None:
    """Removes the version of a job, which reads as the active one does; that one counts as read by the newer parser.

    No purge is needed: the version that is removed has no points, no label, and no answers.
    """
    connection.execute(delete(VERSIONS).where(VERSIONS.c.id == job.version_id))
    connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(version_id=document.active_version_id))
    connection.execute(
        update(VERSIONS)
        .where(VERSIONS.c.id == document.active_version_id)
        .values(parser_version=parser_version, **_facts(version))
    )
    set_from_file(connection, document.id, version.description)


def _facts(version: IndexedVersion) -> dict[str, object]:
    warnings = "\n".join(version.warnings)
    return {"title": version.title, "page_count": version.page_count, "warnings": warnings}


def _switch(connection: Connection, document: Row[Any], job: Row[Any], *, now: datetime) -> None:
    """Makes the job's version the active one, and queues a purge of the points of the one before."""
    if document.active_version_id != job.version_id:
        request_purge(connection, VERSIONS.c.id == document.active_version_id, now=now, index_only=True)
    connection.execute(
        update(DOCUMENTS)
        .where(DOCUMENTS.c.id == document.id)
        .values(active_version_id=job.version_id, active_request_number=job.request_number, updated_at=now)
    )
    note_change(connection, scope_of(document))


def _purge_surplus_versions(connection: Connection, document_id: str, *, kept: int, now: datetime) -> None:
    """Queues a purge of ready versions that are not kept, except the active one and those with a job.

    Kept are the newest ``kept`` originals, each in its newest ``kept`` readings, so that reading a document again
    does not push out what was uploaded.
    """
    in_work = select(JOBS.c.version_id).where(JOBS.c.document_id == document_id, is_unfinished())
    active = select(DOCUMENTS.c.active_version_id).where(DOCUMENTS.c.id == document_id).scalar_subquery()
    is_active = VERSIONS.c.id == active
    ready = connection.execute(
        select(VERSIONS.c.id, VERSIONS.c.sha256)
        .where(
            VERSIONS.c.document_id == document_id,
            VERSIONS.c.state == VersionState.READY,
            is_active | VERSIONS.c.id.not_in(in_work),
        )
        .order_by(is_active.desc(), VERSIONS.c.number.desc())
    ).all()
    readings: Counter[str] = Counter()
    surplus = []
    for version in ready:
        if readings[version.sha256] == kept or (version.sha256 not in readings and len(readings) == kept):
            surplus.append(version.id)
        else:
            readings[version.sha256] += 1
    queue_versions_for_purge(connection, VERSIONS.c.id.in_(surplus), now=now)
