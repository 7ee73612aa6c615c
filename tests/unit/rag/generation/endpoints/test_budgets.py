from __future__ import annotations

from datetime import date, timedelta

import pytest

from rag.generation.endpoints.budgets import DailyLedger, Spend
from rag.settings import BudgetSettings, EndpointSettings, GenerationSettings

MOST = Spend(tokens=100, money=0.01)
DAY = date(2026, 1, 31)


def ledger(budget: BudgetSettings, **spent: Spend) -> DailyLedger:
    return DailyLedger(budget_of=lambda _: budget, spent=spent, today=lambda: DAY)


@pytest.mark.parametrize("budget", [BudgetSettings(tokens=950), BudgetSettings(money=0.095)])
def test_fifty_requests_at_once_go_over_a_budget_by_one_reservation_at_most(budget: BudgetSettings) -> None:
    books = ledger(budget)
    granted = [reservation for _ in range(50) if (reservation := books.reserve("acme", MOST))]
    assert len(granted) == 10
    assert books.used("acme").tokens == 1_000
    for reservation in granted:
        books.settle(reservation, MOST)
    assert books.reserve("acme", MOST) is None


def test_what_was_reserved_and_not_used_can_be_used_again() -> None:
    books = ledger(BudgetSettings(tokens=100))
    first = books.reserve("acme", MOST)
    assert first is not None
    assert books.reserve("acme", MOST) is None
    books.settle(first, Spend(tokens=10))
    assert books.used("acme") == Spend(tokens=10)
    assert books.reserve("acme", MOST) is not None


def test_tenants_have_budgets_of_their_own() -> None:
    settings = GenerationSettings(
        budget=BudgetSettings(tokens=100), tenant_budgets={"big": BudgetSettings(tokens=500), "free": BudgetSettings()}
    )
    books = DailyLedger(budget_of=settings.budget_of, today=lambda: DAY)
    granted = {
        tenant: sum(books.reserve(tenant, MOST) is not None for _ in range(9)) for tenant in ("a", "b", "big", "free")
    }
    assert granted == {"a": 1, "b": 1, "big": 5, "free": 9}


def test_a_restart_gives_nobody_a_new_budget() -> None:
    books = ledger(BudgetSettings(tokens=100), acme=Spend(tokens=100))
    assert books.reserve("acme", MOST) is None
    assert books.reserve("other", MOST) is not None


def test_a_new_day_begins_at_nothing_and_does_not_pay_for_yesterday() -> None:
    days = [DAY]
    books = DailyLedger(budget_of=lambda _: BudgetSettings(tokens=100), today=lambda: days[-1])
    late = books.reserve("acme", MOST)
    assert late is not None
    days.append(DAY + timedelta(days=1))
    assert books.reserve("acme", MOST) is not None
    books.settle(late, Spend(tokens=999))
    assert books.used("acme") == MOST


def test_a_cost_counts_cached_tokens_at_their_own_price_and_is_not_known_without_prices() -> None:
    priced = EndpointSettings(name="a", url="http://m", prompt_price=2, cached_prompt_price=0.5, completion_price=8)
    assert priced.cost(prompt_tokens=1_000, cached_prompt_tokens=400, completion_tokens=100) == pytest.approx(0.0022)
    free = EndpointSettings(name="a", url="http://m", prompt_price=0, completion_price=0)
    assert free.cost(prompt_tokens=1_000, cached_prompt_tokens=0, completion_tokens=100) == 0
    unknown = EndpointSettings(name="a", url="http://m")
    assert unknown.cost(prompt_tokens=1_000, cached_prompt_tokens=0, completion_tokens=100) is None
