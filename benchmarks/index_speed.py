"""How fast the embedded index is, alone or beside LlamaIndex's hybrid retriever.

Run as ``python -m benchmarks.index_speed [--chunks 5000 100000] [--compare] [--out FILE]``. Each measurement has a
process of its own. One client asks for the best 50 of both sides with payload, in one tenant of two; encoding is not included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.corpus import DIMENSIONS, TENANTS, Question, batches, questions
from benchmarks.llama_index_hybrid import measure_llama_index
from benchmarks.measure import disk_megabytes, resident_megabytes, summarize, time_searches
from rag.retrieval.edge_index import EdgeIndex
from rag.types import Candidates, IndexQuery

Measure = Callable[[int], Coroutine[Any, Any, dict[str, Any]]]

LIMIT = 50
_SEARCHES = 300
_SEARCHES_AT_ONCE = 20
_WARM_UP = 20
_PAUSE_SECONDS = 0.2
_MOST_COMPARED = 20_000


async def measure_citewell(chunks: int) -> dict[str, Any]:
    """Fills an index, then searches it before, during and after it is optimised."""
    with tempfile.TemporaryDirectory() as folder:
        index = EdgeIndex.open(Path(folder), dimensions=DIMENSIONS, encoder_name="benchmark")

        async def search(question: Question) -> Candidates:
            return await index.search(TENANTS[0], IndexQuery(text=question.text, vector=question.vector, limit=LIMIT))

        upserting = 0.0
        for scope, batch in batches(chunks):
            start = time.perf_counter()
            await index.upsert(scope, batch)
            upserting += time.perf_counter() - start
        asked = questions(_SEARCHES)
        await time_searches(search, asked[:_WARM_UP])
        before = await time_searches(search, asked)

        start = time.perf_counter()
        optimizing = asyncio.create_task(index.optimize())
        during: list[float] = []
        await asyncio.sleep(0)
        while not optimizing.done():
            during += await time_searches(search, asked[:_SEARCHES_AT_ONCE])
            await asyncio.wait([optimizing], timeout=_PAUSE_SECONDS)
        await optimizing
        optimize_seconds = time.perf_counter() - start

        await time_searches(search, asked[:_WARM_UP])
        after = await time_searches(search, asked)
        result = {
            "system": "citewell",
            "chunks": chunks,
            "upserts_per_second": round(chunks / upserting),
            "before": summarize(before),
            "during": summarize(during),
            "after": summarize(after),
            "optimize_seconds": round(optimize_seconds, 1),
            "disk_mb": disk_megabytes(Path(folder)),
            "rss_mb": resident_megabytes(),
        }
        await index.close()
    return result


def in_own_process(measure: Measure, chunks: int) -> dict[str, Any]:
    """Runs one measurement in a fresh interpreter, so that memory is its own."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
        return process.submit(run, measure, chunks).result()


def run(measure: Measure, chunks: int) -> dict[str, Any]:
    """Runs one measurement here."""
    return asyncio.run(measure(chunks))


def to_table(results: list[dict[str, Any]]) -> str:
    """Returns a heading and one line a measurement."""
    phases = ("before", "during", "after")
    heads = "".join(f"{phase + ' P50/P95 ms':>22}" for phase in phases)
    lines = [f"{'system':12}{'chunks':>8}{'upserts/s':>11}{heads}{'disk MB':>10}{'RSS MB':>8}"]
    for result in results:
        times = [result[phase] for phase in phases]
        cells = "".join(f"{t['p50_ms']:>12.2f} / {t['p95_ms']:>7.2f}" if "p50_ms" in t else f"{'-':>22}" for t in times)
        start = f"{result['system']:12}{result['chunks']:>8}{result['upserts_per_second']:>11}"
        lines.append(f"{start}{cells}{result['disk_mb']:>10}{result['rss_mb']:>8}")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measures what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, nargs="+", default=[5_000])
    parser.add_argument("--compare", action="store_true", help="also measure LlamaIndex's hybrid retriever")
    parser.add_argument("--out", type=Path, help="write the results as JSON")
    options = parser.parse_args()
    results = []
    for chunks in options.chunks:
        results.append(in_own_process(measure_citewell, chunks))
        if options.compare and chunks <= _MOST_COMPARED:
            results.append(in_own_process(measure_llama_index, chunks))
        elif options.compare:
            sys.stdout.write(f"LlamaIndex is left out above {_MOST_COMPARED:,} chunks: it compares with every one.\n")
    sys.stdout.write(to_table(results))
    if options.out:
        options.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
