"""Two real parser processes, the second one only when it is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from ingest.sandbox.pool import SandboxPool
from rag.errors import DocumentError
from tests.unit.ingest.sandbox.test_sandbox import has_ended, is_running, new_sandbox


@pytest.fixture
def pool() -> Iterator[SandboxPool]:
    opened = SandboxPool([new_sandbox(), new_sandbox(idle_seconds=0.0)])
    yield opened
    opened.close()


def answer(pool: SandboxPool, folder: Path, order: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "input").write_text(order, encoding="utf-8")
    found = pool.parse(folder / "input", name="a.txt", media_type="text/plain", output_folder=folder)
    return found.extracted.text


def test_a_second_process_reads_while_the_first_is_busy_and_ends_when_it_is_idle(
    pool: SandboxPool, tmp_path: Path
) -> None:
    first = int(answer(pool, tmp_path / "a", "pid"))
    assert int(answer(pool, tmp_path / "b", "pid")) == first
    news = tmp_path / "news"
    os.mkfifo(news)
    failures: list[DocumentError] = []

    def read_for_long() -> None:
        try:
            answer(pool, tmp_path / "slow", f"hang {news}")
        except DocumentError as error:
            failures.append(error)

    reading = Thread(target=read_for_long)
    reading.start()
    assert int(news.read_text()) == first
    second = int(answer(pool, tmp_path / "c", "pid"))
    assert second != first
    assert has_ended(second)
    pool.interrupt(tmp_path / "elsewhere")
    assert is_running(first)
    pool.interrupt(tmp_path / "slow")
    reading.join()
    assert len(failures) == 1
    assert not is_running(first)
    assert answer(pool, tmp_path / "d", "echo on") == "on"
