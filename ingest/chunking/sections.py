"""Groups a document's elements into sections, and finds the page and headings of a span. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.types import ChunkSpan, Element, ElementKind, ExtractedText, PageLayout, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The elements under one heading path, starting with the headings that open it."""

    path: tuple[str, ...]
    elements: tuple[Element, ...]


def elements_with_words(extracted: ExtractedText) -> tuple[Element, ...]:
    """Returns the elements that have text, without the white space at their ends."""
    stripped = (_stripped(extracted.text, element) for element in extracted.elements)
    return tuple(element for element in stripped if element.span.start < element.span.end)


def has_words(text: str) -> bool:
    """Returns whether a text has a letter or a digit of any script."""
    return any(map(str.isalnum, text))


class Places:
    """Finds the page and the headings of a span. ``elements`` are those of ``elements_with_words``."""

    def __init__(self, elements: Sequence[Element], layouts: Sequence[PageLayout]) -> None:
        self._elements = elements
        self._element_starts = [element.span.start for element in elements]
        self._layouts = layouts
        self._layout_starts = [layout.span.start for layout in layouts]

    def locate(self, span: Span) -> ChunkSpan:
        """Returns ``span`` with the page and the heading path that a chunk shows. It begins inside an element."""
        first = bisect_right(self._element_starts, span.start) - 1
        after = bisect_right(self._element_starts, span.end - 1)
        inside = self._elements[first:after]
        body = next((element for element in inside if element.kind is not ElementKind.HEADING), inside[0])
        first_page, *later = self._pages(span, inside)
        return ChunkSpan(span=span, page=first_page[1], heading_path=body.heading_path, page_starts=tuple(later))

    def _pages(self, span: Span, inside: Sequence[Element]) -> Iterator[tuple[int, int | None]]:
        """Yields each place in ``span`` from which its text stands on another page, with that page."""
        first = bisect_right(self._layout_starts, span.start)
        after = bisect_right(self._layout_starts, span.end - 1)
        starts = {*(element.span.start for element in inside[1:]), *self._layout_starts[first:after]}
        known: list[int | None] = []
        for start in (span.start, *sorted(starts)):
            page = self._page(start)
            if [page] != known:
                yield start, page
            known = [page]

    def _page(self, offset: int) -> int | None:
        layout = bisect_right(self._layout_starts, offset) - 1
        if layout >= 0 and offset < self._layouts[layout].span.end:
            return self._layouts[layout].page
        return self._elements[bisect_right(self._element_starts, offset) - 1].page


def sections(with_words: Sequence[Element]) -> Iterator[Section]:
    """Yields sections in reading order. A heading with nothing under it belongs to the section that follows."""
    elements: list[Element] = []
    path: tuple[str, ...] | None = None
    for element in with_words:
        is_heading = element.kind is ElementKind.HEADING
        if path is not None and (is_heading or (element.heading_path != path and not _go_on(elements[-1], element))):
            yield Section(path=path, elements=tuple(elements))
            elements, path = [], None
        elements.append(element)
        if not is_heading and path is None:
            path = element.heading_path
    if elements:
        yield Section(path=elements[0].heading_path if path is None else path, elements=tuple(elements))


def _go_on(previous: Element, element: Element) -> bool:
    """Returns whether both are items of one list: items above others are headings of these, and divide no list."""
    return previous.kind is element.kind is ElementKind.LIST_ITEM


def _stripped(text: str, element: Element) -> Element:
    words = text[element.span.start : element.span.end]
    start = element.span.start + len(words) - len(words.lstrip())
    span = Span(start=start, end=start + len(words.strip()))
    return Element(kind=element.kind, span=span, page=element.page, heading_path=element.heading_path)
