"""The queue of documents to take in."""

from __future__ import annotations

from sqlalchemy import func, select, update

from rag.catalog.database import Database, now
from rag.catalog.records import Failure, JobRecord, JobStage, JobState, Task, VersionState
from rag.catalog.rows import job_record, mark_for_purge
from rag.catalog.tables import DOCUMENTS, JOBS, VERSIONS
from rag.errors import UnknownJobError
from rag.types import Scope


class JobQueue:
    """Safe to call from several threads; every method that changes something is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self) -> Task | None:
        """Takes the oldest waiting job, or None."""
        with self._database.write() as connection:
            row = connection.execute(
                select(JOBS.c.id.label("job_id"), JOBS.c.attempts, JOBS.c.version_id, DOCUMENTS.c.name, VERSIONS)
                .join(DOCUMENTS, DOCUMENTS.c.id == JOBS.c.document_id)
                .join(VERSIONS, VERSIONS.c.id == JOBS.c.version_id)
                .where(JOBS.c.state == JobState.QUEUED)
                .order_by(JOBS.c.created_at, JOBS.c.id)
                .limit(1)
            ).first()
            if row is None:
                return None
            connection.execute(
                update(JOBS)
                .where(JOBS.c.id == row.job_id)
                .values(
                    state=JobState.RUNNING,
                    stage=JobStage.PARSING,
                    attempts=JOBS.c.attempts + 1,
                    started_at=now(),
                )
            )
            return Task(
                job_id=row.job_id,
                document_id=row.document_id,
                version_id=row.version_id,
                scope=Scope(tenant=row.tenant, collection=row.collection),
                name=row.name,
                media_type=row.media_type,
                sha256=row.sha256,
                attempt=row.attempts + 1,
            )

    def requeue_running(self) -> int:
        """Puts back the jobs that were running when the process that owned the folder ended. Returns how many."""
        with self._database.write() as connection:
            result = connection.execute(
                update(JOBS)
                .where(JOBS.c.state == JobState.RUNNING)
                .values(state=JobState.QUEUED, stage=JobStage.QUEUED, progress=0.0, chunks_done=0)
            )
            return int(result.rowcount)

    def report(
        self, job_id: str, *, stage: JobStage, progress: float, chunks_done: int = 0, chunks_total: int = 0
    ) -> None:
        """Notes how far a job is."""
        with self._database.write() as connection:
            connection.execute(
                update(JOBS)
                .where(JOBS.c.id == job_id)
                .values(stage=stage, progress=progress, chunks_done=chunks_done, chunks_total=chunks_total)
            )

    def finish(
        self, task: Task, *, title: str, page_count: int | None, chunk_count: int, warnings: tuple[str, ...]
    ) -> bool:
        """Makes the version the active one and ends the job, in one transaction.

        Returns False, and leaves the version to be purged, if the document was deleted meanwhile.
        """
        with self._database.write() as connection:
            row = connection.execute(select(DOCUMENTS).where(DOCUMENTS.c.id == task.document_id)).first()
            if row is None:
                mark_for_purge(connection, VERSIONS.c.id == task.version_id)
                return False
            mark_for_purge(connection, VERSIONS.c.id == row.active_version_id)
            connection.execute(
                update(VERSIONS)
                .where(VERSIONS.c.id == task.version_id)
                .values(
                    state=VersionState.READY,
                    title=title,
                    page_count=page_count,
                    chunk_count=chunk_count,
                    warnings="\n".join(warnings),
                )
            )
            connection.execute(
                update(DOCUMENTS)
                .where(DOCUMENTS.c.id == task.document_id)
                .values(active_version_id=task.version_id, updated_at=now())
            )
            connection.execute(
                update(JOBS)
                .where(JOBS.c.id == task.job_id)
                .values(
                    state=JobState.SUCCEEDED,
                    stage=JobStage.DONE,
                    progress=1.0,
                    chunks_done=chunk_count,
                    chunks_total=chunk_count,
                    finished_at=now(),
                )
            )
            return True

    def fail(self, task: Task, failure: Failure) -> None:
        """Ends the job with its reason; the version that was active before stays active."""
        with self._database.write() as connection:
            connection.execute(
                update(VERSIONS)
                .where(VERSIONS.c.id == task.version_id, VERSIONS.c.state == VersionState.PROCESSING)
                .values(state=VersionState.FAILED, error_code=failure.code, error_detail=failure.detail)
            )
            connection.execute(
                update(JOBS).where(JOBS.c.id == task.job_id).values(state=JobState.FAILED, finished_at=now())
            )

    def job(self, tenant: str, job_id: str) -> JobRecord:
        """Returns a job.

        Raises:
            UnknownJobError: there is none with this id, or it is another tenant's.
        """
        with self._database.read() as connection:
            record = job_record(connection, JOBS.c.id == job_id)
            owner = select(DOCUMENTS.c.tenant).where(DOCUMENTS.c.id == record.document_id)
            if connection.execute(owner).scalar() != tenant:
                raise UnknownJobError(job_id)
            return record

    def queued(self) -> int:
        """Returns how many jobs wait."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).where(JOBS.c.state == JobState.QUEUED)).scalar_one())
