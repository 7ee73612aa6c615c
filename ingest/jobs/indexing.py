"""Makes chunks of a parsed document, encodes them and stores them in the index."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from rag.catalog.database.records import KeptVersion, Task
from rag.retrieval.late_chunking import encode_chunks
from rag.stages import ChunkIndex, Encoder
from rag.telemetry.recorder import Recorder
from rag.types import Chunk, ChunkSpan, ExtractedText, Scope, chunk_id_of


def build_chunks(
    version: Task | KeptVersion, extracted: ExtractedText, spans: Sequence[ChunkSpan]
) -> tuple[Chunk, ...]:
    """Makes a chunk of each span of a version, with its id and its text."""
    return tuple(
        Chunk(
            chunk_id=chunk_id_of(version.version_id, ordinal),
            document_id=version.document_id,
            version_id=version.version_id,
            ordinal=ordinal,
            name=version.name,
            title=extracted.title,
            media_type=version.media_type,
            heading_path=item.heading_path,
            page=item.page,
            page_starts=item.page_starts,
            span=item.span,
            text=extracted.text[item.span.start : item.span.end],
        )
        for ordinal, item in enumerate(spans)
    )


class Indexer:
    """Encodes chunks and stores them, batch by batch."""

    def __init__(self, *, encoder: Encoder, index: ChunkIndex, batch_size: int) -> None:
        self._encoder = encoder
        self._index = index
        self._batch_size = batch_size

    async def add(
        self,
        scope: Scope,
        chunks: Sequence[Chunk],
        *,
        on_progress: Callable[[int], Awaitable[None]] | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        """Stores all chunks, invisible until their version is published; ``on_progress`` gets the number stored.

        Raises:
            EncoderError: the encoder failed.
            IndexUnavailableError: the index does not answer.
        """
        recorder = recorder or Recorder()
        for start in range(0, len(chunks), self._batch_size):
            batch = chunks[start : start + self._batch_size]
            with recorder.stage("encode", count_in=len(batch)):
                encoded = await asyncio.to_thread(encode_chunks, self._encoder, batch)
            with recorder.stage("store", count_in=len(batch)):
                await self._index.upsert(scope, encoded)
            if on_progress is not None:
                await on_progress(start + len(batch))
