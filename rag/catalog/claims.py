"""The order in which waiting jobs are claimed: tenants in turn, the background last, small documents first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, or_, select

from rag.catalog.database.records import JobState
from rag.catalog.database.tables import JOBS, PURGES, VERSIONS

LONGEST_DELAY = timedelta(seconds=60)
"""The longest time that a postponed job waits."""
MOST_SMALL_CHUNKS = 500
"""The most chunks that a small document has: 256 KiB of plain text, encoded in some 12 s."""
_SMALL_BYTES = 256 * 1_024  # a page of a scan, most letters and notes; not a table of thousands of rows
_SMALL_FIRST = timedelta(minutes=10)
"""After this time smaller documents no longer go before a larger one."""
_REQUEST_ORDER = (JOBS.c.request_number, JOBS.c.created_at, JOBS.c.id)


def waiting_jobs(now: datetime, *, small_only: bool, own: frozenset[str] = frozenset()) -> Select[Any]:
    """Selects the jobs that may be claimed, joined with their versions; none of ``own``."""
    purging = select(PURGES.c.id).where(PURGES.c.version_id == JOBS.c.version_id, PURGES.c.index_at.is_(None))
    selected = (
        select(JOBS)
        .join(VERSIONS, VERSIONS.c.id == JOBS.c.version_id)
        .where(
            or_(
                (JOBS.c.state == JobState.QUEUED) & _is_available(now),
                (JOBS.c.state == JobState.RUNNING) & (JOBS.c.lease_until < now),
            ),
            ~purging.exists(),
            JOBS.c.id.not_in(own),
        )
    )
    return selected.where(_is_small()) if small_only else selected


def tenants_in_turn(connection: Connection, waiting: Select[Any], now: datetime) -> list[str]:
    """Returns the tenants that have waiting jobs, in the order of their turns."""
    tenants = list(connection.execute(waiting.with_only_columns(JOBS.c.tenant).distinct()).scalars())
    if len(tenants) < 2:  # noqa: PLR2004 - a single tenant needs no turns
        return tenants
    is_running = (JOBS.c.state == JobState.RUNNING) & (JOBS.c.lease_until >= now)
    running, last_taken = func.count(case((is_running, 1))), func.max(JOBS.c.started_at)
    counted = select(JOBS.c.tenant, running, last_taken).group_by(JOBS.c.tenant)
    turns = {tenant: (count, last is not None, last, tenant) for tenant, count, last in connection.execute(counted)}
    return sorted(tenants, key=turns.__getitem__)


def next_of(waiting: Select[Any], tenant: str, now: datetime) -> Select[Any]:
    """Selects and locks the tenant's job whose turn it is."""
    gives_way = case((~_is_small() & (JOBS.c.available_at > now - _SMALL_FIRST), 1), else_=0)
    selected = waiting.where(JOBS.c.tenant == tenant).order_by(JOBS.c.background, gives_way, *_REQUEST_ORDER).limit(1)
    return selected.with_for_update(of=JOBS, skip_locked=True)


def _is_small() -> ColumnElement[bool]:
    chunks_left = JOBS.c.chunks_total - JOBS.c.chunks_done
    small: ColumnElement[bool] = (VERSIONS.c.size_bytes <= _SMALL_BYTES) & (chunks_left <= MOST_SMALL_CHUNKS)
    return small


def _is_available(now: datetime) -> ColumnElement[bool]:
    """Returns the condition that a job may be claimed: its time has come, or was set by a clock that ran ahead."""
    return (JOBS.c.available_at <= now) | (JOBS.c.available_at > now + 2 * LONGEST_DELAY)
