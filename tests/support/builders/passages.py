"""Builds hits and passages from plain text."""

from dataclasses import replace

from rag.retrieval.late_chunking import encode_chunks
from rag.retrieval.units import sentence_spans
from rag.stages import Encoder
from rag.types import Chunk, Hit, Passage, Span


def make_hit(
    text: str, *, key: str = "a", title: str = "Manual", headings: tuple[str, ...] = (), start: int = 0
) -> Hit:
    chunk = Chunk(
        chunk_id=f"chunk-{key}",
        document_id=f"document-{key}",
        version_id=f"version-{key}",
        ordinal=0,
        name=f"{key}.txt",
        title=title,
        media_type="text/plain",
        heading_path=headings,
        page=None,
        span=Span(start=start, end=start + len(text)),
        text=text,
    )
    return Hit(chunk=chunk, score=1.0, dense=None, bm25=None)


def stored(hit: Hit, encoder: Encoder) -> Hit:
    """Returns the hit with the vectors that an index would have stored of its sentences."""
    [encoded] = encode_chunks(encoder, [hit.chunk])
    return replace(hit, sentences=encoded.sentences)


def make_passage(text: str, *, number: int = 1, key: str = "a", start: int = 0) -> Passage:
    hit = make_hit(text, key=key, start=start)
    return Passage(number=number, hit=hit, kept=sentence_spans(hit.chunk))
