"""The user's side of the queue: shows, cancels and retries jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from rag.access.principal import Principal
from rag.catalog.access.reach import shown_jobs
from rag.catalog.database.connection import Database
from rag.catalog.database.job_records import AHEAD, job_records
from rag.catalog.database.records import JobRecord, JobState, VersionState
from rag.catalog.database.rows import is_unfinished, lock_document, next_request_number, older_than
from rag.catalog.database.tables import DOCUMENTS, JOBS, VERSIONS
from rag.catalog.jobs import cancel_idle_job
from rag.errors import ConflictError, UnknownJobError


class JobBoard:
    """Shows and changes jobs for users. Safe to call from several threads; every change is one transaction.

    With a ``viewer`` there are only the jobs of documents that it may read, and its own of documents that are gone.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def job(self, tenant: str, job_id: str, viewer: Principal | None = None) -> JobRecord:
        """Returns a job.

        Raises:
            UnknownJobError: there is none with this id, it is another tenant's, or the viewer may not see it.
        """
        with self._database.read() as connection:
            return self._record(connection, tenant, job_id, viewer)

    def jobs(
        self,
        tenant: str,
        viewer: Principal | None = None,
        *,
        collection: str | None = None,
        state: JobState | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int = 100,
    ) -> list[JobRecord]:
        """Returns the tenant's jobs, newest first, beginning after the one with that time of creation and id."""
        conditions = [JOBS.c.tenant == tenant, *shown_jobs(JOBS, viewer)]
        if after is not None:
            conditions.append(older_than(JOBS.c.created_at, JOBS.c.id, after))
        if collection is not None:
            conditions.append(JOBS.c.collection == collection)
        if state is not None:
            conditions.append(JOBS.c.state == state)
        with self._database.read() as connection:
            now = self._database.now()
            return job_records(connection, *conditions, now=now, limit=limit, ahead=shown_jobs(AHEAD, viewer))

    def unfinished(self) -> int:
        """Returns how many jobs wait or run, of all tenants, without those in the background."""
        waiting = select(func.count()).select_from(JOBS).where(is_unfinished(), ~JOBS.c.background)
        with self._database.read() as connection:
            return int(connection.execute(waiting).scalar_one())

    def cancel(self, tenant: str, job_id: str, viewer: Principal | None = None) -> JobRecord:
        """Cancels a job that waits; one that runs is stopped by its worker, within seconds.

        Raises:
            UnknownJobError: there is none with this id, or it is another tenant's.
            ConflictError: it has ended.
        """
        with self._database.write() as connection:
            row = self._locked(connection, tenant, job_id, viewer)
            if JobState(row.state).is_final:
                raise ConflictError(f"The job has {row.state} already; there is nothing to cancel.")
            if row.state == JobState.RUNNING:
                connection.execute(update(JOBS).where(JOBS.c.id == job_id).values(cancel_requested=True))
            else:
                cancel_idle_job(connection, row, self._database)
            return self._record(connection, tenant, job_id)

    def retry(self, tenant: str, job_id: str, viewer: Principal | None = None) -> JobRecord:
        """Queues a failed job again, with all its attempts.

        Raises:
            UnknownJobError: there is none with this id, or it is another tenant's.
            ConflictError: it has not failed, or a newer upload has taken its place.
        """
        now = self._database.now()
        with self._database.write() as connection:
            row = self._locked(connection, tenant, job_id, viewer)
            if row.state != JobState.FAILED:
                raise ConflictError(f"The job is {row.state}: only one that failed can be tried again.")
            version = connection.execute(select(VERSIONS).where(VERSIONS.c.id == row.version_id)).first()
            if version is None:
                raise ConflictError("The document was uploaded anew since, or deleted: there is nothing to try again.")
            if version.state == VersionState.FAILED:
                connection.execute(
                    update(VERSIONS)
                    .where(VERSIONS.c.id == version.id)
                    .values(state=VersionState.PROCESSING, error_code=None, error_detail=None)
                )
            connection.execute(
                update(JOBS)
                .where(JOBS.c.id == job_id)
                .values(
                    state=JobState.QUEUED,
                    background=False,
                    attempts=0,
                    postponements=0,
                    cancel_requested=False,
                    superseded=False,
                    error_code=None,
                    error_detail=None,
                    requested_at=now,
                    request_number=next_request_number(),
                    available_at=now,
                    started_at=None,
                    finished_at=None,
                )
            )
            return self._record(connection, tenant, job_id)

    def _locked(self, connection: Connection, tenant: str, job_id: str, viewer: Principal | None) -> Row[Any]:
        lock_document(connection, DOCUMENTS.c.id == self._record(connection, tenant, job_id, viewer).document_id)
        return connection.execute(select(JOBS).where(JOBS.c.id == job_id).with_for_update()).one()

    def _record(self, connection: Connection, tenant: str, job_id: str, viewer: Principal | None = None) -> JobRecord:
        known = (JOBS.c.id == job_id, JOBS.c.tenant == tenant, *shown_jobs(JOBS, viewer))
        found = job_records(connection, *known, now=self._database.now(), ahead=shown_jobs(AHEAD, viewer))
        if not found:
            raise UnknownJobError(job_id)
        return found[0]
