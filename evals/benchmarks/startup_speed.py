"""How long the service takes to start."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from evals.benchmarks.documents import sample_documents
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row, Table
from rag.folder_lock import read_owner

_CITEWELL = str(Path(sysconfig.get_path("scripts")) / "citewell")
_POLL_SECONDS = 0.005
_LONGEST_START_SECONDS = 120.0


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Starts processes one after the other; the models are prepared before the first."""
    await _run(_CITEWELL, "prepare")
    python = [await _run(sys.executable, "-c", "pass") for _ in range(sizes.repeats)]
    imports = [await _run(sys.executable, "-c", "import api.app") for _ in range(sizes.repeats)]
    documents = sample_documents(sizes)
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as root:
        folders = [Path(root) / str(number) for number in range(sizes.repeats)]
        fresh = [await _seconds_until_ready(folder) for folder in folders]
        await _run(_CITEWELL, "ingest", *map(str, documents), folder=folders[0])
        again = [await _seconds_until_ready(folders[0]) for _ in range(sizes.repeats)]
    rows = (
        _row("python alone", python),
        _row("python, import of api.app", imports),
        _row("citewell serve until ready, new folder", fresh),
        _row(f"citewell serve until ready, {len(documents)} documents in the folder", again),
    )
    return (Table(title="Start", rows=rows),)


async def _run(*command: str, folder: Path | None = None) -> float:
    """Returns the seconds until the command has ended.

    Raises:
        CalledProcessError: it failed; the note says what it wrote.
    """
    start = time.perf_counter()
    process = await _start(*command, folder=folder)
    _, errors = await process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise _failed(process.returncode, command, errors)
    return seconds


async def _seconds_until_ready(folder: Path) -> float:
    start = time.perf_counter()
    process = await _start(_CITEWELL, "serve", folder=folder)
    try:
        async with asyncio.timeout(_LONGEST_START_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            while not await _is_ready(client, folder):
                if process.returncode is not None:
                    raise _failed(process.returncode, (_CITEWELL, "serve"), (await process.communicate())[1])
                await asyncio.sleep(_POLL_SECONDS)
            return time.perf_counter() - start
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def _is_ready(client: httpx.AsyncClient, folder: Path) -> bool:
    """The service chooses a free port, and announces it in its folder before it listens there."""
    url = read_owner(folder).url
    try:
        return url is not None and (await client.get(f"{url}/readyz")).is_success
    except httpx.TransportError:
        return False


async def _start(*command: str, folder: Path | None = None) -> asyncio.subprocess.Process:
    environment = {**os.environ, "CITEWELL_SERVER__HOST": "127.0.0.1", "CITEWELL_SERVER__PORT": "0"}
    if folder is not None:
        environment["CITEWELL_STORAGE__FOLDER"] = str(folder)
    return await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )


def _failed(returncode: int, command: Sequence[str], errors: bytes) -> subprocess.CalledProcessError:
    error = subprocess.CalledProcessError(returncode, list(command))
    error.add_note(errors.decode(errors="replace"))
    return error


def _row(name: str, seconds: Sequence[float]) -> Row:
    return {
        "what": name,
        "runs": len(seconds),
        "median_s": round(statistics.median(seconds), 2),
        "min_s": round(min(seconds), 2),
        "max_s": round(max(seconds), 2),
    }
