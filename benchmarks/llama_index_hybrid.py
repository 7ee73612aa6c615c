"""LlamaIndex's own hybrid search in one process: its fusion retriever over rank-bm25 and Qdrant's local mode."""

from __future__ import annotations

import time
import warnings
from typing import Any

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

from benchmarks.corpus import DIMENSIONS, TENANTS, Question, batches, questions
from benchmarks.measure import resident_megabytes, summarize, time_searches
from rag.retrieval.point_payload import point_id

_LIMIT = 50
_SEARCHES = 50


class InMemoryBm25(BaseRetriever):  # type: ignore[misc] # the library has no types that mypy can follow
    """The usual recipe: rank-bm25 over one tenant's texts, all of them scored for each question."""

    def __init__(self, nodes: list[TextNode]) -> None:
        super().__init__()
        self._nodes = nodes
        self._bm25 = BM25Okapi([node.text.lower().split() for node in nodes])

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        scores = self._bm25.get_scores(query_bundle.query_str.lower().split())
        best = scores.argsort()[::-1][:_LIMIT]
        return [NodeWithScore(node=self._nodes[row], score=float(scores[row])) for row in best]


def _to_node(text: str, vector: list[float], *, chunk_id: str, tenant: str) -> TextNode:
    return TextNode(id_=chunk_id, text=text, embedding=vector, metadata={"tenant": tenant})


def _fusion(store: QdrantVectorStore, bm25: BaseRetriever) -> QueryFusionRetriever:
    dense = VectorIndexRetriever(
        VectorStoreIndex.from_vector_store(store, embed_model=MockEmbedding(embed_dim=DIMENSIONS)),
        similarity_top_k=_LIMIT,
        filters=MetadataFilters(filters=[ExactMatchFilter(key="tenant", value=TENANTS[0].tenant)]),
    )
    return QueryFusionRetriever(
        [dense, bm25],
        llm=MockLLM(),
        mode=FUSION_MODES.RECIPROCAL_RANK,
        similarity_top_k=_LIMIT,
        num_queries=1,
        use_async=False,
    )


async def measure_llama_index(chunks: int) -> dict[str, Any]:
    """Fills both halves, then searches them as ``measure_citewell`` does; there is nothing to optimise."""
    warnings.filterwarnings("ignore", category=UserWarning, module="qdrant_client")
    client = QdrantClient(":memory:")
    store = QdrantVectorStore("bench", client=client)
    mine: list[TextNode] = []
    start = time.perf_counter()
    for scope, batch in batches(chunks):
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
        if scope == TENANTS[0]:
            mine += nodes
    bm25 = InMemoryBm25(mine)
    filling = time.perf_counter() - start
    fusion = _fusion(store, bm25)

    async def search(question: Question) -> list[NodeWithScore]:
        found: list[NodeWithScore] = fusion.retrieve(QueryBundle(question.text, embedding=question.vector.tolist()))
        return found

    asked = questions(_SEARCHES)
    times = await time_searches(search, asked)
    return {
        "system": "llama-index",
        "chunks": chunks,
        "upserts_per_second": round(chunks / filling),
        "before": summarize([]),
        "during": summarize([]),
        "after": summarize(times),
        "disk_mb": 0.0,
        "rss_mb": resident_megabytes(),
    }
