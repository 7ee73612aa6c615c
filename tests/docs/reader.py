"""Follows a page as a reader would: runs its commands in a shell, beside a real service."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.docs.pages import ROOT

_RUN_ID = re.compile(r"\d{8}-\d{6}-\w+-[0-9a-f]{4}")
_SECONDS = 120
_ADDRESS = "127.0.0.1:8000"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass(slots=True, kw_only=True)
class Reader:
    """Runs in ``folder``. The service has a free port, and its runs other ids than the page says: both are replaced."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=_free_port)
    run_ids: dict[str, str] = field(default_factory=dict)
    output: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The reader's terminal, with Citewell's environment active."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CITEWELL_")}
        no_model = {"CITEWELL_GENERATION__URL": "http://127.0.0.1:9/v1"}
        path = f"{Path(sys.executable).parent}:{kept['PATH']}"
        return {**kept, **no_model, **self.settings, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}

    def run(self, script: str, *, program: tuple[str, ...] = ("bash", "-euo", "pipefail", "-c")) -> None:
        """Runs a block of the page; what it prints is ``output``."""
        for written, real in (*self.run_ids.items(), (_ADDRESS, f"127.0.0.1:{self.port}")):
            script = script.replace(written, real)
        done = subprocess.run(  # noqa: S603 - the page's own commands
            [*program, script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        self.output = done.stdout

    def expect(self, shown: str) -> None:
        """Checks that the last command printed every line that the page shows; learns the id of a run."""
        for line in shown.splitlines():
            if written := _RUN_ID.search(line):
                self.run_ids[written[0]] = _RUN_ID.findall(self.output)[-1]
            else:
                assert line.strip() in self.output, f"the page shows {line!r}\n{self.output}"

    @contextmanager
    def serving(self, command: str) -> Iterator[None]:
        """Runs the service for as long as the block takes."""
        shell = ("bash", "-c", f"exec {command}")
        environment = {**self.environment, "CITEWELL_SERVER__PORT": str(self.port)}
        started = subprocess.Popen(shell, cwd=self.folder, env=environment)  # noqa: S603 - as above
        try:
            until = time.monotonic() + _SECONDS
            while not self._answers():
                assert started.poll() is None, "the service has stopped"
                assert time.monotonic() < until, "the service did not start in time"
                time.sleep(0.2)
            yield
        finally:
            started.terminate()
            started.wait(_SECONDS)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").is_success
        except httpx.TransportError:
            return False
