"""What a tenant may store and ask: quotas that an operator sets. Those of a day begin at midnight, UTC."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Row, func, select

from rag.catalog.access.rows import TENANT_QUOTAS
from rag.catalog.database.connection import Database
from rag.catalog.database.records import Upload
from rag.catalog.database.tables import DOCUMENTS, TENANTS, USAGE, VERSIONS
from rag.errors import DailyQuotaReachedError, QuotaReachedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The most that a tenant may have or use; None is not bounded."""

    documents: int | None = None
    bytes: int | None = None
    questions_a_day: int | None = None
    tokens_a_day: int | None = None
    cost_nanos_a_day: int | None = None
    connections: int | None = None


_NONE = Quota()
_KEPT_SECONDS = 5.0
_NAMES = tuple(Quota.__dataclass_fields__)


class Quotas:
    """Reads quotas, and counts the questions of a day. Safe to call from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[float, Quota]] = {}
        self._lock = Lock()
        self._day = date.min
        self._asked: Counter[str] = Counter()

    def of(self, tenant: str) -> Quota:
        """Returns a tenant's quotas, as they are stored now."""
        with self._database.read() as connection:
            quota = _quota(connection, tenant)
        self._known[tenant] = (monotonic(), quota)
        return quota

    def last_read(self, tenant: str) -> Quota:
        """Returns a tenant's quotas as they were a few seconds ago, or are now."""
        read_at, quota = self._known.get(tenant, (-_KEPT_SECONDS, _NONE))
        return quota if monotonic() < read_at + _KEPT_SECONDS else self.of(tenant)

    def admit_question(self, tenant: str) -> None:
        """Counts a question, if the tenant may ask one more today.

        Raises:
            DailyQuotaReachedError: it may not; the error says when it may again.
        """
        most = self.of(tenant).questions_a_day
        if most is None:
            return
        now = self._database.now()
        answered = select(func.count()).where(
            USAGE.c.tenant == tenant, USAGE.c.answered_at >= datetime.combine(now.date(), time())
        )
        with self._database.read() as connection:
            stored = int(connection.execute(answered).scalar_one())
        with self._lock:
            if self._day != now.date():
                self._day, self._asked = now.date(), Counter()
            # An answer is stored when it has been written, so that both counts are needed.
            asked = max(stored, self._asked[tenant])
            if asked >= most:
                raise DailyQuotaReachedError("questions", most=most, renews_in_seconds=_until_midnight(now))
            self._asked[tenant] = asked + 1


def refuse_beyond_quota(connection: Connection, document: Row[Any], upload: Upload) -> None:
    """Refuses an upload in the transaction that has added its document; bytes that the document has are no more.

    Raises:
        QuotaReachedError: the tenant would have too many documents or bytes.
    """
    tenant: str = document.tenant
    quota = _quota(connection, tenant)
    known = select(VERSIONS.c.id).where(VERSIONS.c.document_id == document.id, VERSIONS.c.sha256 == upload.sha256)
    if (quota.documents is None and quota.bytes is None) or connection.execute(known).first() is not None:
        return
    connection.execute(select(TENANTS).where(TENANTS.c.name == tenant).with_for_update())
    if quota.documents is not None:
        counted = select(func.count()).where(DOCUMENTS.c.tenant == tenant)
        if connection.execute(counted).scalar_one() > quota.documents:
            raise QuotaReachedError("documents", most=quota.documents)
    if quota.bytes is not None:
        summed = select(func.coalesce(func.sum(VERSIONS.c.size_bytes), 0)).select_from(VERSIONS)
        summed = summed.join(DOCUMENTS, DOCUMENTS.c.id == VERSIONS.c.document_id).where(DOCUMENTS.c.tenant == tenant)
        if connection.execute(summed).scalar_one() + upload.size_bytes > quota.bytes:
            raise QuotaReachedError("bytes", most=quota.bytes)


def _quota(connection: Connection, tenant: str) -> Quota:
    row = connection.execute(select(TENANT_QUOTAS).where(TENANT_QUOTAS.c.tenant == tenant)).first()
    return _NONE if row is None else Quota(**{name: getattr(row, name) for name in _NAMES})


def _until_midnight(now: datetime) -> int:
    return int((datetime.combine(now.date() + timedelta(days=1), time()) - now).total_seconds()) + 1
