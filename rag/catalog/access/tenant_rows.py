"""All rows of one tenant: read for its export, and removed for its erasure. Each table is in one of the lists below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Table, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from rag.catalog.access.rows import (
    API_KEYS,
    COLLECTION_GRANTS,
    DOCUMENT_GRANTS,
    GROUP_MEMBERS,
    GROUPS,
    INVITATIONS,
    SESSIONS,
    TENANT_QUOTAS,
    USERS,
)
from rag.catalog.database.connection import Database, insert_if_absent
from rag.catalog.database.conversation_rows import CONVERSATIONS, TURN_VERSIONS, TURNS
from rag.catalog.database.description_rows import DOCUMENT_FIELDS, DOCUMENT_TAGS
from rag.catalog.database.records import JobState, VersionLabel
from rag.catalog.database.tables import (
    ANSWER_VERSIONS,
    ANSWERS,
    BLOBS,
    COLLECTIONS,
    DOCUMENTS,
    FEEDBACK,
    IDEMPOTENCY_KEYS,
    JOBS,
    PURGES,
    RECEIPTS,
    REMOVED_ANSWERS,
    SCOPE_STATES,
    TENANTS,
    USAGE,
    VERSIONS,
)
from rag.catalog.deletions import Deletions
from rag.errors import ConflictError, UnknownTenantError
from rag.types import Scope

_BATCH = 1_000
_ERASED_NAME = "(erased)"
_SECRET_COLUMNS = frozenset({"password_hash", "share_token"})
_BELOW = {  # each with the column that names its parent
    VERSIONS: ("document_id", DOCUMENTS),
    DOCUMENT_TAGS: ("document_id", DOCUMENTS),
    DOCUMENT_FIELDS: ("document_id", DOCUMENTS),
    DOCUMENT_GRANTS: ("document_id", DOCUMENTS),
    TURNS: ("conversation_id", CONVERSATIONS),
    TURN_VERSIONS: ("request_id", TURNS),
    ANSWER_VERSIONS: ("request_id", ANSWERS),
    GROUP_MEMBERS: ("group_id", GROUPS),
    API_KEYS: ("user_id", USERS),
    SESSIONS: ("user_id", USERS),
    INVITATIONS: ("user_id", USERS),
}
EXPORTED = (
    *(TENANTS, TENANT_QUOTAS, USERS, GROUPS, GROUP_MEMBERS, COLLECTIONS, COLLECTION_GRANTS),
    *(DOCUMENTS, DOCUMENT_TAGS, DOCUMENT_FIELDS, DOCUMENT_GRANTS, VERSIONS, RECEIPTS),
    *(CONVERSATIONS, TURNS, TURN_VERSIONS, ANSWERS, ANSWER_VERSIONS, FEEDBACK, USAGE),
)
"""What an export holds, without columns that are secrets."""
NOT_EXPORTED = (API_KEYS, SESSIONS, INVITATIONS, JOBS, PURGES, IDEMPOTENCY_KEYS, REMOVED_ANSWERS, SCOPE_STATES)
"""Secrets, and the state of work: both belong to the installation that they were made in."""
SHARED = (BLOBS,)
"""What tenants may have in common: the purge removes the originals that no version has any more."""
_ERASED = (
    *(FEEDBACK, ANSWER_VERSIONS, ANSWERS, REMOVED_ANSWERS, USAGE, TURN_VERSIONS, TURNS, CONVERSATIONS),
    *(IDEMPOTENCY_KEYS, SCOPE_STATES, COLLECTION_GRANTS, SESSIONS, API_KEYS, INVITATIONS, GROUP_MEMBERS),
    *(GROUPS, USERS, TENANT_QUOTAS, TENANTS),
)
"""In an order that leaves no row without its parent. Documents and collections have gone before them."""


class TenantRows:
    """Reads and removes the rows of one tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, tenant: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yields the name of a table and a row, table after table.

        Raises:
            UnknownTenantError: there is none of this name.
        """
        with self._database.read() as connection:
            if connection.execute(select(TENANTS).where(_of(TENANTS, tenant))).first() is None:
                raise UnknownTenantError(tenant)
            for table in EXPORTED:
                columns = [column for column in table.c if column.name not in _SECRET_COLUMNS]
                wanted = select(*columns).where(_of(table, tenant)).order_by(*table.primary_key)
                for row in connection.execution_options(yield_per=_BATCH).execute(wanted).mappings():
                    yield table.name, dict(row)

    def blobs(self, tenant: str) -> Iterator[str]:
        """Yields the hashes of the tenant's originals."""
        with self._database.read() as connection:
            wanted = select(VERSIONS.c.sha256).where(_of(VERSIONS, tenant)).distinct().order_by(VERSIONS.c.sha256)
            yield from connection.execute(wanted).scalars().all()

    def add(
        self,
        tenant: str,
        rows: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        keep_originals: Callable[[Sequence[VersionLabel]], None],
    ) -> int:
        """Adds the rows of an export of a tenant that is not here. Returns how many documents there are.

        Of each document the active version is added. Rows of other tenants, and those without their parent, are not.
        ``keep_originals`` is called before the rows are seen by others.

        Raises:
            ConflictError: the tenant is here or still being purged, or an id or the name of a user is taken.
        """
        by_table: dict[str, list[Mapping[str, Any]]] = {}
        for name, row in rows:
            by_table.setdefault(name, []).append(row)
        active = {row["active_version_id"] for row in by_table.get("documents", [])}
        by_table["versions"] = [row for row in by_table.get("versions", []) if row["id"] in active]
        have = {row["document_id"] for row in by_table["versions"]}
        by_table["documents"] = [row for row in by_table.get("documents", []) if row["id"] in have]
        try:
            with self._database.write() as connection:
                if connection.execute(select(TENANTS).where(_of(TENANTS, tenant))).first() is not None:
                    raise ConflictError(f"There is a tenant '{tenant}' here already. Erase it first, or keep it.")
                going = select(PURGES.c.id).where(PURGES.c.version_id.in_(active), PURGES.c.finished_at.is_(None))
                if connection.execute(going).first() is not None:
                    raise ConflictError("What was here of this tenant is still being purged. Try again in a moment.")
                added: dict[Table, list[dict[str, Any]]] = {}
                for table in EXPORTED:
                    added[table] = [_read(table, row) for row in by_table.get(table.name, [])]
                    added[table] = [row for row in added[table] if _belongs(table, row, tenant, added)]
                    if table is VERSIONS:
                        for row in added[table]:
                            blob = {name: row[name] for name in ("sha256", "size_bytes", "created_at")}
                            insert_if_absent(connection, BLOBS, blob)
                    if added[table]:
                        connection.execute(insert(table), added[table])
                keep_originals(_labels(added[DOCUMENTS], added[VERSIONS]))
        except IntegrityError as error:
            raise ConflictError("An id, or the name of a user, is taken here already. Nothing was added.") from error
        return len(added[DOCUMENTS])

    def erase(self, tenant: str) -> int:
        """Removes all that the catalogue holds of a tenant, and queues its documents for the purge of index and files.

        What the purge needs stays, without names, until it is done. Returns how many documents there were.

        Raises:
            UnknownTenantError: there is none of this name.
        """
        deletions = Deletions(self._database)
        with self._database.read() as connection:
            if connection.execute(select(TENANTS).where(_of(TENANTS, tenant))).first() is None:
                raise UnknownTenantError(tenant)
            names = connection.execute(select(COLLECTIONS.c.name).where(_of(COLLECTIONS, tenant))).scalars().all()
            documents = len(connection.execute(select(DOCUMENTS.c.id).where(_of(DOCUMENTS, tenant))).all())
        for name in names:
            deletions.delete_collection(Scope(tenant=tenant, collection=name))
        unfinished = or_(JOBS.c.state == JobState.RUNNING, JOBS.c.lease_until > self._database.now())
        with self._database.write() as connection:
            connection.execute(delete(JOBS).where(_of(JOBS, tenant), ~unfinished))
            for table in (JOBS, PURGES, RECEIPTS):
                connection.execute(update(table).where(_of(table, tenant)).values(name=_ERASED_NAME))
            for table in _ERASED:
                connection.execute(delete(table).where(_of(table, tenant)))
        return documents


