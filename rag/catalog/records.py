"""What the catalogue gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rag.types import Scope


class VersionState(StrEnum):
    """A version's life. Only a ready version that its document names as active is visible to a search."""

    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    PURGE = "purge"


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class JobStage(StrEnum):
    """What a running job is doing."""

    QUEUED = "queued"
    PARSING = "parsing"
    ENCODING = "encoding"
    INDEXING = "indexing"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a version could not be taken in; ``detail`` says what to do next."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that is stored and waits to be taken in."""

    name: str
    media_type: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """A document and the version that stands for it: the active one, else the newest.

    ``state`` is ``processing`` while a newer version is on its way; ``failure`` is that of the newest version.
    """

    document_id: str
    scope: Scope
    name: str
    title: str
    media_type: str
    sha256: str
    size_bytes: int
    state: VersionState
    version_id: str
    active_version_id: str | None
    page_count: int | None
    chunk_count: int
    warnings: tuple[str, ...]
    failure: Failure | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """The taking-in of one version. ``progress`` lies in [0, 1]."""

    job_id: str
    document_id: str
    version_id: str
    state: JobState
    stage: JobStage
    progress: float
    chunks_done: int
    chunks_total: int
    attempts: int
    failure: Failure | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A claimed job with what the worker needs to do it. ``attempt`` counts from 1."""

    job_id: str
    document_id: str
    version_id: str
    scope: Scope
    name: str
    media_type: str
    sha256: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """A version whose points and files are to be removed. ``blob_unused``: no other version has the same bytes."""

    version_id: str
    scope: Scope
    sha256: str
    blob_unused: bool
