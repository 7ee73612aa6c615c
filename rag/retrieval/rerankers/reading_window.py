"""What a cross-encoder reads of a chunk: its best sentence among its neighbours. Pure."""

from __future__ import annotations

from rag.retrieval.evidence import quote, sentence_spans
from rag.types import Chunk, Span, context_prefix

WINDOW_WORDS = 60
"""What the cross-encoder that is trained here reads. Pairs of that size take it half the time of whole chunks."""


def reading_window(chunk: Chunk, best: Span, *, words: int = WINDOW_WORDS) -> str:
    """Returns title, headings, and the sentences around ``best`` as far as they have ``words`` words together.

    Sentences are added behind and in front by turns, whole; ``best`` is there in any case.
    """
    spans = sentence_spans(chunk)
    sizes = [len(quote(chunk, span).split()) for span in spans]
    first = last = next((at for at, span in enumerate(spans) if span.start <= best.start < span.end), 0)
    room = words - (sizes[first] if sizes else 0)
    grew = bool(spans)
    while grew:
        grew = False
        if last + 1 < len(spans) and sizes[last + 1] <= room:
            last, room, grew = last + 1, room - sizes[last + 1], True
        if first > 0 and sizes[first - 1] <= room:
            first, room, grew = first - 1, room - sizes[first - 1], True
    shown = Span(start=spans[first].start, end=spans[last].end) if spans else chunk.span
    return context_prefix(chunk.title, chunk.heading_path) + quote(chunk, shown)
