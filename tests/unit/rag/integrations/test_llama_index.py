from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from llama_index.core import Settings
from llama_index.core.base.response.schema import AsyncStreamingResponse, Response, StreamingResponse
from llama_index.core.schema import MetadataMode

from rag.errors import EmptyQuestionError
from rag.integrations.llama_index import NO_ANSWER, CitewellQueryEngine, CitewellRetriever
from rag.types import Candidates, Hit, IndexQuery, Scope, SearchFilter
from tests.support.builders.pipeline import (
    ASKED,
    CAT,
    LEAVE,
    PUMP,
    SCOPE,
    SERVICE,
    ReversingReranker,
    index_of,
    pipeline_over,
)
from tests.support.fakes.memory_index import MemoryIndex

pytestmark = pytest.mark.slow  # LlamaIndex is loaded


class LoopBoundIndex(MemoryIndex):
    """Refuses, as a client with open connections would, to be used from a second loop."""

    def __init__(self) -> None:
        super().__init__()
        self._loops: set[asyncio.AbstractEventLoop] = set()

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        self._loops.add(asyncio.get_running_loop())
        assert len(self._loops) == 1
        return await super().search(scope, query)


class ScoringReranker(ReversingReranker):
    """Gives every hit the same score."""

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        return tuple(replace(hit, rerank_score=0.5) for hit in super().rerank(question, hits))


@pytest.fixture
def index() -> MemoryIndex:
    return asyncio.run(index_of(PUMP, LEAVE, CAT))


@pytest.fixture(autouse=True)
def _no_model_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        pytest.fail("the library's default models were asked for")

    monkeypatch.setattr(type(Settings), "llm", property(refuse))
    monkeypatch.setattr(type(Settings), "embed_model", property(refuse))


def test_a_node_knows_its_place_in_the_document(index: MemoryIndex) -> None:
    [best, *_] = CitewellRetriever(pipeline_over(index), SCOPE).retrieve(ASKED)
    assert (best.node.node_id, best.node.text, best.node.ref_doc_id) == (PUMP.chunk_id, SERVICE, "d-pump")
    assert (best.node.start_char_idx, best.node.end_char_idx) == (PUMP.span.start, PUMP.span.end)
    assert best.node.metadata == {
        "document_id": "d-pump",
        "version_id": "pump",
        "name": "d-pump.txt",
        "title": "Pump manual",
        "heading_path": [],
        "page": 3,
        "dense_rank": 1,
        "bm25_rank": 1,
    }


def test_nodes_come_best_first_no_more_than_asked_for(index: MemoryIndex) -> None:
    nodes = CitewellRetriever(pipeline_over(index), SCOPE, limit=2).retrieve(ASKED)
    assert len(nodes) == 2
    assert nodes[0].score > nodes[1].score


def test_a_side_that_did_not_find_the_chunk_has_no_rank(index: MemoryIndex) -> None:
    nodes = CitewellRetriever(pipeline_over(index), SCOPE).retrieve(ASKED)
    by_id = {node.node.node_id: node.node.metadata for node in nodes}
    assert by_id[LEAVE.chunk_id]["bm25_rank"] is None
    assert by_id[LEAVE.chunk_id]["dense_rank"] is not None


def test_a_model_reads_the_words_and_not_the_ids(index: MemoryIndex) -> None:
    [best, *_] = CitewellRetriever(pipeline_over(index), SCOPE).retrieve(ASKED)
    read = best.node.get_content(metadata_mode=MetadataMode.LLM)
    assert SERVICE in read
    assert "Pump manual" in read
    assert "d-pump\n" not in read


def test_retrieving_stays_inside_scope_and_filter(index: MemoryIndex) -> None:
    pipeline = pipeline_over(index)
    elsewhere = Scope(tenant="acme", collection="minutes")
    assert CitewellRetriever(pipeline, elsewhere).retrieve(ASKED) == []
    only_cat = SearchFilter(document_ids=frozenset({"d-cat"}))
    nodes = CitewellRetriever(pipeline, SCOPE, search_filter=only_cat).retrieve(ASKED)
    assert [node.node.node_id for node in nodes] == [CAT.chunk_id]


async def test_retrieving_works_the_same_inside_a_running_loop() -> None:
    retriever = CitewellRetriever(pipeline_over(await index_of(PUMP, LEAVE, CAT)), SCOPE)
    awaited = await retriever.aretrieve(ASKED)
    assert awaited
    assert retriever.retrieve(ASKED) == awaited


