"""Jobs as their readers see them: with their place in the queue, and the version that answers meanwhile."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Subquery, case, exists, func, select

from rag.catalog.records import JobRecord, JobState
from rag.catalog.rows import job_record
from rag.catalog.tables import DOCUMENTS, JOBS, VERSIONS


def job_records(
    connection: Connection, *conditions: ColumnElement[bool], now: datetime, limit: int | None = None
) -> list[JobRecord]:
    """Returns the jobs that meet the conditions, the newest first, in one query."""
    places = _places(*conditions, now=now)
    rows = connection.execute(
        select(JOBS, places.c.position, VERSIONS.c.number.label("active_version_number"))
        .outerjoin(places, places.c.id == JOBS.c.id)
        .outerjoin(DOCUMENTS, DOCUMENTS.c.id == JOBS.c.document_id)
        .outerjoin(VERSIONS, VERSIONS.c.id == DOCUMENTS.c.active_version_id)
        .where(*conditions)
        .order_by(JOBS.c.created_at.desc(), JOBS.c.id.desc())
        .limit(limit)
    )
    return [job_record(row, now=now) for row in rows]


def _places(*conditions: ColumnElement[bool], now: datetime) -> Subquery:
    """Numbers the waiting jobs of all tenants as they were asked for, from 1; those that were put off come last.

    None where no job that meets the conditions waits: most reads are of one that runs or has ended, again and again.
    """
    waiting = JOBS.alias("waiting")
    put_off_until = case((waiting.c.available_at > now, waiting.c.available_at), else_=None)
    turn = (put_off_until.asc().nulls_first(), waiting.c.request_number, waiting.c.created_at, waiting.c.id)
    needed = exists().where(*conditions, JOBS.c.state == JobState.QUEUED)
    return (
        select(waiting.c.id, func.row_number().over(order_by=turn).label("position"))
        .where(waiting.c.state == JobState.QUEUED, needed)
        .subquery("places")
    )
