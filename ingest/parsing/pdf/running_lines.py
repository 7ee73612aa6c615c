"""Removes the headers, footers and page numbers that repeat through a document. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.parsing.pages.page_blocks import HEADING_RATIO, body_font_size
from ingest.parsing.pages.page_text import Line

_MIN_PAGES = 4
_MIN_SHARE = 0.6
_MARGIN = 0.12
_LINES_A_SIDE = 3
_SAME_PLACE = 2.0
_SMALL = 0.95
_ROW_HEIGHTS = 2.0
_MANY_CELLS = 4
_LAST_DIGITS = 9
_NUMBERS = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxlc]{1,6}")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_WORDS = (
    "pages?|pg|seite|blatt|slide|folie|página|pagina|pág|pag|sida|side|sivu|strana|strona|str|stran|oldal|sayfa"
    "|страница|стр|сторінка|σελίδα|صفحة|עמוד|ページ|頁|页|쪽"
)
_PAGE_BEFORE = re.compile(rf"(?:\b(?:{_WORDS}|[ps]\.)|第)(?:\W{{1,3}}(?:no|nr|number))?[\W_]{{0,3}}$")
_PAGE_AFTER = re.compile(rf"[\W_]{{0,3}}(?:{_WORDS})(?!\w)")
_PAGE_WORD = re.compile(rf"\b(?:{_WORDS}|[ps]\.|no\b|nr\b|number)|第")
_OF = re.compile(r"\s?(?:/|\b(?:of|von|de|sur|di|van|av|af|z|из|/)\b)\s?")
_VALUE = re.compile(r":\s?\S")
_LABEL = re.compile(r":\s?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edge:
    """A line at the top or bottom of a page. ``rank`` counts from the edge; ``inner`` is the line further inside.

    ``pattern`` is its text with ``#`` for each number, and ``numbers`` are these.
    """

    page: int
    index: int
    side: str
    rank: int
    line: Line
    inner: Line | None
    pattern: str
    numbers: tuple[int, ...]

    @property
    def place(self) -> tuple[int, int]:
        return self.page, self.index


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """What decides whether a line is one of the headers and footers: the body's type, and how many pages must agree."""

    size: float
    bold: bool
    needed: float
    is_short: bool

    def needed_of(self, edges: Sequence[_Edge]) -> float:
        """Returns how many pages must agree: half of them where the lines stand on left or on right pages alone."""
        is_of_side = not self.is_short and len({edge.page % 2 for edge in edges}) == 1
        return max(_MIN_PAGES, self.needed / 2) if is_of_side else self.needed

    def is_heading(self, line: Line) -> bool:
        return line.size >= HEADING_RATIO * self.size or (line.bold and not self.bold)


