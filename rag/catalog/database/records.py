"""The values that the catalogue returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rag.fields.values import NOTHING_SAID, Description, Field
from rag.types import Scope


class VersionState(StrEnum):
    """A version's life. Only a ready version that its document names as active is visible to a search."""

    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class JobState(StrEnum):
    """A job's state. A failed job is a dead letter: it keeps its cause and can be retried."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """True for a state that a job leaves only when a user acts."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


class JobStage(StrEnum):
    """The stage that a job is in or continues with; the results of earlier stages are kept."""

    PARSING = "parsing"
    INDEXING = "indexing"
    DONE = "done"


class DeletionKind(StrEnum):
    """The kind of thing that a user deleted."""

    DOCUMENT = "document"
    VERSION = "version"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The reason why a version was not ingested; ``detail`` says what to do next."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A stored file that waits to be ingested."""

    name: str
    media_type: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLabel:
    """Names the version that a blob belongs to. A lost catalogue is rebuilt from these labels.

    Those of older builds have no ``parser_version``: it is then that of the first parser.
    """

    version_id: str
    document_id: str
    number: int
    tenant: str
    collection: str
    name: str
    media_type: str
    sha256: str
    size_bytes: int
    parser_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """A document and the version that stands for it: the active one, else the newest.

    ``state`` is ``processing`` while a version with other bytes is on its way; ``failure`` is that of the newest
    version.
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
    parser_version: int
    failure: Failure | None
    created_at: datetime
    updated_at: datetime
    tags: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """One version of a document; ``number`` counts from 1 in the order they were uploaded, or read again."""

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
    parser_version: int
    failure: Failure | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVersion:
    """A version as an audit needs it. ``is_settled``: no unfinished job or purge concerns it."""

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
    a waiting one was postponed. ``position`` counts from 1 in the order of the requests, of all tenants; small
    documents and tenants whose turn it is may go before. None when the job does not wait. ``active_version_number`` is
    that of its document's active version now, None while there is none. ``superseded``: the job succeeded and changed
    nothing, because a version that was requested later is active already. ``warnings`` are those about its version,
    none before it is indexed.
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
    warnings: tuple[str, ...]
    created_at: datetime
    available_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def progress(self) -> float:
        """The share that is done, in [0, 1]: parsing is the first tenth, indexing the rest."""
        if self.state is JobState.SUCCEEDED:
            return 1.0
        if self.stage is JobStage.PARSING:
            return _PARSING_SHARE * self.pages_done / self.page_count if self.page_count else 0.0
        return _PARSING_SHARE + (1 - _PARSING_SHARE) * self.chunks_done / max(1, self.chunks_total)


_PARSING_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A claimed job with what the worker needs to do it. ``attempt`` counts from 1.

    ``fence`` is the number of the claim: reports under an older one are refused. ``chunks_done`` chunks are in the
    index already. ``reads_again`` is the active version, if it has the same bytes: it stays if it has the same text.
    """

    job_id: str
    fence: int
    document_id: str
    version_id: str
    scope: Scope
    name: str
    media_type: str
    number: int
    sha256: str
    size_bytes: int
    attempt: int
    stage: JobStage
    chunks_done: int
    reads_again: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedVersion:
    """The facts about a version that ingestion reports when it publishes it."""

    title: str
    page_count: int | None
    chunk_count: int
    warnings: tuple[str, ...]
    description: Description = NOTHING_SAID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingState:
    """Counts of documents that can be found: ``outdated`` were read by an older parser than ``parser_version``.

    Of these, ``in_work`` have a job that waits or runs.
    """

    parser_version: int
    documents: int
    outdated: int
    in_work: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """A version to be removed from index, texts and caches, and its original too if no other version has its bytes.

    With ``index_only`` the version stays and only its points go. A time is None while its step is not done.
    ``receipt_id`` is None where an update, a failure or a cancelled job caused it, not a user's delete.
    """

    purge_id: str
    receipt_id: str | None
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
    """The record of a delete: what it removed, and when.

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
