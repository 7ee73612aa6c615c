"""Cuts a document into chunks: by its structure first, by sentences where an element is too long for one chunk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from ingest.chunking.sections import Places, Section, elements_with_words, has_words, sections
from rag.stages import Tokenizer
from rag.text.sentences import split_sentences
from rag.types import ChunkSpan, Element, ElementKind, ExtractedText, Span, context_prefix

if TYPE_CHECKING:
    from llama_index.core.node_parser import SentenceSplitter

# A word that WordPiece does not know is one token however long it is: without this, such text makes huge chunks.
_MAX_CHARACTERS_PER_TOKEN = 24
_SMALLEST_BUDGET = 16
_PHRASES = r"(?s).+?(?:[,;:|](?=\s)|[，；：、\t]|\Z)"
_INTRODUCES = (":", "：", "?", "？")
_ROW_ENDS = re.compile(r"\n+")
_CELL_ENDS = re.compile(r"; | \| ")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A span that is never cut again. ``introduces``: it is a heading, a question, or ends in a colon."""

    span: Span
    tokens: int
    introduces: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A chunk before overlap is added and its page is found."""

    path: tuple[str, ...]
    span: Span
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Budget:
    """The size of a chunk's text in tokens, and the most it may have so that an element stays whole."""

    target: int
    limit: int


