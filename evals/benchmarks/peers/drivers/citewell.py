"""Citewell as a library: encoder, embedded index and search as the service has them, without catalogue and files."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from evals.benchmarks.peers.drivers.library import LIMIT, Document, in_batches
from evals.datasets.dataset import whole_document
from evals.datasets.indexed_corpus import SCOPE
from rag.answers import Question
from rag.factory import build_index, build_search
from rag.retrieval.encoders.caching import CachingEncoder
from rag.retrieval.encoders.onnx import OnnxEncoder
from rag.settings import load_settings
from rag.telemetry.recorder import Recorder
from rag.types import EncodedChunk

Result = TypeVar("Result")
_CACHED_VECTORS = 8_192


def open_library(folder: Path, encoder: OnnxEncoder) -> Citewell:
    """Opens the store."""
    return Citewell(folder, encoder)


class Citewell:
    """``upsert`` is on disk when it returns. Searches share an event loop, as in the service."""

    def __init__(self, folder: Path, encoder: OnnxEncoder) -> None:
        settings = load_settings()
        own = settings.model_copy(update={"storage": settings.storage.model_copy(update={"folder": folder})})
        self._encoder = encoder
        self._index = build_index(own, encoder)
        caching = CachingEncoder(encoder, capacity=_CACHED_VECTORS)
        self._search = build_search(own, encoder=caching, index=self._index, visible=lambda _, versions: versions)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def add(self, documents: Sequence[Document]) -> None:
        for batch in in_batches(documents):
            chunks = [whole_document(each.id, title=each.title, text=each.text) for each in batch]
            vectors = self._encoder.encode([chunk.indexed_text for chunk in chunks])
            pairs = zip(chunks, vectors, strict=True)
            self._wait(self._index.upsert(SCOPE, [EncodedChunk(chunk=chunk, vector=vector) for chunk, vector in pairs]))

    def save(self) -> None:
        pass

    def search(self, question: str) -> list[str]:
        asked = Question(text=question, scope=SCOPE)
        found = self._wait(self._search.find(asked, question, Recorder(), limit=LIMIT))
        return [hit.chunk.document_id for hit in found.hits]

    def ids(self) -> list[str]:
        return list(self._wait(self._index.versions()).get(SCOPE, {}))

    def close(self) -> None:
        self._wait(self._index.close())
