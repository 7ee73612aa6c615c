"""Starts the real local model server like a user."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rag.model_server.environment import environment_for
from rag.model_server.process import answers
from rag.model_server.profiles import Hardware
from rag.settings import ModelSettings

_START_SECONDS = 270  # below the timeout that ends the whole test run
_POLL_SECONDS = 0.25


def require_vllm() -> None:
    """Skips unless vLLM is installed, which takes minutes and is optional."""
    if not environment_for(Hardware.CPU, ModelSettings().cache_folder).is_ready:
        pytest.skip("vLLM is not installed here; 'citewell model-server cpu-int8 --prepare' does it, and CI runs it")


@contextmanager
def running_model_server(profile: str, log: Path) -> Iterator[str]:
    """Runs ``citewell model-server PROFILE`` during the block; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-c",
        "from api.commands.main import main; main()",
        "model-server",
        profile,
        "--port",
        str(port),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603 - our own command
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not answers(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(_POLL_SECONDS)
        yield url
    finally:
        process.terminate()
        process.wait()