class StructureChunker:
    """Keeps sections, lists, tables and paragraphs whole where they fit, and a heading with what follows it.

    Args:
        tokenizer: counts as the encoder does.
        chunk_tokens: size of a chunk's text; up to a quarter more is allowed to keep an element whole.
        overlap_tokens: most that is repeated from the chunk before under the same heading, in whole sentences; at
            most half of ``chunk_tokens``.
        max_tokens: most that the encoder reads, context prefix and text together.
    """

    def __init__(self, tokenizer: Tokenizer, *, chunk_tokens: int, overlap_tokens: int, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._chunk_tokens = chunk_tokens
        self._overlap_tokens = min(overlap_tokens, chunk_tokens // 2)
        self._max_tokens = max_tokens
        self._splitter = lru_cache(maxsize=512)(self._new_splitter)

    def chunk(self, extracted: ExtractedText) -> tuple[ChunkSpan, ...]:
        """Returns chunks in reading order that together hold every word of every element.

        Text without letters and digits makes no chunk: no question can ask for it. Spans have no white space at their
        ends. A chunk's page is that of its first character; its heading path is that of its first element that is not
        a heading. A document without words has no chunks.
        """
        elements = elements_with_words(extracted)
        places = Places(elements, extracted.layouts)
        drafts: list[_Draft] = []
        for section in sections(elements):
            budget = self._budget(extracted.title, section.path)
            pieces = self._pieces(extracted.text, section, budget)
            packed = [_draft(section.path, group) for group in _pack(pieces, budget)]
            if drafts and packed and _belong_together(drafts[-1], packed[0], budget):
                packed[0] = _joined(drafts.pop(), packed[0])
            drafts += packed
        spans = self._with_overlap(extracted.text, drafts)
        fitting = (chunk for span in spans for chunk in self._fitting(extracted, places, span))
        return tuple(chunk for chunk in fitting if has_words(extracted.text[chunk.span.start : chunk.span.end]))

    def _budget(self, title: str, path: tuple[str, ...]) -> _Budget:
        room = self._max_tokens - self._size(context_prefix(title, path)) - self._overlap_tokens
        target = max(_SMALLEST_BUDGET, min(self._chunk_tokens - self._overlap_tokens, room))
        return _Budget(target=target, limit=max(target, min(target + target // 4, room)))

    def _pieces(self, text: str, section: Section, budget: _Budget) -> list[_Piece]:
        pieces: list[_Piece] = []
        for is_list, group in groupby(section.elements, key=lambda element: element.kind is ElementKind.LIST_ITEM):
            members = tuple(group)
            if is_list and len(members) > 1:
                whole = self._piece(text, Span(start=members[0].span.start, end=members[-1].span.end))
                if whole.tokens <= budget.limit - _introduction_tokens(pieces, budget):
                    pieces.append(whole)
                    continue
            for element in members:
                pieces += self._element_pieces(text, element, budget, _introduction_tokens(pieces, budget))
        return pieces

    def _element_pieces(self, text: str, element: Element, budget: _Budget, introduction_tokens: int) -> list[_Piece]:
        is_heading = element.kind is ElementKind.HEADING
        whole = self._piece(text, element.span, is_heading=is_heading)
        if whole.tokens <= budget.limit - introduction_tokens:
            return [whole]
        room = budget.target - introduction_tokens
        if element.kind is ElementKind.TABLE:
            return self._table_pieces(text, element.span, room, budget.limit - introduction_tokens)
        splitter = self._splitter(room, by_line=element.kind is ElementKind.CODE)
        return [self._piece(text, span, is_heading=is_heading) for span in _parts(splitter, text, element.span)]

    def _table_pieces(self, text: str, table: Span, room: int, limit: int) -> list[_Piece]:
        """Returns the rows of a table, a long one cut between cells; only a cell that is too long by itself is cut."""
        found: list[_Piece] = []
        for row in _divided(text, table, _ROW_ENDS):
            whole = self._piece(text, row)
            if whole.tokens <= limit:
                found.append(whole)
                continue
            start = row.start
            end = start
            for cell in _divided(text, row, _CELL_ENDS):
                if end > start and self._size(text[start : cell.end]) > room:
                    found += self._cell_pieces(text, Span(start=start, end=end), room)
                    start = cell.start
                end = cell.end
            found += self._cell_pieces(text, Span(start=start, end=end), room)
        return found

    def _cell_pieces(self, text: str, cells: Span, room: int) -> list[_Piece]:
        whole = self._piece(text, cells)
        if whole.tokens <= room:
            return [whole]
        return [self._piece(text, span) for span in _parts(self._splitter(room, by_line=False), text, cells)]

    def _piece(self, text: str, span: Span, *, is_heading: bool = False) -> _Piece:
        words = text[span.start : span.end]
        return _Piece(span=span, tokens=self._size(words), introduces=is_heading or words.endswith(_INTRODUCES))

    def _size(self, text: str) -> int:
        return max(1, self._tokenizer.count(text), len(text) // _MAX_CHARACTERS_PER_TOKEN)

    def _new_splitter(self, tokens: int, *, by_line: bool) -> SentenceSplitter:
        # Loading LlamaIndex costs more than a second of processor time; only an element that is too long needs it.
        from llama_index.core.node_parser import SentenceSplitter  # noqa: PLC0415 - see above

        return SentenceSplitter(
            chunk_size=tokens,
            chunk_overlap=0,
            tokenizer=lambda text: range(self._size(text)),  # only its length is used
            chunking_tokenizer_fn=_lines if by_line else _sentences,
            secondary_chunking_regex=_PHRASES,
        )

    def _with_overlap(self, text: str, drafts: Sequence[_Draft]) -> list[Span]:
        if not self._overlap_tokens:
            return [draft.span for draft in drafts]
        spans = [draft.span for draft in drafts[:1]]
        for before, draft in pairwise(drafts):
            start = draft.span.start
            if before.path == draft.path:
                sentences = split_sentences(text[before.span.start : before.span.end])
                for sentence in reversed(sentences[1:]):
                    earlier = before.span.start + sentence.start
                    if self._size(text[earlier : draft.span.start]) > self._overlap_tokens:
                        break
                    start = earlier
            spans.append(Span(start=start, end=draft.span.end))
        return spans

    def _fitting(self, extracted: ExtractedText, places: Places, span: Span) -> Iterator[ChunkSpan]:
        """Yields the chunk, or its halves, and theirs, where it is over ``max_tokens``."""
        # The parts fitted, but in some scripts the whole has more tokens than its parts together.
        chunk = places.locate(span)
        prefix = context_prefix(extracted.title, chunk.heading_path)
        if span.end - span.start <= 1 or self._size(prefix + extracted.text[span.start : span.end]) <= self._max_tokens:
            yield chunk
            return
        for half in _halves(extracted.text, span):
            yield from self._fitting(extracted, places, half)


def _introduction_tokens(pieces: Sequence[_Piece], budget: _Budget) -> int:
    """Returns the tokens of the last pieces if they introduce the next one, 0 if they are too long to go with it."""
    tokens = sum(piece.tokens for piece in _introduction(pieces))
    return tokens if tokens <= budget.target // 2 else 0


def _introduction(pieces: Sequence[_Piece]) -> Sequence[_Piece]:
    start = len(pieces)
    while start and pieces[start - 1].introduces:
        start -= 1
    return pieces[start:]


def _pack(pieces: Sequence[_Piece], budget: _Budget) -> list[list[_Piece]]:
    """Groups neighbours up to the target; pieces that introduce the next one go into its group."""
    groups: list[list[_Piece]] = []
    current: list[_Piece] = []
    for piece in pieces:
        introduction = _introduction(current)
        room = budget.limit if len(introduction) == len(current) else budget.target
        if current and _tokens(current) + piece.tokens > room:
            if len(introduction) == len(current) or _tokens(introduction) + piece.tokens > budget.limit:
                introduction = []
            groups.append(current[: len(current) - len(introduction)])
            current = list(introduction)
        current.append(piece)
    if groups and _tokens(current) < budget.target // 4 and _tokens(groups[-1] + current) <= budget.limit:
        groups[-1] += current
    elif current:
        groups.append(current)
    return groups


def _tokens(pieces: Sequence[_Piece]) -> int:
    return sum(piece.tokens for piece in pieces)


def _draft(path: tuple[str, ...], pieces: Sequence[_Piece]) -> _Draft:
    return _Draft(path=path, span=Span(start=pieces[0].span.start, end=pieces[-1].span.end), tokens=_tokens(pieces))


def _joined(first: _Draft, second: _Draft) -> _Draft:
    span = Span(start=first.span.start, end=second.span.end)
    return _Draft(path=first.path, span=span, tokens=first.tokens + second.tokens)


def _belong_together(first: _Draft, second: _Draft, budget: _Budget) -> bool:
    """Tells whether one of two neighbouring sections is too small to be found alone, and both are close in the tree."""
    is_tiny = min(first.tokens, second.tokens) < budget.target // 8
    is_near = first.path[:-1] == second.path[:-1] or second.path[: len(first.path)] == first.path
    return is_tiny and is_near and first.tokens + second.tokens <= budget.target // 2


def _halves(text: str, span: Span) -> Iterator[Span]:
    """Yields the text on both sides of the white space nearest to the middle, or of the middle if there is none."""
    words = text[span.start : span.end]
    middle = len(words) // 2
    cuts = [cut for cut in (words.rfind(" ", 0, middle), words.find(" ", middle)) if cut > 0]
    cut = min(cuts, key=lambda at: abs(at - middle), default=middle)
    for start, end in ((0, cut), (cut, len(words))):
        part = words[start:end]
        if part.strip():
            first = span.start + start + len(part) - len(part.lstrip())
            yield Span(start=first, end=first + len(part.strip()))


def _parts(splitter: SentenceSplitter, text: str, whole: Span) -> Iterator[Span]:
    """Yields the spans of the parts that a splitter makes of a span."""
    cursor = whole.start
    # Without overlap only white space lies between two parts, so the next match is the right one. LlamaIndex's own
    # offsets are wrong where a document repeats itself.
    for part in splitter.split_text(text[whole.start : whole.end]):
        start = text.index(part, cursor)
        cursor = start + len(part)
        yield Span(start=start, end=cursor)


def _divided(text: str, whole: Span, ends: re.Pattern[str]) -> Iterator[Span]:
    """Yields the parts of a span that are not white space, each with what ends it, without the white space there."""
    start = whole.start
    for edge in (*(match.end() for match in ends.finditer(text, whole.start, whole.end)), whole.end):
        part = text[start:edge]
        if part.strip():
            first = start + len(part) - len(part.lstrip())
            yield Span(start=first, end=first + len(part.strip()))
        start = edge


def _partition(text: str, starts: Sequence[int]) -> list[str]:
    edges = [0, *starts[1:], len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def _sentences(text: str) -> list[str]:
    """Returns sentences, each with the white space after it; joined they give ``text``."""
    return _partition(text, [sentence.start for sentence in split_sentences(text)])


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
