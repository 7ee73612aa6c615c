"""Jobs: what goes out."""

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
    """The work that makes a version of a document the one that answers."""

    id: str = Field(validation_alias="job_id")
    document_id: str
    version_id: str
    name: str
    collection: str = Field(validation_alias=AliasPath("scope", "collection"))
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
    remaining_seconds: Seconds | None = Field(
        validation_alias="remaining", description="An estimate; null while there is nothing to estimate from."
    )
    error: FailureBody | None = Field(
        validation_alias="failure", description="Why it failed or was cancelled, or why a waiting job was put off."
    )
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


class JobList(Response):
    """Jobs, the newest first."""

    jobs: list[JobBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)