def without_running_lines(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[tuple[Line, ...]]:
    """Returns the pages without the lines that repeat at the edge of at least four pages and 60 % of all.

    They repeat word for word, or but for the page's number. Any other number makes a line part of what the page says.
    Of lines that only left or only right pages have, as in books, half as many are enough. In a document of two or
    three pages a line must be on all of them, at the same place. It then stays once, as a repeated heading does: it may
    be all that names the subject. ``heights`` are the pages' heights in points.
    """
    if len(pages) < 2:  # noqa: PLR2004
        return [tuple(lines) for lines in pages]
    every = [line for lines in pages for line in lines]
    bold = sum(len(line.text) for line in every if line.bold)
    is_short = len(pages) < _MIN_PAGES
    document = _Document(
        size=body_font_size(every),
        bold=2 * bold > sum(len(line.text) for line in every),
        needed=len(pages) if is_short else max(_MIN_PAGES, _MIN_SHARE * len(pages)),
        is_short=is_short,
    )
    groups: dict[tuple[str, str], list[_Edge]] = {}
    for number, (lines, height) in enumerate(zip(pages, heights, strict=True), start=1):
        for edge in _edges(lines, number, height):
            groups.setdefault((edge.side, edge.pattern), []).append(edge)
    numbered = [edge for group in groups.values() for edge in _numbered(group, document)]
    repeated = [edge for group in groups.values() for edge in _repeated(group, document)]
    left_out = _left_out(repeated, numbered, document)
    return [
        tuple(line for index, line in enumerate(lines) if (number, index) not in left_out)
        for number, lines in enumerate(pages, start=1)
    ]


def _edges(lines: Sequence[Line], page: int, height: float) -> Iterator[_Edge]:
    free = (index for index, line in enumerate(lines) if line.ruled is None)
    order = sorted(free, key=lambda index: -lines[index].top)
    for side, indices in (("top", order), ("bottom", order[::-1])):
        for rank, index in enumerate(indices[:_LINES_A_SIDE]):
            line = lines[index]
            pattern, numbers = _pattern(line.text)
            is_edge = line.bottom >= (1 - _MARGIN) * height if side == "top" else line.top <= _MARGIN * height
            # On a short page the number is the last line, too.
            if is_edge or (side == "bottom" and rank == 0 and pattern == "#"):
                inner = lines[indices[rank + 1]] if rank + 1 < len(indices) else None
                yield _Edge(
                    page=page,
                    index=index,
                    side=side,
                    rank=rank,
                    line=line,
                    inner=inner,
                    pattern=pattern,
                    numbers=numbers,
                )


def _pattern(text: str) -> tuple[str, tuple[int, ...]]:
    folded = text.casefold().strip()
    if _ROMAN.fullmatch(folded):
        values = [_ROMAN_VALUES[letter] for letter in folded]
        less = sum(value for value, following in pairwise(values) if value < following)
        return "#", (sum(values) - 2 * less,)
    return _NUMBERS.sub("#", folded), tuple(int(found[-_LAST_DIGITS:]) for found in _NUMBERS.findall(folded))


def _repeated(group: Sequence[_Edge], document: _Document) -> list[_Edge]:
    """Returns the lines that are the same, word for word, on enough pages."""
    if document.is_short and any(_distance(group[0].line, edge.line) > _SAME_PLACE for edge in group):
        return []
    same: dict[tuple[int, ...], list[_Edge]] = {}
    for edge in group:
        same.setdefault(edge.numbers, []).append(edge)
    return [edge for edges in same.values() if len(edges) >= document.needed_of(edges) for edge in edges]


def _distance(first: Line, second: Line) -> float:
    return max(abs(first.left - second.left), abs(first.top - second.top))


def _left_out(repeated: Sequence[_Edge], numbered: Sequence[_Edge], document: _Document) -> set[tuple[int, int]]:
    """Returns the places of the lines that are left out: those of a table stay, and others once."""
    inner = {id(edge.line) for edge in repeated}
    outer = {(edge.page, edge.side, edge.rank) for edge in (*repeated, *numbered)}
    found: dict[tuple[str, str, tuple[int, ...]], list[_Edge]] = {}
    for edge in numbered:
        found.setdefault((edge.side, edge.pattern, ()), []).append(edge)
    counted = {edge.place for edge in numbered}
    for edge in repeated:
        is_row = id(edge.inner) not in inner and _is_row(edge)
        is_inside = edge.rank > 0 and (edge.page, edge.side, edge.rank - 1) not in outer
        is_value = _VALUE.search(edge.pattern) is not None and edge.line.size >= _SMALL * document.size
        if not is_row and not (document.is_short and (is_inside or is_value)) and edge.place not in counted:
            found.setdefault((edge.side, edge.pattern, edge.numbers), []).append(edge)
    left_out: set[tuple[int, int]] = set()
    for (side, pattern, _), edges in found.items():
        places = [edge.place for edge in edges]
        is_title = edges[0].page == 1 and edges[0].line.size >= HEADING_RATIO * document.size
        if (document.is_short or is_title) and not _is_bare(_PAGE_WORD.sub("", pattern)):
            places.remove(min(places) if side == "top" else max(places))
        left_out.update(places)
    return left_out


def _is_row(edge: _Edge) -> bool:
    """Returns whether a line is the first or last row of a table, whose next row is like it."""
    line, inner = edge.line, edge.inner
    if inner is None or min(len(line.cells), len(inner.cells)) == 1:
        return False
    if len(line.cells) != len(inner.cells) and len(line.cells) < _MANY_CELLS:
        return False
    between = max(line.bottom - inner.top, inner.bottom - line.top)
    return between <= _ROW_HEIGHTS * (line.top - line.bottom) and line.size >= _SMALL * inner.size


def _numbered(group: Sequence[_Edge], document: _Document) -> list[_Edge]:
    """Returns the lines that differ in the page's number only."""
    between = group[0].pattern.split("#")
    count = len(group[0].numbers)
    if len(between) != count + 1 or len(group) < document.needed_of(group):
        return []
    values = [{edge.numbers[slot] for edge in group} for slot in range(count)]
    for slot in range(count):
        # Another number may change now and then, as a chapter's does.
        if any(2 * len(values[other]) > len(group) for other in range(count) if other != slot):
            continue
        offsets = Counter(edge.numbers[slot] - edge.page for edge in group)
        is_sure = _names_pages(between, slot)
        found = [
            edge
            for edge in group
            if (offsets[edge.numbers[slot] - edge.page] > 1 or (is_sure and edge.numbers[slot] <= edge.page))
            and (is_sure or _may_number(edge, slot, between, document))
            and (edge.numbers[slot] == edge.page or not document.is_short)
        ]
        if len({edge.page for edge in found}) >= document.needed_of(found):
            return found
    return []


def _names_pages(between: Sequence[str], slot: int) -> bool:
    """Returns whether a line says that its number is a page's, or says nothing else."""
    before, after = between[slot], between[slot + 1]
    is_before_next = slot + 2 < len(between) and _PAGE_BEFORE.search(after)
    if _PAGE_BEFORE.search(before) or (_PAGE_AFTER.match(after) and not is_before_next):
        return True
    return _is_bare("#".join(between))


def _is_bare(text: str) -> bool:
    """Returns whether there are no words but that of "3 of 12"."""
    return not any(map(str.isalpha, _OF.sub("", text)))


def _may_number(edge: _Edge, slot: int, between: Sequence[str], document: _Document) -> bool:
    """Returns whether a number beside words is the page's: alone in a cell, or small, and "3 of 12" or equal to it."""
    line, count = edge.line, len(edge.numbers)
    if document.is_heading(line) or _LABEL.search(between[slot]) or _is_row(edge):
        return False
    first, last = line.cells[0].text, line.cells[-1].text
    is_alone = len(line.cells) > 1 and (
        (slot == 0 and _NUMBERS.search(first) is not None and _is_bare(first))
        or (slot == count - len(_NUMBERS.findall(last)) and _is_bare(last))
    )
    is_small = line.size < _SMALL * document.size
    if slot + 1 < count and _OF.fullmatch(between[slot + 1]) and _is_bare(between[slot + 2]):
        return (is_alone or is_small) and edge.numbers[slot] <= edge.numbers[slot + 1]
    return not document.is_short and (is_alone or (is_small and edge.numbers[slot] == edge.page))
