"""Measures LlamaIndex's hybrid search in one process: its fusion retriever over rank-bm25 and Qdrant's local mode."""

from __future__ import annotations

import time
import warnings

from llama_index.core import VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.embeddings import MockEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever, VectorIndexRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.vector_stores import ExactMatchFilter, MetadataFilters
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient
from rank_bm25 import BM25Okapi

from evals.benchmarks.corpus import ASKED, DIMENSIONS, SearchQuery, batches, search_queries
from evals.benchmarks.index.run import LIMIT, IndexRun
from evals.benchmarks.measure import SearchTimes, resident_megabytes, time_searches
from evals.benchmarks.sizes import Sizes
from rag.retrieval.qdrant.payload import point_id

_MOST_SEARCHES = 50


class InMemoryBm25(BaseRetriever):  # type: ignore[misc] # the library has no types that mypy can follow
    """rank-bm25 over one tenant's texts, all scored for each question, as is usual."""

    def __init__(self, nodes: list[TextNode]) -> None:
        super().__init__()
        self._nodes = nodes
        self._bm25 = BM25Okapi([node.text.lower().split() for node in nodes])

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        scores = self._bm25.get_scores(query_bundle.query_str.lower().split())
        best = scores.argsort()[::-1][:LIMIT]
        return [NodeWithScore(node=self._nodes[row], score=float(scores[row])) for row in best]


def _to_node(text: str, vector: list[float], *, chunk_id: str, tenant: str) -> TextNode:
    return TextNode(id_=chunk_id, text=text, embedding=vector, metadata={"tenant": tenant})


def _fusion(store: QdrantVectorStore, bm25: BaseRetriever) -> QueryFusionRetriever:
    dense = VectorIndexRetriever(
        VectorStoreIndex.from_vector_store(store, embed_model=MockEmbedding(embed_dim=DIMENSIONS)),
        similarity_top_k=LIMIT,
        filters=MetadataFilters(filters=[ExactMatchFilter(key="tenant", value=ASKED.tenant)]),
    )
    return QueryFusionRetriever(
        [dense, bm25],
        llm=MockLLM(),
        mode=FUSION_MODES.RECIPROCAL_RANK,
        similarity_top_k=LIMIT,
        num_queries=1,
        use_async=False,
    )


async def measure(chunks: int, tenants: int, sizes: Sizes) -> IndexRun:
    """Fills both halves, then searches them like ``edge``, without an optimisation."""
    warnings.filterwarnings("ignore", message="Payload indexes have no effect", category=UserWarning)
    client = QdrantClient(":memory:")
    store = QdrantVectorStore("bench", client=client)
    mine: list[TextNode] = []
    start = time.perf_counter()
    for scope, batch in batches(chunks, tenants=tenants):
        nodes = [
            _to_node(
                encoded.chunk.indexed_text,
                encoded.vector.tolist(),
                chunk_id=point_id(scope, encoded.chunk.chunk_id),
                tenant=scope.tenant,
            )
            for encoded in batch
        ]
        store.add(nodes)
        if scope == ASKED:
            mine += nodes
    bm25 = InMemoryBm25(mine)
    filling = time.perf_counter() - start
    fusion = _fusion(store, bm25)

    async def search(question: SearchQuery) -> list[NodeWithScore]:
        found: list[NodeWithScore] = fusion.retrieve(QueryBundle(question.text, embedding=question.vector.tolist()))
        return found

    times = SearchTimes()
    await time_searches(search, search_queries(min(sizes.searches, _MOST_SEARCHES)), times)
    return IndexRun(
        system="llama-index",
        chunks=chunks,
        tenants=tenants,
        phases={"as it is": times},
        upserts_per_second=round(chunks / filling),
        optimize_seconds=None,
        disk_mb=0.0,
        rss_mb=resident_megabytes(),
    )
