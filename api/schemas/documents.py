"""Response bodies of documents, versions and collections."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import AliasPath, Field, model_validator

from api.schemas.base import NEXT_CURSOR, FailureBody, Response
from api.schemas.jobs import JobBody
from rag.catalog.database.records import VersionState
from rag.fields.values import Field as DocumentField
from rag.fields.values import FieldType
from rag.types import ChunkSpan, chunk_id_of

PARSER = Field(description="The parser that read it. `POST /v1/maintenance/reparse` has it read by the newest.")


class FieldBody(Response):
    """A field of a document, in lower case."""

    name: str
    type: FieldType
    value: int | float | str
    source: Literal["file", "given"] = Field(
        description="`file`: it is read with every version. `given`: an upload, a sidecar file or a change set it."
    )

    @model_validator(mode="before")
    @classmethod
    def _of_field(cls, field: Any) -> Any:  # noqa: ANN401 - a field, or its body
        if not isinstance(field, DocumentField):
            return field
        value: float | str = field.text
        if isinstance(field.value, float):
            value = int(field.value) if field.value.is_integer() else field.value
        source = "given" if field.given else "file"
        return {"name": field.name, "type": field.type, "value": value, "source": source}


class DocumentBody(Response):
    """A document with its active version, or its newest if none is active.

    ``state`` is ``processing`` while a newer version is processed, but not while the same bytes are read again;
    ``error`` is that of the newest version.
    """

    id: str = Field(validation_alias="document_id")
    name: str
    title: str
    collection: str = Field(validation_alias=AliasPath("scope", "collection"))
    media_type: str
    sha256: str
    size_bytes: int
    state: VersionState
    version_id: str
    version_number: int
    page_count: int | None
    chunk_count: int
    warnings: tuple[str, ...] = Field(description="How the version was read, and what of it was not.")
    parser_version: int = PARSER
    created_at: datetime
    updated_at: datetime
    error: FailureBody | None = Field(validation_alias="failure")
    tags: tuple[str, ...]
    fields: list[FieldBody]


class VersionBody(Response):
    """A version of a document; ``number`` counts from 1 in the order they were uploaded, or read again."""

    id: str = Field(validation_alias="version_id")
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
    parser_version: int = PARSER
    created_at: datetime
    error: FailureBody | None = Field(validation_alias="failure")


class VersionList(Response):
    """The versions that are kept, the newest first."""

    versions: list[VersionBody]


class UploadBody(Response):
    """The answer to an upload."""

    document: DocumentBody
    job: JobBody


class DocumentList(Response):
    """Documents, in the order that was asked for; else by collection and name."""

    documents: list[DocumentBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)


class TextBody(Response):
    """A part of a version's extracted text; ``start`` and ``end`` are its actual offsets."""

    document_id: str
    version_id: str
    is_active: bool
    name: str
    title: str
    start: int
    end: int
    length: int
    text: str


class PassageBody(Response):
    """A passage of a version; ``start`` and ``end`` are its offsets in the extracted text."""

    ordinal: int = Field(description="Its place among the passages, from 0.")
    chunk_id: str
    page: int | None
    heading_path: tuple[str, ...]
    start: int
    end: int
    text: str

    @classmethod
    def of(cls, version_id: str, ordinal: int, chunk: ChunkSpan, text: str) -> Self:
        """Returns the body for a passage of the version whose extracted text is ``text``."""
        return cls(
            ordinal=ordinal,
            chunk_id=chunk_id_of(version_id, ordinal),
            page=chunk.page,
            heading_path=chunk.heading_path,
            start=chunk.span.start,
            end=chunk.span.end,
            text=text[chunk.span.start : chunk.span.end],
        )


class PassageList(Response):
    """The passages of a version, in the order of its text."""

    document_id: str
    version_id: str
    passages: list[PassageBody]
    next_cursor: str | None = Field(description=NEXT_CURSOR)
