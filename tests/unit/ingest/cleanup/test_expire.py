from datetime import date
from functools import partial
from pathlib import Path

from ingest.cleanup.expire import Expirer
from ingest.storage.bin import Bin
from ingest.storage.blobs import BlobStore
from rag.catalog.answers import AnswerLog
from rag.catalog.database.connection import Database
from rag.catalog.usage import UsageKey, UsageLedger
from rag.telemetry.background_writer import UsageWriter
from tests.support.builders.monitoring import ask, observed
from tests.support.builders.register import Register
from tests.support.fakes.clock import Clock


async def test_accounts_are_swept_when_their_time_has_come(tmp_path: Path) -> None:
    clock = Clock()
    database = Database.open(tmp_path / "catalog.db", clock=clock)
    register, ledger = Register(database), UsageLedger(database)
    expirer = Expirer(
        blobs=BlobStore(tmp_path / "blobs", litter_bin=Bin(tmp_path / "bin")),
        catalog=register.catalog,
        deletions=register.deletions,
        keys=register.keys,
        by_age=(partial(ledger.remove_old, days=30), partial(AnswerLog(database).remove_old, days=30)),
    )
    writer = UsageWriter(ledger)
    await ask(await observed(writer))
    await writer.close()

    def kept() -> int:
        return sum(part.requests for part in ledger.sums(UsageKey.DAY, first=date(2026, 1, 1), last=date(2026, 1, 1)))

    clock.advance(29 * 86_400)
    expirer.expire()
    assert kept() == 1
    clock.advance(2 * 86_400)
    expirer.expire()
    assert kept() == 0
    database.close()
