"""Reads jobs as users see them: with their place in the queue and the number of the document's active version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    FromClause,
    Select,
    bindparam,
    case,
    desc,
    exists,
    func,
    null,
    select,
    tuple_,
    union_all,
)

from rag.catalog.database.records import JobRecord, JobState
from rag.catalog.database.rows import job_record
from rag.catalog.database.tables import DOCUMENTS, JOBS, VERSIONS

_NOW = bindparam("now", type_=DateTime)
AHEAD = JOBS.alias("ahead")
"""The jobs that a waiting one is counted among."""
_OWN_VERSIONS = VERSIONS.alias("own_versions")


def job_records(
    connection: Connection,
    *conditions: ColumnElement[bool],
    now: datetime,
    limit: int | None = None,
    ahead: Sequence[ColumnElement[bool]] = (),
) -> list[JobRecord]:
    """Returns the jobs that meet the conditions, the newest first, in one query.

    A waiting job's place counts those of its tenant that meet the conditions ``ahead``, which are over ``AHEAD``.
    Without a limit few jobs are expected: the place of each waiting one is counted by itself, which is faster for
    clients that poll one job.
    """
    if limit is None:
        statement = _counted(ahead).where(*conditions)
    else:
        statement = _numbered(*conditions, limit=limit, ahead=ahead)
    return [job_record(row, now=now) for row in connection.execute(statement, {"now": now})]


def _numbered(*conditions: ColumnElement[bool], limit: int, ahead: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Selects a page of jobs: if one of them waits, all waiting jobs are numbered once."""
    needed = exists().where(*conditions, JOBS.c.state == JobState.QUEUED)
    place = func.row_number().over(partition_by=AHEAD.c.tenant, order_by=_turn(AHEAD)).label("position")
    places = select(AHEAD.c.id, place).where(AHEAD.c.state == JobState.QUEUED, needed, *ahead).subquery("places")
    # Separate from the others: in one outer join SQLite would scan all places for each job.
    waiting = select(JOBS, places.c.position).join_from(places, JOBS, places.c.id == JOBS.c.id).where(*conditions)
    others = select(JOBS, null().label("position")).where(*conditions, JOBS.c.state != JobState.QUEUED)
    page = union_all(waiting, others).order_by(desc("created_at"), desc("id")).limit(limit).subquery("page")
    return _with_version(select(page), page)


def _turn(jobs: FromClause) -> list[ColumnElement[Any]]:
    """Returns the order of places: jobs that are available now, as requested; the postponed ones; the background.

    It is not the order in which workers claim them.
    """
    put_off_until = case((jobs.c.available_at > _NOW, jobs.c.available_at), else_=_NOW)
    return [jobs.c.background, put_off_until, jobs.c.request_number, jobs.c.created_at, jobs.c.id]


def _with_version(statement: Select[Any], jobs: FromClause) -> Select[Any]:
    return (
        statement.add_columns(VERSIONS.c.number.label("active_version_number"), _OWN_VERSIONS.c.warnings)
        .outerjoin(DOCUMENTS, DOCUMENTS.c.id == jobs.c.document_id)
        .outerjoin(VERSIONS, VERSIONS.c.id == DOCUMENTS.c.active_version_id)
        .outerjoin(_OWN_VERSIONS, _OWN_VERSIONS.c.id == jobs.c.version_id)
        .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
    )


def _counted(ahead: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """Selects jobs, each with its place."""
    before = (AHEAD.c.state == JobState.QUEUED, AHEAD.c.tenant == JOBS.c.tenant, _NOT_AFTER, *ahead)
    count = select(func.count()).where(*before).correlate(JOBS).scalar_subquery()
    return _with_version(select(JOBS, case((JOBS.c.state == JobState.QUEUED, count)).label("position")), JOBS)


_NOT_AFTER = tuple_(*_turn(AHEAD)) <= tuple_(*_turn(JOBS))
