from collections.abc import Sequence

import pytest

from ingest.jobs.indexing import Indexer
from rag.errors import EncoderError, IndexUnavailableError
from rag.types import EncodedChunk, IndexQuery, Scope
from tests.support.builders.chunks import chunk
from tests.support.fakes.hash_encoder import FailingEncoder, HashEncoder
from tests.support.fakes.memory_index import MemoryIndex

SCOPE = Scope(tenant="default", collection="default")
CHUNKS = [chunk(f"passage number {ordinal}", ordinal=ordinal, title="Report") for ordinal in range(7)]


class FullIndex(MemoryIndex):
    """Takes the first ``upserts`` batches and no more."""

    def __init__(self, upserts: int) -> None:
        super().__init__()
        self.left = upserts

    async def upsert(self, scope: Scope, chunks: Sequence[EncodedChunk]) -> None:
        if not self.left:
            raise IndexUnavailableError("test", "it is full")
        self.left -= 1
        await super().upsert(scope, chunks)


async def test_every_chunk_is_stored_with_the_vector_of_its_indexed_text() -> None:
    encoder, index = HashEncoder(), MemoryIndex()

    await Indexer(encoder=encoder, index=index, batch_size=3).add(SCOPE, CHUNKS)
    for expected in CHUNKS:
        [vector] = encoder.encode([expected.indexed_text])
        found = await index.search(SCOPE, IndexQuery(text=expected.text, vector=vector, limit=1))
        assert found.dense[0].chunk == expected
        assert found.dense[0].score == pytest.approx(1, abs=1e-5)
    assert await index.count(SCOPE) == len(CHUNKS)


async def test_progress_counts_what_is_stored_when_it_is_told() -> None:
    index = MemoryIndex()
    told: list[tuple[int, int]] = []

    async def note(stored: int) -> None:
        told.append((stored, await index.count(SCOPE)))

    await Indexer(encoder=HashEncoder(), index=index, batch_size=3).add(SCOPE, CHUNKS, on_progress=note)
    assert told == [(3, 3), (6, 6), (7, 7)]


async def test_a_batch_that_is_not_stored_is_not_counted() -> None:
    told: list[int] = []

    async def note(stored: int) -> None:
        told.append(stored)

    indexer = Indexer(encoder=HashEncoder(), index=FullIndex(2), batch_size=3)
    with pytest.raises(IndexUnavailableError):
        await indexer.add(SCOPE, CHUNKS, on_progress=note)
    assert told == [3, 6]


async def test_a_failing_encoder_stores_nothing() -> None:
    index = MemoryIndex()

    with pytest.raises(EncoderError):
        await Indexer(encoder=FailingEncoder(), index=index, batch_size=3).add(SCOPE, CHUNKS)
    assert await index.count(SCOPE) == 0


async def test_what_stops_the_progress_stops_the_work() -> None:
    encoder = HashEncoder()

    async def cancelled(_: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await Indexer(encoder=encoder, index=MemoryIndex(), batch_size=3).add(SCOPE, CHUNKS, on_progress=cancelled)
    assert len(encoder.encoded) == 3


async def test_no_chunks_encode_nothing() -> None:
    encoder = HashEncoder()
    told: list[int] = []

    async def note(stored: int) -> None:
        told.append(stored)

    await Indexer(encoder=encoder, index=MemoryIndex(), batch_size=3).add(SCOPE, [], on_progress=note)
    assert (encoder.encoded, told) == ([], [])
