import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from rag.catalog.database.connection import Database
from rag.catalog.usage import UsageKey, UsageLedger, UsageRecord, UsageSum
from rag.errors import CatalogUnavailableError
from rag.telemetry.background_writer import UsageWriter
from tests.support.builders.monitoring import WRITTEN, ask, do_everything, observed
from tests.support.builders.pipeline import ScriptedGenerator
from tests.support.fakes.clock import Clock


class MoodyLedger(UsageLedger):
    """Refuses as long as it is told to."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.refuses: type[Exception] | None = None
        self.refused = 0

    def add(self, records: Sequence[UsageRecord]) -> None:
        if self.refuses is not None:
            self.refused += 1
            raise self.refuses(f"{len(records)} records are too many")
        super().add(records)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[MoodyLedger]:
    database = Database.open(tmp_path / "catalog.db", clock=Clock())
    yield MoodyLedger(database)
    database.close()


def sums(ledger: UsageLedger) -> list[UsageSum]:
    return ledger.sums(UsageKey.MODEL, first=date(2026, 1, 1), last=date(2026, 1, 1))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0)


async def test_an_answer_is_written_behind_its_back(ledger: MoodyLedger) -> None:
    writer = UsageWriter(ledger)
    writer.start()
    await ask(await observed(writer, generator=ScriptedGenerator(*WRITTEN)))
    await until(lambda: writer.written == 1)
    [part] = sums(ledger)
    assert (part.key, part.requests, part.prompt_tokens, part.cached_prompt_tokens) == ("qwen", 1, 200, 150)
    assert (part.completion_tokens, part.costs) == (11, {"EUR": Decimal("0.0025")})
    assert part.degraded == 1
    await writer.close()


async def test_only_answers_are_accounted_for(ledger: MoodyLedger) -> None:
    writer = UsageWriter(ledger)
    await do_everything(writer)
    await writer.close()
    assert {part.key: part.requests for part in sums(ledger)} == {"qwen": 1, "scripted": 1}
    assert {part.key: part.abstained for part in sums(ledger)} == {"qwen": 0, "scripted": 1}


async def test_what_waits_is_written_at_the_end(ledger: MoodyLedger) -> None:
    writer = UsageWriter(ledger)
    for _ in range(3):
        await ask(await observed(writer))
    writer.start()
    await writer.close()
    assert writer.written == 3
    assert sum(part.requests for part in sums(ledger)) == 3


async def test_records_wait_while_the_catalogue_does_not_answer(ledger: MoodyLedger) -> None:
    writer = UsageWriter(ledger, pause_seconds=0.001)
    writer.start()
    ledger.refuses = CatalogUnavailableError
    await ask(await observed(writer))
    await until(lambda: ledger.refused > 1)
    assert (writer.written, writer.dropped) == (0, 0)
    ledger.refuses = None
    await until(lambda: writer.written == 1)
    await writer.close()
    assert writer.dropped == 0


async def test_what_finds_no_room_is_counted_and_told(ledger: MoodyLedger, caplog: pytest.LogCaptureFixture) -> None:
    writer = UsageWriter(ledger, capacity=2)
    for _ in range(3):
        await ask(await observed(writer))
    assert writer.dropped == 1
    assert "is lost" in caplog.text
    await writer.close()
    assert writer.written == 2


async def test_what_cannot_be_written_at_the_end_is_counted_and_told(
    ledger: MoodyLedger, caplog: pytest.LogCaptureFixture
) -> None:
    writer = UsageWriter(ledger)
    writer.start()
    ledger.refuses = CatalogUnavailableError
    await ask(await observed(writer))
    await writer.close()
    assert (writer.written, writer.dropped) == (0, 1)
    assert "1 usage records are lost" in caplog.text


async def test_records_that_the_catalogue_refuses_do_not_hold_up_the_others(ledger: MoodyLedger) -> None:
    writer = UsageWriter(ledger)
    writer.start()
    ledger.refuses = ValueError
    await ask(await observed(writer))
    await until(lambda: writer.dropped == 1)
    ledger.refuses = None
    await ask(await observed(writer))
    await until(lambda: writer.written == 1)
    await writer.close()
