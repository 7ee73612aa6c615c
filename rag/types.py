"""Values that pass between the stages. Everything here is immutable and free of I/O."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
LONGEST_PREFIX = 200
_TITLE_SHARE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose documents, and which of them: every index and catalogue call is confined to one scope."""

    tenant: str
    collection: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A half-open range ``[start, end)`` of characters in a version's extracted text."""

    start: int
    end: int


class ElementKind(Enum):
    """What a stretch of a document is, as far as its parser could tell."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One structural piece of a document.

    Elements are in reading order and do not overlap. ``page`` counts from 1 and is None where the format has no
    pages. ``heading_path`` holds the headings above this element, outermost first; a heading's own text is not in
    its own path. A table holds one row a line.
    """

    kind: ElementKind
    span: Span
    page: int | None
    heading_path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLayout:
    """Where the characters of one page stand, so that a span can be drawn on it.

    ``boxes`` is ``(n, 4) float32``: left, bottom, right, top in PDF points, origin at the lower left, one row for
    each character of ``text[span.start:span.end]``; rows of characters that we inserted (line breaks) are NaN.
    """

    page: int
    width: float
    height: float
    span: Span
    boxes: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedText:
    """What parsing gives: one text, and the elements and layouts that point into it by offset."""

    text: str
    title: str
    elements: tuple[Element, ...]
    page_count: int | None
    parser: str
    layouts: tuple[PageLayout, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSpan:
    """Where a chunk lies: ``text[span.start:span.end]`` is its text. Pages count from 1."""

    span: Span
    page: int | None
    heading_path: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A retrievable passage of one version of a document; ``span`` points into that version's extracted text."""

    chunk_id: str
    document_id: str
    version_id: str
    ordinal: int
    name: str
    title: str
    media_type: str
    heading_path: tuple[str, ...]
    page: int | None
    span: Span
    text: str

    @property
    def indexed_text(self) -> str:
        """What is encoded and what BM25 sees: the text with its document's title and headings in front."""
        return context_prefix(self.title, self.heading_path) + self.text


def context_prefix(title: str, heading_path: tuple[str, ...]) -> str:
    """Returns the lines put in front of a chunk when it is indexed; never shown, never part of an offset.

    A long title loses its end, a long path its outermost headings, so that the text keeps most of what an encoder
    reads: the prefix has at most ``LONGEST_PREFIX`` characters in decomposed form, and so at most as many tokens.
    """
    headings = [heading for heading in heading_path if heading != title]
    shown = _shorten(title, _TITLE_SHARE)
    room = LONGEST_PREFIX - len(unicodedata.normalize("NFD", shown)) - 2
    path = _shorten(headings[-1], room) if headings else ""
    for heading in reversed(headings[:-1]):
        longer = f"{heading} > {path}"
        if _shorten(longer, room) != longer:
            break
        path = longer
    return "\n".join([part for part in (shown, path) if part]) + "\n"


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit and len(unicodedata.normalize("NFD", text)) <= limit:
        return text
    kept = unicodedata.normalize("NFD", text[:limit])[: limit - 1]
    return unicodedata.normalize("NFC", kept).rstrip() + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedChunk:
    """A chunk with its dense vector, ``(d,) float32``, L2-normalised."""

    chunk: Chunk
    vector: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """Narrows a search inside its scope. An empty field does not narrow."""

    document_ids: frozenset[str] = frozenset()
    media_types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexQuery:
    """A question as the index takes it. ``vector`` is None when there is no encoder: then BM25 answers alone."""

    text: str
    vector: FloatArray | None
    limit: int
    filter: SearchFilter = SearchFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredChunk:
    """A chunk with the score one retriever gave it."""

    chunk: Chunk
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """What each side of the hybrid search found, best first."""

    dense: tuple[ScoredChunk, ...]
    bm25: tuple[ScoredChunk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideScore:
    """A hit's place in one retriever's list, and its ``share`` of the fused score. Ranks count from 1."""

    rank: int
    score: float
    share: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A fused result; ``score`` is the sum of the sides' shares.

    ``dense`` or ``bm25`` is None when that side did not find the chunk. ``best_sentence`` is the one that a reranker
    which reads sentences found best, inside the chunk's span.
    """

    chunk: Chunk
    score: float
    dense: SideScore | None
    bm25: SideScore | None
    rerank_score: float | None = None
    best_sentence: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A source as the generator sees it: ``number`` is what a citation names, ``kept`` what compression left.

    ``kept`` are spans of the version's extracted text, in order, inside the chunk's span.
    """

    number: int
    hit: Hit
    kept: tuple[Span, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The kept sentences, verbatim, in document order."""
        return tuple(self.quote(span) for span in self.kept)

    @property
    def text(self) -> str:
        """The kept text; a gap is shown as an ellipsis."""
        parts: list[str] = []
        for previous, span in zip((None, *self.kept), self.kept, strict=False):
            if previous is not None:
                between = self.quote(Span(start=previous.end, end=span.start))
                parts.append(between if not between.strip() else " … ")
            parts.append(self.quote(span))
        return "".join(parts)

    def quote(self, span: Span) -> str:
        """Returns the words of ``span``, which must lie inside the chunk."""
        offset = self.hit.chunk.span.start
        return self.hit.chunk.text[span.start - offset : span.end - offset]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The passages that a generator may use and cite, and what compression did to their size."""

    passages: tuple[Passage, ...]
    tokens_before: int
    tokens_after: int
