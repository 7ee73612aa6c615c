"""Indexes a corpus temporarily."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from rag.factory import build_index
from rag.retrieval.late_chunking import encode_chunks
from rag.settings import Settings
from rag.stages import ChunkIndex, Encoder
from rag.types import Chunk, Scope

SCOPE = Scope(tenant="evaluation", collection="evaluation")
_BATCH = 256


@asynccontextmanager
async def indexed(
    corpus: Sequence[Chunk], settings: Settings, encoder: Encoder, *, on_progress: Callable[[str, int, int], None]
) -> AsyncIterator[ChunkIndex]:
    """Encodes the corpus and stores it in ``SCOPE`` of a temporary index."""
    with tempfile.TemporaryDirectory(prefix="citewell-eval-") as folder:
        own = settings.model_copy(update={"storage": settings.storage.model_copy(update={"folder": Path(folder)})})
        index = build_index(own, encoder)
        try:
            for start in range(0, len(corpus), _BATCH):
                chunks = corpus[start : start + _BATCH]
                await index.upsert(SCOPE, encode_chunks(encoder, chunks))
                on_progress("indexing", start + len(chunks), len(corpus))
            yield index
        finally:
            await index.close()
