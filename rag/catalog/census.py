"""Counts of the whole catalogue, of all tenants, for whoever watches over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from rag.catalog.database.connection import Database
from rag.catalog.database.records import JobState
from rag.catalog.database.tables import DOCUMENTS, JOBS, VERSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """``chunks`` are those of active versions; ``oldest_waiting`` is how long the first job in the queue has waited."""

    jobs: Mapping[JobState, int]
    oldest_waiting: timedelta
    documents: int
    chunks: int


def take_census(database: Database) -> Census:
    """Returns the counts at this moment.

    Raises:
        CatalogUnavailableError: the database does not answer.
    """
    by_state = select(JOBS.c.state, func.count()).group_by(JOBS.c.state)
    active = select(func.count(), func.coalesce(func.sum(VERSIONS.c.chunk_count), 0)).select_from(DOCUMENTS)
    active = active.join(VERSIONS, VERSIONS.c.id == DOCUMENTS.c.active_version_id)
    waiting = select(func.min(JOBS.c.requested_at)).where(JOBS.c.state == JobState.QUEUED)
    with database.read() as connection:
        found = {state: int(count) for state, count in connection.execute(by_state)}
        oldest = connection.execute(waiting).scalar()
        documents, chunks = connection.execute(active).one()
    return Census(
        jobs={state: found.get(state, 0) for state in JobState},
        oldest_waiting=max(timedelta(0), database.now() - oldest) if oldest else timedelta(0),
        documents=int(documents),
        chunks=int(chunks),
    )
