"""Measures the embedded index, and LlamaIndex's hybrid retriever at sizes that it can handle.

One client searches one tenant for the best 50 of both sides with payload, without encoding. Every measurement runs in
its own process, which imports only the measured system.
"""

from __future__ import annotations

from evals.benchmarks.corpus import DIMENSIONS
from evals.benchmarks.index.run import LIMIT, IndexRun, in_own_process
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Table
from rag.retrieval.qdrant.edge_requests import INDEXING_THRESHOLD_BYTES

_MOST_COMPARED = 20_000
_BYTES_PER_NUMBER = 4
_FEWEST_OPTIMIZED = -(-INDEXING_THRESHOLD_BYTES // (DIMENSIONS * _BYTES_PER_NUMBER))


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Measures each size with each number of tenants."""
    runs = []
    for chunks in sizes.chunks:
        for tenants in sizes.tenants:
            runs.append(in_own_process("evals.benchmarks.index.edge", chunks, tenants, sizes))
            if chunks <= _MOST_COMPARED:
                runs.append(in_own_process("evals.benchmarks.index.llama_index_hybrid", chunks, tenants, sizes))
    latency = Table(
        title=f"Hybrid search, best {LIMIT} a side with payload, one client, in one tenant",
        rows=tuple(row for run in runs for row in run.latency_rows()),
        notes=(*_notes(runs, sizes), "cpu: processor time of the whole process; other processes do not lengthen it."),
    )
    return latency, Table(title="Filling and holding", rows=tuple(run.size_row() for run in runs))


def _notes(runs: list[IndexRun], sizes: Sizes) -> list[str]:
    notes = []
    if min(sizes.chunks) < _FEWEST_OPTIMIZED:
        notes.append(f"Below {_FEWEST_OPTIMIZED:,} chunks there is nothing to optimise: brute force is quick.")
    if any("stopped" in run.phases for run in runs):
        notes.append(f"stopped: optimising was given up after {sizes.optimize_seconds:g} s.")
    if max(sizes.chunks) > _MOST_COMPARED:
        notes.append(f"LlamaIndex is left out above {_MOST_COMPARED:,} chunks: it scores every one for each question.")
    return notes
