"""Makes the table of a grid that is stored beside the text. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, MutableSequence, Sequence
from dataclasses import dataclass, field

import numpy as np

from ingest.parsing.blocks.grids import Cell, Grid, column_end
from ingest.parsing.blocks.table_headers import PATH_SEPARATOR, Header
from rag.types import MAX_TABLE_PLACES, Span, Table

_COLUMNS = 7


@dataclass(slots=True, kw_only=True)
class Names:
    """The names of columns from one row on, and where they stand in the lines.

    ``starts`` are the places in the lines of the names of some columns. ``repeated`` are rows below that say the same.
    """

    names: tuple[str, ...]
    first_row: int
    body: int
    starts: dict[int, int] = field(default_factory=dict)
    repeated: list[int] = field(default_factory=list)


def stored_table(
    grid: Grid, header: Header, *, name: str, starts: MutableSequence[int], names: Sequence[Names], length: int
) -> Table | None:
    """Returns the table of a grid below its titles; None without rows.

    Args:
        grid: the table.
        header: where its rows begin.
        name: that of its sheet, or its caption.
        starts: where in the lines the text of each place begins, row by row; -1 where it does not stand in them.
        names: the names of its columns, first those of ``header``.
        length: of the lines together.
    """
    first, width = header.first_row, grid.width
    if not length or len(grid.rows) <= first:
        return None
    named = {row for each in names for row in (*range(each.first_row, each.body), *each.repeated)}
    for place, start in _name_starts(grid, names):
        starts[place] = start
    places = array("i")
    texts: list[str] = []
    is_too_large = (len(grid.rows) - first) * width > MAX_TABLE_PLACES  # it is left out, with a warning
    for number, row in enumerate(grid.rows[first:], start=first) if not is_too_large else ():
        is_named = number in named
        for at, cell in enumerate(row):
            text = cell.text
            if not text or not ((cell.is_left or not at) and (cell.is_top or number == first)):
                continue
            rows, columns = _covered(grid, number, at) if cell.row_span > 1 or cell.column_span > 1 else (1, 1)
            start = starts[number * width + at]
            end = start + len(text) if start >= 0 else -1
            if start < 0:
                texts.append(text)
            places.extend((number - first, at, rows, columns, is_named or cell.is_header, start, end))
    return Table(
        span=Span(start=0, end=length),
        page=None,
        name=name,
        titles=header.titles,
        header_rows=header.body - first,
        row_count=len(grid.rows) - first,
        column_count=width,
        places=np.array(places, dtype=np.int32).reshape(-1, _COLUMNS),
        texts=tuple(texts),
    )


def _covered(grid: Grid, number: int, at: int) -> tuple[int, int]:
    """Returns the rows and columns that the cell at a place covers: a grid may have fewer of them than its file."""
    cell = grid.rows[number][at]
    rows = 1
    while number + rows < len(grid.rows) and _goes_on(cell, grid.rows[number + rows][at], rows):
        rows += 1
    return rows, column_end(grid.rows[number], at) - at


def _goes_on(cell: Cell, below: Cell, rows: int) -> bool:
    return rows < cell.row_span and not below.is_top and below.text == cell.text


def _name_starts(grid: Grid, names: Sequence[Names]) -> Iterator[tuple[int, int]]:
    """Yields the places of names of columns, and where each stands in the lines for the first time."""
    for each in names:
        for number in range(each.first_row, each.body):
            for at, cell in enumerate(grid.rows[number]):
                if not cell.text or not cell.is_left or not cell.is_top:
                    continue
                _, columns = _covered(grid, number, at)
                found = (_name_start(each, column, cell.text) for column in range(at, at + columns))
                start = next((start for start in found if start is not None), None)
                if start is not None:
                    yield number * grid.width + at, start


def _name_start(names: Names, column: int, text: str) -> int | None:
    start = names.starts.get(column)
    if start is None or names.names[column] == text:
        return start
    for part in names.names[column].split(PATH_SEPARATOR):
        if part == text:
            return start
        start += len(part) + len(PATH_SEPARATOR)
    return None
