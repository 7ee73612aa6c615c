"""Encodes chunks for the index, with the vectors of their sentences from the same pass.

Late chunking, Günther et al. 2024: a sentence's vector is the mean of its tokens as they were read inside the passage.
So it holds much of the passage, and half of the passage's vector is taken away from it again: what is left is what the
sentence says beside the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rag.retrieval.units import first_line, sentence_spans
from rag.stages import ChunkIndex, Encoder
from rag.types import Chunk, EncodedChunk, FloatArray, Hit, Scope, SentenceVectors, Span

# Of 0 to 0.8 this one finds the right sentence and tells questions without an answer best on SQuAD 2.0's training
# articles.
_CONTRAST = 0.5


def encode_chunks(encoder: Encoder, chunks: Sequence[Chunk]) -> list[EncodedChunk]:
    """Returns the chunks with their vectors, in order.

    Raises:
        EncoderError: the encoder failed.
    """
    spans = [sentence_spans(chunk) for chunk in chunks]
    read = [_read_spans(chunk, of_chunk) for chunk, of_chunk in zip(chunks, spans, strict=True)]
    vectors, of_sentences = encoder.encode_with_sentences([chunk.indexed_text for chunk in chunks], read)
    if not of_sentences:
        return [EncodedChunk(chunk=chunk, vector=vector) for chunk, vector in zip(chunks, vectors, strict=True)]
    return [
        EncodedChunk(chunk=chunk, vector=vector, sentences=SentenceVectors.of(of_chunk, _contrasted(rows, vector)))
        for chunk, vector, of_chunk, rows in zip(chunks, vectors, spans, of_sentences, strict=True)
    ]


async def with_sentences(index: ChunkIndex, scope: Scope, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Returns the hits with the stored vectors of their sentences, for stages that compare sentences.

    Raises:
        IndexUnavailableError: the index does not answer.
    """
    missing = [hit.chunk.chunk_id for hit in hits if hit.sentences is None]
    stored = await index.sentences(scope, missing) if missing else {}
    return tuple(replace(hit, sentences=stored.get(hit.chunk.chunk_id, hit.sentences)) for hit in hits)


def _contrasted(sentences: FloatArray, passage: FloatArray) -> FloatArray:
    contrasted: FloatArray = np.where(sentences.any(axis=1, keepdims=True), sentences - _CONTRAST * passage, 0)
    return contrasted


def _read_spans(chunk: Chunk, spans: Sequence[Span]) -> list[Span]:
    """Returns the sentences, and of those with several lines the first, as spans of the indexed text."""
    prefix = len(chunk.indexed_text) - len(chunk.text)
    starts = [span.start - chunk.span.start for span in spans]
    lines = [
        first_line(chunk.text[start : span.end - chunk.span.start]) for start, span in zip(starts, spans, strict=True)
    ]
    return [
        Span(start=prefix + start, end=prefix + start + len(line)) for start, line in zip(starts, lines, strict=True)
    ]
