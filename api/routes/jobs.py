"""Read, follow, cancel and retry jobs."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from fastapi import APIRouter, status
from fastapi.responses import StreamingResponse

from api.caller import Caller, CallerDependency
from api.dependencies import (
    FollowersDependency,
    ServiceDependency,
    run_in_thread,
    run_in_writer_thread,
    writable_document,
)
from api.openapi import events_of
from api.schemas.base import Problem
from api.schemas.jobs import JobBody, JobList
from api.schemas.paging import Cursor, Limit, Pages
from api.streaming import EVENT_STREAM, event_stream
from ingest.service import Service
from rag.catalog.database.records import JobRecord, JobState
from rag.errors import UnknownDocumentError

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@router.get("")
def list_jobs(
    service: ServiceDependency,
    caller: CallerDependency,
    state: JobState | None = None,
    collection: str | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> JobList:
    """Lists jobs, the newest first. A job that changes its state between two pages moves no other one."""
    pages = Pages("jobs", state, collection)
    records = service.storage.board.jobs(
        caller.tenant, caller, collection=collection, state=state, after=pages.moment(cursor), limit=limit + 1
    )
    shown, next_cursor = pages.cut(records, limit, lambda record: (record.created_at.isoformat(), record.job_id))
    return JobList(jobs=[JobBody.model_validate(record) for record in shown], next_cursor=next_cursor)


@router.get("/{job_id}")
def get_job(service: ServiceDependency, caller: CallerDependency, job_id: str) -> JobBody:
    """Returns a job with its progress."""
    return JobBody.model_validate(service.storage.board.job(caller.tenant, job_id, caller))


@router.get(
    "/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {EVENT_STREAM: events_of(progress=JobBody, done=JobBody, error=Problem)}}},
)
async def follow_job(
    service: ServiceDependency, caller: CallerDependency, followers: FollowersDependency, job_id: str
) -> StreamingResponse:
    """Follows a job as server-sent events: `progress` at every change, at the end exactly one of `done` or `error`."""
    job, read_job = await _read_job(service, caller, job_id), partial(_read_job, service, caller, job_id)
    frames = followers.frames(job, read_job, viewer=caller.user_id)
    return event_stream(
        frames, first=await anext(frames)
    )  # too many followers: the error comes here, before the response begins


@router.post("/{job_id}/cancel", status_code=status.HTTP_202_ACCEPTED)
async def cancel_job(service: ServiceDependency, caller: CallerDependency, job_id: str) -> JobBody:
    """Cancels a job: at once where it waits, within seconds where it runs."""
    await run_in_thread(_refuse_read_only, service, caller, job_id)
    job = await run_in_writer_thread(service.storage.board.cancel, caller.tenant, job_id, caller)
    service.wake_worker()
    return JobBody.model_validate(job)


@router.post("/{job_id}/retry", status_code=status.HTTP_202_ACCEPTED)
async def retry_job(service: ServiceDependency, caller: CallerDependency, job_id: str) -> JobBody:
    """Queues a failed job again."""
    await run_in_thread(_refuse_read_only, service, caller, job_id)
    job = await run_in_writer_thread(service.storage.board.retry, caller.tenant, job_id, caller)
    service.wake_worker()
    return JobBody.model_validate(job)


async def _read_job(service: Service, caller: Caller, job_id: str) -> JobRecord:
    return await run_in_thread(service.storage.board.job, caller.tenant, job_id, caller)


def _refuse_read_only(service: Service, caller: Caller, job_id: str) -> None:
    """Refuses to change a job of a document that may only be read; of one that is gone, its own requester may.

    Raises:
        UnknownJobError: there is no such job that the caller may see.
        ReadOnlyError: the caller may only read its document.
    """
    job = service.storage.board.job(caller.tenant, job_id, caller)
    with suppress(UnknownDocumentError):
        writable_document(service, caller, job.document_id)
