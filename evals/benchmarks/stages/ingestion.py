"""Measures ingestion: time by stage and in total, and memory."""

from __future__ import annotations

import asyncio
import inspect
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import psutil

from evals.benchmarks.documents import COLLECTION, filings, ingest_documents, sample_documents, with_data_folder
from evals.benchmarks.measure import peak_megabytes
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row, Table
from ingest.factory import build_sandbox, build_worker
from ingest.intake.intake import Intake
from ingest.opening import open_engine, open_storage
from ingest.sandbox.pool import SandboxPool
from rag.settings import Settings, load_settings
from rag.types import Scope

Stage = TypeVar("Stage")
_STAGES = {"parse": "parse and chunk", "encode": "encode", "upsert": "upsert"}


class StageClock:
    """Sums the seconds of calls by method."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def timing(self, stage: Stage, method: str) -> Stage:
        """Returns the stage with its ``method``, a function or coroutine function, timed."""
        return cast("Stage", _Timed(stage, method, self))

    @contextmanager
    def running(self, method: str) -> Iterator[None]:
        """Adds the time of the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[method] += time.perf_counter() - start


class _Timed:
    """Delegates to a stage, and times one method."""

    def __init__(self, stage: object, method: str, clock: StageClock) -> None:
        self._stage = stage
        self._method = method
        self._clock = clock

    def __getattr__(self, name: str) -> object:
        found = getattr(self._stage, name)
        return _timed(found, name, self._clock) if name == self._method else found


def _timed(call: Callable[..., Any], name: str, clock: StageClock) -> Callable[..., Any]:
    @wraps(call)
    async def timed_coroutine(*arguments: object, **named: object) -> object:
        with clock.running(name):
            return await call(*arguments, **named)

    @wraps(call)
    def timed_call(*arguments: object, **named: object) -> object:
        with clock.running(name):
            return call(*arguments, **named)

    return timed_coroutine if inspect.iscoroutinefunction(call) else timed_call


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    documents: int
    pages: int
    chunks: int
    seconds: float
    clock: StageClock
    service_peak_mb: float
    sandbox_peak_mb: float


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Ingests FinanceBench's filings, or the sample documents if those are missing."""
    files = filings(sizes)
    notes = ["The models are loaded and the parser's process runs before the clock starts."]
    if not files:
        notes.append(f"{sizes.data / 'financebench' / 'pdfs'} is missing: the sample documents were taken instead.")
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
        run = await _ingest(files or sample_documents(sizes), with_data_folder(load_settings(), Path(folder)))
    return _tables(run, notes)


async def _ingest(files: Sequence[Path], settings: Settings) -> _Run:
    """Ingests with the parts of ``ingest.service`` and its worker, with each stage timed."""
    clock, sandbox_peaks = StageClock(), [0.0]
    scope = Scope(tenant=settings.tenant, collection=COLLECTION)

    def watch() -> None:
        sandbox_peaks.append(sum(peak_megabytes(child.pid) for child in psutil.Process().children(recursive=True)))

    async with AsyncExitStack() as stack:
        storage = stack.enter_context(open_storage(settings))
        generation = storage.indexes.active(settings.encoder)
        engine = await stack.enter_async_context(open_engine(settings, storage, generation))
        sandbox = stack.enter_context(build_sandbox(settings, engine.encoder))
        timed = replace(
            engine, encoder=clock.timing(engine.encoder, "encode"), index=clock.timing(engine.index, "upsert")
        )
        worker = build_worker(settings, storage, timed, clock.timing(SandboxPool([sandbox]), "parse"))
        await asyncio.to_thread(sandbox.warm_up)
        working = asyncio.create_task(worker.run())
        intake = Intake(settings, uploads=storage.uploads, board=storage.board, blobs=storage.blobs)
        start = time.perf_counter()
        await ingest_documents(files, scope=scope, intake=intake, board=storage.board, wake=worker.wake, on_poll=watch)
        seconds = time.perf_counter() - start
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        documents = storage.catalog.documents(settings.tenant)
    return _Run(
        documents=len(documents),
        pages=sum(document.page_count or 0 for document in documents),
        chunks=sum(document.chunk_count for document in documents),
        seconds=seconds,
        clock=clock,
        service_peak_mb=peak_megabytes(os.getpid()),
        sandbox_peak_mb=max(sandbox_peaks),
    )


def _tables(run: _Run, notes: list[str]) -> tuple[Table, ...]:
    taken = {shown: run.clock.seconds[method] for method, shown in _STAGES.items()}
    taken["everything else"] = max(0.0, run.seconds - sum(taken.values()))
    taken["end to end"] = run.seconds
    rows: list[Row] = [
        {
            "stage": stage,
            "seconds": round(seconds, 2),
            "pages_per_s": round(run.pages / seconds, 1) if seconds else None,
            "chunks_per_s": round(run.chunks / seconds, 1) if seconds else None,
        }
        for stage, seconds in taken.items()
    ]
    title = f"Ingestion of {run.documents} documents, {run.pages:,} pages, {run.chunks:,} chunks"
    memory: list[Row] = [
        {"process": "service", "peak_rss_mb": run.service_peak_mb},
        {"process": "sandbox", "peak_rss_mb": run.sandbox_peak_mb},
    ]
    return Table(title=title, rows=tuple(rows), notes=tuple(notes)), Table(title="Memory", rows=tuple(memory))
