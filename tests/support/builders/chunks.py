"""Builds chunks and vectors for tests of indexes."""

from __future__ import annotations

import uuid

import numpy as np

from rag.types import Chunk, EncodedChunk, FloatArray, Span

DIMENSIONS = 4


def vector(*numbers: float) -> FloatArray:
    filled = np.zeros(DIMENSIONS, dtype=np.float32)
    filled[: len(numbers)] = numbers
    normalised: FloatArray = (filled / np.linalg.norm(filled)).astype(np.float32)
    return normalised


def chunk(  # every field of a chunk, all by name
    text: str,
    *,
    version_id: str = "version-1",
    ordinal: int = 0,
    document_id: str = "document-1",
    media_type: str = "text/plain",
    title: str = "",
    heading_path: tuple[str, ...] = (),
    page: int | None = None,
) -> Chunk:
    return Chunk(
        chunk_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{version_id} {ordinal}")),
        document_id=document_id,
        version_id=version_id,
        ordinal=ordinal,
        name=f"{document_id}.txt",
        title=title,
        media_type=media_type,
        heading_path=heading_path,
        page=page,
        span=Span(start=ordinal * 1_000, end=ordinal * 1_000 + len(text)),
        text=text,
    )


def encoded(passage: Chunk, *numbers: float) -> EncodedChunk:
    return EncodedChunk(chunk=passage, vector=vector(*(numbers or (1.0,))))
