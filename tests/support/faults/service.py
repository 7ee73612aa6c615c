"""Runs ``citewell serve`` in its own process, for killing it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from ingest.storage.folder_lock import read_owner

_POLL_SECONDS = 0.02
_START_SECONDS = 120.0
_END_SECONDS = 60.0


class ServiceEndedError(Exception):
    """The service ended by itself; the message is its output."""


class ServiceProcess:
    """Starts the service on ``folder`` repeatedly; all processes write to one log.

    As a context it makes sure that none is left at the end. ``before`` goes before the command, in a shell.
    ``program`` is the ``citewell`` of another environment.
    """

    def __init__(self, folder: Path, *, before: str = "", program: Path | None = None, **environment: str) -> None:
        self.folder = folder
        self._before = before
        self._program = program or Path(sys.executable).with_name("citewell")
        self.log = folder.with_name(f"{folder.name}.log")
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CITEWELL_")},
            "CITEWELL_STORAGE__FOLDER": str(folder),
            "CITEWELL_SERVER__PORT": "0",
            "CITEWELL_INGESTION__OCR": "none",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process started last."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Starts the process and does not wait for it."""
        with self.log.open("ab") as log:
            words = ["sh", "-c", f'{self._before}exec "$0" serve', str(self._program)]
            self._process = subprocess.Popen(words, stdout=log, stderr=log, env=self._environment)  # noqa: S603 - ours

    def wait_until_ready(self) -> str:
        """Waits until the service is ready; returns its address.

        Raises:
            ServiceEndedError: the process ended before it was ready.
        """
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            owner = read_owner(self.folder)
            if owner.pid == self.process.pid and owner.url:
                return owner.url
            if self.process.poll() is not None:
                raise ServiceEndedError(self.log.read_text("utf-8", "replace")[-4_000:])
            time.sleep(_POLL_SECONDS)
        raise TimeoutError(f"not ready within {_START_SECONDS} s: {self.log.read_text('utf-8', 'replace')[-4_000:]}")

    def kill(self) -> None:
        """Kills the process like a power cut, without notice to its children."""
        self.process.kill()
        self.process.wait(_END_SECONDS)

    def stop(self) -> int:
        """Terminates the process, waits, and returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_END_SECONDS)

    def children(self) -> frozenset[int]:
        """Returns the ids of its living child processes."""
        found: set[int] = set()
        for tasks in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            try:
                found.update(int(pid) for pid in tasks.read_text().split())
            except OSError:  # the thread has ended since
                continue
        return frozenset(found)


def wait_until_gone(pids: frozenset[int]) -> frozenset[int]:
    """Waits for the end of the processes; returns those still alive after the wait."""
    until = time.monotonic() + _END_SECONDS
    while (left := frozenset(pid for pid in pids if _is_alive(pid))) and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
    return left


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False
