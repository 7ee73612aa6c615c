"""haiku.rag: LanceDB, hybrid search as it comes, documents given as chunks, because its converter needs torch."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from docling_core.types.doc.document import DoclingDocument
from docling_core.types.doc.labels import DocItemLabel
from haiku.rag.client import HaikuRAG
from haiku.rag.client.documents import DocumentImport
from haiku.rag.config.models import AppConfig
from haiku.rag.embeddings import EmbedderWrapper
from haiku.rag.store import engine
from haiku.rag.store.models.chunk import Chunk

from evals.benchmarks.peers.drivers.library import LIMIT, Document, in_batches
from rag.retrieval.encoders.onnx import OnnxEncoder

Result = TypeVar("Result")


def open_library(folder: Path, encoder: OnnxEncoder) -> Haiku:
    """Opens the store."""
    return Haiku(folder, encoder)


class OurEncoder(EmbedderWrapper):
    """Adapts our encoder."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        super().__init__(None, encoder.dimensions)
        self._encoder = encoder

    async def _embed_query(self, text: str) -> list[float]:
        vector: list[float] = (await asyncio.to_thread(self._encoder.encode_questions, [text]))[0].tolist()
        return vector

    async def _embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = (await asyncio.to_thread(self._encoder.encode, texts)).tolist()
        return vectors


class Haiku:
    """Imports are on disk when they return. Searches share an event loop, which its client needs."""

    def __init__(self, folder: Path, encoder: OnnxEncoder) -> None:
        vars(engine)["get_embedder"] = lambda config: OurEncoder(encoder)  # noqa: ARG005 - called by its name
        config = AppConfig()
        config.embeddings.model.vector_dim = encoder.dimensions
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._client = HaikuRAG(folder / "haiku.lancedb", config=config, create=True)
        self._wait(self._client.__aenter__())

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def add(self, documents: Sequence[Document]) -> None:
        for batch in in_batches(documents):
            self._wait(self._client.import_documents([_to_import(document) for document in batch]))

    def save(self) -> None:
        pass

    def search(self, question: str) -> list[str]:
        found = self._wait(self._client.search(question, limit=LIMIT, include_images=False))
        return list(dict.fromkeys(result.document_uri for result in found))

    def ids(self) -> list[str]:
        return [document.uri for document in self._wait(self._client.list_documents())]

    def close(self) -> None:
        self._wait(self._client.__aexit__(None, None, None))


def _to_import(document: Document) -> DocumentImport:
    whole = DoclingDocument(name=document.id)
    whole.add_text(label=DocItemLabel.TEXT, text=document.passage)
    chunk = Chunk(content=document.passage)
    return DocumentImport(docling_document=whole, chunks=[chunk], uri=document.id, title=document.title)
