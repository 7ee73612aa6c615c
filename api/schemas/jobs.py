"""Jobs: what goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from api.schemas.base import NEXT_CURSOR, FailureBody, Response
from rag.catalog.database.records import JobRecord, JobStage, JobState


class JobBody(Response):
    """The work that makes a version of a document the one that answers."""

    id: str
    document_id: str
    version_id: str
    name: str
    collection: str
    state: JobState
    position: int | None = Field(
        description="Its place, from 1, among the waiting jobs of all tenants in the order in which they were asked "
        "for; those that were put off come last. Workers may take them up in another order. Null: it does not wait."
    )
    cancel_requested: bool = Field(description="Someone asked to cancel it; while it runs, it ends within seconds.")
    stage: JobStage
    progress: float = Field(description="How much is done, 0 to 1.")
    attempts: int
    page_count: int | None
    pages_done: int
    chunks_done: int
    chunks_total: int
    remaining_seconds: float | None = Field(description="An estimate; null while there is nothing to estimate from.")
    error: FailureBody | None = Field(description="Why it failed or was cancelled, or why a waiting job was put off.")
    active_version_number: int | None = Field(
        description="The document's version that answers now, and goes on if the job fails; null while there is none."
    )
    superseded: bool = Field(
        description="It succeeded and changed nothing: a version that was asked for later answers already."
    )
    created_at: datetime
    available_at: datetime = Field(description="Not taken up before then.")
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, record: JobRecord) -> Self:
        """Returns the body for a record."""
        return cls(
            id=record.job_id,
            document_id=record.document_id,
            version_id=record.version_id,
            name=record.name,
            collection=record.scope.collection,
            state=record.state,
            position=record.position,
            cancel_requested=record.cancel_requested,
            stage=record.stage,
            progress=record.progress,
            attempts=record.attempts,
            page_count=record.page_count,
            pages_done=record.pages_done,
            chunks_done=record.chunks_done,
            chunks_total=record.chunks_total,
            remaining_seconds=record.remaining.total_seconds() if record.remaining is not None else None,
            error=FailureBody.of(record.failure),
            active_version_number=record.active_version_number,
            superseded=record.superseded,
            created_at=record.created_at,
            available_at=record.available_at,
            started_at=record.started_at,
            finished_at=record.finished_at,
        )


class JobList(Response):
    """Jobs, the newest first."""

    jobs: list[JobBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)
