"""Daily budgets of tenants: a request reserves the most it may use before it begins, and settles after it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rag.settings import BudgetSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Tokens, of prompts and answers, and money."""

    tokens: int = 0
    money: float = 0.0

    def __add__(self, other: Spend) -> Spend:
        return Spend(tokens=self.tokens + other.tokens, money=self.money + other.money)

    def __sub__(self, other: Spend) -> Spend:
        return Spend(tokens=self.tokens - other.tokens, money=self.money - other.money)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reservation:
    """The most that a request may use."""

    tenant: str
    day: date
    most: Spend


class DailyLedger:
    """Counts in this process what each tenant uses; no method waits: ``settle`` runs when a client has gone.

    What was used earlier today is given to it, so that a restart gives no tenant a new budget.

    Args:
        budget_of: the budget of a tenant.
        spent: what each tenant has used today before.
        today: the date; days are those of UTC.
    """

    def __init__(
        self,
        *,
        budget_of: Callable[[str], BudgetSettings],
        spent: Mapping[str, Spend] | None = None,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._budget_of = budget_of
        self._today = today
        self._day = today()
        self._used: defaultdict[str, Spend] = defaultdict(Spend, spent or {})

    def used(self, tenant: str) -> Spend:
        """Returns what the tenant has used and reserved today."""
        self._turn_over()
        return self._used[tenant]

    def reserve(self, tenant: str, most: Spend) -> Reservation | None:
        """Reserves ``most`` of the tenant's budget; returns None when today's budget is used up.

        The request that reaches the budget may exceed it, the next one may not begin. Reservations count as used, so
        that at most one of many simultaneous requests exceeds it.
        """
        budget, used = self._budget_of(tenant), self.used(tenant)
        if budget.tokens is not None and used.tokens >= budget.tokens:
            return None
        if budget.money is not None and used.money >= budget.money:
            return None
        self._used[tenant] = used + most
        return Reservation(tenant=tenant, day=self._day, most=most)

    def settle(self, reservation: Reservation, spent: Spend) -> None:
        """Replaces what was reserved by what was used, once for each reservation; nothing happens for yesterday's."""
        self._turn_over()
        if reservation.day == self._day:
            self._used[reservation.tenant] = self._used[reservation.tenant] - reservation.most + spent

    def _turn_over(self) -> None:
        if (today := self._today()) != self._day:
            self._day = today
            self._used.clear()
