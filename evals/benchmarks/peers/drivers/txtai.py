"""txtai: its embeddings database, BM25 and dense search fused by its own weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from txtai import Embeddings
from txtai.vectors import Vectors

from evals.benchmarks.peers.drivers.library import LIMIT, Document
from rag.retrieval.encoders.onnx import OnnxEncoder
from rag.types import FloatArray

_encoders: list[OnnxEncoder] = []


def open_library(folder: Path, encoder: OnnxEncoder) -> Txtai:
    """Opens the store."""
    _encoders.append(encoder)
    return Txtai(folder)


class OurVectors(Vectors):
    """Adapts our encoder; txtai makes it from its name."""

    def loadmodel(self, path: str) -> OnnxEncoder:  # noqa: ARG002 - the driver has loaded it
        return _encoders[-1]

    def encode(self, data: list[str], category: str | None = None) -> FloatArray:
        encoder = _encoders[-1]
        return encoder.encode_questions(data) if category == "query" else encoder.encode(data)


class Txtai:
    """An index with its texts, which ``save`` writes whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "index"
        method = f"{OurVectors.__module__}.{OurVectors.__qualname__}"
        self._embeddings = Embeddings(method=method, path="ours", hybrid=True, content=True)
        if self._embeddings.exists(str(self._folder)):
            self._embeddings.load(str(self._folder))

    def add(self, documents: Sequence[Document]) -> None:
        self._embeddings.upsert([(document.id, document.passage) for document in documents])

    def save(self) -> None:
        self._embeddings.save(str(self._folder))

    def search(self, question: str) -> list[str]:
        return [found["id"] for found in self._embeddings.search(question, LIMIT)]

    def ids(self) -> list[str]:
        count = self._embeddings.count() if self._embeddings.config.get("dimensions") else 0
        return [found["id"] for found in self._embeddings.search("select id from txtai", count)] if count else []

    def close(self) -> None:
        self._embeddings.close()
