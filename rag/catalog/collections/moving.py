"""Moves documents into another collection, and renames collections: in one transaction, without reading anything again.

The points of the index are copied before, and invisible until the transaction ends: the catalogue says in which
collection a version is. The old points are purged as those of any version that is not active.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from rag.catalog.access.grants import copy_grants
from rag.catalog.collections.collections import DEFAULT_COLLECTION, add_collection, lock_collection
from rag.catalog.database.connection import Database
from rag.catalog.database.conversation_rows import CONVERSATIONS, TURNS
from rag.catalog.database.records import VersionLabel
from rag.catalog.database.rows import (
    in_scope,
    is_unfinished,
    lock_document,
    note_change,
    request_purge,
    scope_of,
    version_labels,
)
from rag.catalog.database.tables import ANSWERS, COLLECTIONS, DOCUMENTS, JOBS, PURGES, VERSIONS
from rag.errors import ConflictError, UnknownDocumentError
from rag.types import Scope

Relabel = Callable[[Sequence[VersionLabel]], None]
"""Writes the labels of versions anew, before the transaction ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Active versions that go from one collection to another."""

    source: Scope
    target: Scope
    version_ids: tuple[str, ...]


class Moves:
    """Plans moves, and carries them out. Safe to call from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan_document(self, tenant: str, document_id: str, collection: str) -> Move:
        """Returns what a move of a document means for the index.

        Raises:
            UnknownDocumentError: there is none with this id, or it is another tenant's.
            UnknownCollectionError: there is no such collection.
            ConflictError: something is in the way.
        """
        with self._database.write() as connection:
            return self._checked(connection, tenant, document_id, collection)

    def move_document(self, move: Move, document_id: str, *, relabel: Relabel) -> None:
        """Makes a document one of the other collection, with all its versions.

        Raises:
            UnknownDocumentError: it was deleted since.
            ConflictError: something is in the way since the move was planned.
        """
        with self._database.write() as connection:
            now = self._checked(connection, move.source.tenant, document_id, move.target.collection)
            if now != move:
                raise ConflictError("The document changed while it was moved. Move it again.")
            self._purge_points(connection, DOCUMENTS.c.id == document_id)
            moved = {"collection": move.target.collection}
            connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == document_id).values(**moved))
            connection.execute(update(JOBS).where(JOBS.c.document_id == document_id).values(**moved))
            relabel(version_labels(connection, DOCUMENTS.c.id == document_id))
            _note_both(connection, move)

    def plan_renaming(self, source: Scope, name: str) -> Move:
        """Returns what a new name of a collection means for the index.

        Raises:
            UnknownCollectionError: there is no such collection.
            ConflictError: the name is taken, or a document is being read.
        """
        with self._database.write() as connection:
            return _renaming(connection, source, Scope(tenant=source.tenant, collection=name))

    def rename(self, move: Move, *, relabel: Relabel) -> None:
        """Gives a collection its new name: documents, answers and conversations go with it.

        Raises:
            UnknownCollectionError: it was deleted since.
            ConflictError: something is in the way since it was planned.
        """
        source, target = move.source, move.target
        with self._database.write() as connection:
            if _renaming(connection, source, target) != move:
                raise ConflictError("Documents changed while the collection was renamed. Rename it again.")
            row = lock_collection(connection, source)
            values = {"tenant": target.tenant, "name": target.collection, "created_at": row.created_at}
            kept = {"description": row.description, "settings": row.settings}
            connection.execute(insert(COLLECTIONS).values(**values, **kept))
            copy_grants(connection, source, target)  # before anything is in the new place
            self._purge_points(connection, in_scope(DOCUMENTS, source))
            for table in (DOCUMENTS, JOBS, ANSWERS, CONVERSATIONS, TURNS):
                condition = in_scope(table, source) if table is not TURNS else _turns_of(source)
                connection.execute(update(table).where(condition).values(collection=target.collection))
            old = (COLLECTIONS.c.tenant == source.tenant, COLLECTIONS.c.name == source.collection)
            connection.execute(delete(COLLECTIONS).where(*old))
            relabel(version_labels(connection, in_scope(DOCUMENTS, target)))
            _note_both(connection, move)

    def _checked(self, connection: Connection, tenant: str, document_id: str, collection: str) -> Move:
        document = lock_document(connection, DOCUMENTS.c.id == document_id, DOCUMENTS.c.tenant == tenant)
        if document is None:
            raise UnknownDocumentError(document_id)
        source, target = scope_of(document), Scope(tenant=tenant, collection=collection)
        if source == target:
            return Move(source=source, target=target, version_ids=())
        if collection == DEFAULT_COLLECTION:
            add_collection(connection, target, now=self._database.now())
        lock_collection(connection, target)
        if connection.execute(select(JOBS.c.id).where(JOBS.c.document_id == document_id, is_unfinished())).first():
            raise ConflictError(f"'{document.name}' is being read. Move it when it is ready.")
        taken = select(DOCUMENTS.c.id).where(in_scope(DOCUMENTS, target), DOCUMENTS.c.name == document.name)
        if connection.execute(taken).first():
            raise ConflictError(
                f"'{collection}' has a document '{document.name}' already. Delete one of the two, or upload this one "
                "under another name."
            )
        _refuse_while_purged(connection, target, VERSIONS.c.id == document.active_version_id)
        active = (document.active_version_id,) if document.active_version_id else ()
        return Move(source=source, target=target, version_ids=active)

    def _purge_points(self, connection: Connection, within: ColumnElement[bool]) -> None:
        """Queues a purge of the points in the old collection, while the catalogue still has the documents there."""
        is_active = VERSIONS.c.id == DOCUMENTS.c.active_version_id
        request_purge(connection, within, is_active, now=self._database.now(), index_only=True)


