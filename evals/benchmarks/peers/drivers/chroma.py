"""Chroma, embedded: dense search alone, with an HNSW graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import chromadb

from evals.benchmarks.peers.drivers.library import LIMIT, Document, in_batches
from rag.retrieval.encoders.onnx import OnnxEncoder


def open_library(folder: Path, encoder: OnnxEncoder) -> Chroma:
    """Opens the store."""
    return Chroma(folder, encoder)


class Chroma:
    """One collection. Chroma keeps its own log, so that ``add`` is on disk when it returns."""

    def __init__(self, folder: Path, encoder: OnnxEncoder) -> None:
        self._client = chromadb.PersistentClient(path=str(folder))
        self._collection = self._client.get_or_create_collection(
            "documents", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )
        self._encoder = encoder

    def add(self, documents: Sequence[Document]) -> None:
        for batch in in_batches(documents):
            passages = [document.passage for document in batch]
            vectors = self._encoder.encode(passages)
            self._collection.upsert(ids=[each.id for each in batch], embeddings=vectors, documents=passages)

    def save(self) -> None:
        pass

    def search(self, question: str) -> list[str]:
        vectors = self._encoder.encode_questions([question])
        found = self._collection.query(query_embeddings=vectors, n_results=LIMIT)
        return list(found["ids"][0])

    def ids(self) -> list[str]:
        return list(self._collection.get(include=[])["ids"])

    def close(self) -> None:
        pass
