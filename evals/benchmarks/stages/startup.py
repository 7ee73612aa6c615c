"""Measures the start of the service."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from evals.benchmarks.documents import sample_documents
from evals.benchmarks.served import CITEWELL, command_error, served, start
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row, Table


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Starts processes one after the other, after preparing the models."""
    await _run(CITEWELL, "prepare")
    python = [await _run(sys.executable, "-c", "pass") for _ in range(sizes.repeats)]
    imports = [await _run(sys.executable, "-c", "import api.app") for _ in range(sizes.repeats)]
    documents = sample_documents(sizes)
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as root:
        folders = [Path(root) / str(number) for number in range(sizes.repeats)]
        fresh = [await _seconds_until_ready(folder) for folder in folders]
        await _run(CITEWELL, "ingest", *map(str, documents), folder=folders[0])
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
        CalledProcessError: the command failed; the note holds its stderr.
    """
    start_time = time.perf_counter()
    process = await start(*command, folder=folder)
    _, errors = await process.communicate()
    seconds = time.perf_counter() - start_time
    if process.returncode:
        raise command_error(process.returncode, command, errors)
    return seconds


async def _seconds_until_ready(folder: Path) -> float:
    start_time = time.perf_counter()
    async with served(folder):
        return time.perf_counter() - start_time


def _row(name: str, seconds: Sequence[float]) -> Row:
    return {
        "what": name,
        "runs": len(seconds),
        "median_s": round(statistics.median(seconds), 2),
        "min_s": round(min(seconds), 2),
        "max_s": round(max(seconds), 2),
    }
