"""Documents and versions. The catalogue alone decides what is visible."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, func, insert, select, update

from rag.catalog.database import Database, new_id, now
from rag.catalog.records import DocumentRecord, JobRecord, JobStage, JobState, Purge, Upload, VersionState
from rag.catalog.rows import document_records, job_record, mark_for_purge, scope_values
from rag.catalog.tables import DOCUMENTS, JOBS, VERSIONS
from rag.errors import UnknownDocumentError
from rag.types import Scope


class Catalog:
    """Safe to call from several threads; every method that changes something is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_upload(self, scope: Scope, upload: Upload) -> tuple[DocumentRecord, JobRecord]:
        """Stores document, version and job in one transaction.

        The same name in the same collection is a new version of the same document. The same bytes as its active
        version are not taken in again: the job that made that version is returned.
        """
        with self._database.write() as connection:
            document_id = _document_id(connection, scope, upload.name)
            version_id = _unchanged_version(connection, document_id, upload.sha256) or _insert_version(
                connection, document_id, scope, upload
            )
            [document] = document_records(connection, DOCUMENTS.c.id == document_id)
            return document, job_record(connection, JOBS.c.version_id == version_id)

    def document(self, tenant: str, document_id: str) -> DocumentRecord:
        """Returns a document.

        Raises:
            UnknownDocumentError: there is none with this id, or it is another tenant's.
        """
        with self._database.read() as connection:
            found = document_records(connection, DOCUMENTS.c.id == document_id, DOCUMENTS.c.tenant == tenant)
        if not found:
            raise UnknownDocumentError(document_id)
        return found[0]

    def documents(self, tenant: str, *, collection: str | None = None) -> list[DocumentRecord]:
        """Returns the tenant's documents, those changed last first."""
        conditions = [DOCUMENTS.c.tenant == tenant]
        if collection is not None:
            conditions.append(DOCUMENTS.c.collection == collection)
        with self._database.read() as connection:
            return document_records(connection, *conditions)

    def collections(self, tenant: str) -> Mapping[str, int]:
        """Returns the tenant's collections by name, each with its number of documents."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(DOCUMENTS.c.collection, func.count())
                .where(DOCUMENTS.c.tenant == tenant)
                .group_by(DOCUMENTS.c.collection)
                .order_by(DOCUMENTS.c.collection)
            )
            return {name: int(count) for name, count in rows}

    def delete_document(self, tenant: str, document_id: str) -> None:
        """Makes a document invisible at once; its versions wait to be purged.

        Raises:
            UnknownDocumentError: there is none with this id, or it is another tenant's.
        """
        with self._database.write() as connection:
            result = connection.execute(
                delete(DOCUMENTS).where(DOCUMENTS.c.id == document_id, DOCUMENTS.c.tenant == tenant)
            )
            if not result.rowcount:
                raise UnknownDocumentError(document_id)
            mark_for_purge(connection, VERSIONS.c.document_id == document_id)

    def visible(self, tenant: str, version_ids: frozenset[str]) -> frozenset[str]:
        """Returns those of the versions that are their document's active one."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(DOCUMENTS.c.active_version_id).where(
                    DOCUMENTS.c.tenant == tenant, DOCUMENTS.c.active_version_id.in_(version_ids)
                )
            )
            return frozenset(rows.scalars())

    def purges(self) -> list[Purge]:
        """Returns the versions whose points and files are to be removed."""
        with self._database.read() as connection:
            rows = connection.execute(select(VERSIONS).where(VERSIONS.c.state == VersionState.PURGE)).all()
            return [
                Purge(
                    version_id=row.id,
                    scope=Scope(tenant=row.tenant, collection=row.collection),
                    sha256=row.sha256,
                    blob_unused=not connection.execute(
                        select(func.count()).where(VERSIONS.c.sha256 == row.sha256, VERSIONS.c.id != row.id)
                    ).scalar_one(),
                )
                for row in rows
            ]

    def forget(self, version_id: str) -> None:
        """Removes a purged version's row: the last step of a purge."""
        with self._database.write() as connection:
            connection.execute(delete(VERSIONS).where(VERSIONS.c.id == version_id))


def _document_id(connection: Connection, scope: Scope, name: str) -> str:
    existing = connection.execute(
        select(DOCUMENTS.c.id).where(
            DOCUMENTS.c.tenant == scope.tenant, DOCUMENTS.c.collection == scope.collection, DOCUMENTS.c.name == name
        )
    ).scalar()
    if existing is not None:
        return str(existing)
    document_id = new_id()
    connection.execute(
        insert(DOCUMENTS).values(id=document_id, **scope_values(scope), name=name, created_at=now(), updated_at=now())
    )
    return document_id


def _unchanged_version(connection: Connection, document_id: str, sha256: str) -> str | None:
    """Returns the newest version that did not fail, if it has the same bytes: ready, or on its way."""
    newest = connection.execute(
        select(VERSIONS.c.id, VERSIONS.c.sha256)
        .where(
            VERSIONS.c.document_id == document_id,
            VERSIONS.c.state.in_([VersionState.READY, VersionState.PROCESSING]),
        )
        .order_by(VERSIONS.c.created_at.desc())
        .limit(1)
    ).first()
    return newest.id if newest is not None and newest.sha256 == sha256 else None


def _insert_version(connection: Connection, document_id: str, scope: Scope, upload: Upload) -> str:
    version_id = new_id()
    mark_for_purge(connection, VERSIONS.c.document_id == document_id, VERSIONS.c.state == VersionState.FAILED)
    connection.execute(
        insert(VERSIONS).values(
            id=version_id,
            document_id=document_id,
            **scope_values(scope),
            sha256=upload.sha256,
            media_type=upload.media_type,
            size_bytes=upload.size_bytes,
            state=VersionState.PROCESSING,
            created_at=now(),
        )
    )
    connection.execute(
        insert(JOBS).values(
            id=new_id(),
            document_id=document_id,
            version_id=version_id,
            state=JobState.QUEUED,
            stage=JobStage.QUEUED,
            created_at=now(),
        )
    )
    connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == document_id).values(updated_at=now()))
    return version_id
