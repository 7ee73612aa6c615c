"""A worker in its own process: ``python -m tests.support.faults.worker CATALOGUE FOLDER [HOLD]``.

Before upsert number HOLD it prints a line and waits for one on its standard input. It prints another line when it has
dealt with a job that it lost.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ingest.jobs.worker import Worker
from rag.catalog.database.connection import Database
from rag.catalog.database.records import Task
from tests.support.fakes.shared_index import SharedIndex
from tests.support.faults.workshop import FaultWorkshop, LineReader


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class _TellingWorker(Worker):
    async def _abandon_job(self, task: Task) -> None:
        await super()._abandon_job(task)
        _say("let go")


async def _work(catalogue: str, folder: Path, hold: int) -> None:
    async def wait(upsert: int) -> None:
        if upsert == hold:
            _say("holding")
            await asyncio.to_thread(sys.stdin.readline)

    database = Database.open(catalogue if "://" in catalogue else Path(catalogue))
    index = SharedIndex(folder / "points.db", before_upsert=wait)
    _say("working")
    await FaultWorkshop(database, folder, index).worker(LineReader(), _TellingWorker).run()


def main() -> None:
    """Works until killed."""
    catalogue, folder, *hold = sys.argv[1:]
    asyncio.run(_work(catalogue, Path(folder), int(hold[0]) if hold else 0))


if __name__ == "__main__":
    main()
