"""Removes the headers, footers and page numbers that repeat through a document. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ingest.parsing.pages.page_text import Line

_MIN_PAGES = 4
_MIN_SHARE = 0.6
_MARGIN = 0.12
_LINES_A_SIDE = 3
_NUMBERS = re.compile(r"\d+")
_ROMAN = re.compile(r"[ivxlc]{1,6}")


def without_running_lines(pages: Sequence[Sequence[Line]], heights: Sequence[float]) -> list[tuple[Line, ...]]:
    """Returns the pages without the lines that are at the edge of at least four pages and 60 % of all.

    Numbers in them may differ. ``heights`` are the pages' heights in points.
    """
    keys = [_edge_keys(lines, height) for lines, height in zip(pages, heights, strict=True)]
    counts = Counter(key for page in keys for key in set(page.values()))
    needed = max(_MIN_PAGES, _MIN_SHARE * len(pages))
    return [
        tuple(line for index, line in enumerate(lines) if counts[page.get(index, ("", ""))] < needed)
        for lines, page in zip(pages, keys, strict=True)
    ]


def _edge_keys(lines: Sequence[Line], height: float) -> dict[int, tuple[str, str]]:
    """Returns for each line at the page's edge, by its index, its side and its pattern."""
    order = sorted(range(len(lines)), key=lambda index: -lines[index].top)
    keys = {}
    for index in order[:_LINES_A_SIDE]:
        if lines[index].bottom >= (1 - _MARGIN) * height:
            keys[index] = ("top", _pattern(lines[index].text))
    for index in order[-_LINES_A_SIDE:]:
        if lines[index].top <= _MARGIN * height:
            keys[index] = ("bottom", _pattern(lines[index].text))
    if order and _pattern(lines[order[-1]].text) == "#":  # on a short page the number is the last line, too
        keys[order[-1]] = ("bottom", "#")
    return keys


def _pattern(text: str) -> str:
    folded = text.casefold().strip()
    return "#" if _ROMAN.fullmatch(folded) else _NUMBERS.sub("#", folded)
