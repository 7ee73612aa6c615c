"""Reads documents, versions and collections. The catalogue alone decides what is visible."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, literal, not_, or_, select, tuple_

from rag.answers import Question
from rag.catalog.access.reach import readable, readable_versions
from rag.catalog.database.connection import Database
from rag.catalog.database.records import (
    DocumentRecord,
    JobState,
    KeptVersion,
    VersionLabel,
    VersionRecord,
)
from rag.catalog.database.rows import (
    document_records,
    in_scope,
    is_unfinished,
    kept_version,
    version_labels,
    version_record,
)
from rag.catalog.database.tables import COLLECTIONS, DOCUMENTS, JOBS, PURGES, SCOPE_STATES, VERSIONS
from rag.errors import UnknownDocumentError, UnknownVersionError
from rag.types import Scope


class Catalog:
    """Reads documents, versions and collections. Safe to call from several threads.

    ``conditions`` are further ones over ``DOCUMENTS``: what a caller may not read is left out by them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def document(self, tenant: str, document_id: str, *conditions: ColumnElement[bool]) -> DocumentRecord:
        """Returns a document.

        Raises:
            UnknownDocumentError: there is none with this id, or it is another tenant's, or a condition does not hold.
        """
        known = DOCUMENTS.c.id == document_id, DOCUMENTS.c.tenant == tenant
        with self._database.read() as connection:
            found = document_records(connection, *known, *conditions)
        if not found:
            raise UnknownDocumentError(document_id)
        return found[0]

    def documents(
        self,
        tenant: str,
        *conditions: ColumnElement[bool],
        collection: str | None = None,
        after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> list[DocumentRecord]:
        """Returns the tenant's documents by collection and name, beginning after that pair ``after``."""
        demands: list[ColumnElement[bool]] = [DOCUMENTS.c.tenant == tenant, *conditions]
        if collection is not None:
            demands.append(DOCUMENTS.c.collection == collection)
        if after is not None:
            demands.append(tuple_(DOCUMENTS.c.collection, DOCUMENTS.c.name) > tuple_(*map(literal, after)))
        with self._database.read() as connection:
            return document_records(connection, *demands, limit=limit)

    def collections(self, tenant: str, *, after: str = "", limit: int | None = None) -> Mapping[str, int]:
        """Returns the tenant's collections by name, beginning after ``after``, each with its number of documents."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(COLLECTIONS.c.name, func.count(DOCUMENTS.c.id))
                .join(
                    DOCUMENTS,
                    (DOCUMENTS.c.tenant == COLLECTIONS.c.tenant) & (DOCUMENTS.c.collection == COLLECTIONS.c.name),
                    isouter=True,
                )
                .where(COLLECTIONS.c.tenant == tenant, COLLECTIONS.c.name > after)
                .group_by(COLLECTIONS.c.name)
                .order_by(COLLECTIONS.c.name)
                .limit(limit)
            )
            return {name: int(count) for name, count in rows}

    def versions(self, tenant: str, document_id: str, *conditions: ColumnElement[bool]) -> list[VersionRecord]:
        """Returns the kept versions of a document, the newest first.

        Raises:
            UnknownDocumentError: there is none with this id, or it is another tenant's, or a condition does not hold.
        """
        active_version_id = self.document(tenant, document_id, *conditions).active_version_id
        with self._database.read() as connection:
            rows = connection.execute(
                select(VERSIONS).where(VERSIONS.c.document_id == document_id).order_by(VERSIONS.c.number.desc())
            )
            return [version_record(row, active_version_id=active_version_id) for row in rows]

    def version(
        self, tenant: str, document_id: str, version_id: str, *conditions: ColumnElement[bool]
    ) -> VersionRecord:
        """Returns a version of a document.

        Raises:
            UnknownDocumentError: there is no such document, or it is another tenant's.
            UnknownVersionError: it has no such version now.
        """
        for version in self.versions(tenant, document_id, *conditions):
            if version.version_id == version_id:
                return version
        raise UnknownVersionError(version_id)

    def visible(self, scope: Scope, version_ids: frozenset[str], *conditions: ColumnElement[bool]) -> frozenset[str]:
        """Returns those of the versions that are the active ones of documents in a scope."""
        active = DOCUMENTS.c.active_version_id
        wanted = select(active).where(in_scope(DOCUMENTS, scope), active.in_(version_ids), *conditions)
        with self._database.read() as connection:
            return frozenset(connection.execute(wanted).scalars())

    def visible_to_asker(self, question: Question, version_ids: frozenset[str]) -> frozenset[str]:
        """Returns those of the versions that an answer to the question may show at this moment."""
        return self.visible(question.scope, version_ids, *readable(question.asker))

    def holds_hidden(self, scope: Scope, *conditions: ColumnElement[bool]) -> bool:
        """Returns whether a scope has a document that does not meet the conditions."""
        if not conditions:
            return False
        hidden = select(DOCUMENTS.c.id).where(in_scope(DOCUMENTS, scope), not_(and_(*conditions)))
        with self._database.read() as connection:
            return connection.execute(hidden.limit(1)).first() is not None

    def hidden_among(self, tenant: str, document_ids: Collection[str], *conditions: ColumnElement[bool]) -> bool:
        """Returns whether one of these documents is not there, or does not meet the conditions."""
        if not document_ids:
            return False
        known = DOCUMENTS.c.tenant == tenant, DOCUMENTS.c.id.in_(document_ids)
        with self._database.read() as connection:
            found = connection.execute(select(DOCUMENTS.c.id).where(*known, *conditions)).scalars()
            return not set(document_ids) <= set(found)

    def names_hidden(self, tenant: str, names: Collection[str], *conditions: ColumnElement[bool], surely: bool) -> bool:
        """Returns whether one of these names or ids is only that of documents for which a condition does not hold.

        ``surely``: returns False only if each is that of documents for which they hold, and of no others.
        """
        if not names or not conditions:
            return False
        shown = and_(*conditions).label("shown")
        known = DOCUMENTS.c.tenant == tenant, or_(DOCUMENTS.c.name.in_(names), DOCUMENTS.c.id.in_(names))
        with self._database.read() as connection:
            rows = connection.execute(select(DOCUMENTS.c.name, DOCUMENTS.c.id, shown).where(*known)).all()
        there = {each for row in rows for each in (row.name, row.id)} & set(names)
        told = {each for row in rows if row.shown for each in (row.name, row.id)}
        may_be = not all(row.shown for row in rows) or not set(names) <= there
        return may_be if surely else bool(there - told)

    def are_readable(self, version_ids: frozenset[str], *conditions: ColumnElement[bool]) -> bool:
        """Returns whether all of these versions exist, and are of documents that meet the conditions."""
        wanted = readable_versions(conditions).where(VERSIONS.c.id.in_(version_ids))
        with self._database.read() as connection:
            return version_ids <= set(connection.execute(wanted).scalars())

    def state(self, scope: Scope) -> str:
        """Returns a token that changes with everything that becomes visible or invisible in the scope.

        A token never comes back: if it is the same before and after other reads, nothing changed between them.
        """
        with self._database.read() as connection:
            found = connection.execute(select(SCOPE_STATES.c.state).where(in_scope(SCOPE_STATES, scope))).scalar()
        return found or ""

    def exists(self, version_id: str) -> bool:
        """Returns whether a version exists, of any tenant."""
        with self._database.read() as connection:
            return connection.execute(select(VERSIONS.c.id).where(VERSIONS.c.id == version_id)).first() is not None

    def blobs_in_use(self) -> frozenset[str]:
        """Returns the hashes of all blobs that a version has, or that an unfinished purge concerns."""
        purging = select(PURGES.c.sha256).where(PURGES.c.finished_at.is_(None))
        with self._database.read() as connection:
            return frozenset(connection.execute(select(VERSIONS.c.sha256).union(purging)).scalars())

    def versions_in_use(self) -> frozenset[str]:
        """Returns all versions that exist, or that an unfinished purge concerns."""
        purging = select(PURGES.c.version_id).where(PURGES.c.finished_at.is_(None))
        with self._database.read() as connection:
            return frozenset(connection.execute(select(VERSIONS.c.id).union(purging)).scalars())

    def labels(self) -> list[VersionLabel]:
        """Returns the labels of all versions."""
        with self._database.read() as connection:
            return version_labels(connection)

    def being_purged(self) -> frozenset[str]:
        """Returns the versions that an unfinished purge concerns."""
        with self._database.read() as connection:
            return frozenset(
                connection.execute(select(PURGES.c.version_id).where(PURGES.c.finished_at.is_(None))).scalars()
            )

    def inventory(self) -> tuple[KeptVersion, ...]:
        """Returns every version of all tenants, by document name and number."""
        unsettled = or_(
            VERSIONS.c.id.in_(select(JOBS.c.version_id).where(is_unfinished())),
            VERSIONS.c.id.in_(select(PURGES.c.version_id).where(PURGES.c.finished_at.is_(None))),
        )
        with self._database.read() as connection:
            rows = connection.execute(
                select(VERSIONS, DOCUMENTS, unsettled.label("unsettled"))
                .join(DOCUMENTS, DOCUMENTS.c.id == VERSIONS.c.document_id)
                .order_by(DOCUMENTS.c.name, VERSIONS.c.number)
            )
            return tuple(map(kept_version, rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Counts of the whole catalogue, of all tenants.

    ``chunks`` are those of active versions; ``oldest_waiting`` is how long the first job in the queue has waited,
    without those in the background.
    """

    jobs: Mapping[JobState, int]
    oldest_waiting: timedelta
    documents: int
    chunks: int


def take_census(database: Database) -> Census:
    """Returns the counts at this moment.

    Raises:
        CatalogUnavailableError: the database does not answer.
    """
    by_state = select(JOBS.c.state, func.count()).group_by(JOBS.c.state)
    active = select(func.count(), func.coalesce(func.sum(VERSIONS.c.chunk_count), 0)).select_from(DOCUMENTS)
    active = active.join(VERSIONS, VERSIONS.c.id == DOCUMENTS.c.active_version_id)
    waiting = select(func.min(JOBS.c.requested_at)).where(JOBS.c.state == JobState.QUEUED, ~JOBS.c.background)
    with database.read() as connection:
        found = {state: int(count) for state, count in connection.execute(by_state)}
        oldest = connection.execute(waiting).scalar()
        documents, chunks = connection.execute(active).one()
    return Census(
        jobs={state: found.get(state, 0) for state in JobState},
        oldest_waiting=max(timedelta(0), database.now() - oldest) if oldest else timedelta(0),
        documents=int(documents),
        chunks=int(chunks),
    )
