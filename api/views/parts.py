"""Divides a document into the parts that are shown: its pages, or pieces of a bounded length. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.types import Element, ExtractedText, Span

_PART_CHARACTERS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a document, from 1 to ``count``.

    ``spans`` are those that have text, by number, in the order of the text, without gaps.
    """

    count: int
    spans: dict[int, Span]

    def span(self, number: int) -> Span:
        """Returns the place of a part in the text; a page without text has an empty one."""
        return self.spans.get(number, Span(start=0, end=0))

    def holding(self, offset: int) -> int:
        """Returns the number of the part that holds a character; the nearest one if there is no such character."""
        numbers = list(self.spans)
        index = bisect_right([self.spans[number].start for number in numbers], offset)
        return numbers[max(0, index - 1)] if numbers else 1


def divide(extracted: ExtractedText) -> Parts:
    """Returns the pages of a document; what follows the last page, and a document without pages, in pieces.

    An element without a page belongs to the page before it, as long as other pages follow.
    """
    elements = extracted.elements
    end = len(extracted.text)
    paged = max((index for index, element in enumerate(elements) if element.page is not None), default=-1)
    rest = elements[paged + 1 :]
    starts = _page_starts(elements[: paged + 1])
    last_page = max([extracted.page_count or 0, *starts]) if paged >= 0 else 0
    pieces = list(_piece_starts(rest, extracted.text)) if rest else []
    starts |= {last_page + number: start for number, start in enumerate(pieces, start=1)}
    bounds = [*starts.values(), end]
    spans = {number: Span(start=start, end=bounds[index + 1]) for index, (number, start) in enumerate(starts.items())}
    return Parts(count=max(1, last_page + len(pieces)), spans=spans)


def _page_starts(elements: Sequence[Element]) -> dict[int, int]:
    starts: dict[int, int] = {}
    current = 0
    for element in elements:
        page = max(current, element.page or 1)
        if page != current:
            starts[page] = element.span.start if starts else 0
            current = page
    return starts


def _piece_starts(elements: Sequence[Element], text: str) -> Iterator[int]:
    """Yields where pieces begin: at elements or, in a long one, at its lines."""
    start = elements[0].span.start
    yield start
    for element in elements:
        if element.span.end - start <= _PART_CHARACTERS:
            continue
        if element.span.start > start:
            start = element.span.start
            yield start
        while element.span.end - start > _PART_CHARACTERS:
            cut = text.rfind("\n", start, start + _PART_CHARACTERS) + 1
            start = cut or start + _PART_CHARACTERS
            yield start
