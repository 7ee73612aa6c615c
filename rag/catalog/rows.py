"""Rows into records, and the statements that documents and jobs share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from rag.catalog.records import DocumentRecord, Failure, JobRecord, JobStage, JobState, VersionState
from rag.catalog.tables import DOCUMENTS, JOBS, VERSIONS
from rag.errors import UnknownJobError
from rag.types import Scope


def document_records(connection: Connection, *conditions: ColumnElement[bool]) -> list[DocumentRecord]:
    """Returns the documents that meet the conditions, those changed last first."""
    rows = connection.execute(
        select(DOCUMENTS).where(*conditions).order_by(DOCUMENTS.c.updated_at.desc(), DOCUMENTS.c.id)
    ).all()
    versions: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for version in connection.execute(
        select(VERSIONS)
        .join(DOCUMENTS, DOCUMENTS.c.id == VERSIONS.c.document_id)
        .where(*conditions, VERSIONS.c.state != VersionState.PURGE)
        .order_by(VERSIONS.c.created_at.desc())
    ):
        versions[version.document_id].append(version)
    return [_document_record(row, versions[row.id]) for row in rows]


def _document_record(document: Row[Any], versions: Sequence[Row[Any]]) -> DocumentRecord:
    newest = versions[0]
    shown = next((row for row in versions if row.id == document.active_version_id), newest)
    processing = newest.state == VersionState.PROCESSING
    return DocumentRecord(
        document_id=document.id,
        scope=Scope(tenant=document.tenant, collection=document.collection),
        name=document.name,
        title=shown.title or document.name,
        media_type=shown.media_type,
        sha256=shown.sha256,
        size_bytes=shown.size_bytes,
        state=VersionState.PROCESSING if processing else VersionState(shown.state),
        version_id=shown.id,
        active_version_id=document.active_version_id,
        page_count=shown.page_count,
        chunk_count=shown.chunk_count,
        warnings=tuple(shown.warnings.splitlines()),
        failure=_failure(newest),
        created_at=_aware(document.created_at),
        updated_at=_aware(document.updated_at),
    )


def job_record(connection: Connection, condition: ColumnElement[bool]) -> JobRecord:
    """Returns the job that meets the condition.

    Raises:
        UnknownJobError: there is none.
    """
    row = connection.execute(
        select(JOBS, VERSIONS.c.error_code, VERSIONS.c.error_detail)
        .join(VERSIONS, VERSIONS.c.id == JOBS.c.version_id, isouter=True)
        .where(condition)
    ).first()
    if row is None:
        raise UnknownJobError(str(condition.compile().params.popitem()[1]))
    return JobRecord(
        job_id=row.id,
        document_id=row.document_id,
        version_id=row.version_id,
        state=JobState(row.state),
        stage=JobStage(row.stage),
        progress=row.progress,
        chunks_done=row.chunks_done,
        chunks_total=row.chunks_total,
        attempts=row.attempts,
        failure=_failure(row),
        created_at=_aware(row.created_at),
        started_at=_aware(row.started_at) if row.started_at else None,
        finished_at=_aware(row.finished_at) if row.finished_at else None,
    )


def mark_for_purge(connection: Connection, *conditions: ColumnElement[bool]) -> None:
    """Gives the versions up; a purge removes their points and files later."""
    connection.execute(update(VERSIONS).where(*conditions).values(state=VersionState.PURGE))


def scope_values(scope: Scope) -> dict[str, str]:
    """Returns the columns that hold a scope."""
    return {"tenant": scope.tenant, "collection": scope.collection}


def _failure(row: Row[Any]) -> Failure | None:
    return Failure(code=row.error_code, detail=row.error_detail) if row.error_code else None


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
