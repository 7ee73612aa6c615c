"""Finds the documents that an older parser read, and queues the jobs that read their originals again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from rag.catalog.database.connection import Database
from rag.catalog.database.records import JobStage, ReadingState, Upload
from rag.catalog.database.rows import is_unfinished
from rag.catalog.database.tables import DOCUMENTS, JOBS, VERSIONS
from rag.catalog.versions import add_job, add_version

_AT_ONCE = 100
"""Documents that are queued in one transaction: longer ones would hold uploads up."""


class Rereads:
    """Queues documents to be read again by a parser of ``parser_version``. Safe to call from several threads."""

    def __init__(self, database: Database, *, parser_version: int) -> None:
        self._database = database
        self._parser_version = parser_version

    def state(self, tenant: str, collection: str | None = None) -> ReadingState:
        """Counts the tenant's documents that can be found, or those of one collection, by the parser that read them."""
        outdated, in_work = self._is_outdated(), _has_job()
        counted = _active(
            tenant,
            collection,
            func.count(),
            func.count(case((outdated, 1))),
            func.count(case((outdated & in_work, 1))),
        )
        with self._database.read() as connection:
            documents, old, working = connection.execute(counted).one()
        return ReadingState(parser_version=self._parser_version, documents=documents, outdated=old, in_work=working)

    def queue(self, tenant: str, collection: str | None = None) -> None:
        """Adds a version with the same bytes to each document that an older parser read, and queues its job.

        The active version answers until the new one is published, and stays if that fails. The jobs run in the
        background, after all others. A document that has an unfinished job is left out, so that a second call adds
        nothing.
        """
        wanted = _active(tenant, collection, DOCUMENTS, VERSIONS.c.media_type, VERSIONS.c.sha256, VERSIONS.c.size_bytes)
        wanted = wanted.where(self._is_outdated(), ~_has_job()).order_by(DOCUMENTS.c.id).limit(_AT_ONCE)
        last = ""
        while True:
            with self._database.write() as connection:
                rows = connection.execute(wanted.where(DOCUMENTS.c.id > last).with_for_update(of=DOCUMENTS)).all()
                now = self._database.now()
                for row in rows:
                    upload = Upload(
                        name=row.name, media_type=row.media_type, sha256=row.sha256, size_bytes=row.size_bytes
                    )
                    version = add_version(connection, row, upload, parser_version=self._parser_version, now=now)
                    # The active version's own number: a version that was requested later supersedes this one.
                    number = row.active_request_number
                    add_job(connection, row, version, JobStage.PARSING, now=now, request=number, background=True)
            if len(rows) < _AT_ONCE:
                return
            last = rows[-1].id

    def _is_outdated(self) -> ColumnElement[bool]:
        outdated: ColumnElement[bool] = VERSIONS.c.parser_version < self._parser_version
        return outdated


def _active(tenant: str, collection: str | None, *columns: Any) -> Select[Any]:  # noqa: ANN401 - SQLAlchemy's own
    """Selects from documents joined with their active versions."""
    joined = select(*columns).select_from(DOCUMENTS).join(VERSIONS, VERSIONS.c.id == DOCUMENTS.c.active_version_id)
    joined = joined.where(DOCUMENTS.c.tenant == tenant)
    return joined if collection is None else joined.where(DOCUMENTS.c.collection == collection)


def _has_job() -> ColumnElement[bool]:
    return select(JOBS.c.id).where(JOBS.c.document_id == DOCUMENTS.c.id, is_unfinished()).exists()
