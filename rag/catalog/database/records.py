"""What the catalogue gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rag.types import Scope


class VersionState(StrEnum):
    """A version's life. Only a ready version that its document names as active is visible to a search."""

    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class JobState(StrEnum):
    """Where a job stands. A failed one is a dead letter: it keeps its cause, and can be tried again."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to such a job by itself."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


class JobStage(StrEnum):
    """The stage a job is in, or takes up next: what came before it is done and kept."""

    PARSING = "parsing"
    INDEXING = "indexing"
    DONE = "done"


class DeletionKind(StrEnum):
    """What a person deleted."""

    DOCUMENT = "document"
    VERSION = "version"
    COLLECTION = "collection"


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
class VersionLabel:
    """Says which version of which document the bytes of an original are: a lost catalogue is rebuilt from these."""

    version_id: str
    document_id: str
    number: int
    tenant: str
    collection: str
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
    version_number: int
    active_version_id: str | None
    page_count: int | None
    chunk_count: int
    warnings: tuple[str, ...]
    failure: Failure | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """One version of a document; ``number`` counts from 1 in the order they were uploaded."""

    version_id: str
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
    failure: Failure | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVersion:
    """A version as an audit needs it. ``is_settled``: no job works on it, and nothing of it is still to be purged."""

    version_id: str
    document_id: str
    scope: Scope
    name: str
    media_type: str
    sha256: str
    size_bytes: int
    state: VersionState
    is_active: bool
    is_settled: bool
    chunk_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """The work that makes a version its document's active one.

    ``remaining`` is an estimate, None while there is nothing to estimate from. ``failure`` is why a job failed, or why
    a waiting one was put off. ``position`` counts it and the waiting jobs that were asked for before it, of all
    tenants; small documents and tenants whose turn it is may go before. None where it does not wait.
    ``active_version_number`` is that of its document's active version now, None while there is none. ``superseded``:
    it succeeded and changed nothing, for what was asked for later is active already.
    """

    job_id: str
    scope: Scope
    document_id: str
    version_id: str
    name: str
    state: JobState
    stage: JobStage
    position: int | None
    cancel_requested: bool
    superseded: bool
    active_version_number: int | None
    attempts: int
    page_count: int | None
    pages_done: int
    chunks_done: int
    chunks_total: int
    remaining: timedelta | None
    failure: Failure | None
    created_at: datetime
    available_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def progress(self) -> float:
        """How much is done, in [0, 1]: parsing takes the first tenth of it, indexing the rest."""
        if self.state is JobState.SUCCEEDED:
            return 1.0
        if self.stage is JobStage.PARSING:
            return _PARSING_SHARE * self.pages_done / self.page_count if self.page_count else 0.0
        return _PARSING_SHARE + (1 - _PARSING_SHARE) * self.chunks_done / max(1, self.chunks_total)


_PARSING_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A claimed job with what the worker needs to do it. ``attempt`` counts from 1.

    ``fence`` is the claim's number: whatever is reported under an older one is refused. ``chunks_done`` chunks are in
    the index already.
    """

    job_id: str
    fence: int
    document_id: str
    version_id: str
    scope: Scope
    name: str
    media_type: str
    sha256: str
    attempt: int
    stage: JobStage
    chunks_done: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedVersion:
    """What ingestion found out about a version, told when it is finished."""

    title: str
    page_count: int | None
    chunk_count: int
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """A version to be removed from index, texts and caches, and its original too if no other version has its bytes.

    With ``index_only`` the version stays and just its points go. The times say what is done, None what is not.
    """

    purge_id: str
    document_id: str
    version_id: str
    scope: Scope
    name: str
    sha256: str
    chunk_count: int
    index_only: bool
    index_at: datetime | None
    text_at: datetime | None
    caches_at: datetime | None
    original_at: datetime | None
    original_shared: bool
    finished_at: datetime | None
    erased_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionReceipt:
    """What a delete removed, and when.

    ``finished_at`` is None while something can still be reached, ``erased_at`` while files of the index hold its bytes.
    """

    receipt_id: str
    kind: DeletionKind
    scope: Scope
    name: str
    requested_at: datetime
    finished_at: datetime | None
    erased_at: datetime | None
    purges: tuple[Purge, ...]
