from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.main import app
from rag.catalog.database.connection import Database
from rag.catalog.usage import UsageLedger, UsageRecord


@pytest.fixture(autouse=True)
def _accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path))
    monkeypatch.setenv("CITEWELL_SERVER__ALLOWED_HOSTS", '["localhost"]')
    database = Database.open(tmp_path / "catalog.db")
    ledger = UsageLedger(database)
    record = UsageRecord(
        request_id="1" * 32,
        answered_at=ledger.now(),
        tenant="default",
        collection="default",
        endpoint=None,
        model="qwen",
        prompt=None,
        prompt_tokens=12_345,
        cached_prompt_tokens=678,
        completion_tokens=90,
        cost=Decimal("1.25"),
        currency="EUR",
        abstained=False,
        degraded=False,
        cached=False,
    )
    ledger.add([record])
    database.close()


def test_the_table_shows_tokens_and_cost_by_model() -> None:
    result = CliRunner().invoke(app, ["usage", "--by", "model"])
    assert result.exit_code == 0, result.exception
    for shown in ("Model", "qwen", "12,345", "678", "90", "1.2500 EUR"):
        assert shown in result.output
