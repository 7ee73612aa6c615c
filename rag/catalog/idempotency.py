"""Idempotency keys: a request that is sent twice does its work once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, select, update

from rag.catalog.database.connection import Database, insert_if_absent
from rag.catalog.database.tables import IDEMPOTENCY_KEYS as KEYS
from rag.errors import ConflictError, IdempotencyMismatchError

KEPT = timedelta(hours=24)
_STALE = timedelta(minutes=15)
"""A request that began longer ago and has no result died with its process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """A client's key for one request, and a hash of what it asks for."""

    tenant: str
    key: str
    fingerprint: str


class IdempotencyKeys:
    """Remembers which keys are in use, and what came of those that were."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, tenant: str, key: str) -> None:
        """Notes that a request with this key is going on; one that ended before may be asked for again.

        Raises:
            ConflictError: another request with this key is going on.
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
        """Frees the key of a request that came to nothing."""
        with self._database.write() as connection:
            connection.execute(delete(KEYS).where(*_is(tenant, key), KEYS.c.fingerprint.is_(None)))

    def forget_unfinished(self) -> None:
        """Frees the keys of requests that have no result: for whoever knows that none can be going on."""
        with self._database.write() as connection:
            connection.execute(delete(KEYS).where(KEYS.c.fingerprint.is_(None)))

    def forget_old(self) -> None:
        """Removes keys that were begun too long ago to be asked for again."""
        with self._database.write() as connection:
            connection.execute(delete(KEYS).where(KEYS.c.begun_at < self._database.now() - KEPT))


def earlier_result(connection: Connection, request: RequestKey) -> tuple[str, str] | None:
    """Returns (document_id, job_id) of the request that had this key before, None where there was none.

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
    """Keeps what came of a request, in the transaction that did it."""
    found = {"fingerprint": request.fingerprint, "document_id": document_id, "job_id": job_id}
    identity = {"tenant": request.tenant, "key": request.key}
    if not insert_if_absent(connection, KEYS, {**identity, **found, "begun_at": now}):
        connection.execute(update(KEYS).where(*_is(request.tenant, request.key)).values(**found))


def _is(tenant: str, key: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return KEYS.c.tenant == tenant, KEYS.c.key == key
