"""Response bodies of jobs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AliasPath, BeforeValidator, Field

from api.schemas.base import NEXT_CURSOR, FailureBody, Response
from rag.catalog.database.records import JobStage, JobState


def _seconds(duration: object) -> object:
    return duration.total_seconds() if isinstance(duration, timedelta) else duration


Seconds = Annotated[float, BeforeValidator(_seconds)]


class JobBody(Response):
    """The work that makes a version the active one of its document."""

    id: str = Field(validation_alias="job_id")
    document_id: str
    version_id: str
    name: str
    collection: str = Field(validation_alias=AliasPath("scope", "collection"))
    state: JobState
    position: int | None = Field(
        description="Its place, from 1, among the waiting jobs of the tenant that the caller may see, in the order of "
        "requests; jobs that were put off come last. Workers may claim them in another order. Null if it does not wait."
    )
    cancel_requested: bool = Field(
        description="True once cancelling was requested; a running job then ends within seconds."
    )
    stage: JobStage
    progress: float = Field(description="Share of the work that is done, 0 to 1.")
    attempts: int
    page_count: int | None
    pages_done: int
    chunks_done: int
    chunks_total: int
    remaining_seconds: Seconds | None = Field(
        validation_alias="remaining", description="An estimate; null as long as there is none."
    )
    error: FailureBody | None = Field(
        validation_alias="failure", description="Why it failed or was cancelled, or why a waiting job was put off."
    )
    warnings: tuple[str, ...] = Field(
        description="How its version was read, and what of it was not; empty until it is indexed."
    )
    active_version_number: int | None = Field(
        description="The document's active version, which stays active if the job fails; null if there is none."
    )
    superseded: bool = Field(
        description="True if the job succeeded without effect, because a later version is active already."
    )
    created_at: datetime
    available_at: datetime = Field(description="The job does not start before this time.")
    started_at: datetime | None
    finished_at: datetime | None


class JobList(Response):
    """Jobs, the newest first."""

    jobs: list[JobBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)
