"""Optimises a shard in a process of its own, at the lowest priority.

Inside the service it would stop everything for minutes: ``EdgeShard.optimize`` never lets go of the interpreter lock.
Run as ``python -m rag.retrieval.edge_optimizer FOLDER``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import rag
from rag.errors import IndexUnavailableError
from rag.retrieval.edge_shard import BACKEND, Shard

_LOWEST_PRIORITY = 19


class OptimizerProcess:
    """One run of the optimizer on a folder that nobody else has open."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, folder: Path) -> OptimizerProcess:
        """Starts it; ``folder`` is absolute."""
        command = (sys.executable, "-m", "rag.retrieval.edge_optimizer", str(folder))
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=Path(rag.__file__).parents[1],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        return cls(process)

    async def wait(self) -> None:
        """Waits until it is done; a cancelled wait ends the process.

        Raises:
            IndexUnavailableError: it failed or was stopped.
        """
        try:
            _, errors = await self._process.communicate()
        finally:
            self.stop()
            await self._process.wait()
        if self._process.returncode != 0:
            last = errors.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise IndexUnavailableError(BACKEND, f"optimizing ended with {self._process.returncode}: {last[0]}")

    def stop(self) -> None:
        """Ends it; one that has ended is left alone."""
        if self._process.returncode is None:
            self._process.kill()


def main(folder: str) -> None:
    """Optimises the shard in ``folder``."""
    os.nice(_LOWEST_PRIORITY)
    shard = Shard.load(Path(folder))
    shard.optimize()
    shard.close()


if __name__ == "__main__":
    main(sys.argv[1])
