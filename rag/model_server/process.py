"""Runs vLLM's OpenAI server as a child process, and explains why one did not start."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from rag.errors import ModelServerError

MODULE = "vllm.entrypoints.openai.api_server"
"""Started as a module: the ``vllm`` command of the CPU wheel looks up the version of a package that is missing."""

_POLL_SECONDS = 0.25
_PROBE_TIMEOUT_SECONDS = 5.0
_ENDING_SECONDS = 20
_LOG_END_BYTES = 100_000
# Patterns of vLLM's messages, most specific first, with a remedy each.
_KNOWN_FAILURES = (
    (
        r"Free memory on device.*",
        "End what else uses the GPU, or lower memory_share in a profile of your own (--profiles).",
    ),
    (
        r"No available memory for the cache blocks.*|.*larger than the available KV cache memory.*",
        "Raise memory_share or lower context_tokens in a profile of your own (--profiles).",
    ),
    (
        r"Available memory on node.*",
        "Free some memory, or lower kv_cache_gib in a profile of your own (--profiles).",
    ),
    (
        r"CUDA out of memory.*|torch\.OutOfMemoryError.*",
        "The model does not fit the GPU: choose a smaller or a quantized one (rag/model_server/profiles.toml).",
    ),
    (
        r".*address already in use.*",
        "Stop the program that listens there, or choose another port with --port.",
    ),
    (
        r".*(?:LocalEntryNotFoundError|OfflineModeIsEnabled|couldn't connect to|Cannot find any model weights).*",
        "The model is not here: check HF_HUB_OFFLINE and the network, or name its folder in a profile (--profiles).",
    ),
    (
        r".*(?:ModuleNotFoundError|ImportError): .*",
        "Delete the server's environment in the cache folder.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """The command line, environment, address and log file of a server to start."""

    command: tuple[str, ...]
    host: str
    port: int
    log: Path
    variables: Mapping[str, str]

    @property
    def url(self) -> str:
        """The address of the server from this machine."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"  # noqa: S104 - compared


@contextmanager
def running_server(launch: Launch, *, start_seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """Starts the server, waits until it answers, and ends it and its children after the block.

    Raises:
        ModelServerError: the port is taken, the server ended, or it does not answer within ``start_seconds``.
    """
    _check_port(launch)
    launch.log.parent.mkdir(parents=True, exist_ok=True)
    with launch.log.open("wb") as log:
        # In its own session: Ctrl-C reaches only this process, which ends the server with all its children.
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            launch.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **launch.variables},
            start_new_session=True,
        )
    try:
        _wait_until_healthy(process, launch, start_seconds)
        yield process
    finally:
        _end(process)


def answers(url: str) -> bool:
    """Returns whether the server's health check succeeds."""
    try:
        return httpx.get(f"{url}/health", timeout=_PROBE_TIMEOUT_SECONDS, trust_env=False).is_success
    except httpx.TransportError:
        return False


def failure_of(process: subprocess.Popen[bytes], launch: Launch) -> ModelServerError:
    """Returns an error that explains, from its log, why a server has ended."""
    with launch.log.open("rb") as log:
        log.seek(max(0, launch.log.stat().st_size - _LOG_END_BYTES))
        words = log.read().decode(errors="replace")
    reason, remedy = explain_failure(words)
    return ModelServerError(
        f"The model server ended with status {process.returncode}: {reason}", remedy=f"{remedy} Its log: {launch.log}"
    )


def explain_failure(log: str) -> tuple[str, str]:
    """Returns a reason and a remedy; for an unknown failure, the last error in the log."""
    for pattern, remedy in _KNOWN_FAILURES:
        if found := re.search(pattern, log, re.IGNORECASE):
            return found[0].strip(), remedy
    errors = [line for line in log.splitlines() if "Error: " in line]
    return (errors[-1].strip() if errors else "it did not say why"), "Read its log."


def _wait_until_healthy(process: subprocess.Popen[bytes], launch: Launch, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not answers(launch.url):
        if process.poll() is not None:
            raise failure_of(process, launch)
        if time.monotonic() > deadline:
            raise ModelServerError(
                f"The model server does not answer after {seconds:.0f} seconds",
                remedy=f"Its log tells what it does: {launch.log}",
            )
        time.sleep(_POLL_SECONDS)


def _check_port(launch: Launch) -> None:
    family = socket.AF_INET6 if ":" in launch.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((launch.host, launch.port))
        except OSError as error:
            raise ModelServerError(
                f"Cannot listen on {launch.host}:{launch.port}: {error.strerror}",
                remedy="Stop what listens there ('citewell doctor' tells of a model server), or choose another --port.",
            ) from error


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_ENDING_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def server_variables(*, cache_folder: Path, offline: bool) -> dict[str, str]:
    """Returns the server's environment variables: no usage statistics, and with ``offline`` no requests to the hub."""
    variables = {
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "VLLM_CACHE_ROOT": str(cache_folder / "vllm" / "cache"),
    }
    return variables | ({"HF_HUB_OFFLINE": "1"} if offline else {})


def server_command(python: Path, arguments: Sequence[str]) -> tuple[str, ...]:
    return (str(python), "-m", MODULE, *arguments)
