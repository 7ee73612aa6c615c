"""Documents and their versions: what goes out."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field

from api.schemas.base import NEXT_CURSOR, FailureBody, Response
from api.schemas.jobs import JobBody
from rag.catalog.database.records import DocumentRecord, VersionRecord, VersionState


class DocumentBody(Response):
    """A document and the version that stands for it: the active one, else the newest.

    ``state`` is ``processing`` while a newer version is on its way; ``error`` is that of the newest version.
    """

    id: str
    name: str
    title: str
    collection: str
    media_type: str
    sha256: str
    size_bytes: int
    state: VersionState
    version_id: str
    version_number: int
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
            sha256=record.sha256,
            size_bytes=record.size_bytes,
            state=record.state,
            version_id=record.version_id,
            version_number=record.version_number,
            page_count=record.page_count,
            chunk_count=record.chunk_count,
            warnings=record.warnings,
            created_at=record.created_at,
            updated_at=record.updated_at,
            error=FailureBody.of(record.failure),
        )


class VersionBody(Response):
    """A version of a document; ``number`` counts from 1 in the order they were uploaded."""

    id: str
    document_id: str
    number: int
    state: VersionState
    is_active: bool
    title: str
    media_type: str
    sha256: str
    size_bytes: int
    page_count: int | None
    chunk_count: int
    created_at: datetime
    error: FailureBody | None

    @classmethod
    def of(cls, record: VersionRecord) -> Self:
        """Returns the body for a record."""
        return cls(
            id=record.version_id,
            document_id=record.document_id,
            number=record.number,
            state=record.state,
            is_active=record.is_active,
            title=record.title,
            media_type=record.media_type,
            sha256=record.sha256,
            size_bytes=record.size_bytes,
            page_count=record.page_count,
            chunk_count=record.chunk_count,
            created_at=record.created_at,
            error=FailureBody.of(record.failure),
        )


class VersionList(Response):
    """The versions that are kept, the newest first."""

    versions: list[VersionBody]


class UploadBody(Response):
    """The answer to an upload."""

    document: DocumentBody
    job: JobBody


class DocumentList(Response):
    """Documents, by collection and name."""

    documents: list[DocumentBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)


class CollectionBody(Response):
    """A collection and how many documents it holds."""

    name: str
    documents: int


class CollectionList(Response):
    """Collections, by name."""

    collections: list[CollectionBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)


class TextBody(Response):
    """A stretch of a version's extracted text; ``start`` and ``end`` are where it really begins and ends."""

    document_id: str
    version_id: str
    is_active: bool
    name: str
    title: str
    start: int
    end: int
    length: int
    text: str
