from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil
import pytest
from rank_bm25 import BM25Okapi

from rag.errors import ConfigurationError, FolderInUseError, IndexUnavailableError
from rag.retrieval.qdrant.edge_index import EdgeIndex
from rag.retrieval.qdrant.edge_requests import INDEXING_THRESHOLD_BYTES
from rag.retrieval.qdrant.payload import PLAIN_WORDS
from rag.types import EncodedChunk, FloatArray, IndexQuery, Scope
from tests.support.builders.chunks import DIMENSIONS, chunk, encoded, vector

SCOPE = Scope(tenant="acme", collection="manuals")
APPLES = encoded(chunk("Apples cost two euros.", title="Orchard"))
WIDE = 1_024


def opened(folder: Path, *, dimensions: int = DIMENSIONS, encoder_name: str = "encoder") -> EdgeIndex:
    return EdgeIndex.open(folder, dimensions=dimensions, encoder_name=encoder_name)


async def filled(folder: Path) -> None:
    index = opened(folder)
    await index.upsert(SCOPE, [APPLES])
    await index.close()


def wide_vectors(count: int) -> FloatArray:
    drawn = np.random.default_rng(7).normal(size=(count, WIDE))
    rows: FloatArray = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return rows


async def filled_to_the_threshold(folder: Path) -> tuple[EdgeIndex, FloatArray]:
    """Opens an index with so many vectors that a graph is due."""
    vectors = wide_vectors(INDEXING_THRESHOLD_BYTES // (WIDE * 4) + 100)
    index = opened(folder, dimensions=WIDE)
    chunks = [EncodedChunk(chunk=chunk(f"word{n}", ordinal=n), vector=row) for n, row in enumerate(vectors)]
    await index.upsert(SCOPE, chunks)
    return index, vectors


def shards(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("shard-*")]


def emptied(folder: Path, pattern: str) -> int:
    files = [path for path in folder.glob(pattern) if path.is_file()]
    for path in files:
        path.write_bytes(b"")
    return len(files)


def write_and_die(folder: Path) -> None:
    asyncio.run(opened(folder).upsert(SCOPE, [APPLES]))
    os.kill(os.getpid(), signal.SIGKILL)


def die_while_it_is_written_anew(folder: Path) -> None:
    async def die() -> None:
        index, _ = await filled_to_the_threshold(folder)
        await started_optimising(index, folder)
        os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(die())


async def started_optimising(index: EdgeIndex, folder: Path) -> asyncio.Task[None]:
    optimising = asyncio.create_task(index.optimize())
    while not (folder / "shard-2" / "segments").exists() and not optimising.done():
        await asyncio.wait([optimising], timeout=0.001)
    return optimising


async def test_chunks_survive_a_restart(tmp_path: Path) -> None:
    await filled(tmp_path)
    index = opened(tmp_path)
    candidates = await index.search(SCOPE, IndexQuery(text="apple", vector=vector(1.0), limit=5))
    await index.close()
    assert [found.chunk for found in candidates.dense] == [found.chunk for found in candidates.bm25] == [APPLES.chunk]


@pytest.mark.slow
async def test_acknowledged_chunks_survive_a_kill(tmp_path: Path) -> None:
    writer = get_context("spawn").Process(target=write_and_die, args=(tmp_path,))
    writer.start()
    writer.join()
    index = opened(tmp_path)
    count = await index.count(SCOPE)
    await index.close()
    assert writer.exitcode == -signal.SIGKILL
    assert count == 1


@pytest.mark.slow
async def test_a_kill_while_it_is_written_anew_ends_the_writer_too_and_loses_nothing(tmp_path: Path) -> None:
    service = get_context("spawn").Process(target=die_while_it_is_written_anew, args=(tmp_path,))
    service.start()
    service.join()
    index = opened(tmp_path, dimensions=WIDE)
    assert [process for process in psutil.process_iter() if str(tmp_path) in _command(process)] == []
    assert shards(tmp_path) == ["shard-1"]
    count = await index.count(SCOPE)
    assert await index.erase_deleted()
    assert await index.count(SCOPE) == count == INDEXING_THRESHOLD_BYTES // (WIDE * 4) + 100
    await index.close()


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.mark.parametrize(("encoder_name", "dimensions"), [("another", DIMENSIONS), ("encoder", DIMENSIONS + 1)])
async def test_refuses_an_index_of_another_encoder(tmp_path: Path, encoder_name: str, dimensions: int) -> None:
    await filled(tmp_path)
    with pytest.raises(ConfigurationError, match=r"citewell reindex"):
        opened(tmp_path, dimensions=dimensions, encoder_name=encoder_name)


async def test_refuses_an_index_of_another_text_analysis(tmp_path: Path) -> None:
    await filled(tmp_path)
    with pytest.raises(ConfigurationError, match="text analysis"):
        EdgeIndex.open(tmp_path, dimensions=DIMENSIONS, encoder_name="encoder", analysis=PLAIN_WORDS)


async def test_second_owner_of_the_folder_is_refused(tmp_path: Path) -> None:
    index = opened(tmp_path)
    await index.upsert(SCOPE, [APPLES])
    with pytest.raises(FolderInUseError, match="another process"):
        opened(tmp_path)
    assert await index.count(SCOPE) == 1
    await index.close()


@pytest.mark.parametrize(
    "damaged",
    [
        "index.json",
        "shard-1/edge_config.json",
        "shard-1/segments/*/segment.json",
        "shard-1/segments/*/vector_storage/**/*",
    ],
)
async def test_damaged_files_are_reported(tmp_path: Path, damaged: str) -> None:
    await filled(tmp_path)
    assert emptied(tmp_path, damaged) > 0
    with pytest.raises(IndexUnavailableError, match="reindex"):
        opened(tmp_path)


async def test_lost_manifest_never_costs_the_data(tmp_path: Path) -> None:
    await filled(tmp_path)
    manifest = (tmp_path / "index.json").rename(tmp_path / "moved.json")
    with pytest.raises(IndexUnavailableError, match="no manifest"):
        opened(tmp_path)
    manifest.rename(tmp_path / "index.json")
    index = opened(tmp_path)
    assert await index.count(SCOPE) == 1
    await index.close()


@pytest.mark.slow
async def test_cancelled_optimisation_leaves_a_working_index(tmp_path: Path) -> None:
    index, vectors = await filled_to_the_threshold(tmp_path)
    optimising = await started_optimising(index, tmp_path)
    optimising.cancel()
    with pytest.raises(asyncio.CancelledError):
        await optimising
    assert shards(tmp_path) == ["shard-1"]
    assert await index.count(SCOPE) == len(vectors)
    await index.optimize()
    await index.close()
    assert shards(tmp_path) == ["shard-2"]


async def test_lost_segments_are_reported(tmp_path: Path) -> None:
    await filled(tmp_path)
    for path in sorted((tmp_path / "shard-1" / "segments").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    with pytest.raises(IndexUnavailableError, match="is gone"):
        opened(tmp_path)


async def test_vector_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    index = opened(tmp_path)
    wrong = EncodedChunk(chunk=APPLES.chunk, vector=np.ones(DIMENSIONS + 1, dtype=np.float32))
    with pytest.raises(IndexUnavailableError, match="dim"):
        await index.upsert(SCOPE, [wrong])
    await index.close()


@pytest.mark.slow
async def test_optimising_keeps_what_is_written_and_deleted_meanwhile(tmp_path: Path) -> None:
    index, vectors = await filled_to_the_threshold(tmp_path)
    optimising = await started_optimising(index, tmp_path)
    late = EncodedChunk(chunk=chunk("late arrival", version_id="late"), vector=vectors[0])
    await index.upsert(SCOPE, [late])
    await index.delete_version(SCOPE, "version-1")
    written_before_the_end = not optimising.done()
    await optimising
    found = await index.search(SCOPE, IndexQuery(text="arrival word7", vector=vectors[7], limit=5))
    await index.close()
    assert written_before_the_end
    assert [scored.chunk for scored in found.dense] == [scored.chunk for scored in found.bm25] == [late.chunk]
    assert json.loads((tmp_path / "index.json").read_text())["generation"] == 2
    assert shards(tmp_path) == ["shard-2"]


@pytest.mark.slow
async def test_optimised_index_still_finds_every_vector(tmp_path: Path) -> None:
    index, vectors = await filled_to_the_threshold(tmp_path)
    await index.optimize()
    nearest = [
        (await index.search(SCOPE, IndexQuery(text="", vector=vectors[n], limit=1))).dense[0].chunk.ordinal
        for n in range(0, len(vectors), 100)
    ]
    await index.close()
    assert nearest == list(range(0, len(vectors), 100))


async def test_small_index_is_not_copied_to_optimise_it(tmp_path: Path) -> None:
    index = opened(tmp_path)
    await index.upsert(SCOPE, [APPLES])
    await index.optimize()
    await index.close()
    assert shards(tmp_path) == ["shard-1"]


async def test_closing_stops_a_running_optimisation(tmp_path: Path) -> None:
    index, vectors = await filled_to_the_threshold(tmp_path)
    optimising = await started_optimising(index, tmp_path)
    await index.close()
    with pytest.raises(IndexUnavailableError):
        await optimising
    again = opened(tmp_path, dimensions=WIDE)
    assert await again.count(SCOPE) == len(vectors)
    await again.close()
    assert shards(tmp_path) == ["shard-1"]


async def test_bm25_ranks_as_rank_bm25_does(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    from scipy.stats import kendalltau  # noqa: PLC0415 - takes a second, and one test needs it

    random = np.random.default_rng(3)
    vocabulary = np.array([f"w{number}" for number in range(800)])
    frequencies = 1 / np.arange(1, 801)
    frequencies /= frequencies.sum()
    passages = [" ".join(random.choice(vocabulary, size=size, p=frequencies)) for size in random.integers(20, 120, 500)]
    index = EdgeIndex.open(tmp_path, dimensions=DIMENSIONS, encoder_name="encoder", analysis=PLAIN_WORDS)
    await index.upsert(SCOPE, [encoded(chunk(text, ordinal=n)) for n, text in enumerate(passages)])
    oracle = BM25Okapi([text.split() for text in passages], k1=1.2, b=0.75)
    taus = []
    for _ in range(20):
        words = sorted(set(random.choice(vocabulary[20:], size=4)))
        found = (await index.search(SCOPE, IndexQuery(text=" ".join(words), vector=None, limit=500))).bm25
        expected = oracle.get_scores(words)
        taus.append(
            kendalltau([scored.score for scored in found], [expected[s.chunk.ordinal] for s in found]).statistic
        )
    await index.close()
    record_property("kendall_tau_least", float(min(taus)))
    assert min(taus) >= 0.9


async def test_erased_bytes_are_in_no_file_of_the_index(tmp_path: Path) -> None:
    def holds(word: bytes) -> bool:
        return any(word in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())

    index = opened(tmp_path)
    secret = chunk("The code word is periwinkl.", title="Secret", version_id="secret")
    await index.upsert(SCOPE, [APPLES, EncodedChunk(chunk=secret, vector=APPLES.vector)])
    await index.delete_version(SCOPE, "secret")
    assert holds(b"periwinkl")
    assert await index.erase_deleted()
    assert not holds(b"periwinkl")
    assert holds(b"euro")
    assert shards(tmp_path) == ["shard-2"]
    await index.close()
    assert not holds(b"periwinkl")


async def test_an_index_whose_writing_anew_fails_goes_on_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened(tmp_path)
    await index.upsert(SCOPE, [APPLES])
    monkeypatch.setattr("rag.retrieval.qdrant.edge_rewriter.sys.executable", "/bin/false")
    with pytest.raises(IndexUnavailableError, match="ended with 1"):
        await index.erase_deleted()
    assert shards(tmp_path) == ["shard-1"]
    assert await index.count(SCOPE) == 1
    await index.close()
