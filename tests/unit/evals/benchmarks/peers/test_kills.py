from pathlib import Path

import pytest

from evals.benchmarks.peers.drivers.library import Document
from evals.benchmarks.peers.kills import Losses, lose
from evals.benchmarks.peers.system import SystemFailedError
from tests.unit.evals.benchmarks.peers.test_system import system

DOCUMENTS = [Document(id=str(number), title="", text=f"word{number}") for number in range(45)]


async def test_nothing_is_lost_that_is_written_before_it_is_acknowledged(tmp_path: Path) -> None:
    losses = await lose(system("durable"), DOCUMENTS, tmp_path)
    assert losses.acknowledged >= 36
    assert (losses.missing, losses.opened, losses.reason) == (0, 3, "")
    assert losses.to_row()["opened_again"] == "3 of 3"


async def test_what_only_memory_held_is_counted_as_missing(tmp_path: Path) -> None:
    losses = await lose(system("forgetful"), DOCUMENTS, tmp_path)
    assert losses.missing == losses.acknowledged >= 36
    assert losses.opened == 3


async def test_all_is_missing_from_a_store_that_does_not_open_again(tmp_path: Path) -> None:
    losses = await lose(system("closed"), DOCUMENTS, tmp_path)
    assert losses.missing == losses.acknowledged >= 12
    assert losses.opened == 0
    assert "the store is damaged" in losses.reason


async def test_few_documents_are_killed_too(tmp_path: Path) -> None:
    losses = await lose(system("durable"), DOCUMENTS[:2], tmp_path)
    assert losses == Losses(acknowledged=2, missing=0, opened=3)


async def test_a_system_that_never_opens_has_not_lost_anything(tmp_path: Path) -> None:
    (tmp_path / "documents.json").write_text('{"1": "one"}')
    with pytest.raises(SystemFailedError, match="the store is damaged"):
        await lose(system("closed"), DOCUMENTS, tmp_path)
