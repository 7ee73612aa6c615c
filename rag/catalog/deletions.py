"""Deletes documents, versions and collections: invisible at once, then purged step by step.

Each delete has a receipt that says what is gone, and since when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from rag.catalog.database.connection import Database, insert_if_absent, new_id
from rag.catalog.database.records import (
    DeletionKind,
    DeletionReceipt,
    DocumentRecord,
    Failure,
    JobState,
    Purge,
    VersionState,
)
from rag.catalog.database.rows import (
    aware,
    end_jobs,
    in_scope,
    is_unfinished,
    lock_document,
    note_change,
    purge_record,
    queue_versions_for_purge,
    scope_of,
)
from rag.catalog.database.tables import BLOBS, COLLECTIONS, DOCUMENTS, JOBS, PURGES, RECEIPTS, VERSIONS
from rag.errors import (
    ConflictError,
    UnknownCollectionError,
    UnknownDocumentError,
    UnknownReceiptError,
    UnknownVersionError,
)
from rag.types import Scope

_DELETED = Failure(code="deleted", detail="The document was deleted before it was ready.")


class PurgeStep(StrEnum):
    """A place that a purge removes a version from."""

    INDEX = "index"
    TEXT = "text"
    CACHES = "caches"
    ORIGINAL = "original"


class Deletions:
    """Deletes, and keeps the list of purges. Safe to call from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def delete_document(self, tenant: str, document_id: str, *, requested_by: str = "") -> DeletionReceipt:
        """Makes a document with all its versions invisible at once, and ends its unfinished jobs.

        Raises:
            UnknownDocumentError: there is none with this id, or it is another tenant's.
        """
        with self._database.write() as connection:
            row = lock_document(connection, DOCUMENTS.c.id == document_id, DOCUMENTS.c.tenant == tenant)
            if row is None:
                raise UnknownDocumentError(document_id)
            receipt_id = self._receipt(connection, scope_of(row), DeletionKind.DOCUMENT, row.name, requested_by)
            self._delete(connection, document_id, receipt_id)
            note_change(connection, scope_of(row))
            return _receipt(connection, tenant, receipt_id)

    def delete_version(
        self, tenant: str, document: DocumentRecord, version_id: str, *, requested_by: str = ""
    ) -> DeletionReceipt:
        """Deletes a version that is not active and that no unfinished job works on.

        Raises:
            UnknownVersionError: the document has no such version.
            ConflictError: it is the active one, or a job is working on it.
        """
        with self._database.write() as connection:
            row = lock_document(connection, DOCUMENTS.c.id == document.document_id)
            version = connection.execute(
                select(VERSIONS).where(VERSIONS.c.id == version_id, VERSIONS.c.document_id == document.document_id)
            ).first()
            if row is None or version is None:
                raise UnknownVersionError(version_id)
            if row.active_version_id == version_id:
                raise ConflictError("This is the active version. Activate another one first, or delete the document.")
            if connection.execute(select(JOBS.c.id).where(JOBS.c.version_id == version_id, is_unfinished())).first():
                raise ConflictError("A job is working on this version. Cancel it first.")
            receipt_id = self._receipt(connection, scope_of(row), DeletionKind.VERSION, row.name, requested_by)
            queue_versions_for_purge(
                connection, VERSIONS.c.id == version_id, now=self._database.now(), receipt_id=receipt_id
            )
            drop_empty_document(connection, document.document_id)
            return _receipt(connection, tenant, receipt_id)

    def delete_collection(self, scope: Scope, *, requested_by: str = "") -> DeletionReceipt:
        """Makes a collection and everything in it invisible at once.

        Raises:
            UnknownCollectionError: there is no such collection.
        """
        with self._database.write() as connection:
            condition = (COLLECTIONS.c.tenant == scope.tenant) & (COLLECTIONS.c.name == scope.collection)
            if connection.execute(select(COLLECTIONS).where(condition).with_for_update()).first() is None:
                known = select(COLLECTIONS.c.name).where(COLLECTIONS.c.tenant == scope.tenant)
                raise UnknownCollectionError(scope.collection, sorted(connection.execute(known).scalars()))
            receipt_id = self._receipt(connection, scope, DeletionKind.COLLECTION, scope.collection, requested_by)
            documents = select(DOCUMENTS.c.id).where(in_scope(DOCUMENTS, scope)).with_for_update()
            for document_id in connection.execute(documents).scalars().all():
                self._delete(connection, document_id, receipt_id)
            connection.execute(delete(COLLECTIONS).where(condition))
            note_change(connection, scope)
            return _receipt(connection, scope.tenant, receipt_id)

    def dismiss_failed(self, scope: Scope, *conditions: ColumnElement[bool]) -> int:
        """Removes the versions of a scope that could not be read, and documents that have no other. Returns how many.

        A version that is tried again is kept, and so are documents that do not meet the conditions.
        """
        with self._database.write() as connection:
            now = self._database.now()
            chosen = select(DOCUMENTS.c.id).where(in_scope(DOCUMENTS, scope), *conditions)
            locked = connection.execute(chosen.with_for_update())
            within = VERSIONS.c.document_id.in_(chosen)
            in_work = select(JOBS.c.version_id).where(in_scope(JOBS, scope), is_unfinished())
            failed = (within, VERSIONS.c.state == VersionState.FAILED, VERSIONS.c.id.not_in(in_work))
            of_documents = select(VERSIONS.c.document_id).where(*failed)
            document_ids = list(connection.execute(of_documents).scalars()) if locked.first() else []
            queue_versions_for_purge(connection, *failed, now=now)
            for document_id in set(document_ids):
                drop_empty_document(connection, document_id)
            return len(document_ids)

    def receipt(
        self, tenant: str, receipt_id: str, *conditions: ColumnElement[bool], requested_by: str | None = None
    ) -> DeletionReceipt:
        """Returns a receipt as it stands now; with ``requested_by`` only that of a delete of this user's.

        It tells of others that have the same bytes only where those are documents of the tenant that meet the
        conditions. For all others the original is gone once the purge is complete.

        Raises:
            UnknownReceiptError: there is none with this id, or it is another tenant's or another user's.
        """
        with self._database.read() as connection:
            found = _receipt(connection, tenant, receipt_id, requested_by=requested_by)
            of_tenant = select(VERSIONS.c.sha256).join(DOCUMENTS, DOCUMENTS.c.id == VERSIONS.c.document_id)
            same = VERSIONS.c.sha256.in_([purge.sha256 for purge in found.purges if purge.original_shared])
            told = set(connection.execute(of_tenant.where(DOCUMENTS.c.tenant == tenant, same, *conditions)).scalars())
        purges = (
            purge
            if not purge.original_shared or purge.sha256 in told
            else replace(purge, original_shared=False, original_at=purge.finished_at)
            for purge in found.purges
        )
        return replace(found, purges=tuple(purges))

    def pending(self) -> list[Purge]:
        """Returns the purges that are not finished, oldest first.

        A purge waits while a worker may still write its version, until it abandons the job or its lease ends.
        """
        writing = select(JOBS.c.id).where(
            JOBS.c.version_id == PURGES.c.version_id,
            JOBS.c.state == JobState.CANCELLED,
            JOBS.c.lease_until > self._database.now(),
        )
        with self._database.read() as connection:
            rows = connection.execute(
                select(PURGES)
                .where(PURGES.c.finished_at.is_(None), ~writing.exists())
                .order_by(PURGES.c.requested_at, PURGES.c.id)
            )
            return [purge_record(row) for row in rows]

    def count(self) -> int:
        """Returns how many purges there have ever been; a process with caches drops them when the number changes."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(PURGES)).scalar_one())

    def note(self, purge: Purge, step: PurgeStep) -> None:
        """Notes the time when a version was removed from one place; a second note changes nothing."""
        column = PURGES.c[f"{step}_at"]
        with self._database.write() as connection:
            connection.execute(
                update(PURGES)
                .where(PURGES.c.id == purge.purge_id, column.is_(None))
                .values({column: self._database.now()})
            )

    def release_blob(self, sha256: str, *, remove: Callable[[], None]) -> bool:
        """Calls ``remove`` if no version has these bytes, and returns whether it did. Uploads of them wait."""
        with self._database.write() as connection:
            # Without a row there is nothing to lock: inserting one waits for an upload that inserts it, too.
            insert_if_absent(connection, BLOBS, {"sha256": sha256, "size_bytes": 0, "created_at": self._database.now()})
            connection.execute(select(BLOBS).where(BLOBS.c.sha256 == sha256).with_for_update())
            if connection.execute(select(VERSIONS.c.id).where(VERSIONS.c.sha256 == sha256)).first():
                return False
            connection.execute(delete(BLOBS).where(BLOBS.c.sha256 == sha256))
            remove()
            return True

    def finish(self, purge: Purge, *, original_shared: bool = False) -> None:
        """Notes that a purge is complete; with ``original_shared`` the blob stays, because other versions have it."""
        values = {"finished_at": self._database.now(), "original_shared": original_shared}
        with self._database.write() as connection:
            connection.execute(update(PURGES).where(PURGES.c.id == purge.purge_id).values(**values))

    def to_erase(self, *, after: timedelta) -> list[Purge]:
        """Returns the purges whose bytes the index's files may still hold, once the oldest has waited for ``after``."""
        waiting = PURGES.c.erased_at.is_(None), PURGES.c.index_at.is_not(None), ~PURGES.c.index_only
        with self._database.read() as connection:
            oldest = connection.execute(select(func.min(PURGES.c.index_at)).where(*waiting)).scalar_one()
            now = self._database.now()
            if (
                oldest is None or oldest <= now < oldest + after
            ):  # a later time is of a clock that has been set back since
                return []
            return [purge_record(row) for row in connection.execute(select(PURGES).where(*waiting))]

    def note_erased(self, purges: Sequence[Purge]) -> None:
        """Removes the deleted bytes from the catalogue's files, then notes that neither they nor the index hold any."""
        self._database.erase_deleted()
        erased = update(PURGES).where(PURGES.c.id == bindparam("purge_id")).values(erased_at=self._database.now())
        with self._database.write() as connection:
            connection.execute(erased, [{"purge_id": purge.purge_id} for purge in purges])

    def _delete(self, connection: Connection, document_id: str, receipt_id: str) -> None:
        now = self._database.now()
        end_jobs(connection, JOBS.c.document_id == document_id, now=now, failure=_DELETED)
        queue_versions_for_purge(connection, VERSIONS.c.document_id == document_id, now=now, receipt_id=receipt_id)
        connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.id == document_id))

    def _receipt(self, connection: Connection, scope: Scope, kind: DeletionKind, name: str, requested_by: str) -> str:
        receipt_id = new_id()
        connection.execute(
            insert(RECEIPTS).values(
                id=receipt_id,
                tenant=scope.tenant,
                collection=scope.collection,
                kind=kind,
                name=name,
                requested_at=self._database.now(),
                requested_by=requested_by,
            )
        )
        return receipt_id


