"""The tutorial is true: its commands are run in order, against the real service, and print what the page says."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.docs.pages import DOCS, ROOT, code_blocks

pytestmark = [pytest.mark.slow, pytest.mark.integration]

_RUN_ID = re.compile(r"\d{8}-\d{6}-company-[0-9a-f]{4}")
_SECONDS = 120


@dataclass(slots=True, kw_only=True)
class Reader:
    """Follows the page in a folder; the ids of its runs take the place of the page's own."""

    folder: Path
    port: int
    ids: dict[str, str] = field(default_factory=dict)
    output: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CITEWELL_")}
        path = f"{Path(sys.executable).parent}:{kept['PATH']}"
        settings = {"CITEWELL_SERVER__PORT": str(self.port), "CITEWELL_GENERATION__URL": "http://127.0.0.1:9/v1"}
        return {**kept, **settings, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}

    def run(self, script: str) -> None:
        for written, real in self.ids.items():
            script = script.replace(written, real)
        done = subprocess.run(  # noqa: S603 - the page's own commands
            ["bash", "-euo", "pipefail", "-c", script.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")],  # noqa: S607
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
        for line in shown.splitlines():
            if written := _RUN_ID.search(line):
                self.ids[written[0]] = _RUN_ID.findall(self.output)[-1]
            else:
                assert line.strip() in self.output, f"the tutorial shows {line!r}\n{self.output}"

    @contextmanager
    def serving(self, command: str) -> Iterator[None]:
        started = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=self.folder, env=self.environment)  # noqa: S603, S607
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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_the_tutorial_can_be_followed(tmp_path: Path) -> None:
    reader = Reader(folder=tmp_path, port=free_port())
    blocks = code_blocks(DOCS / "tutorial.md")
    [service] = [block for block in blocks if block.title and "another terminal" in block.title]
    before, after = blocks[: blocks.index(service)], blocks[blocks.index(service) + 1 :]
    for block in before:
        reader.run(block.text)
    with reader.serving(service.text.strip()):
        for block in after:
            if block.language == "bash":
                reader.run(block.text)
            else:
                reader.expect(block.text)
    assert (tmp_path / "report.html").stat().st_size > 10_000