def _of(table: Table, tenant: str) -> ColumnElement[bool]:
    """Returns the condition that a row is the tenant's."""
    if table is TENANTS:
        return table.c.name == tenant
    if table not in _BELOW:
        return table.c.tenant == tenant
    column, parent = _BELOW[table]
    return table.c[column].in_(select(parent.primary_key.columns.values()[0]).where(_of(parent, tenant)))


def _read(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the columns of a row as the table holds them; an export has times as text."""
    values = {column.name: row[column.name] for column in table.c if column.name in row}
    for name, value in values.items():
        if isinstance(table.c[name].type, DateTime) and value is not None:
            values[name] = datetime.fromisoformat(value)
    return values


def _belongs(
    table: Table, row: Mapping[str, Any], tenant: str, added: Mapping[Table, Sequence[Mapping[str, Any]]]
) -> bool:
    if table in _BELOW:
        column, parent = _BELOW[table]
        key = parent.primary_key.columns.values()[0].name
        return row[column] in {each[key] for each in added[parent]}
    return bool(row["name" if table is TENANTS else "tenant"] == tenant)


def _labels(documents: Sequence[Mapping[str, Any]], versions: Sequence[Mapping[str, Any]]) -> list[VersionLabel]:
    by_id = {row["id"]: row for row in documents}
    return [
        VersionLabel(
            version_id=row["id"],
            **{
                name: row[name]
                for name in ("document_id", "number", "media_type", "sha256", "size_bytes", "parser_version")
            },
            **{name: by_id[row["document_id"]][name] for name in ("tenant", "collection", "name")},
        )
        for row in versions
    ]
