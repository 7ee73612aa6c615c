"""LlamaIndex: Qdrant's local mode and its BM25 retriever, joined by reciprocal ranks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

from llama_index.core import VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
from llama_index.core.schema import TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.qdrant import QdrantVectorStore
from qdrant_client import QdrantClient

from evals.benchmarks.peers.drivers.library import CANDIDATES, LIMIT, Document
from rag.retrieval.encoders.onnx import OnnxEncoder


def open_library(folder: Path, encoder: OnnxEncoder) -> LlamaIndex:
    """Opens the store."""
    return LlamaIndex(folder, encoder)


class OurEncoder(BaseEmbedding):
    """Adapts our encoder."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        super().__init__(model_name=encoder.name, embed_batch_size=256)
        self._encoder = encoder

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._encoder.encode(texts).tolist()
        return vectors

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._encoder.encode_questions([query])[0].tolist()
        return vector

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class LlamaIndex:
    """Qdrant's local mode writes when it is told to store. BM25 is built from its texts, in memory."""

    def __init__(self, folder: Path, encoder: OnnxEncoder) -> None:
        self._client = QdrantClient(path=str(folder / "qdrant"))
        self._store = QdrantVectorStore("documents", client=self._client)
        self._index = VectorStoreIndex.from_vector_store(self._store, embed_model=OurEncoder(encoder))
        self._fusion: QueryFusionRetriever | None = None

    def add(self, documents: Sequence[Document]) -> None:
        self._index.insert_nodes(
            [
                TextNode(id_=str(uuid.uuid5(uuid.NAMESPACE_OID, each.id)), text=each.passage, metadata={"id": each.id})
                for each in documents
            ]
        )
        self._fusion = None

    def save(self) -> None:
        self._fusion = self._build_fusion()

    def _build_fusion(self) -> QueryFusionRetriever:
        nodes = self._nodes()
        top = min(CANDIDATES, len(nodes))
        return QueryFusionRetriever(
            [
                self._index.as_retriever(similarity_top_k=CANDIDATES),
                BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=top),
            ],
            llm=MockLLM(),
            mode=FUSION_MODES.RECIPROCAL_RANK,
            similarity_top_k=LIMIT,
            num_queries=1,
            use_async=False,
        )

    def search(self, question: str) -> list[str]:
        fusion = self._fusion or self._build_fusion()
        return [hit.node.metadata["id"] for hit in fusion.retrieve(question)]

    def ids(self) -> list[str]:
        return [node.metadata["id"] for node in self._nodes()]

    def _nodes(self) -> list[TextNode]:
        if not self._client.collection_exists("documents"):
            return []
        nodes: list[TextNode] = self._store.get_nodes(filters=None, limit=self._client.count("documents").count)
        return nodes

    def close(self) -> None:
        self._client.close()
