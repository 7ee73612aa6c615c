"""Builds extracted documents from a few words."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Element, ElementKind, ExtractedText, Span


def document(blocks: Sequence[tuple[ElementKind, str, int]], *, title: str = "") -> ExtractedText:
    """Joins ``(kind, text, depth)`` blocks by empty lines; a page has three blocks."""
    parts: list[str] = []
    elements: list[Element] = []
    headings: list[str] = []
    start = 0
    for number, (kind, text, depth) in enumerate(blocks):
        path = tuple(headings[:depth])
        span = Span(start=start, end=start + len(text))
        elements.append(Element(kind=kind, span=span, page=number // 3 + 1, heading_path=path))
        if kind is ElementKind.HEADING:
            headings = [*path, text.strip()]
        parts.append(text)
        start += len(text) + 2
    return ExtractedText(text="\n\n".join(parts), title=title, elements=tuple(elements), page_count=None, parser="fake")
