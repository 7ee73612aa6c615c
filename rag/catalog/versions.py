"""Adds versions, queues the jobs that publish them, and switches a document's active version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from rag.access.principal import Principal
from rag.catalog.access.quotas import refuse_beyond_quota
from rag.catalog.access.reach import readable, refuse_unless_writable, shown_jobs
from rag.catalog.database.connection import Database, insert_if_absent, new_id
from rag.catalog.database.description_rows import add_given
from rag.catalog.database.job_records import AHEAD, job_records
from rag.catalog.database.records import (
    DocumentRecord,
    JobRecord,
    JobStage,
    JobState,
    Upload,
    VersionLabel,
    VersionState,
)
from rag.catalog.database.rows import (
    document_records,
    is_unfinished,
    lock_document,
    next_request_number,
    queue_versions_for_purge,
    scope_of,
    version_labels,
)
from rag.catalog.database.tables import BLOBS, COLLECTIONS, DOCUMENTS, JOBS, TENANTS, VERSIONS
from rag.catalog.idempotency import RequestKey, earlier_result, note_result
from rag.errors import ConflictError, UnknownDocumentError, UnknownVersionError
from rag.fields.values import NOTHING_SAID, Description
from rag.types import Scope


class Uploads:
    """Adds versions and queues their jobs. Safe to call from several threads; every method is one transaction.

    Args:
        parser_version: the parser's version; what an older one read is read again when it is uploaded again.
    """

    def __init__(self, database: Database, *, parser_version: int) -> None:
        self._database = database
        self._parser_version = parser_version

    def add(
        self,
        scope: Scope,
        upload: Upload,
        *,
        keep_blob: Callable[[VersionLabel], None],
        request: RequestKey | None = None,
        description: Description = NOTHING_SAID,
        requester: Principal | None = None,
    ) -> tuple[DocumentRecord, JobRecord]:
        """Stores document, version and job; ``keep_blob`` moves the bytes and the version's label to their places.

        That happens before the transaction ends: what is in the catalogue is on the disk.

        The same name in the same collection is a new version of the same document. Bytes that are known are not parsed
        again: those of the active version, or of one that is about to be, return its job; those of an older version
        queue the return to it. Where an older parser read them, they are read again as a new version. The tags and
        fields of ``description`` are added to those that the document has.

        Raises:
            IdempotencyMismatchError: the request's key was used for something else.
            ConflictError: the document that the same request made has been deleted since, or the requester may not
                write in what is there under this name.
            QuotaReachedError: the tenant would have too many documents or bytes.
            WrongFieldError: the document would have too many tags or fields.
        """
        with self._database.write() as connection:
            if request and (earlier := earlier_result(connection, request)):
                return self._records(connection, *earlier, requester)
            now = self._database.now()
            document = self._lock_document(connection, scope, upload.name)
            refuse_unless_writable(connection, document, requester)
            refuse_beyond_quota(connection, document, upload)
            # Locked until the transaction ends, so that no purge finds the blob unused and removes it.
            blob = {"sha256": upload.sha256, "size_bytes": upload.size_bytes, "created_at": now}
            if not insert_if_absent(connection, BLOBS, blob):
                connection.execute(select(BLOBS).where(BLOBS.c.sha256 == upload.sha256).with_for_update())
            job_id = self._job_for_upload(connection, document, upload, _id_of(requester))
            add_given(connection, document.id, description)
            keep_blob(_label_of(connection, job_id))
            if request:
                note_result(connection, request, document_id=document.id, job_id=job_id, now=now)
            return self._records(connection, document.id, job_id, requester)

    def adopt(self, label: VersionLabel) -> None:
        """Adds a version of a lost catalogue under its own ids, and queues its job; stored text is used again.

        Adopt a document's versions in the order of their numbers: the last one becomes the active one.
        """
        scope = Scope(tenant=label.tenant, collection=label.collection)
        now = self._database.now()
        with self._database.write() as connection:
            document = self._lock_document(connection, scope, label.name, new_document_id=label.document_id)
            blob = {"sha256": label.sha256, "size_bytes": label.size_bytes, "created_at": now}
            insert_if_absent(connection, BLOBS, blob)
            upload = Upload(
                name=label.name, media_type=label.media_type, sha256=label.sha256, size_bytes=label.size_bytes
            )
            add_version(
                connection,
                document,
                upload,
                parser_version=label.parser_version,
                now=now,
                version_id=label.version_id,
            )
            add_job(connection, document, label.version_id, JobStage.INDEXING, now=now)

    def activate(self, tenant: str, document_id: str, version_id: str, requester: Principal | None = None) -> JobRecord:
        """Queues the return to an older version, which needs no parsing. Until then the active one answers.

        Raises:
            UnknownDocumentError: there is no such document, or it is another tenant's.
            UnknownVersionError: it has no such version.
            ConflictError: the version was never ready.
        """
        with self._database.write() as connection:
            document = lock_document(connection, DOCUMENTS.c.id == document_id, DOCUMENTS.c.tenant == tenant)
            if document is None:
                raise UnknownDocumentError(document_id)
            version = connection.execute(
                select(VERSIONS).where(VERSIONS.c.id == version_id, VERSIONS.c.document_id == document_id)
            ).first()
            if version is None:
                raise UnknownVersionError(version_id)
            if version.state != VersionState.READY:
                raise ConflictError(f"Version {version.number} is {version.state}: only a ready one can be activated.")
            coming = _newest_unfinished_job(connection, document_id)
            if coming is None and document.active_version_id == version_id:
                return self._job(connection, _newest_job_id(connection, version_id), requester)
            if coming is not None and coming.version_id == version_id:
                return self._job(connection, coming.id, requester)
            now, user = self._database.now(), _id_of(requester)
            job_id = add_job(connection, document, version_id, JobStage.INDEXING, now=now, requested_by=user)
            return self._job(connection, job_id, requester)

    def reindex(self, version_id: str, *, from_stage: JobStage) -> bool:
        """Queues a job that indexes the active version ``version_id`` again, unless an unfinished one exists.

        Returns False if the version is not active.
        """
        with self._database.write() as connection:
            document = lock_document(connection, DOCUMENTS.c.active_version_id == version_id)
            if document is None:
                return False
            if connection.execute(select(JOBS.c.id).where(JOBS.c.version_id == version_id, is_unfinished())).first():
                return True
            # The number of the request that made the version active: a version that was requested later supersedes it.
            request = document.active_request_number
            add_job(connection, document, version_id, from_stage, now=self._database.now(), request=request)
            return True

    def _lock_document(
        self, connection: Connection, scope: Scope, name: str, *, new_document_id: str | None = None
    ) -> Row[Any]:
        now = self._database.now()
        owner = {"tenant": scope.tenant, "created_at": now}
        insert_if_absent(connection, TENANTS, {"name": scope.tenant, "created_at": now})
        insert_if_absent(connection, COLLECTIONS, {**owner, "name": scope.collection})
        identity = {"tenant": scope.tenant, "collection": scope.collection, "name": name}
        document_id = new_document_id or new_id()
        insert_if_absent(connection, DOCUMENTS, {"id": document_id, **identity, "created_at": now, "updated_at": now})
        conditions = [DOCUMENTS.c[column] == value for column, value in identity.items()]
        return connection.execute(select(DOCUMENTS).where(*conditions).with_for_update()).one()

    def _job_for_upload(self, connection: Connection, document: Row[Any], upload: Upload, requested_by: str) -> str:
        same = connection.execute(
            select(VERSIONS)
            .where(
                VERSIONS.c.document_id == document.id,
                VERSIONS.c.sha256 == upload.sha256,
                VERSIONS.c.state != VersionState.FAILED,
            )
            .order_by(VERSIONS.c.number.desc())
        ).all()
        well_read = [version for version in same if version.parser_version >= self._parser_version]
        coming = _newest_unfinished_job(connection, document.id)
        if coming is not None:
            if any(version.id == coming.version_id for version in same):
                connection.execute(update(JOBS).where(JOBS.c.id == coming.id).values(background=False))
                return str(coming.id)
        elif any(version.id == document.active_version_id for version in well_read):
            return _newest_job_id(connection, document.active_version_id)
        now = self._database.now()
        kept = next((version for version in well_read if version.state == VersionState.READY), None)
        if kept is not None:
            return add_job(connection, document, kept.id, JobStage.INDEXING, now=now, requested_by=requested_by)
        version_id = add_version(connection, document, upload, parser_version=self._parser_version, now=now)
        return add_job(connection, document, version_id, JobStage.PARSING, now=now, requested_by=requested_by)

    def _records(
        self, connection: Connection, document_id: str, job_id: str, requester: Principal | None
    ) -> tuple[DocumentRecord, JobRecord]:
        found = document_records(connection, DOCUMENTS.c.id == document_id, *readable(requester))
        if not found:
            raise ConflictError("What this request made before has been deleted since. Use a new Idempotency-Key.")
        return found[0], self._job(connection, job_id, requester)

    def _job(self, connection: Connection, job_id: str, requester: Principal | None) -> JobRecord:
        ahead = shown_jobs(AHEAD, requester)
        return job_records(connection, JOBS.c.id == job_id, now=self._database.now(), ahead=ahead)[0]


def _id_of(requester: Principal | None) -> str:
    return requester.user_id if requester else ""


def add_version(
    connection: Connection,
    document: Row[Any],
    upload: Upload,
    *,
    parser_version: int,
    now: datetime,
    version_id: str | None = None,
) -> str:
    """Adds a version to a document that is locked, in place of its failed ones. Returns its id."""
    version_id = version_id or new_id()
    newest = select(func.coalesce(func.max(VERSIONS.c.number), 0)).where(VERSIONS.c.document_id == document.id)
    connection.execute(
        insert(VERSIONS).values(
            id=version_id,
            document_id=document.id,
            number=newest.scalar_subquery() + 1,
            sha256=upload.sha256,
            media_type=upload.media_type,
            size_bytes=upload.size_bytes,
            state=VersionState.PROCESSING,
            parser_version=parser_version,
            created_at=now,
        )
    )
    failed = (VERSIONS.c.document_id == document.id, VERSIONS.c.state == VersionState.FAILED)
    queue_versions_for_purge(connection, *failed, now=now)
    return version_id


def add_job(
    connection: Connection,
    document: Row[Any],
    version_id: str,
    stage: JobStage,
    *,
    now: datetime,
    request: int | None = None,
    background: bool = False,
    requested_by: str = "",
) -> str:
    """Queues a job for a version of a document that is locked, by default as the newest request. Returns its id."""
    job_id = new_id()
    scope = scope_of(document)
    connection.execute(
        insert(JOBS).values(
            id=job_id,
            tenant=scope.tenant,
            collection=scope.collection,
            document_id=document.id,
            version_id=version_id,
            name=document.name,
            state=JobState.QUEUED,
            stage=stage,
            background=background,
            available_at=now,
            request_number=next_request_number() if request is None else request,
            requested_at=now,
            requested_by=requested_by,
            created_at=now,
        )
    )
    if not background:  # for its users nothing has changed
        connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == document.id).values(updated_at=now))
    return job_id


def _newest_unfinished_job(connection: Connection, document_id: str) -> Row[Any] | None:
    """Returns the unfinished job with the newest request: its version will be the active one."""
    return connection.execute(
        select(JOBS)
        .where(JOBS.c.document_id == document_id, is_unfinished())
        .order_by(JOBS.c.request_number.desc(), JOBS.c.created_at.desc())
        .limit(1)
    ).first()


def _label_of(connection: Connection, job_id: str) -> VersionLabel:
    version_id = select(JOBS.c.version_id).where(JOBS.c.id == job_id).scalar_subquery()
    [label] = version_labels(connection, VERSIONS.c.id == version_id)
    return label


def _newest_job_id(connection: Connection, version_id: str) -> str:
    row = connection.execute(
        select(JOBS.c.id)
        .where(JOBS.c.version_id == version_id)
        .order_by(JOBS.c.request_number.desc(), JOBS.c.created_at.desc())
        .limit(1)
    ).one()
    return str(row.id)
