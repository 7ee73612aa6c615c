"""Finds where emphasised words of a file stand in its extracted text. Pure.

Readers need not know of emphasis: the words of each paragraph are looked for in the text that they made, which stays
as it is. What is not found there for certain is left out.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ingest.parsing.blocks.assembly import is_clean
from rag.types import Emphasis, EmphasisKind, Span

_MOST_CHARACTERS = 5_000_000
_MOST_SPANS = 50_000
_MOST_SEARCHES = 5_000
"""In the whole text; a paragraph that stands near the one before it costs little."""
_NEAR = 4_000
_AROUND = 24
_SURE = 24
"""So many characters, white space left out, stand in one place only, as a rule; they must."""
_LEAST = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a paragraph, and how they are emphasised."""

    text: str
    kinds: frozenset[EmphasisKind] = frozenset()


def place(paragraphs: Iterable[Sequence[Piece]], text: str) -> tuple[Emphasis, ...]:
    """Returns where the emphasised words of ``paragraphs`` stand in ``text``: by kind, in order, without overlaps."""
    if len(text) > _MOST_CHARACTERS:
        return ()
    held = list(paragraphs)
    if not any(piece.kinds for paragraph in held for piece in paragraph):
        return ()
    search = _Search(text)
    found: dict[EmphasisKind, list[Span]] = {}
    for paragraph in held:
        for kind, span in search.spans(paragraph):
            found.setdefault(kind, []).append(span)
    spans = ((kind, span) for kind in EmphasisKind for span in _joined(found.get(kind, ()), text))
    return tuple(Emphasis(kind=kind, span=span) for (kind, span), _ in zip(spans, range(_MOST_SPANS), strict=False))


def _joined(spans: Iterable[Span], text: str) -> Iterator[Span]:
    """Yields spans in order; those that overlap, or have only spaces between them, become one."""
    last: Span | None = None
    for span in sorted(spans):
        if last is not None and (span.start <= last.end or text[last.end : span.start].strip(" ") == ""):
            last = Span(start=last.start, end=max(last.end, span.end))
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


class _Search:
    """Follows paragraphs through a text. Both are compared without white space."""

    def __init__(self, text: str) -> None:
        self._bare = "".join(text.split())
        self._places = array("I", (at for at, character in enumerate(text) if not character.isspace()))
        self._cursor = 0
        self._searches = 0

    def spans(self, paragraph: Sequence[Piece]) -> Iterator[tuple[EmphasisKind, Span]]:
        """Yields where the emphasised words of the next paragraph stand."""
        pieces = [(_bare(piece.text), piece.kinds) for piece in paragraph]
        whole = "".join(words for words, _ in pieces)
        if len(whole) < _LEAST:
            return
        start = self._find(whole)
        if start >= 0:
            self._cursor = start + len(whole)
        at = 0
        for kinds, group in groupby(pieces, key=lambda piece: piece[1]):
            words = "".join(each for each, _ in group)
            if kinds and words:
                first = start + at if start >= 0 else self._find_inside(whole, at, words)
                if first >= 0:
                    span = Span(start=self._places[first], end=self._places[first + len(words) - 1] + 1)
                    yield from ((kind, span) for kind in sorted(kinds, key=lambda kind: kind.value))
            at += len(words)

    def _find_inside(self, whole: str, at: int, words: str) -> int:
        """Returns the place of words of a paragraph to which its reader has added something."""
        before, after = whole[max(0, at - _AROUND) : at], whole[at + len(words) : at + len(words) + _AROUND]
        for lead, tail in ((before, after), (before, ""), ("", after)):
            key = f"{lead}{words}{tail}"
            if len(key) >= len(words) + _LEAST and (found := self._find(key)) >= 0:
                self._cursor = found + len(lead) + len(words)
                return found + len(lead)
        return -1

    def _find(self, words: str) -> int:
        """Returns the place of words near the cursor, or anywhere if they are long and stand in one place."""
        near = self._bare.find(words, self._cursor, self._cursor + len(words) + _NEAR)
        if near >= 0 or len(words) < _SURE or self._searches >= _MOST_SEARCHES:
            return near
        self._searches += 1
        first = self._bare.find(words)
        return first if first >= 0 and self._bare.find(words, first + 1) < 0 else -1


def _bare(text: str) -> str:
    return "".join(character for character in "".join(text.split()) if is_clean(character))
