"""The worker's side of the queue: claims jobs under a lease and a fence, notes progress, and ends them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from rag.catalog.claims import LONGEST_DELAY, next_of, tenants_in_turn, waiting_jobs
from rag.catalog.database.connection import Database
from rag.catalog.database.records import Failure, IndexedVersion, JobStage, JobState, Task, VersionState
from rag.catalog.database.rows import is_unfinished, lock_document, queue_versions_for_purge, request_purge, scope_of
from rag.catalog.database.tables import DOCUMENTS, JOBS, VERSIONS
from rag.catalog.deletions import drop_empty_document
from rag.catalog.publishing import keep_active_version, publish

_CANCELLED = Failure(code="cancelled", detail="The job was cancelled. Upload the document again to take it in.")
LEASE_SECONDS = 30.0  # a worker that is silent for longer loses its job


class LeaseLostError(Exception):
    """The task's job was given to another worker, cancelled or deleted: its worker must abandon it."""


class JobQueue:
    """Claims jobs for workers and stores their results.

    Every change is one transaction, and refuses a task whose fence is outdated.

    Args:
        lease_seconds: time without a renewal after which a job is given to another worker.
        versions_kept: originals that are kept of a document, the active one included, and readings of each.
    """

    def __init__(self, database: Database, *, lease_seconds: float = LEASE_SECONDS, versions_kept: int = 3) -> None:
        self._database = database
        self._lease = timedelta(seconds=lease_seconds)
        self._versions_kept = versions_kept

    def claim(self, worker: str, *, small_only: bool = False, own: frozenset[str] = frozenset()) -> Task | None:
        """Claims the next job, or one whose lease has ended; None when there is none.

        Tenants take turns: the one with the fewest running jobs, then the one whose last claim is longest ago. Of a
        tenant's jobs those in the background go last, and the small ones first, unless a larger one has waited for ten
        minutes; then the order of the requests decides. With ``small_only`` only small jobs are claimed.
        ``own`` are the jobs that the worker runs: it does not take them from itself when their leases end, as after a
        suspension.

        A job waits while its version has an unfinished purge of points, so that the purge cannot remove new ones.
        """
        now = self._database.now()
        waiting = waiting_jobs(now, small_only=small_only, own=own)
        with self._database.read() as connection:
            tenants = tenants_in_turn(connection, waiting, now)
        if not tenants:
            return None  # so that an idle worker that polls every second never takes the write lock
        with self._database.write() as connection:
            next_jobs = (connection.execute(next_of(waiting, tenant, now)).first() for tenant in tenants)
            job = next(filter(None, next_jobs), None)  # another worker may have locked a tenant's only job
            if job is None:
                return None
            connection.execute(
                update(JOBS)
                .where(JOBS.c.id == job.id)
                .values(
                    state=JobState.RUNNING,
                    attempts=JOBS.c.attempts + 1,
                    fence=JOBS.c.fence + 1,
                    worker=worker,
                    lease_until=now + self._lease,
                    started_at=now,
                    stage_started_at=now,
                    stage_started_with=job.pages_done if job.stage == JobStage.PARSING else job.chunks_done,
                )
            )
            version = connection.execute(select(VERSIONS).where(VERSIONS.c.id == job.version_id)).one()
            active = select(DOCUMENTS.c.active_version_id).where(DOCUMENTS.c.id == job.document_id).scalar_subquery()
            same = (VERSIONS.c.id == active, VERSIONS.c.id != version.id, VERSIONS.c.sha256 == version.sha256)
            reads_again = connection.execute(select(VERSIONS.c.id).where(*same)).scalar()
            return _task(job, version, reads_again)

    def renew(self, task: Task) -> bool:
        """Renews the lease. Returns whether a user asked to cancel the job.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            row = _lock_claimed(connection, task)
            _note(connection, task, lease_until=self._database.now() + self._lease)
            return bool(row.cancel_requested)

    def report_parsing(self, task: Task, *, pages_done: int, page_count: int | None) -> None:
        """Notes how many pages are parsed.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            _lock_claimed(connection, task)
            _note(connection, task, pages_done=pages_done, page_count=page_count)

    def begin_indexing(
        self,
        task: Task,
        *,
        chunks_done: int,
        chunks_total: int,
        page_count: int | None,
        parser_version: int | None = None,
    ) -> None:
        """Notes that the parsed document is stored: another attempt continues from here.

        ``parser_version`` is that of the parser, None where the stored text of an earlier attempt is used again.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            _lock_claimed(connection, task)
            if parser_version is not None:
                read = {"parser_version": parser_version, "media_type": task.media_type}
                connection.execute(update(VERSIONS).where(VERSIONS.c.id == task.version_id).values(**read))
            _note(
                connection,
                task,
                stage=JobStage.INDEXING,
                page_count=page_count,
                pages_done=0,
                chunks_done=chunks_done,
                chunks_total=chunks_total,
                stage_started_at=self._database.now(),
                stage_started_with=chunks_done,
            )

    def report_indexing(self, task: Task, *, chunks_done: int, pages_done: int) -> None:
        """Notes how many chunks are durable in the index, and up to which page.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            _lock_claimed(connection, task)
            _note(connection, task, chunks_done=chunks_done, pages_done=pages_done)

    def publish_version(self, task: Task, version: IndexedVersion) -> None:
        """Makes the version the active one and ends the job, in one transaction.

        This is the moment when the version goes live. A version that was requested before the active one becomes ready
        but not active, and its job is marked ``superseded``. The version that was active before is kept without its
        points; ready versions beyond those kept are purged.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        now = self._database.now()
        with self._database.write() as connection:
            document = lock_document(connection, DOCUMENTS.c.id == task.document_id)
            job = _lock_claimed(connection, task)
            if document is None:
                raise LeaseLostError
            published = publish(connection, document, job, version, versions_kept=self._versions_kept, now=now)
            self._succeed(connection, task, version, superseded=not published)

    def keep_active_version(
        self, task: Task, version: IndexedVersion, *, parser_version: int, move_text: Callable[[], None]
    ) -> bool:
        """Ends the job of a version that reads as the active one does: that one stays, as read by the newer parser.

        ``move_text`` puts the new files in the place of the active version's, before the transaction ends. Returns
        False, and changes nothing, if ``task.reads_again`` is no longer the active version.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            document = lock_document(connection, DOCUMENTS.c.id == task.document_id)
            job = _lock_claimed(connection, task)
            if document is None or document.active_version_id != task.reads_again:
                return False
            keep_active_version(connection, document, job, version, parser_version=parser_version)
            move_text()
            self._succeed(connection, task, version, superseded=False)
            return True

    def _succeed(self, connection: Connection, task: Task, version: IndexedVersion, *, superseded: bool) -> None:
        _end_claim(
            connection,
            task,
            state=JobState.SUCCEEDED,
            stage=JobStage.DONE,
            superseded=superseded,
            page_count=version.page_count,
            chunks_done=version.chunk_count,
            chunks_total=version.chunk_count,
            pages_done=version.page_count or 0,
            error_code=None,
            error_detail=None,
            finished_at=self._database.now(),
        )

    def fail(self, task: Task, failure: Failure) -> None:
        """Ends the job as failed; the active version stays active.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            _lock_claimed(connection, task)
            connection.execute(
                update(VERSIONS)
                .where(VERSIONS.c.id == task.version_id, VERSIONS.c.state == VersionState.PROCESSING)
                .values(state=VersionState.FAILED, error_code=failure.code, error_detail=failure.detail)
            )
            _end_claim(
                connection,
                task,
                state=JobState.FAILED,
                stage=JobStage.PARSING,
                pages_done=0,
                chunks_done=0,
                error_code=failure.code,
                error_detail=failure.detail,
                finished_at=self._database.now(),
            )

    def postpone(self, task: Task, failure: Failure, *, counts: bool) -> timedelta:
        """Puts the job back into the queue after a delay, longer each time, and returns the delay. Progress is kept.

        With ``counts`` False the attempt does not count against the document, which was not at fault.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            row = _lock_claimed(connection, task)
            delay = min(LONGEST_DELAY, timedelta(seconds=2 ** min(row.postponements, 10)))
            _end_claim(
                connection,
                task,
                state=JobState.QUEUED,
                attempts=row.attempts if counts else row.attempts - 1,
                postponements=row.postponements + 1,
                available_at=self._database.now() + delay,
                error_code=failure.code,
                error_detail=failure.detail,
            )
            return delay

    def release(self, task: Task) -> None:
        """Gives the job back with its progress because this worker stops; the attempt does not count.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            row = _lock_claimed(connection, task)
            _end_claim(connection, task, state=JobState.QUEUED, attempts=row.attempts - 1)

    def abandon_job(self, task: Task) -> None:
        """Notes that this worker writes no more points for a job that it lost.

        Its last write may have come after the version's points were purged: they are purged again, unless the version
        is active or an unfinished job works on it.
        """
        with self._database.write() as connection:
            lock_document(connection, DOCUMENTS.c.id == task.document_id)
            ended = (JOBS.c.id == task.job_id, JOBS.c.state != JobState.RUNNING)
            connection.execute(update(JOBS).where(*ended).values(lease_until=None, worker=None))
            in_work = select(JOBS.c.id).where(JOBS.c.version_id == task.version_id, is_unfinished())
            idle = (VERSIONS.c.id == task.version_id, DOCUMENTS.c.active_version_id.is_distinct_from(task.version_id))
            request_purge(connection, *idle, ~in_work.exists(), now=self._database.now(), index_only=True)

    def end_cancelled(self, task: Task) -> None:
        """Ends a job that a user cancelled. A version that was never ready is purged.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            lock_document(connection, DOCUMENTS.c.id == task.document_id)
            cancel_idle_job(connection, _lock_claimed(connection, task), self._database)

    def requeue_running(self) -> int:
        """Puts all running jobs back into the queue; returns how many. Call it only when no other worker is alive."""
        with self._database.write() as connection:
            result = connection.execute(
                update(JOBS)
                .where(JOBS.c.state == JobState.RUNNING)
                .values(state=JobState.QUEUED, fence=JOBS.c.fence + 1, lease_until=None)
            )
            return int(result.rowcount)


