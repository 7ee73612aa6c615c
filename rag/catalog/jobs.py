"""The worker's side of the queue: claims jobs under a lease and a fence, notes progress, and ends them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, or_, select, update

from rag.catalog.database.connection import Database
from rag.catalog.database.records import Failure, IndexedVersion, JobStage, JobState, Task, VersionState
from rag.catalog.database.rows import is_unfinished, queue_versions_for_purge, request_purge, scope_of
from rag.catalog.database.tables import DOCUMENTS, JOBS, PURGES, VERSIONS
from rag.catalog.deletions import drop_empty_document
from rag.catalog.versions import is_outdated, purge_surplus_versions, switch_active_version

_CANCELLED = Failure(code="cancelled", detail="The job was cancelled. Upload the document again to take it in.")
_LONGEST_DELAY = timedelta(seconds=60)
LEASE_SECONDS = 30.0  # a worker that is silent for longer loses its job
MOST_SMALL_CHUNKS = 500
"""The most chunks that a small document has: 256 KiB of plain text, encoded in some 12 s."""
_SMALL_BYTES = 256 * 1_024  # a page of a scan, most letters and notes; not a table of thousands of rows
_SMALL_FIRST = timedelta(minutes=10)
"""After this time smaller documents no longer go before a larger one."""
_REQUEST_ORDER = (JOBS.c.request_number, JOBS.c.created_at, JOBS.c.id)


class LeaseLostError(Exception):
    """The task's job was given to another worker, cancelled or deleted: its worker must abandon it."""


class JobQueue:
    """Claims jobs for workers and stores their results.

    Every change is one transaction, and refuses a task whose fence is outdated.

    Args:
        lease_seconds: time without a renewal after which a job is given to another worker.
        versions_kept: ready versions that are kept of a document, the active one included.
    """

    def __init__(self, database: Database, *, lease_seconds: float = LEASE_SECONDS, versions_kept: int = 3) -> None:
        self._database = database
        self._lease = timedelta(seconds=lease_seconds)
        self._versions_kept = versions_kept

    def claim(self, worker: str, *, small_only: bool = False) -> Task | None:
        """Claims the next job, or one whose lease has ended; None when there is none.

        Tenants take turns: the one with the fewest running jobs, then the one whose last claim is longest ago. Of a
        tenant's jobs the small ones go first, unless a larger one has waited for ten minutes; then the order of the
        requests decides. With ``small_only`` only small jobs are claimed.

        A job waits while its version has an unfinished purge of points, so that the purge cannot remove new ones.
        """
        now = self._database.now()
        waiting = _waiting(now, small_only=small_only)
        with self._database.read() as connection:
            tenants = _tenants_in_turn(connection, waiting, now)
        if not tenants:
            return None  # so that an idle worker that polls every second never takes the write lock
        with self._database.write() as connection:
            next_jobs = (connection.execute(_next_of(waiting, tenant, now)).first() for tenant in tenants)
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
            return _task(job, version)

    def renew(self, task: Task) -> bool:
        """Renews the lease. Returns whether a user asked to cancel the job.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            row = _lock_claimed(connection, task)
            connection.execute(
                update(JOBS).where(JOBS.c.id == task.job_id).values(lease_until=self._database.now() + self._lease)
            )
            return bool(row.cancel_requested)

    def report_parsing(self, task: Task, *, pages_done: int, page_count: int | None) -> None:
        """Notes how many pages are parsed.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            _lock_claimed(connection, task)
            connection.execute(
                update(JOBS).where(JOBS.c.id == task.job_id).values(pages_done=pages_done, page_count=page_count)
            )

    def begin_indexing(self, task: Task, *, chunks_done: int, chunks_total: int, page_count: int | None) -> None:
        """Notes that the parsed document is stored: another attempt continues from here.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            _lock_claimed(connection, task)
            connection.execute(
                update(JOBS)
                .where(JOBS.c.id == task.job_id)
                .values(
                    stage=JobStage.INDEXING,
                    page_count=page_count,
                    pages_done=0,
                    chunks_done=chunks_done,
                    chunks_total=chunks_total,
                    stage_started_at=self._database.now(),
                    stage_started_with=chunks_done,
                )
            )

    def report_indexing(self, task: Task, *, chunks_done: int, pages_done: int) -> None:
        """Notes how many chunks are durable in the index, and up to which page.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        with self._database.write() as connection:
            _lock_claimed(connection, task)
            connection.execute(
                update(JOBS).where(JOBS.c.id == task.job_id).values(chunks_done=chunks_done, pages_done=pages_done)
            )

    def publish_version(self, task: Task, version: IndexedVersion) -> None:
        """Makes the version the active one and ends the job, in one transaction.

        This is the moment when the version goes live. A version that was requested before the active one becomes ready
        but not active, and its job is marked ``superseded``. The version that was active before is kept without its
        points; ready versions beyond ``versions_kept`` are purged.

        Raises:
            LeaseLostError: the job is no longer this task's.
        """
        now = self._database.now()
        with self._database.write() as connection:
            document = connection.execute(
                select(DOCUMENTS).where(DOCUMENTS.c.id == task.document_id).with_for_update()
            ).first()
            job = _lock_claimed(connection, task)
            if document is None:
                raise LeaseLostError
            connection.execute(
                update(VERSIONS)
                .where(VERSIONS.c.id == task.version_id)
                .values(
                    state=VersionState.READY,
                    title=version.title,
                    page_count=version.page_count,
                    chunk_count=version.chunk_count,
                    warnings="\n".join(version.warnings),
                )
            )
            superseded = is_outdated(document, job)
            if superseded:
                request_purge(connection, VERSIONS.c.id == task.version_id, now=now, index_only=True)
            else:
                switch_active_version(connection, document, job, now=now)
            purge_surplus_versions(connection, document.id, kept=self._versions_kept, now=now)
            _end_claim(
                connection,
                task,
                state=JobState.SUCCEEDED,
                stage=JobStage.DONE,
                superseded=superseded,
                chunks_done=version.chunk_count,
                chunks_total=version.chunk_count,
                pages_done=version.page_count or 0,
                error_code=None,
                error_detail=None,
                finished_at=now,
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
            delay = min(_LONGEST_DELAY, timedelta(seconds=2 ** min(row.postponements, 10)))
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
            connection.execute(select(DOCUMENTS.c.id).where(DOCUMENTS.c.id == task.document_id).with_for_update())
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
            connection.execute(select(DOCUMENTS.c.id).where(DOCUMENTS.c.id == task.document_id).with_for_update())
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


def _waiting(now: datetime, *, small_only: bool) -> Select[Any]:
    """Selects the jobs that may be claimed, joined with their versions."""
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
        )
    )
    return selected.where(_is_small()) if small_only else selected