def _renaming(connection: Connection, source: Scope, target: Scope) -> Move:
    lock_collection(connection, source)
    is_taken = (COLLECTIONS.c.tenant == target.tenant) & (COLLECTIONS.c.name == target.collection)
    if connection.execute(select(COLLECTIONS.c.name).where(is_taken)).first():
        raise ConflictError(f"There is a collection '{target.collection}' already. Choose another name.")
    if connection.execute(select(JOBS.c.id).where(in_scope(JOBS, source), is_unfinished())).first():
        raise ConflictError("Documents of the collection are being read. Rename it when they are ready.")
    active = select(DOCUMENTS.c.active_version_id).where(in_scope(DOCUMENTS, source)).with_for_update()
    version_ids = sorted(each for each in connection.execute(active).scalars() if each)
    purged = select(PURGES.c.id).where(in_scope(PURGES, target), PURGES.c.finished_at.is_(None))
    if connection.execute(purged).first():
        raise ConflictError(f"What was in '{target.collection}' before is still being removed. Try again in a minute.")
    return Move(source=source, target=target, version_ids=tuple(version_ids))


def _refuse_while_purged(connection: Connection, target: Scope, version: ColumnElement[bool]) -> None:
    """Refuses a move back into a collection whose points of the version are still to be removed."""
    held = select(VERSIONS.c.id).where(version)
    pending = select(PURGES.c.id).where(
        in_scope(PURGES, target), PURGES.c.finished_at.is_(None), PURGES.c.version_id.in_(held)
    )
    if connection.execute(pending).first():
        raise ConflictError("The document left this collection a moment ago. Move it back in a minute.")


def _turns_of(scope: Scope) -> ColumnElement[bool]:
    own = select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.tenant == scope.tenant)
    return TURNS.c.conversation_id.in_(own) & (TURNS.c.collection == scope.collection)


def _note_both(connection: Connection, move: Move) -> None:
    for scope in sorted((move.source, move.target), key=lambda each: each.collection):
        note_change(connection, scope)
