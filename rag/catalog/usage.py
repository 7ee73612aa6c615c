"""The tokens and cost of answers: written once, summed by day, model or tenant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ColumnElement, Integer, Row, cast, delete, func, insert, select

from rag.catalog.database.connection import Database
from rag.catalog.database.tables import USAGE

_NANOS = Decimal(10) ** 9


class UsageKey(StrEnum):
    """The column that sums are grouped by."""

    DAY = "day"
    MODEL = "model"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """The usage of one answer. ``model`` names the generator where no model wrote; ``cost`` is None without a price."""

    request_id: str
    answered_at: datetime
    tenant: str
    collection: str
    endpoint: str | None
    model: str
    prompt: str | None
    prompt_tokens: int
    cached_prompt_tokens: int
    completion_tokens: int
    cost: Decimal | None
    currency: str | None
    abstained: bool
    degraded: bool
    cached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSum:
    """The usage of one day (UTC), model or tenant. ``costs`` are exact sums by currency."""

    key: str
    requests: int
    abstained: int
    degraded: int
    cached: int
    prompt_tokens: int
    cached_prompt_tokens: int
    completion_tokens: int
    costs: dict[str, Decimal] = field(default_factory=dict)


class UsageLedger:
    """Stores and sums usage. Safe to call from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.now = database.now

    def add(self, records: Sequence[UsageRecord]) -> None:
        """Writes records in one transaction."""
        rows = [{**asdict(record), "cost_nanos": to_nanos(record.cost)} for record in records]
        for row in rows:
            del row["cost"]
        with self._database.write() as connection:
            connection.execute(insert(USAGE), rows)

    def sums(self, by: UsageKey, *, first: date, last: date, tenant: str | None = None) -> list[UsageSum]:
        """Returns the sums for the days from ``first`` to ``last``, both included, in the order of their keys.

        With ``tenant`` only its answers count.
        """
        key = _COLUMNS[by]
        columns = [func.sum(USAGE.c[name]).label(name) for name in _SUMMED]
        counts = [func.sum(cast(USAGE.c[name], Integer)).label(name) for name in _COUNTED]
        with self._database.read() as connection:
            rows = connection.execute(
                select(
                    key.label("key"),
                    USAGE.c.currency,
                    func.count().label("requests"),
                    func.sum(USAGE.c.cost_nanos).label("cost_nanos"),
                    *columns,
                    *counts,
                )
                .where(*_between(first, last), *([USAGE.c.tenant == tenant] if tenant is not None else []))
                .group_by(key, USAGE.c.currency)
                .order_by(key)
            ).all()
        return list(_joined(rows))

    def used_today(self) -> list[UsageSum]:
        """Returns each tenant's usage since midnight, UTC."""
        today = self._database.now().date()
        return self.sums(UsageKey.TENANT, first=today, last=today)

    def remove_old(self, *, days: int) -> int:
        """Removes records older than ``days``. Returns how many."""
        with self._database.write() as connection:
            result = connection.execute(
                delete(USAGE).where(USAGE.c.answered_at < self._database.now() - timedelta(days=days))
            )
            return int(result.rowcount)


_SUMMED = ("prompt_tokens", "cached_prompt_tokens", "completion_tokens")
_COUNTED = ("abstained", "degraded", "cached")
_COLUMNS: dict[UsageKey, ColumnElement[str]] = {
    UsageKey.DAY: func.date(USAGE.c.answered_at),
    UsageKey.MODEL: USAGE.c.model,
    UsageKey.TENANT: USAGE.c.tenant,
}


def _between(first: date, last: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    begin, end = datetime.combine(first, time.min), datetime.combine(last + timedelta(days=1), time.min)
    return USAGE.c.answered_at >= begin, USAGE.c.answered_at < end


def to_nanos(cost: Decimal | None) -> int | None:
    """Returns money as tables hold it: billionths of the currency's unit."""
    return None if cost is None else int((cost * _NANOS).to_integral_value())


def to_money(nanos: int | None) -> Decimal | None:
    """Returns the amount of money for a table's billionths."""
    return None if nanos is None else Decimal(nanos) / _NANOS


def _joined(rows: Sequence[Row[tuple[object, ...]]]) -> Iterator[UsageSum]:
    """Yields one sum a key. The rows of a key differ in currency; all but money is added up across them."""
    by_key: defaultdict[str, list[Row[tuple[object, ...]]]] = defaultdict(list)
    for row in rows:
        by_key[str(row.key)].append(row)
    for key, parts in by_key.items():
        numbers = {name: sum(int(getattr(part, name)) for part in parts) for name in ("requests", *_SUMMED, *_COUNTED)}
        costs = {part.currency or "": Decimal(int(part.cost_nanos)) / _NANOS for part in parts if part.cost_nanos}
        yield UsageSum(key=key, **numbers, costs=costs)
