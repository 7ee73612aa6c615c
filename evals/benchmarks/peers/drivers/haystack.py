"""Haystack: its pipeline over its own store in memory, BM25 and dense search joined by reciprocal ranks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import haystack
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.document_stores.types import DuplicatePolicy

from evals.benchmarks.peers.drivers.library import CANDIDATES, LIMIT, Document, in_batches
from rag.retrieval.encoders.onnx import OnnxEncoder


def open_library(folder: Path, encoder: OnnxEncoder) -> Haystack:
    """Opens the store."""
    return Haystack(folder, encoder)


@haystack.component
class TextEmbedder:
    """Encodes questions with our encoder."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        self._encoder = encoder

    @haystack.component.output_types(embedding=list[float])
    def run(self, text: str) -> dict[str, list[float]]:
        return {"embedding": self._encoder.encode_questions([text])[0].tolist()}


class Haystack:
    """The store is a JSON file, which ``save`` writes whole."""

    def __init__(self, folder: Path, encoder: OnnxEncoder) -> None:
        self._file = folder / "documents.json"
        self._encoder = encoder
        exists = self._file.exists()
        self._store = InMemoryDocumentStore.load_from_disk(str(self._file)) if exists else InMemoryDocumentStore()
        self._pipeline = haystack.Pipeline()
        self._pipeline.add_component("embedder", TextEmbedder(encoder))
        self._pipeline.add_component("dense", InMemoryEmbeddingRetriever(self._store, top_k=CANDIDATES))
        self._pipeline.add_component("bm25", InMemoryBM25Retriever(self._store, top_k=CANDIDATES))
        self._pipeline.add_component("joined", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=LIMIT))
        self._pipeline.connect("embedder.embedding", "dense.query_embedding")
        self._pipeline.connect("dense", "joined")
        self._pipeline.connect("bm25", "joined")

    def add(self, documents: Sequence[Document]) -> None:
        for batch in in_batches(documents):
            vectors = self._encoder.encode([document.passage for document in batch])
            self._store.write_documents(
                [
                    haystack.Document(id=each.id, content=each.passage, embedding=vector.tolist())
                    for each, vector in zip(batch, vectors, strict=True)
                ],
                policy=DuplicatePolicy.OVERWRITE,
            )

    def save(self) -> None:
        self._store.save_to_disk(str(self._file))

    def search(self, question: str) -> list[str]:
        found = self._pipeline.run({"embedder": {"text": question}, "bm25": {"query": question}})
        return [document.id for document in found["joined"]["documents"]]

    def ids(self) -> list[str]:
        return [document.id for document in self._store.filter_documents()]

    def close(self) -> None:
        pass
