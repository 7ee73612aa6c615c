"""Writes the table of a page, with the places of its characters, through the grid that all formats share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.parsing.blocks import grids
from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.table_headers import Header
from ingest.parsing.blocks.tables import table_block
from ingest.parsing.pages.page_text import SOFT_HYPHEN, Line, is_right_to_left
from ingest.parsing.pages.table_columns import column_extents, fragments, place
from ingest.parsing.pages.table_header import FoundHeader, TableHeader, are_years, continues, find_header
from ingest.parsing.pages.table_rows import NO_TEXT, Cell, merged_rows, no_boxes

_LONG_NAME = 32
_PAIR = 2

Row = Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableText:
    """The block of a table, and the header that a table on the next page may continue.

    The block's boxes are those of the cells; the names of columns have theirs in the first row that repeats them.
    """

    block: Block
    header: TableHeader | None


def table_text(lines: Sequence[Line], carried: TableHeader | None) -> TableText:
    """Returns the rows of a table, one a line.

    If the first row clearly names the columns, or ``carried`` does (the header of the table that this one continues),
    each row repeats the names; otherwise its cells stay side by side.
    """
    cut = [fragments(line) for line in lines]
    columns = column_extents(cut, lines)
    if len(columns) < _PAIR or is_right_to_left("".join(line.text for line in lines)):
        cells = [[Cell(text=cell.text, boxes=cell.boxes) for cell in line.cells] for line in lines]
        return TableText(block=_without_columns(cells), header=None)
    rows = merged_rows(lines, [place(row, columns) for row in cut])
    found = find_header(rows, cut, columns)
    if found is not None:
        return _headed(found, [row.cells for row in rows[found.taken :]], carried)
    if carried is not None:
        continued = merged_rows(lines, [place(row, carried.columns) for row in cut])
        if continues(continued):
            names = _short_names(carried.names)
            above = Header(titles=(), names=names, first_row=0, body=0)
            return TableText(block=_block([row.cells for row in continued], above, goes_on=True), header=carried)
    plain = [row.cells for row in rows]
    if len(rows) == 1 and are_years(rows[0].texts[1:]):
        header = TableHeader(names=rows[0].texts, columns=columns)
        years = Header(titles=(), names=header.names, first_row=0, body=1)
        return TableText(block=_block(plain, years), header=header)
    return TableText(block=_block(plain, Header.none(len(columns))), header=None)


def _headed(found: FoundHeader, rows: Sequence[Row], carried: TableHeader | None) -> TableText:
    """Returns a table below its header. A long name above the labels, mostly of units, is a title instead."""
    header, titles, named = found.header, list(found.titles), [list(row) for row in found.rows]
    if len(header.names[0]) > _LONG_NAME:
        titles.append(named[-1][0])
        named[-1][0] = NO_TEXT
    goes_on = carried is not None and carried.names == header.names
    above = Header(
        titles=tuple(title.text for title in titles),
        names=_short_names(header.names),
        first_row=len(titles),
        body=len(titles) + len(named),
    )
    width = len(header.names)
    first = [[title, *[NO_TEXT] * (width - 1)] for title in titles]
    return TableText(block=_block([*first, *named, *rows], above, goes_on=goes_on), header=header)


def _short_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return ("" if len(names[0]) > _LONG_NAME else names[0], *names[1:])


def _without_columns(rows: Sequence[Row]) -> Block:
    """Returns cells side by side; they are a grid only if all rows have equally many."""
    width = max(map(len, rows))
    even = [[*row, *[NO_TEXT] * (width - len(row))] for row in rows]
    block = _block(even, Header.none(width))
    return block if all(len(row) == width for row in rows) else replace(block, table=None)


def _block(rows: Sequence[Row], header: Header, *, goes_on: bool = False) -> Block:
    grid = grids.Grid(
        rows=tuple(tuple(_placed(row, is_header=number < header.body)) for number, row in enumerate(rows)),
        kept_rows=tuple(range(len(rows))),
        kept_columns=tuple(range(len(rows[0]))),
        is_guessed=True,
    )
    [block] = table_block(grid, header=header, goes_on=goes_on)
    boxes = no_boxes(len(block.text))
    start = 0
    for title in (row[0] for row in rows[: header.first_row]):
        boxes[start : start + len(title.text)] = title.boxes
        start += len(title.text) + 1
    for row, column, _, _, _, start, end in block.table.places.tolist() if block.table is not None else ():
        if start >= 0:
            boxes[start:end] = rows[header.first_row + row][column].boxes
    return replace(block, boxes=boxes)


def _placed(row: Iterable[Cell], *, is_header: bool) -> Iterator[grids.Cell]:
    for cell in row:
        yield grids.Cell(
            text=cell.text.replace(SOFT_HYPHEN, "-"),
            column_span=max(1, cell.columns),
            is_header=is_header,
            is_left=cell.columns > 0,
        )
