"""Reads sections of the same shape, such as the data sheets of several models, as one table: a row for each section."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rag.composition.tables.grid import Grid, grids_of
from rag.types import PROSE, Chunk, DocumentText, ElementKind, Span

_LABELLED = re.compile(r"[\W_]{0,4}([^\W_][^:：|\n]{0,38}[^\W_)*])[*_]{0,2} ?[:：][*_ ]{0,3}(\S[^\n]{0,100})")
_CAPTION = re.compile(
    r"(?:table|figure|fig|note|tip|warning|tabelle|abbildung|hinweis|tableau|tabla|figura)\b", re.IGNORECASE
)
_LONGEST_LABEL, _LONGEST_VALUE = 4, 12
_FEWEST, _MOST = 2, 40
"""Labels that sections have in common, and sections."""
_PAIR = 2

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fact:
    label: str
    at: Span
    value: Span


def sheet_grids(chunk: Chunk, document: DocumentText) -> list[Grid]:
    """Returns a grid for each group of sections below one heading that have labels in common, or the same headings."""
    held = _facts(chunk, document)
    repeated = Counter(path[-1] for path in held if len(path) > 1)
    groups: dict[tuple[Path, str], dict[str, tuple[Path, list[_Fact]]]] = defaultdict(dict)
    for path, facts in held.items():
        is_part = len(path) > 1 and repeated[path[-1]] > 1
        level = len(path) - 2 if is_part else len(path) - 1
        groups[path[:level], path[-1] if is_part else ""][path[level]] = (path[: level + 1], facts)
    grids = (_grid(chunk, document, above, list(rows.values())) for (above, _), rows in groups.items())
    return [grid for grid in grids if grid is not None]


def _facts(chunk: Chunk, document: DocumentText) -> dict[Path, list[_Fact]]:
    """Returns the labels with their values below each heading: of its lines, and of its tables of two columns."""
    found: dict[Path, list[_Fact]] = defaultdict(list)
    for element in document.elements:
        if element.kind in PROSE and element.heading_path:
            found[element.heading_path].extend(_labelled(document.text, element.span))
    pairs = [table for table in document.tables if table.column_count == _PAIR]
    for grid in grids_of(chunk, document, pairs):
        if grid.headings:
            found[grid.headings].extend(_rows(grid))
    return {path: facts for path, facts in found.items() if len(facts) >= _FEWEST}


def _labelled(text: str, span: Span) -> Iterator[_Fact]:
    start = span.start
    for line in text[span.start : span.end].splitlines(keepends=True):
        match = _LABELLED.fullmatch(line.strip())
        if (
            match is not None
            and not _CAPTION.match(match[1])
            and len(match[1].split()) <= _LONGEST_LABEL
            and len(match[2].split()) <= _LONGEST_VALUE
        ):
            begin = start + line.index(line.strip()[0])
            label, value = (Span(start=begin + match.start(group), end=begin + match.end(group)) for group in (1, 2))
            yield _Fact(label=match[1], at=label, value=value)
        start += len(line)


def _rows(grid: Grid) -> Iterator[_Fact]:
    for row in range(grid.row_count):
        at, value = grid.span(row, 0), grid.span(row, 1)
        if at is not None and value is not None:
            yield _Fact(label=grid.text(row, 0).rstrip(":： "), at=at, value=value)


def _grid(
    chunk: Chunk, document: DocumentText, above: Path, sections: Sequence[tuple[Path, list[_Fact]]]
) -> Grid | None:
    counts = Counter(label.casefold() for _, facts in sections for label in {fact.label for fact in facts})
    common = {label for label, count in counts.items() if count > 1}
    rows = [(path, facts) for path, facts in sections if len(common.intersection(_labels(facts))) >= _FEWEST]
    if not _FEWEST <= len(rows) <= _MOST:
        return None
    columns = {fact.label.casefold(): fact for _, facts in reversed(rows) for fact in reversed(facts)}
    order = list(dict.fromkeys(label for _, facts in rows for label in _labels(facts)))
    texts = ["", *(path[-1] for path, _ in rows)]
    places = np.full((len(rows), len(order) + 1, 2), -1, dtype=np.int32)
    for row, (path, facts) in enumerate(rows):
        heading = _heading(document, path)
        places[row, 0] = (heading.start, heading.end) if heading else (-2 - row, -1)
        for fact in facts:
            places[row, 1 + order.index(fact.label.casefold())] = fact.value.start, fact.value.end
    return Grid(
        chunk=chunk,
        document=document,
        title=above[-1] if above else document.title,
        headings=above,
        names=("", *(columns[label].label for label in order)),
        name_places=(None, *(columns[label].at for label in order)),
        places=places,
        texts=tuple(texts),
        end=max(fact.value.end for _, facts in rows for fact in facts),
    )


def _labels(facts: Sequence[_Fact]) -> list[str]:
    return [fact.label.casefold() for fact in facts]


def _heading(document: DocumentText, path: Path) -> Span | None:
    return next(
        (
            one.span
            for one in document.elements
            if one.kind is ElementKind.HEADING
            and one.heading_path == path[:-1]
            and document.text[one.span.start : one.span.end] == path[-1]
        ),
        None,
    )
