"""Measures Citewell and other libraries on SciFact: ingestion, search, memory, disk, quality, losses by SIGKILLs."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from evals.benchmarks.measure import disk_megabytes, percentiles
from evals.benchmarks.peers.drivers.library import Document
from evals.benchmarks.peers.installing import PEERS, install_peer
from evals.benchmarks.peers.kills import Losses, lose
from evals.benchmarks.peers.service import CitewellService
from evals.benchmarks.peers.system import Searched, System, SystemFailedError, run_driver
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row, Table
from evals.datasets.dataset import RetrievalSet
from evals.datasets.readers.beir import read_beir
from evals.runs.retrieval import quality
from rag.errors import ConfigurationError
from rag.factory import build_encoder
from rag.retrieval.encoders.onnx import OnnxEncoder
from rag.settings import load_settings

_CLIENTS = 8
_WARM_UP = 20
_WATCH_SECONDS = 0.1
_MEGABYTE = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What every system gets. ``others`` are questions of the training split, asked where nothing is judged."""

    documents: tuple[Document, ...]
    judged: RetrievalSet
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRun:
    """The figures of one system."""

    ingest_seconds: float
    one: Searched
    many: Searched
    peak_mb: float
    disk_mb: float
    losses: Losses


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Measures one system after the other; one that fails is a row with the reason.

    Raises:
        ConfigurationError: SciFact is missing, or the encoder is none that the peers can load.
    """
    material = read_material(sizes)
    settings = load_settings()
    encoder = await asyncio.to_thread(build_encoder, settings.encoder, settings.models)
    if not isinstance(encoder, OnnxEncoder):
        raise ConfigurationError("Peers can be given an encoder of ONNX Runtime alone: choose another profile.")
    folder, threads, name = encoder.tokenizer_file.parent, settings.encoder.threads, encoder.name
    del encoder
    runs: dict[str, PeerRun | str] = {}
    python = Path(sys.executable)
    systems: list[System] = [
        run_driver("Citewell, library", "citewell", python=python, encoder=folder, threads=threads),
        CitewellService(),
    ]
    for peer in PEERS:
        try:
            systems.append(await asyncio.to_thread(install_peer, peer, settings, encoder=folder, threads=threads))
        except ConfigurationError as error:
            runs[f"{peer.name} {peer.version}"] = str(error)
    for system in systems:
        runs[system.name] = await _measured(system, material)
    return tables(runs, material, encoder=name)


def read_material(sizes: Sizes) -> Material:
    """Returns SciFact, or a sample of it that holds the judged documents of its questions.

    Raises:
        ConfigurationError: SciFact is missing.
    """
    test, training = (read_beir(sizes.data / "beir_scifact", split=split) for split in ("test", "train"))
    asked = dict(list(test.queries.items())[: sizes.questions])
    wanted = {document for query in asked for document in test.judgements[query]}
    in_order = sorted(test.corpus, key=lambda chunk: chunk.document_id not in wanted)[: sizes.documents]
    return Material(
        documents=tuple(Document(id=chunk.document_id, title=chunk.title, text=chunk.text) for chunk in in_order),
        judged=RetrievalSet(name=test.name, corpus=(), queries=asked, judgements=test.judgements),
        others=tuple(training.queries.values())[: _WARM_UP + (sizes.questions or len(asked))],
    )


async def _measured(system: System, material: Material) -> PeerRun | str:
    sys.stderr.write(f"{system.name} ...\n")
    try:
        return await run(system, material)
    except SystemFailedError as error:
        return f"it failed: {error}"


async def run(system: System, material: Material) -> PeerRun:
    """Measures a system on an empty store, then what SIGKILLs lose on another one.

    Raises:
        SystemFailedError: it does not open, or ends before it answers.
    """
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
        async with system.running(Path(folder)) as running, _watching_memory(running.pid) as memory:
            start = time.perf_counter()
            await running.add(material.documents, save=False)
            await running.settle()
            seconds = time.perf_counter() - start
            await running.search(material.others[:_WARM_UP], clients=1)
            one = await running.search(list(material.judged.queries.values()), clients=1)
            # Not the same questions again: a system may keep their vectors.
            many = await running.search(material.others[_WARM_UP:], clients=_CLIENTS)
        disk_mb = disk_megabytes(Path(folder))
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
        losses = await lose(system, material.documents, Path(folder))
    return PeerRun(
        ingest_seconds=seconds, one=one, many=many, peak_mb=round(max(memory), 1), disk_mb=disk_mb, losses=losses
    )


@asynccontextmanager
async def _watching_memory(pid: int) -> AsyncIterator[list[float]]:
    """Collects the resident memory of a process with its children."""
    taken = [0.0]

    async def watch() -> None:
        while True:
            taken.append(_tree_megabytes(pid))
            await asyncio.sleep(_WATCH_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield taken
    finally:
        watching.cancel()
        await asyncio.wait([watching])


def _tree_megabytes(pid: int) -> float:
    resident = 0
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                resident += process.memory_info().rss
    return resident / _MEGABYTE


def tables(runs: dict[str, PeerRun | str], material: Material, *, encoder: str) -> tuple[Table, ...]:
    """Returns a table of speed and quality and one of losses; a system that failed is a row with its reason below."""
    title = (
        f"Beside other libraries: SciFact, {len(material.documents):,} documents, "
        f"{len(material.judged.queries):,} questions, {encoder} for all"
    )
    notes = [
        f"Searches encode the question. P50 and P95: one client; questions per second: {_CLIENTS} clients.",
        "peak: resident, with child processes, from opening to the last search. Libraries are called in their process.",
    ]
    speed, lost, lost_why = list[Row](), list[Row](), list[str]()
    for name, each in runs.items():
        speed.append({"system": name} if isinstance(each, str) else {"system": name, **_figures(each, material)})
        if isinstance(each, str):
            notes.append(f"{name}: {each}")
            continue
        lost.append({"system": name, **each.losses.to_row()})
        if each.losses.reason:
            lost_why.append(f"{name} did not open again: {each.losses.reason}")
    return (
        Table(title=title, rows=tuple(speed), notes=tuple(notes)),
        Table(title="Three SIGKILLs during ingestion", rows=tuple(lost), notes=tuple(lost_why)),
    )


def _figures(result: PeerRun, material: Material) -> Row:
    p50, p95 = percentiles(result.one.milliseconds)
    ranking = dict(zip(material.judged.queries, result.one.ranked, strict=True))
    found = quality(ranking, material.judged.judgements)
    return {
        "ingest_s": round(result.ingest_seconds, 1),
        "passages_per_s": round(len(material.documents) / result.ingest_seconds, 1),
        "p50_ms": p50,
        "p95_ms": p95,
        "questions_per_s": round(len(result.many.ranked) / result.many.seconds, 1),
        "peak_mb": result.peak_mb,
        "disk_mb": result.disk_mb,
        "ndcg_at_10": round(found.ndcg_at_10, 3),
        "recall_at_5": round(found.recall_at_5, 3),
    }
