"""Clients in a process of their own, so that neither their interpreter nor their imports slow what is measured."""

from __future__ import annotations

import sys
from asyncio import StreamReader, StreamWriter, create_subprocess_exec
from asyncio.subprocess import PIPE, Process
from subprocess import CalledProcessError
from typing import cast

from evals.benchmarks.load.clients import Outcome, Task

_COMMAND = (sys.executable, "-m", "evals.benchmarks.load.clients")


class ClientProcess:
    """One process; its clients begin when they are told what to do."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> ClientProcess:
        """Returns when everything is imported."""
        process = await create_subprocess_exec(*_COMMAND, stdin=PIPE, stdout=PIPE)
        await cast("StreamReader", process.stdout).readline()
        return cls(process)

    async def begin(self, task: Task) -> None:
        """Lets the clients begin."""
        requests = cast("StreamWriter", self._process.stdin)
        requests.write(task.model_dump_json().encode() + b"\n")
        await requests.drain()

    async def end(self) -> Outcome:
        """Lets searching and probing end, waits until uploads are ready, and returns what there was.

        Raises:
            CalledProcessError: the clients failed; they have said why.
        """
        written, _ = await self._process.communicate(b"")
        if self._process.returncode:
            raise CalledProcessError(self._process.returncode, _COMMAND)
        return Outcome.model_validate_json(written)
