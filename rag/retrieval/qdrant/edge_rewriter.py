"""Rewrites and optimises a shard in a separate process at the lowest priority.

Inside the service it would block everything for minutes: ``EdgeShard.optimize`` holds the interpreter lock throughout.
Run as ``python -m rag.retrieval.qdrant.edge_rewriter SOURCE TARGET PARENT_PID``.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import rag
from rag.errors import IndexUnavailableError
from rag.processes.lifetime import die_with_parent
from rag.retrieval.qdrant.edge_shard import BACKEND, Shard

_LOWEST_PRIORITY = 19


class RewriterProcess:
    """One run of the rewriter on two folders that no other process has open."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, source: Path, target: Path) -> RewriterProcess:
        """Starts the process; both folders are absolute."""
        arguments = (str(source), str(target), str(os.getpid()))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "rag.retrieval.qdrant.edge_rewriter", *arguments),
            cwd=Path(rag.__file__).parents[1],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        return cls(process)

    async def wait(self) -> None:
        """Waits for the end of the process; a cancelled wait kills it.

        Raises:
            IndexUnavailableError: the process failed or was stopped.
        """
        try:
            _, errors = await self._process.communicate()
        finally:
            self.stop()
            await self._process.wait()
        if self._process.returncode != 0:
            last = errors.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise IndexUnavailableError(BACKEND, f"writing it anew ended with {self._process.returncode}: {last[0]}")

    def stop(self) -> None:
        """Kills the process if it still runs."""
        if self._process.returncode is None:
            self._process.kill()


def main(source: Path, target: Path, parent_pid: int) -> None:
    """Moves the undeleted points of ``source`` to the empty shard in ``target``, and builds a large one's graph."""
    die_with_parent(parent_pid)  # otherwise it would write into folders that the next service uses
    os.nice(_LOWEST_PRIORITY)
    old, new = Shard.load(source), Shard.load(target)
    old.copy_points_to(new)
    old.close()
    shutil.rmtree(source)
    new.optimize()
    new.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
