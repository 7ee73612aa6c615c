"""Measures the embedded index."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from evals.benchmarks.corpus import ASKED, DIMENSIONS, SearchQuery, batches, search_queries
from evals.benchmarks.index.run import LIMIT, IndexRun
from evals.benchmarks.measure import SearchTimes, disk_megabytes, resident_megabytes, time_searches
from evals.benchmarks.sizes import Sizes
from rag.retrieval.qdrant.edge_index import EdgeIndex
from rag.types import Candidates, IndexQuery

_SEARCHES_AT_ONCE = 20
_WARM_UP = 20
_PAUSE_SECONDS = 1.0


async def measure(chunks: int, tenants: int, sizes: Sizes) -> IndexRun:
    """Fills an index, then searches it before, during and after optimisation."""
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
        index = EdgeIndex.open(Path(folder), dimensions=DIMENSIONS, encoder_name="benchmark")

        async def search(question: SearchQuery) -> Candidates:
            return await index.search(ASKED, IndexQuery(text=question.text, vector=question.vector, limit=LIMIT))

        upserting = 0.0
        for scope, batch in batches(chunks, tenants=tenants):
            start = time.perf_counter()
            await index.upsert(scope, batch)
            upserting += time.perf_counter() - start
        asked = search_queries(sizes.searches)
        before, during, after = SearchTimes(), SearchTimes(), SearchTimes()
        await time_searches(search, asked[:_WARM_UP], SearchTimes())
        await time_searches(search, asked, before)

        start = time.perf_counter()
        optimizing = asyncio.create_task(index.optimize())
        await asyncio.sleep(0)
        while not optimizing.done() and time.perf_counter() - start < sizes.optimize_seconds:
            await time_searches(search, asked[:_SEARCHES_AT_ONCE], during)
            await asyncio.wait([optimizing], timeout=_PAUSE_SECONDS)
        seconds = await _end(optimizing, started=start)

        await time_searches(search, asked[:_WARM_UP], SearchTimes())
        await time_searches(search, asked, after)
        run = IndexRun(
            system="citewell",
            chunks=chunks,
            tenants=tenants,
            phases={"before": before, "during": during, "stopped" if seconds is None else "after": after},
            upserts_per_second=round(chunks / upserting),
            optimize_seconds=seconds,
            disk_mb=disk_megabytes(Path(folder)),
            rss_mb=resident_megabytes(),
        )
        await index.close()
    return run


async def _end(optimizing: asyncio.Task[None], *, started: float) -> float | None:
    """Returns the seconds of a finished optimisation; cancels an unfinished one and returns None."""
    if optimizing.done():
        await optimizing
        return round(time.perf_counter() - started, 2)
    optimizing.cancel()
    await asyncio.wait([optimizing])
    return None
