from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from rag.catalog.database.connection import Database, new_id
from rag.catalog.usage import UsageKey, UsageLedger, UsageRecord
from tests.support.fakes.clock import Clock

FIRST_DAY = date(2026, 1, 1)
DAY_SECONDS = 86_400


@pytest.fixture
def ledger(database: Database) -> UsageLedger:
    return UsageLedger(database)


def record(ledger: UsageLedger, **changes: object) -> UsageRecord:
    usual = UsageRecord(
        request_id=new_id(),
        answered_at=ledger.now(),
        tenant="acme",
        collection="manuals",
        endpoint="gpu-1",
        model="qwen",
        prompt="answer-v1",
        prompt_tokens=100,
        cached_prompt_tokens=40,
        completion_tokens=10,
        cost=Decimal("0.1"),
        currency="EUR",
        abstained=False,
        degraded=False,
        cached=False,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def test_sums_are_made_by_day_model_and_tenant(ledger: UsageLedger, clock: Clock) -> None:
    ledger.add([record(ledger), record(ledger, model="small", tenant="other", abstained=True, degraded=True)])
    clock.advance(DAY_SECONDS)
    ledger.add([record(ledger, cached=True)])
    for by, keys in {
        UsageKey.DAY: {"2026-01-01": 2, "2026-01-02": 1},
        UsageKey.MODEL: {"qwen": 2, "small": 1},
        UsageKey.TENANT: {"acme": 2, "other": 1},
    }.items():
        sums = ledger.sums(by, first=FIRST_DAY, last=FIRST_DAY + timedelta(days=1))
        assert {part.key: part.requests for part in sums} == keys
    [first, second] = ledger.sums(UsageKey.DAY, first=FIRST_DAY, last=FIRST_DAY + timedelta(days=1))
    assert (first.prompt_tokens, first.cached_prompt_tokens, first.completion_tokens) == (200, 80, 20)
    assert (first.abstained, first.degraded, first.cached) == (1, 1, 0)
    assert second.cached == 1


def test_the_sums_of_a_tenant_hold_no_answers_of_others(ledger: UsageLedger) -> None:
    ledger.add([record(ledger), record(ledger), record(ledger, tenant="other")])
    [part] = ledger.sums(UsageKey.TENANT, first=FIRST_DAY, last=FIRST_DAY, tenant="acme")
    assert (part.key, part.requests) == ("acme", 2)
    assert ledger.sums(UsageKey.MODEL, first=FIRST_DAY, last=FIRST_DAY, tenant="nobody") == []


def test_both_ends_of_a_period_are_included_and_nothing_else(ledger: UsageLedger, clock: Clock) -> None:
    for _ in range(4):
        ledger.add([record(ledger)])
        clock.advance(DAY_SECONDS)
    second, third = FIRST_DAY + timedelta(days=1), FIRST_DAY + timedelta(days=2)
    assert [part.key for part in ledger.sums(UsageKey.DAY, first=second, last=third)] == ["2026-01-02", "2026-01-03"]
    assert ledger.sums(UsageKey.DAY, first=third, last=second) == []


def test_money_is_exact_and_currencies_stay_apart(ledger: UsageLedger) -> None:
    ledger.add([record(ledger, cost=Decimal("0.1")) for _ in range(10)])
    ledger.add([record(ledger, cost=Decimal("0.000000003")), record(ledger, cost=Decimal(2), currency="USD")])
    ledger.add([record(ledger, cost=None, currency=None)])
    [part] = ledger.sums(UsageKey.MODEL, first=FIRST_DAY, last=FIRST_DAY)
    assert part.costs == {"EUR": Decimal("1.000000003"), "USD": Decimal(2)}
    assert part.requests == 13


def test_what_tenants_used_today_begins_at_midnight(ledger: UsageLedger, clock: Clock) -> None:
    ledger.add([record(ledger, cost=Decimal(5)), record(ledger, cost=Decimal(7), tenant="other")])
    assert {part.key: part.costs["EUR"] for part in ledger.used_today()} == {"acme": 5, "other": 7}
    clock.advance(DAY_SECONDS)
    assert ledger.used_today() == []
    ledger.add([record(ledger, cost=Decimal("0.25")), record(ledger, cost=None)])
    [part] = ledger.used_today()
    assert (part.costs["EUR"], part.prompt_tokens) == (Decimal("0.25"), 200)


def test_old_records_are_forgotten(ledger: UsageLedger, clock: Clock) -> None:
    ledger.add([record(ledger), record(ledger)])
    clock.advance(2 * DAY_SECONDS)
    ledger.add([record(ledger)])
    assert ledger.remove_old(days=1) == 2
    assert [part.requests for part in ledger.sums(UsageKey.TENANT, first=FIRST_DAY, last=date(2026, 2, 1))] == [1]