def _tenants_in_turn(connection: Connection, waiting: Select[Any], now: datetime) -> list[str]:
    """Returns the tenants that have waiting jobs, in the order of their turns."""
    tenants = list(connection.execute(waiting.with_only_columns(JOBS.c.tenant).distinct()).scalars())
    if len(tenants) < 2:  # noqa: PLR2004 - a single tenant needs no turns
        return tenants
    is_running = (JOBS.c.state == JobState.RUNNING) & (JOBS.c.lease_until >= now)
    running, last_taken = func.count(case((is_running, 1))), func.max(JOBS.c.started_at)
    counted = select(JOBS.c.tenant, running, last_taken).group_by(JOBS.c.tenant)
    turns = {tenant: (count, last is not None, last, tenant) for tenant, count, last in connection.execute(counted)}
    return sorted(tenants, key=turns.__getitem__)


def _next_of(waiting: Select[Any], tenant: str, now: datetime) -> Select[Any]:
    gives_way = case((~_is_small() & (JOBS.c.available_at > now - _SMALL_FIRST), 1), else_=0)
    selected = waiting.where(JOBS.c.tenant == tenant).order_by(gives_way, *_REQUEST_ORDER).limit(1)
    return selected.with_for_update(of=JOBS, skip_locked=True)


def _is_small() -> ColumnElement[bool]:
    chunks_left = JOBS.c.chunks_total - JOBS.c.chunks_done
    small: ColumnElement[bool] = (VERSIONS.c.size_bytes <= _SMALL_BYTES) & (chunks_left <= MOST_SMALL_CHUNKS)
    return small


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


def _is_available(now: datetime) -> ColumnElement[bool]:
    """Returns the condition that a job may be claimed: its time has come, or was set by a clock that ran ahead."""
    return (JOBS.c.available_at <= now) | (JOBS.c.available_at > now + 2 * _LONGEST_DELAY)


def _lock_claimed(connection: Connection, task: Task) -> Row[Any]:
    row = connection.execute(
        select(JOBS)
        .where(JOBS.c.id == task.job_id, JOBS.c.state == JobState.RUNNING, JOBS.c.fence == task.fence)
        .with_for_update()
    ).first()
    if row is None:
        raise LeaseLostError
    return row


def _end_claim(connection: Connection, task: Task, **values: object) -> None:
    connection.execute(update(JOBS).where(JOBS.c.id == task.job_id).values(lease_until=None, worker=None, **values))


def _task(job: Row[Any], version: Row[Any]) -> Task:
    return Task(
        job_id=job.id,
        fence=job.fence + 1,
        document_id=job.document_id,
        version_id=job.version_id,
        scope=scope_of(job),
        name=job.name,
        media_type=version.media_type,
        sha256=version.sha256,
        attempt=job.attempts + 1,
        stage=JobStage(job.stage),
        chunks_done=job.chunks_done,
    )
