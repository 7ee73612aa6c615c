"""Measures searches and health while many documents are ingested."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import psutil

from evals.benchmarks.load.clients import ClientProcess, Kind, Workload, WorkloadResult
from evals.benchmarks.load.health import measure_health
from evals.benchmarks.load.report import Load, Phase, tables
from evals.benchmarks.measure import peak_megabytes
from evals.benchmarks.served import Served, served
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Table

_SEARCHERS, _UPLOADERS = 4, 8
_ALONE_SHARE = 5
"""Documents ingested under load for each one ingested alone, the baseline."""
_WATCH_SECONDS = 0.2


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Ingests alone, searches alone, does both at once, searches alone again, and asks many questions.

    Clients search without a pause, so that they alone use the whole machine.
    """
    alone = max(1, sizes.uploads // _ALONE_SHARE)
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
        async with served(Path(folder)) as service:
            bench = _Bench(service, sizes.idle_seconds)
            await bench.run("warm-up", searchers=1, uploaders=1, documents=1)
            load = Load(
                alone=await bench.run("1 client uploads", uploaders=1, documents=alone),
                before=await bench.run(f"{_SEARCHERS} search", searchers=_SEARCHERS),
                both=await bench.run(
                    f"{_SEARCHERS} search, {_UPLOADERS} upload",
                    searchers=_SEARCHERS,
                    uploaders=_UPLOADERS,
                    documents=sizes.uploads,
                ),
                after=await bench.run(f"{_SEARCHERS} search again", searchers=_SEARCHERS),
            )
            health = await measure_health(service.url, sizes.idle_seconds)
    return (*tables(load), health)


class _Bench:
    """Runs one phase after the other, without repeating a question or a document."""

    def __init__(self, service: Served, idle_seconds: float) -> None:
        self._service = service
        self._idle_seconds = idle_seconds
        self._phases = 0
        self._documents = 0
        self._parser_peak_mb = 0.0

    async def run(self, name: str, *, searchers: int = 0, uploaders: int = 0, documents: int = 0) -> Phase:
        """Runs a phase until all documents are ready, or without documents for the idle seconds."""
        url = self._service.url
        searching, probing, uploading = [await ClientProcess.start() for _ in range(3)]
        watching = asyncio.create_task(self._watch())
        await searching.begin(Workload(kind=Kind.SEARCH, url=url, clients=searchers, seed=self._phases))
        await probing.begin(Workload(kind=Kind.PROBE, url=url))
        await uploading.begin(
            Workload(kind=Kind.UPLOAD, url=url, clients=uploaders, first=self._documents, count=documents)
        )
        if not documents:
            await asyncio.sleep(self._idle_seconds)
        uploads, searches, probes = [await process.end() for process in (uploading, searching, probing)]
        watching.cancel()
        self._phases += 1
        self._documents += documents
        return Phase(
            name=name,
            documents=documents,
            searches=searches,
            probes=probes,
            uploads=uploads if documents else WorkloadResult(),
            service_peak_mb=peak_megabytes(self._service.pid),
            parser_peak_mb=self._parser_peak_mb,
        )

    async def _watch(self) -> None:
        """Polls the memory of the parser processes, which end during the measurement."""
        while True:
            children = psutil.Process(self._service.pid).children(recursive=True)
            self._parser_peak_mb = max([self._parser_peak_mb, *(peak_megabytes(child.pid) for child in children)])
            await asyncio.sleep(_WATCH_SECONDS)
