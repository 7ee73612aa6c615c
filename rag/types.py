"""Values that pass between the stages, immutable and free of I/O."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from rag.fields.values import NOTHING_SAID, Description

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]
Int8Array = NDArray[np.int8]
LONGEST_PREFIX = 200
MAX_TABLE_PLACES = 2_000_000
"""The most places that the stored tables of one document have together."""
MAX_TABLE_COLUMNS = 16_384
_TITLE_SHARE = 120


def chunk_id_of(version_id: str, ordinal: int) -> str:
    """Returns the id of a chunk, made of version and position: a second attempt replaces chunks and never adds any."""
    return str(uuid.uuid5(uuid.UUID(version_id), str(ordinal)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A tenant's collection. Every index and catalogue call is confined to one scope."""

    tenant: str
    collection: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A half-open range ``[start, end)`` of characters in a version's extracted text."""

    start: int
    end: int


class ElementKind(Enum):
    """The kind of an element, as far as its parser could tell."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CODE = "code"


PROSE = frozenset({ElementKind.PARAGRAPH, ElementKind.LIST_ITEM})
"""The kinds of elements that hold sentences."""


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


class EmphasisKind(Enum):
    """The kinds of emphasis. A quote is a paragraph that the document sets off as the words of another."""

    STRONG = "strong"
    EMPHASIS = "emphasis"
    CODE = "code"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emphasis:
    """Words that their document emphasises. Those of one kind are in order and do not overlap."""

    kind: EmphasisKind
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLayout:
    """The positions of one page's characters, for drawing a span on it.

    ``boxes`` is ``(n, 4) float32``: left, bottom, right, top in PDF points, origin at the lower left, one row for
    each character of ``text[span.start:span.end]``; rows of inserted characters (line breaks) are NaN.
    """

    page: int
    width: float
    height: float
    span: Span
    boxes: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCell:
    """A cell of a table, with the first row and column that it covers, from 0.

    ``span`` is where its text stands in the extracted text for the first time, None where it does not stand in one
    piece. ``address`` is its place on a sheet (``B7``), empty elsewhere.
    """

    row: int
    column: int
    text: str
    row_span: int
    column_span: int
    is_header: bool
    span: Span | None
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as a grid. A place that no cell covers is empty.

    ``span`` reaches from its first to its last line in the text; ``page`` is the one on which it begins. ``name`` is
    that of its sheet, or its caption. The first ``header_rows`` rows name the columns; ``titles`` are the lines above
    them, which are no rows of the grid.

    ``places`` is ``(cells, 7) int32``, sorted by row and column: row, column, row span, column span, whether it is a
    header cell, start and end of its span, -1 without one. ``texts`` are those of the cells without a span.
    ``sheet_rows`` and ``sheet_columns`` are the numbers of the rows and columns on their sheet, from 1; outside of
    sheets they are empty.
    """

    span: Span
    page: int | None
    name: str
    titles: tuple[str, ...]
    header_rows: int
    row_count: int
    column_count: int
    places: IntArray
    texts: tuple[str, ...] = ()
    sheet_rows: tuple[int, ...] = ()
    sheet_columns: tuple[int, ...] = ()

    @property
    def letters(self) -> tuple[str, ...]:
        """The names of the columns on their sheet; empty outside of sheets."""
        return tuple(map(_column_letters, self.sheet_columns))

    def cells(self, text: str, rows: range | None = None) -> Iterator[TableCell]:
        """Yields the cells, row by row, of the table of a document whose extracted text is ``text``.

        With ``rows``, which follow each other, it yields those cells that cover some of them.
        """
        columns = self.letters
        first, end = (rows.start, rows.stop) if rows is not None else (0, self.row_count)
        is_wanted = (self.places[:, 0] < end) & (self.places[:, 0] + self.places[:, 2] > first)
        other = np.cumsum(self.places[:, 5] < 0) - 1
        for place, at in zip(self.places[is_wanted].tolist(), other[is_wanted].tolist(), strict=True):
            row, column, row_span, column_span, is_header, start, end = place
            yield TableCell(
                row=row,
                column=column,
                text=text[start:end] if start >= 0 else self.texts[at],
                row_span=row_span,
                column_span=column_span,
                is_header=bool(is_header),
                span=Span(start=start, end=end) if start >= 0 else None,
                address=f"{columns[column]}{self.sheet_rows[row]}" if columns else "",
            )


