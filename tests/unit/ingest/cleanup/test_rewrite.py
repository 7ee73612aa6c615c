from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.cleanup import rewrite
from ingest.cleanup.rewrite import IndexRewriter
from rag.catalog.database.connection import Database
from rag.errors import IndexUnavailableError
from rag.telemetry.recorder import Operation
from tests.support.builders.monitoring import Watcher
from tests.support.builders.register import Register
from tests.support.fakes.memory_index import MemoryIndex


class ErasingIndex(MemoryIndex):
    """Fails as often as it is told."""

    def __init__(self, *, failures: int = 0, is_a_servers: bool = False) -> None:
        super().__init__()
        self.failures = failures
        self.is_a_servers = is_a_servers
        self.calls = 0
        self.watcher = Watcher()

    async def erase_deleted(self) -> bool:
        self.calls += 1
        if self.calls <= self.failures:
            raise IndexUnavailableError("test", "there is no room")
        return not self.is_a_servers


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    database = Database.open(tmp_path / "catalog.db")
    yield Register(database)
    database.close()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite, "_POLL_SECONDS", 0.0)
    monkeypatch.setattr(rewrite, "_PAUSE_FACTOR", 0.0)


def delete_one(register: Register) -> None:
    register.deletions.delete_document("acme", register.take_in("1").document_id)
    register.purge_all()


def rewriter(register: Register, index: ErasingIndex, copies: Iterator[bool]) -> IndexRewriter:
    return IndexRewriter(
        register.deletions,
        index=index,
        after_seconds=0,
        has_copies=lambda: next(copies, False),
        observers=(index.watcher,),
    )


async def until_erased(register: Register, running: asyncio.Task[None]) -> None:
    while register.deletions.to_erase(after=timedelta()):
        assert not running.done()
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})


async def test_other_copies_of_the_index_are_waited_for(register: Register) -> None:
    delete_one(register)
    index = ErasingIndex()
    copies = iter([True, True, False])
    await until_erased(register, asyncio.create_task(rewriter(register, index, copies).run()))
    assert index.calls == 1
    assert next(copies, None) is None


async def test_an_erasure_that_fails_is_tried_again(register: Register) -> None:
    delete_one(register)
    index = ErasingIndex(failures=2)
    await until_erased(register, asyncio.create_task(rewriter(register, index, iter(())).run()))
    assert index.calls == 3
    assert {work.operation for work in index.watcher.began} == {Operation.ERASE}
    assert [type(outcome.error) for outcome in index.watcher.ended] == [IndexUnavailableError] * 2 + [type(None)]


async def test_a_server_erases_in_its_own_time_and_nothing_is_promised(register: Register) -> None:
    delete_one(register)
    index = ErasingIndex(is_a_servers=True)
    await rewriter(register, index, iter(())).run()
    assert index.calls == 1
    assert len(register.deletions.to_erase(after=timedelta())) == 1
