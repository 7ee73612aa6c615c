"""Idempotency keys: a request that is sent twice is executed once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select, update

from rag.catalog.database.connection import Database, insert_if_absent
from rag.catalog.database.tables import IDEMPOTENCY_KEYS as KEYS
from rag.errors import ConflictError, IdempotencyMismatchError

KEPT = timedelta(hours=24)
_STALE = timedelta(minutes=15)
"""After this time a request without a result counts as one whose process has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """A client's key for one request, and a hash of what it asks for."""

    tenant: str
    key: str
    fingerprint: str


class IdempotencyKeys:
    """Stores which keys are in use, and the results of finished requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, tenant: str, key: str) -> None:
        """Notes that a request with this key is running. The key of a finished request may be used again.

        Raises:
            ConflictError: another request with this key is running.
        """
        now = self._database.now()
        with self._database.write() as connection:
            if insert_if_absent(connection, KEYS, {"tenant": tenant, "key": key, "begun_at": now}):
                return
            row = connection.execute(select(KEYS).where(*_is(tenant, key)).with_for_update()).one()
            if row.fingerprint is not None:
                return
            if row.begun_at > now - _STALE:
                raise ConflictError(f"A request with the Idempotency-Key '{key}' is still going on. Wait for it.")
            connection.execute(update(KEYS).where(*_is(tenant, key)).values(begun_at=now))

    def abandon(self, tenant: str, key: str) -> None:
        """Frees the key of a request that ended without a result."""
        with self._database.write() as connection:
            connection.execute(delete(KEYS).where(*_is(tenant, key), KEYS.c.fingerprint.is_(None)))

    def remove_unfinished(self) -> None:
        """Frees the keys of all requests without a result. Call it only when no request can be running."""
        with self._database.write() as connection:
            connection.execute(delete(KEYS).where(KEYS.c.fingerprint.is_(None)))

    def remove_old(self) -> None:
        """Removes keys that are older than ``KEPT``."""
        with self._database.write() as connection:
            connection.execute(delete(KEYS).where(KEYS.c.begun_at < self._database.now() - KEPT))


def earlier_result(connection: Connection, request: RequestKey) -> tuple[str, str] | None:
    """Returns (document_id, job_id) of the earlier request with this key, None where there was none.

    Raises:
        IdempotencyMismatchError: it asked for something else.
    """
    row = connection.execute(select(KEYS).where(*_is(request.tenant, request.key)).with_for_update()).first()
    if row is None or row.fingerprint is None:
        return None
    if row.fingerprint != request.fingerprint:
        raise IdempotencyMismatchError(request.key)
    return row.document_id, row.job_id


def note_result(connection: Connection, request: RequestKey, *, document_id: str, job_id: str, now: datetime) -> None:
    """Stores a request's result, in the transaction that executed it."""
    found = {"fingerprint": request.fingerprint, "document_id": document_id, "job_id": job_id}
    identity = {"tenant": request.tenant, "key": request.key}
    if not insert_if_absent(connection, KEYS, {**identity, **found, "begun_at": now}):
        connection.execute(update(KEYS).where(*_is(request.tenant, request.key)).values(**found))


def _is(tenant: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return KEYS.c.tenant == tenant, KEYS.c.key == key