def _column_letters(number: int) -> str:
    """Returns the name of a sheet's column; 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedText:
    """The result of parsing: one text, and elements, layouts, tables and emphasis that refer to it by offset.

    ``left_out`` are texts that the reader saw and left out on purpose (hidden, or repeated on every page). They are for
    the check that nothing else was lost, and are not stored. ``description`` is what the file says about itself.
    """

    text: str
    title: str
    elements: tuple[Element, ...]
    page_count: int | None
    parser: str
    layouts: tuple[PageLayout, ...] = ()
    tables: tuple[Table, ...] = ()
    emphasis: tuple[Emphasis, ...] = ()
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    description: Description = NOTHING_SAID


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentText:
    """What was read of a version: its text with its elements, tables and chunks, in reading order."""

    text: str
    title: str
    page_count: int | None
    elements: tuple[Element, ...]
    tables: tuple[Table, ...]
    chunks: tuple[ChunkSpan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSpan:
    """The place of a chunk: ``text[span.start:span.end]`` is its text. Pages count from 1.

    ``page`` is the one on which it begins. ``page_starts`` are the places inside it, in order, from which its text
    stands on another page, each with that page; None for text without pages.
    """

    span: Span
    page: int | None
    heading_path: tuple[str, ...]
    page_starts: tuple[tuple[int, int | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A part of a document's version that is indexed and found as a whole; ``span`` refers to the extracted text.

    ``page`` and ``page_starts`` are those of ``ChunkSpan``.
    """

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
    page_starts: tuple[tuple[int, int | None], ...] = ()

    def page_of(self, span: Span) -> int | None:
        """Returns the page on which ``span``, which must lie inside the chunk, begins."""
        return next((page for start, page in reversed(self.page_starts) if start <= span.start), self.page)

    @property
    def indexed_text(self) -> str:
        """The text that is encoded and indexed: title and headings, then the chunk's own text."""
        return context_prefix(self.title, self.heading_path) + self.text


def context_prefix(title: str, heading_path: tuple[str, ...]) -> str:
    """Returns title and headings as lines that precede a chunk in the index; they are not shown or counted in offsets.

    A long title loses its end, a long path its outermost headings: the prefix has at most ``LONGEST_PREFIX`` characters
    in decomposed form, and so at most as many tokens.
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
class SentenceVectors:
    """The vectors of a chunk's sentences, in 8 bits: a cosine changes by about 0.003.

    ``spans`` are the sentences, of the version's extracted text; ``rows`` is ``(sentences, d) int8``, a row in the
    direction of its sentence's vector and of any length.
    """

    spans: tuple[Span, ...]
    rows: Int8Array

    @classmethod
    def of(cls, spans: Sequence[Span], vectors: FloatArray) -> SentenceVectors:
        """Rounds ``vectors``, ``(sentences, d)``; a row of zeros stays one."""
        largest = np.abs(vectors).max(axis=1, keepdims=True, initial=np.finfo(np.float32).tiny)
        return cls(spans=tuple(spans), rows=np.rint(vectors * (127 / largest)).astype(np.int8))

    def vectors(self) -> FloatArray:
        """Returns ``(sentences, d) float32``, rows L2-normalised, or of zeros."""
        rows = self.rows.astype(np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        vectors: FloatArray = rows / np.maximum(lengths, 1)
        return vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedChunk:
    """A chunk with its dense vector, ``(d,) float32``, L2-normalised, and those of its sentences, if it has them."""

    chunk: Chunk
    vector: FloatArray
    sentences: SentenceVectors | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """Narrows a search inside its scope.

    ``document_ids`` None are all documents, an empty set none at all. Without ``media_types`` all types are meant.
    ``is_whole``: nothing narrows it but what the asker may not read, so that the rest is all there is.
    """

    document_ids: frozenset[str] | None = None
    media_types: frozenset[str] = frozenset()
    is_whole: bool = False

    def allows(self, document_id: str) -> bool:
        """Returns whether a document may be searched, whatever its type."""
        return self.document_ids is None or document_id in self.document_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexQuery:
    """A query to the index. Without a ``vector``, BM25 searches alone."""

    text: str
    vector: FloatArray | None
    limit: int
    filter: SearchFilter = SearchFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredChunk:
    """A chunk with its score from one retriever."""

    chunk: Chunk
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The chunks found by each side of the hybrid search, best first."""

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

    ``dense`` or ``bm25`` is None if that side did not find the chunk. ``best_sentence`` lies inside the chunk's span;
    it is set by a reranker that scores sentences. ``sentences`` is None where the index has none, or was not asked.
    """

    chunk: Chunk
    score: float
    dense: SideScore | None
    bm25: SideScore | None
    rerank_score: float | None = None
    best_sentence: Span | None = None
    sentences: SentenceVectors | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A hit as the generator sees it; a citation refers to its ``number``.

    ``kept`` are the spans that compression kept, of the version's extracted text, in order, inside the chunk's span.
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
    """The passages that a generator may use and cite, and their tokens before and after compression."""

    passages: tuple[Passage, ...]
    tokens_before: int
    tokens_after: int
