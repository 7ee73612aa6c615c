"""Documents and jobs: what goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from api.schemas.base import Response
from rag.catalog.records import DocumentRecord, Failure, JobRecord, JobStage, JobState, VersionState


class FailureBody(Response):
    """Why a document could not be taken in."""

    code: str
    detail: str

    @classmethod
    def of(cls, failure: Failure | None) -> Self | None:
        """Returns the body for a failure, None for none."""
        return cls(code=failure.code, detail=failure.detail) if failure else None


class DocumentBody(Response):
    """A document and the state of its newest version."""

    id: str
    name: str
    title: str
    collection: str
    media_type: str
    size_bytes: int
    state: VersionState
    version_id: str
    page_count: int | None
    chunk_count: int
    warnings: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    error: FailureBody | None

    @classmethod
    def of(cls, record: DocumentRecord) -> Self:
        """Returns the body for a record."""
        return cls(
            id=record.document_id,
            name=record.name,
            title=record.title,
            collection=record.scope.collection,
            media_type=record.media_type,
            size_bytes=record.size_bytes,
            state=record.state,
            version_id=record.version_id,
            page_count=record.page_count,
            chunk_count=record.chunk_count,
            warnings=record.warnings,
            created_at=record.created_at,
            updated_at=record.updated_at,
            error=FailureBody.of(record.failure),
        )


class JobBody(Response):
    """The taking-in of one version of a document."""

    id: str
    document_id: str
    version_id: str
    state: JobState
    stage: JobStage
    progress: float
    chunks_done: int
    chunks_total: int
    error: FailureBody | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, record: JobRecord) -> Self:
        """Returns the body for a record."""
        return cls(
            id=record.job_id,
            document_id=record.document_id,
            version_id=record.version_id,
            state=record.state,
            stage=record.stage,
            progress=record.progress,
            chunks_done=record.chunks_done,
            chunks_total=record.chunks_total,
            error=FailureBody.of(record.failure),
            created_at=record.created_at,
            started_at=record.started_at,
            finished_at=record.finished_at,
        )


class UploadBody(Response):
    """The answer to an upload."""

    document: DocumentBody
    job: JobBody


class DocumentList(Response):
    """Documents, those changed last first."""

    documents: list[DocumentBody]


class CollectionBody(Response):
    """A collection and how many documents it holds."""

    name: str
    documents: int


class CollectionList(Response):
    """All collections."""

    collections: list[CollectionBody]


class TextBody(Response):
    """A stretch of a version's extracted text; ``start`` and ``end`` are where it really begins and ends."""

    document_id: str
    version_id: str
    name: str
    title: str
    start: int
    end: int
    length: int
    text: str
