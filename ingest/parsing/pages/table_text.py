"""Writes each row of a page's table as a line that can be understood and quoted by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ingest.parsing.blocks.tables import NAME_SEPARATOR, VALUE_SEPARATOR
from ingest.parsing.pages.page_text import CELL_SEPARATOR, Line, is_right_to_left
from ingest.parsing.pages.table_columns import column_extents, fragments, place
from ingest.parsing.pages.table_header import TableHeader, are_years, continues, find_header
from ingest.parsing.pages.table_rows import Cell, Row, merged_rows, no_boxes
from rag.types import FloatArray

_LONG_NAME = 32
_PAIR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TableText:
    """The text of a table, with boxes ``(len(text), 4)``; the column names in each row have none."""

    text: str
    boxes: FloatArray
    header: TableHeader | None


def table_text(lines: Sequence[Line], carried: TableHeader | None) -> TableText:
    """Writes the rows of a table, one a line.

    If the first row clearly names the columns, or ``carried`` does (the header of the table that this one continues),
    each row repeats the names; otherwise its cells stay side by side.
    """
    cut = [fragments(line) for line in lines]
    columns = column_extents(cut, lines)
    if len(columns) < _PAIR or is_right_to_left("".join(line.text for line in lines)):
        cells = [[Cell(text=cell.text, boxes=cell.boxes) for cell in line.cells] for line in lines]
        return _written([_side_by_side(row) for row in cells], None)
    rows = merged_rows(lines, [place(row, columns) for row in cut])
    header, taken = find_header(rows, cut, columns)
    if header is not None:
        return _written(
            [*_long_name(header, rows[taken - 1]), *(_labelled(row, header) for row in rows[taken:])], header
        )
    if carried is not None:
        continued = merged_rows(lines, [place(row, carried.columns) for row in cut])
        if continues(continued):
            return _written([_labelled(row, carried) for row in continued], carried)
    if len(rows) == 1 and are_years(rows[0].texts[1:]):
        header = TableHeader(names=rows[0].texts, columns=columns)
    return _written([_side_by_side(row.cells) for row in rows], header)


def _long_name(header: TableHeader, row: Row) -> list[list[Cell]]:
    """Returns the long name above the labels, mostly units, which is written once instead of in each row."""
    return [[row.cells[0]]] if len(header.names[0]) > _LONG_NAME else []


def _labelled(row: Row, header: TableHeader) -> list[Cell]:
    if row.filled == {0}:
        return [row.cells[0]]
    parts: list[Cell] = []
    for index, (cell, name) in enumerate(zip(row.cells, header.names, strict=True)):
        if cell.text:
            named = name and (index or len(name) <= _LONG_NAME)
            if parts:
                parts.append(_unseen(" " if parts[-1].text.endswith(":") else VALUE_SEPARATOR))
            parts += [_unseen(name + NAME_SEPARATOR), cell] if named else [cell]
    return parts


def _side_by_side(cells: Sequence[Cell]) -> list[Cell]:
    filled = [cell for cell in cells if cell.text]
    return [part for cell in filled for part in (_unseen(CELL_SEPARATOR), cell)][1:]


def _written(rows: Sequence[Sequence[Cell]], header: TableHeader | None) -> TableText:
    parts = list(_lines(rows))
    return TableText(
        text="".join(part.text for part in parts),
        boxes=np.concatenate([part.boxes for part in parts]),
        header=header,
    )


def _lines(rows: Sequence[Sequence[Cell]]) -> Iterator[Cell]:
    for number, row in enumerate(rows):
        if number:
            yield _unseen("\n")
        yield from row


def _unseen(text: str) -> Cell:
    return Cell(text=text, boxes=no_boxes(len(text)))
