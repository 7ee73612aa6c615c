"""Jobs as their readers see them: with their place in the queue, and the version that answers meanwhile."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, DateTime, FromClause, Tuple, bindparam, case, func, select, tuple_

from rag.catalog.records import JobRecord, JobState
from rag.catalog.rows import job_record
from rag.catalog.tables import DOCUMENTS, JOBS, VERSIONS

_NOW = bindparam("now", type_=DateTime)


def job_records(
    connection: Connection, *conditions: ColumnElement[bool], now: datetime, limit: int | None = None
) -> list[JobRecord]:
    """Returns the jobs that meet the conditions, the newest first, in one query."""
    rows = connection.execute(_JOBS.where(*conditions).limit(limit), {"now": now})
    return [job_record(row, now=now) for row in rows]


def _position() -> ColumnElement[int | None]:
    """Counts a waiting job and those asked for before it, of all tenants; ``JobQueue.claim`` may go another way.

    Counted for each job that waits, and not at all for others: most reads are of one job, again and again.
    """
    ahead = JOBS.alias("ahead")
    count = (
        select(func.count()).where(ahead.c.state == JobState.QUEUED, _turn(ahead) <= _turn(JOBS)).correlate(JOBS)
    ).scalar_subquery()
    return case((JOBS.c.state == JobState.QUEUED, count))


def _turn(jobs: FromClause) -> Tuple:
    """The order of the requests: jobs that may be taken up now, as they were asked for; then those put off."""
    put_off_until = case((jobs.c.available_at > _NOW, jobs.c.available_at), else_=_NOW)
    return tuple_(put_off_until, jobs.c.request_number, jobs.c.created_at, jobs.c.id)


_JOBS = (
    select(JOBS, _position().label("position"), VERSIONS.c.number.label("active_version_number"))
    .outerjoin(DOCUMENTS, DOCUMENTS.c.id == JOBS.c.document_id)
    .outerjoin(VERSIONS, VERSIONS.c.id == DOCUMENTS.c.active_version_id)
    .order_by(JOBS.c.created_at.desc(), JOBS.c.id)
)
