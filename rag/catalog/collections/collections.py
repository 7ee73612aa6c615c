"""Keeps collections: their names, descriptions, counts, and what they have of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, literal, select, update

from rag.access.grants import Level
from rag.access.principal import Principal
from rag.catalog.access.reach import collection_allows, documents_counted, shown_collections
from rag.catalog.database.connection import Database, insert_if_absent
from rag.catalog.database.rows import aware
from rag.catalog.database.tables import COLLECTIONS, TENANTS
from rag.errors import ConflictError, UnknownCollectionError
from rag.fields.tuning import AS_SET, Tuning
from rag.types import Scope

DEFAULT_COLLECTION = "default"
"""The one that is there before anything is stored in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRecord:
    """A collection. ``created_at`` is None for the default one before it is used."""

    name: str
    description: str
    tuning: Tuning
    documents: int
    created_at: datetime | None


class Collections:
    """Creates, reads and changes collections. Safe to call from several threads.

    With a ``principal`` only those that it may read count, or that hold a document which it may; of the latter it is
    told no more than the name.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, scope: Scope, *, description: str = "", tuning: Tuning = AS_SET) -> CollectionRecord:
        """Creates an empty collection.

        Raises:
            ConflictError: there is one of this name.
        """
        with self._database.write() as connection:
            if not add_collection(connection, scope, now=self._database.now()):
                raise ConflictError(f"There is a collection '{scope.collection}' already. Choose another name.")
            return self._change(connection, scope, {"description": description, "settings": _stored(tuning)})

    def get(self, scope: Scope, principal: Principal | None = None) -> CollectionRecord:
        """Returns a collection.

        Raises:
            UnknownCollectionError: there is none of this name.
        """
        with self._database.read() as connection:
            return _record(connection, scope, principal)

    def list(
        self, tenant: str, principal: Principal | None = None, *, after: str = "", limit: int | None = None
    ) -> Sequence[CollectionRecord]:
        """Returns the tenant's collections by name, beginning after ``after``."""
        found = _counted(principal).where(COLLECTIONS.c.tenant == tenant, COLLECTIONS.c.name > after)
        with self._database.read() as connection:
            return [_filled(row) for row in connection.execute(found.order_by(COLLECTIONS.c.name).limit(limit))]

    def update(self, scope: Scope, *, description: str | None = None, tuning: Tuning | None = None) -> CollectionRecord:
        """Changes the description, or what the collection has of its own; answers that are cached do not hold then.

        Raises:
            UnknownCollectionError: there is none of this name.
        """
        values: dict[str, object] = {} if description is None else {"description": description}
        if tuning is not None:
            values["settings"] = _stored(tuning)
        with self._database.write() as connection:
            if scope.collection == DEFAULT_COLLECTION:
                add_collection(connection, scope, now=self._database.now())
            return self._change(connection, scope, values)

    def tuning(self, scope: Scope, principal: Principal | None = None) -> Tuning:
        """Returns what the collection has of its own; nothing if it does not exist."""
        wanted = select(COLLECTIONS.c.settings).where(_is(scope), *_shown(principal))
        with self._database.read() as connection:
            return _tuning(connection.execute(wanted).scalar() or "{}")

    def exists(self, scope: Scope, principal: Principal | None = None) -> bool:
        """Returns whether there is such a collection."""
        wanted = select(COLLECTIONS.c.name).where(_is(scope), *_shown(principal))
        with self._database.read() as connection:
            return connection.execute(wanted).first() is not None

    def allows(self, scope: Scope, principal: Principal, level: Level) -> bool:
        """Returns whether the collection's own rights let a principal that has the role reach all that is added.

        A collection that does not exist allows it: it has no rights yet.
        """
        refused = select(COLLECTIONS.c.name).where(_is(scope), ~collection_allows(principal, level))
        with self._database.read() as connection:
            return principal.sees_all or connection.execute(refused).first() is None

    def names(self, tenant: str, principal: Principal | None = None) -> Sequence[str]:
        """Returns the names of the tenant's collections, sorted."""
        with self._database.read() as connection:
            return known_collections(connection, tenant, principal)

    def _change(self, connection: Connection, scope: Scope, values: Mapping[str, object]) -> CollectionRecord:
        if values:
            connection.execute(update(COLLECTIONS).where(_is(scope)).values(**values))
        return _record(connection, scope)


def add_collection(connection: Connection, scope: Scope, *, now: datetime) -> bool:
    """Adds a collection, and its tenant, unless it is there. Returns whether it added it."""
    owner = {"tenant": scope.tenant, "created_at": now}
    insert_if_absent(connection, TENANTS, {"name": scope.tenant, "created_at": now})
    return insert_if_absent(connection, COLLECTIONS, {**owner, "name": scope.collection})


def lock_collection(connection: Connection, scope: Scope) -> Row[Any]:
    """Locks a collection until the transaction ends, and returns its row.

    Raises:
        UnknownCollectionError: there is none of this name.
    """
    row = connection.execute(select(COLLECTIONS).where(_is(scope)).with_for_update()).first()
    if row is None:
        raise UnknownCollectionError(scope.collection, known_collections(connection, scope.tenant))
    return row


def known_collections(connection: Connection, tenant: str, principal: Principal | None = None) -> list[str]:
    """Returns the names of the tenant's collections, sorted."""
    names = select(COLLECTIONS.c.name).where(COLLECTIONS.c.tenant == tenant, *_shown(principal))
    return list(connection.execute(names.order_by(COLLECTIONS.c.name)).scalars())


def _is(scope: Scope) -> Any:  # noqa: ANN401 - a condition
    return (COLLECTIONS.c.tenant == scope.tenant) & (COLLECTIONS.c.name == scope.collection)


def _shown(principal: Principal | None) -> tuple[ColumnElement[bool], ...]:
    return shown_collections(principal) if principal else ()


def _counted(principal: Principal | None = None) -> Any:  # noqa: ANN401 - a select of columns and a count
    is_whole = collection_allows(principal, Level.READ) if _shown(principal) and principal else literal(value=True)
    counted = documents_counted(principal).label("documents")
    return select(COLLECTIONS, counted, is_whole.label("is_whole")).where(*_shown(principal))


def _record(connection: Connection, scope: Scope, principal: Principal | None = None) -> CollectionRecord:
    row = connection.execute(_counted(principal).where(_is(scope))).first()
    if row is not None:
        return _filled(row)
    if scope.collection != DEFAULT_COLLECTION:
        raise UnknownCollectionError(scope.collection, known_collections(connection, scope.tenant, principal))
    return CollectionRecord(name=DEFAULT_COLLECTION, description="", tuning=AS_SET, documents=0, created_at=None)


def _filled(row: Row[Any]) -> CollectionRecord:
    return CollectionRecord(
        name=row.name,
        description=row.description if row.is_whole else "",
        tuning=_tuning(row.settings) if row.is_whole else AS_SET,
        documents=int(row.documents),
        created_at=aware(row.created_at),
    )


def _stored(tuning: Tuning) -> str:
    kept = {name: value for name, value in asdict(tuning).items() if value not in (None, "")}
    return json.dumps(kept, ensure_ascii=False)


def _tuning(stored: str) -> Tuning:
    known = {field.name for field in fields(Tuning)}
    return Tuning(**{name: value for name, value in json.loads(stored).items() if name in known})