def cancel_idle_job(connection: Connection, job: Row[Any], database: Database) -> None:
    """Cancels a job that no worker runs, in the caller's transaction, which has locked its document."""
    now = database.now()
    connection.execute(
        update(JOBS)
        .where(JOBS.c.id == job.id)
        .values(
            state=JobState.CANCELLED,
            fence=JOBS.c.fence + 1,
            lease_until=None,
            error_code=_CANCELLED.code,
            error_detail=_CANCELLED.detail,
            finished_at=now,
        )
    )
    unready = (VERSIONS.c.id == job.version_id, VERSIONS.c.state == VersionState.PROCESSING)
    queue_versions_for_purge(connection, *unready, now=now)
    kept_inactive = (VERSIONS.c.id == job.version_id, DOCUMENTS.c.active_version_id.is_distinct_from(job.version_id))
    request_purge(connection, *kept_inactive, now=now, index_only=True)
    drop_empty_document(connection, job.document_id)


def _lock_claimed(connection: Connection, task: Task) -> Row[Any]:
    row = connection.execute(
        select(JOBS)
        .where(JOBS.c.id == task.job_id, JOBS.c.state == JobState.RUNNING, JOBS.c.fence == task.fence)
        .with_for_update()
    ).first()
    if row is None:
        raise LeaseLostError
    return row


def _note(connection: Connection, task: Task, **values: object) -> None:
    connection.execute(update(JOBS).where(JOBS.c.id == task.job_id).values(**values))


def _end_claim(connection: Connection, task: Task, **values: object) -> None:
    _note(connection, task, lease_until=None, worker=None, **values)


def _task(job: Row[Any], version: Row[Any], reads_again: str | None) -> Task:
    return Task(
        job_id=job.id,
        fence=job.fence + 1,
        document_id=job.document_id,
        version_id=job.version_id,
        scope=scope_of(job),
        name=job.name,
        media_type=version.media_type,
        number=version.number,
        sha256=version.sha256,
        size_bytes=version.size_bytes,
        attempt=job.attempts + 1,
        stage=JobStage(job.stage),
        chunks_done=job.chunks_done,
        reads_again=reads_again,
    )