def test_synchronous_callers_share_one_loop() -> None:
    pipeline = pipeline_over(LoopBoundIndex())
    for _ in range(2):
        CitewellRetriever(pipeline, SCOPE).retrieve(ASKED)
        CitewellQueryEngine(pipeline, SCOPE).query(ASKED)


def test_a_response_holds_sentences_with_their_citations_and_the_receipt(index: MemoryIndex) -> None:
    response = CitewellQueryEngine(pipeline_over(index), SCOPE).query(ASKED)
    assert isinstance(response, Response)
    assert str(response).startswith(SERVICE)
    assert response.metadata is not None
    sentence = response.metadata["sentences"][0]
    [citation] = sentence["citations"]
    assert (sentence["text"], sentence["supported"], citation["quote"]) == (SERVICE, True, SERVICE)
    assert (citation["page"], citation["span"]) == (3, {"start": PUMP.span.start, "end": PUMP.span.end})
    cited = {node.metadata["number"]: node.node_id for node in response.source_nodes}
    assert cited[citation["number"]] == PUMP.chunk_id
    assert response.metadata["abstention"] is None
    assert response.metadata["receipt"]["generator"] == "extractive"
    assert json.loads(json.dumps(response.metadata))["receipt"]["search_query"] == ASKED


async def test_querying_works_the_same_inside_a_running_loop() -> None:
    engine = CitewellQueryEngine(pipeline_over(await index_of(PUMP, LEAVE, CAT)), SCOPE)
    awaited, waited = await engine.aquery(ASKED), engine.query(ASKED)
    assert (awaited.response, awaited.source_nodes) == (waited.response, waited.source_nodes)
    assert awaited.metadata["sentences"] == waited.metadata["sentences"]


def test_an_abstention_has_sources_a_reason_and_no_answer(index: MemoryIndex) -> None:
    response = CitewellQueryEngine(pipeline_over(index, threshold=1.0), SCOPE).query(ASKED)
    assert str(response) == NO_ANSWER
    assert response.source_nodes
    assert response.metadata["abstention"] == "weak_support"
    assert response.metadata["sentences"] == []


async def test_an_asynchronous_stream_has_sources_at_once_and_metadata_at_its_end() -> None:
    engine = CitewellQueryEngine(pipeline_over(await index_of(PUMP, LEAVE, CAT)), SCOPE, streaming=True)
    response = await engine.aquery(ASKED)
    assert isinstance(response, AsyncStreamingResponse)
    assert response.source_nodes[0].node.node_id == PUMP.chunk_id
    assert response.metadata == {}
    pieces = [piece async for piece in response.async_response_gen()]
    assert "".join(pieces).startswith(SERVICE)
    assert response.metadata is not None
    assert response.metadata["sentences"][0]["text"] == SERVICE


def test_a_synchronous_stream_does_the_same(index: MemoryIndex) -> None:
    response = CitewellQueryEngine(pipeline_over(index), SCOPE, streaming=True).query(ASKED)
    assert isinstance(response, StreamingResponse)
    assert response.source_nodes[0].node.node_id == PUMP.chunk_id
    assert response.metadata == {}
    assert "".join(response.response_gen).startswith(SERVICE)
    assert response.metadata["sentences"][0]["text"] == SERVICE


def test_a_stream_that_abstains_says_so(index: MemoryIndex) -> None:
    response = CitewellQueryEngine(pipeline_over(index, threshold=1.0), SCOPE, streaming=True).query(ASKED)
    assert str(response) == NO_ANSWER


def test_a_cross_encoders_score_is_the_nodes_score(index: MemoryIndex) -> None:
    retriever = CitewellRetriever(pipeline_over(index, reranker=ScoringReranker()), SCOPE)
    assert [node.score for node in retriever.retrieve(ASKED)] == [0.5, 0.5, 0.5]


def test_our_errors_come_through(index: MemoryIndex) -> None:
    with pytest.raises(EmptyQuestionError):
        CitewellQueryEngine(pipeline_over(index), SCOPE).query(" ")
    with pytest.raises(EmptyQuestionError):
        CitewellRetriever(pipeline_over(index), SCOPE).retrieve(" ")
