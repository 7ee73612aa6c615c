"""Runs one section in its own process: ``python -m evals.benchmarks.section``, with a ``SectionRequest`` on stdin."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from pydantic import BaseModel, TypeAdapter

from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Table

MODULES = {
    "index": "evals.benchmarks.index.speed",
    "encoder": "evals.benchmarks.stages.encoder",
    "answers": "evals.benchmarks.stages.answers",
    "ingestion": "evals.benchmarks.stages.ingestion",
    "startup": "evals.benchmarks.stages.startup",
    "load": "evals.benchmarks.load.speed",
    "model-server": "evals.benchmarks.models.server_speed",
    "model-overhead": "evals.benchmarks.models.overhead",
    "streams": "evals.benchmarks.models.streams",
    "overload": "evals.benchmarks.models.overload",
    "library": "evals.benchmarks.stages.library",
    "verification": "evals.benchmarks.stages.verification",
    "peers": "evals.benchmarks.peers.speed",
}
ONLY_WHEN_NAMED = {"peers"}  # it installs packages from the network, and takes an hour
TABLES = TypeAdapter(tuple[Table, ...])


class SectionRequest(BaseModel):
    """The section to measure, and the file for its tables."""

    section: str
    sizes: Sizes
    result: Path


class SectionModule(Protocol):
    """A module that measures one section."""

    async def measure(self, sizes: Sizes) -> tuple[Table, ...]:
        """Measures and returns tables."""
        ...


def run_section(name: str, sizes: Sizes) -> tuple[Table, ...]:
    """Measures one section in this process, without importing other sections."""
    section = cast("SectionModule", import_module(MODULES[name]))
    return asyncio.run(section.measure(sizes))


if __name__ == "__main__":
    request = SectionRequest.model_validate_json(sys.stdin.read())
    request.result.write_bytes(TABLES.dump_json(run_section(request.section, request.sizes)))
