"""What every chunk index must do. Runs on the fake, on Qdrant Edge, and on the Qdrant client's local mode and a server.

Set CITEWELL_TEST_QDRANT_URL to include a server.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import AsyncQdrantClient

from rag.errors import IndexUnavailableError
from rag.retrieval.qdrant.edge_index import EdgeIndex
from rag.retrieval.qdrant.payload import PLAIN_WORDS
from rag.retrieval.qdrant.server_index import QdrantIndex
from rag.stages import ChunkIndex
from rag.types import Chunk, EncodedChunk, IndexQuery, Scope, ScoredChunk, SearchFilter, SentenceVectors, Span
from tests.support.builders.chunks import DIMENSIONS, chunk, encoded, vector
from tests.support.fakes.memory_index import MemoryIndex

pytestmark = [
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact:UserWarning"),
]

SCOPE = Scope(tenant="acme", collection="manuals")
OTHER_TENANT = Scope(tenant="globex", collection="manuals")
OTHER_COLLECTION = Scope(tenant="acme", collection="contracts")
ENCODER = "test-encoder"

APPLES = encoded(chunk("Apples cost two euros."), 1.0)
PEARS = encoded(
    chunk("Pears grow in the garden.", ordinal=1, document_id="document-2", media_type="text/html"), 0.0, 1.0
)
PLUMS = encoded(chunk("Plums fall in August.", ordinal=0, version_id="version-2", document_id="document-3"), 1.0, 1.0)
FRUIT = (APPLES, PEARS, PLUMS)


def local_qdrant() -> QdrantIndex:
    client = AsyncQdrantClient(":memory:")
    return QdrantIndex(
        client,
        collection="citewell",
        dimensions=DIMENSIONS,
        encoder_name=ENCODER,
        analysis=PLAIN_WORDS,
        scoped_statistics=False,
    )


def served_qdrant() -> QdrantIndex:
    url = os.environ.get("CITEWELL_TEST_QDRANT_URL")
    if url is None:
        pytest.skip("CITEWELL_TEST_QDRANT_URL is not set")
    client = AsyncQdrantClient(url=url)
    return QdrantIndex(client, collection=f"test-{uuid.uuid4()}", dimensions=DIMENSIONS, encoder_name=ENCODER)


@pytest.fixture(params=["memory", "edge", "qdrant-local", pytest.param("qdrant-server", marks=pytest.mark.integration)])
async def index(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ChunkIndex]:
    made: ChunkIndex
    match request.param:
        case "memory":
            made = MemoryIndex()
        case "edge":
            made = EdgeIndex.open(tmp_path / "index", dimensions=DIMENSIONS, encoder_name=ENCODER)
        case "qdrant-local":
            made = local_qdrant()
        case _:
            made = served_qdrant()
    yield made
    await made.close()


@pytest.fixture
def full_analysis(request: pytest.FixtureRequest) -> None:
    if request.node.callspec.params["index"] == "qdrant-local":
        pytest.skip("the client's local mode has neither stemmer nor multilingual tokenizer")


def query(text: str, *numbers: float, limit: int = 10, within: SearchFilter | None = None) -> IndexQuery:
    asked = vector(*numbers) if numbers else None
    return IndexQuery(text=text, vector=asked, limit=limit, filter=within or SearchFilter())


def texts(scored: Sequence[ScoredChunk]) -> list[str]:
    return [found.chunk.text for found in scored]


async def test_dense_side_orders_by_cosine(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    found = (await index.search(SCOPE, query("nothing", 1.0))).dense
    assert [scored.chunk for scored in found] == [APPLES.chunk, PLUMS.chunk, PEARS.chunk]
    assert [scored.score for scored in found] == pytest.approx([1.0, 0.5**0.5, 0.0], abs=1e-5)


async def test_bm25_side_finds_only_chunks_with_a_word_of_the_question(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    found = (await index.search(SCOPE, query("pears garden", 1.0))).bm25
    assert texts(found) == [PEARS.chunk.text]
    assert found[0].score > 0


async def test_bm25_ranks_rarer_words_higher(index: ChunkIndex) -> None:
    common = [encoded(chunk(f"common filler{number} word", ordinal=number)) for number in range(9)]
    rare = encoded(chunk("common rare word", ordinal=9))
    await index.upsert(SCOPE, [*common, rare])
    found = (await index.search(SCOPE, query("common rare"))).bm25
    assert found[0].chunk == rare.chunk
    assert len(found) == 10


async def test_no_vector_means_bm25_alone(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    candidates = await index.search(SCOPE, query("apples"))
    assert candidates.dense == ()
    assert texts(candidates.bm25) == [APPLES.chunk.text]


async def test_question_without_words_leaves_the_dense_side(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    candidates = await index.search(SCOPE, query("?!", 1.0))
    assert candidates.bm25 == ()
    assert len(candidates.dense) == 3


async def test_empty_index_finds_nothing(index: ChunkIndex) -> None:
    candidates = await index.search(SCOPE, query("apples", 1.0))
    assert candidates.dense == ()
    assert candidates.bm25 == ()
    assert await index.count(SCOPE) == 0


async def test_upsert_of_nothing_is_allowed(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, ())
    assert await index.count(SCOPE) == 0


async def test_upsert_is_idempotent(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    before = await index.search(SCOPE, query("apples pears plums", 1.0))
    await index.upsert(SCOPE, FRUIT)
    assert await index.count(SCOPE) == 3
    assert await index.search(SCOPE, query("apples pears plums", 1.0)) == before


async def test_upsert_replaces_a_chunk_with_the_same_id(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    changed = EncodedChunk(chunk=replace(APPLES.chunk, text="Bananas are yellow."), vector=vector(0.0, 0.0, 1.0))
    await index.upsert(SCOPE, [changed])
    candidates = await index.search(SCOPE, query("apples bananas", 0.0, 0.0, 1.0))
    assert texts(candidates.bm25) == ["Bananas are yellow."]
    assert candidates.dense[0].chunk == changed.chunk
    assert await index.count(SCOPE) == 3


@pytest.mark.parametrize("other", [OTHER_TENANT, OTHER_COLLECTION])
async def test_scopes_do_not_see_each_other(index: ChunkIndex, other: Scope) -> None:
    await index.upsert(SCOPE, [APPLES])
    await index.upsert(other, [PEARS])
    candidates = await index.search(SCOPE, query("apples pears", 0.0, 1.0))
    assert texts(candidates.dense) == texts(candidates.bm25) == [APPLES.chunk.text]
    assert await index.count(SCOPE) == await index.count(other) == 1


@pytest.mark.parametrize("other", [OTHER_TENANT, OTHER_COLLECTION])
async def test_same_chunk_id_in_another_scope_is_another_chunk(index: ChunkIndex, other: Scope) -> None:
    await index.upsert(SCOPE, [APPLES])
    await index.upsert(other, [APPLES])
    await index.delete_version(other, "version-1")
    assert await index.count(SCOPE) == 1
    assert await index.count(other) == 0


async def test_document_filter_narrows_both_sides(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    within = SearchFilter(document_ids=frozenset({"document-2", "document-3"}))
    candidates = await index.search(SCOPE, query("apples pears plums", 1.0, within=within))
    assert set(texts(candidates.dense)) == set(texts(candidates.bm25)) == {PEARS.chunk.text, PLUMS.chunk.text}


async def test_filters_on_different_fields_must_both_hold(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    within = SearchFilter(document_ids=frozenset({"document-1", "document-2"}), media_types=frozenset({"text/html"}))
    candidates = await index.search(SCOPE, query("apples pears plums", 1.0, within=within))
    assert texts(candidates.dense) == texts(candidates.bm25) == [PEARS.chunk.text]


async def test_limit_holds_for_each_side(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    candidates = await index.search(SCOPE, query("apples pears plums", 1.0, limit=2))
    assert len(candidates.dense) == len(candidates.bm25) == 2


async def test_delete_version_removes_its_chunks_and_no_others(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    await index.delete_version(SCOPE, "version-1")
    await index.delete_version(SCOPE, "never-there")
    candidates = await index.search(SCOPE, query("apples pears plums", 1.0))
    assert texts(candidates.dense) == texts(candidates.bm25) == [PLUMS.chunk.text]
    assert await index.count(SCOPE, version_id="version-1") == 0


async def test_count_by_version(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    assert await index.count(SCOPE) == 3
    assert await index.count(SCOPE, version_id="version-1") == 2
    assert await index.count(SCOPE, version_id="never-there") == 0


@pytest.mark.parametrize(
    "passage",
    [
        chunk("Plain words."),
        chunk("  Kept\nas  it is ✓ 中文 \n", page=7, title="A title", heading_path=("A title", "Part > one", "")),
        replace(chunk("Over two pages", page=7), page_starts=((4, 8), (9, None))),
        chunk("No title", heading_path=("Only headings",), media_type="application/pdf", ordinal=12),
    ],
    ids=["bare", "full", "pages", "headings"],
)
async def test_every_field_of_a_chunk_comes_back(index: ChunkIndex, passage: Chunk) -> None:
    await index.upsert(SCOPE, [encoded(passage)])
    found = (await index.search(SCOPE, query("nothing", 1.0))).dense
    assert [scored.chunk for scored in found] == [passage]


async def test_vectors_of_sentences_are_given_for_the_chunks_that_have_them(index: ChunkIndex) -> None:
    halves = SentenceVectors.of((Span(start=0, end=6), Span(start=7, end=22)), np.stack([vector(1), vector(0, 1)]))
    await index.upsert(SCOPE, [replace(APPLES, sentences=halves), PEARS])
    await index.upsert(OTHER_TENANT, [replace(APPLES, sentences=halves), replace(PLUMS, sentences=halves)])
    ids = [each.chunk.chunk_id for each in FRUIT]
    found = await index.sentences(SCOPE, [*ids, str(uuid.uuid4())])
    assert list(found) == [APPLES.chunk.chunk_id]
    assert found[APPLES.chunk.chunk_id].spans == halves.spans
    assert np.array_equal(found[APPLES.chunk.chunk_id].rows, halves.rows)
    assert await index.sentences(SCOPE, []) == {}
    await index.erase_deleted()
    assert list(await index.sentences(SCOPE, ids)) == [APPLES.chunk.chunk_id]


async def test_title_and_headings_are_searched(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, [encoded(chunk("Plain words.", title="Orchard", heading_path=("Harvest",)))])
    assert len((await index.search(SCOPE, query("orchard"))).bm25) == 1
    assert len((await index.search(SCOPE, query("harvest"))).bm25) == 1


@pytest.mark.usefixtures("full_analysis")
async def test_stemming_finds_other_forms_of_a_word(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    assert texts((await index.search(SCOPE, query("costs of an apple"))).bm25) == [APPLES.chunk.text]


@pytest.mark.usefixtures("full_analysis")
async def test_chinese_words_are_found_inside_a_sentence(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, [encoded(chunk("苹果每公斤两欧元。")), encoded(chunk("花园里种着梨树。", ordinal=1))])
    assert texts((await index.search(SCOPE, query("苹果多少钱"))).bm25) == ["苹果每公斤两欧元。"]


@pytest.mark.usefixtures("full_analysis")
async def test_words_of_other_scopes_do_not_weigh_in(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    alone = await index.search(SCOPE, query("apples garden"))
    await index.upsert(OTHER_TENANT, [encoded(chunk("apples " * 5, ordinal=number)) for number in range(60)])
    await index.upsert(OTHER_COLLECTION, [encoded(chunk("garden", ordinal=number)) for number in range(60)])
    together = await index.search(SCOPE, query("apples garden"))
    assert texts(together.bm25) == texts(alone.bm25)
    assert [found.score for found in together.bm25] == pytest.approx([found.score for found in alone.bm25], rel=1e-5)


async def test_answers_until_closed(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    await index.ping()
    await index.optimize()
    assert await index.count(SCOPE) == 3
    await index.close()
    await index.close()
    with pytest.raises(IndexUnavailableError, match="closed"):
        await index.search(SCOPE, query("apples"))
    with pytest.raises(IndexUnavailableError, match="closed"):
        await index.upsert(SCOPE, FRUIT)
    with pytest.raises(IndexUnavailableError, match="closed"):
        await index.ping()


async def test_it_knows_which_versions_it_holds(index: ChunkIndex) -> None:
    assert await index.versions() == {}
    await index.upsert(SCOPE, FRUIT)
    await index.upsert(OTHER_TENANT, [PLUMS])
    assert await index.versions() == {SCOPE: {"version-1": 2, "version-2": 1}, OTHER_TENANT: {"version-2": 1}}
    await index.delete_version(SCOPE, "version-2")
    await index.delete_version(OTHER_TENANT, "version-2")
    assert await index.versions() == {SCOPE: {"version-1": 2}}


async def test_erasing_what_was_deleted_leaves_the_rest_as_it_was(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    await index.upsert(OTHER_TENANT, [PLUMS])
    await index.delete_version(SCOPE, "version-2")
    before = await index.search(SCOPE, query("apples garden", 1.0))
    await index.erase_deleted()
    assert await index.search(SCOPE, query("apples garden", 1.0)) == before
    assert await index.versions() == {SCOPE: {"version-1": 2}, OTHER_TENANT: {"version-2": 1}}


async def test_versions_are_copied_into_another_scope_with_their_vectors_and_sentences(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    moved = APPLES.chunk.version_id
    await index.copy_versions(SCOPE, [moved], OTHER_COLLECTION)
    await index.copy_versions(SCOPE, [moved, "unknown"], OTHER_COLLECTION)  # again changes nothing
    await index.delete_version(SCOPE, moved)

    held = await index.versions()
    of_version = [each for each in FRUIT if each.chunk.version_id == moved]
    assert held[OTHER_COLLECTION] == {moved: len(of_version)}
    assert held[SCOPE] == {PLUMS.chunk.version_id: 1}
    query = IndexQuery(text="apples", vector=APPLES.vector, limit=5)
    found = await index.search(OTHER_COLLECTION, query)
    assert found.dense[0].chunk == APPLES.chunk
    assert found.dense[0].score == pytest.approx(1.0, abs=0.01)
    assert found.bm25[0].chunk == APPLES.chunk
    assert all(scored.chunk.version_id != moved for scored in (await index.search(SCOPE, query)).dense)


async def test_an_empty_set_of_documents_finds_nothing(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    nothing = SearchFilter(document_ids=frozenset())
    found = await index.search(SCOPE, IndexQuery(text="apples", vector=APPLES.vector, limit=5, filter=nothing))
    assert (found.dense, found.bm25) == ((), ())


async def test_thousands_of_documents_can_be_named(index: ChunkIndex) -> None:
    await index.upsert(SCOPE, FRUIT)
    many = frozenset({PEARS.chunk.document_id, *(f"document-{number}" for number in range(1_000, 11_000))})
    query = IndexQuery(text="pears", vector=PEARS.vector, limit=5, filter=SearchFilter(document_ids=many))
    found = await index.search(SCOPE, query)
    assert [scored.chunk for scored in found.dense] == [PEARS.chunk]
