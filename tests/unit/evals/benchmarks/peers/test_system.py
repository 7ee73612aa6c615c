import os
import signal
import sys
from pathlib import Path

import pytest

from evals.benchmarks.peers.drivers.library import Document
from evals.benchmarks.peers.system import LibrarySystem, SystemFailedError
from tests.support.fakes import peer

DOCUMENTS = [
    Document(id="1", title="Gate", text="The gate is open."),
    Document(id="2", title="Hall", text="The hall is closed."),
]


def system(kind: str) -> LibrarySystem:
    return LibrarySystem(name=kind, command=(sys.executable, str(peer.__file__), kind))


async def test_a_library_stores_searches_and_keeps_its_documents(tmp_path: Path) -> None:
    async with system("forgetful").running(tmp_path) as running:
        await running.add(DOCUMENTS, save=False)
        await running.settle()
        found = await running.search(["is the hall closed."], clients=1)
    assert found.ranked == [["2", "1"]]
    async with system("forgetful").running(tmp_path) as running:
        assert await running.ids() == ["1", "2"]


async def test_a_library_that_ends_gives_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(SystemFailedError, match="no search today"):
        async with system("dying").running(tmp_path) as running:
            await running.search(["where?"], clients=1)


async def test_a_library_that_does_not_open_gives_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "documents.json").write_text('{"1": "one"}')
    with pytest.raises(SystemFailedError, match="the store is damaged"):
        async with system("closed").running(tmp_path):
            pass


async def test_a_killed_library_answers_no_more(tmp_path: Path) -> None:
    async with system("durable").running(tmp_path) as running:
        os.kill(running.pid, signal.SIGKILL)
        with pytest.raises(SystemFailedError):
            await running.ids()
        with pytest.raises(SystemFailedError):
            await running.ids()