def drop_empty_document(connection: Connection, document_id: str) -> None:
    """Removes a document that has no version left."""
    versions = select(VERSIONS.c.id).where(VERSIONS.c.document_id == document_id)
    connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.id == document_id, ~versions.exists()))


def _receipt(
    connection: Connection, tenant: str, receipt_id: str, *, requested_by: str | None = None
) -> DeletionReceipt:
    known = [RECEIPTS.c.id == receipt_id, RECEIPTS.c.tenant == tenant]
    if requested_by is not None:
        known.append(RECEIPTS.c.requested_by == requested_by)
    row = connection.execute(select(RECEIPTS).where(*known)).first()
    if row is None:
        raise UnknownReceiptError(receipt_id)
    purges = tuple(
        purge_record(purge)
        for purge in connection.execute(
            select(PURGES).where(PURGES.c.receipt_id == receipt_id).order_by(PURGES.c.name, PURGES.c.id)
        )
    )
    return DeletionReceipt(
        receipt_id=row.id,
        kind=DeletionKind(row.kind),
        scope=scope_of(row),
        name=row.name,
        requested_at=aware(row.requested_at),
        finished_at=_last([purge.finished_at for purge in purges], aware(row.requested_at)),
        erased_at=_last([purge.erased_at for purge in purges], aware(row.requested_at)),
        purges=purges,
    )


def _last(moments: list[datetime | None], requested_at: datetime) -> datetime | None:
    """Returns the latest of the times, None while one is missing, and ``requested_at`` for an empty collection."""
    done = [moment for moment in moments if moment is not None]
    return max(done, default=requested_at) if len(done) == len(moments) else None
