"""Finds the tables on a sheet, with their titles, and writes them as blocks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.cell_kinds import is_value
from ingest.parsing.blocks.table_headers import Header, find_header, has_header
from ingest.parsing.blocks.tables import Grid, TableLines, written
from ingest.parsing.sheets.visible import VisibleSheet
from rag.types import ElementKind, Table

_MAX_GAP_ROWS = 2
_MAX_TITLE_ROWS = 3
_MAX_TITLE_CHARACTERS = 120
_MAX_SIDE_BY_SIDE = 30
_PAIR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """Rows and columns of a sheet by their numbers; ``named``: those of the rows that name the columns."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    named: tuple[int, ...] = ()


def sheet_blocks(name: str, sheet: VisibleSheet) -> Iterator[Block]:
    """Yields the tables of a sheet under its name, from top to bottom.

    Empty rows and columns divide tables. A text alone above a table is its title, and heads what follows. Rows behind
    an empty row that go on with the same columns keep their names.

    Raises:
        TooManyPlacesError: see there.
    """
    heading: tuple[str, ...] = ()
    above: list[_Table] = []
    stretches = list(sheet.stretches())
    for number, rows in enumerate(stretches):
        is_above_table = number + 1 < len(stretches) and len(sheet.columns(stretches[number + 1])) > 1
        tables = _side_by_side(sheet, rows)
        if len(tables) == 1:
            tables = [_continued(sheet, tables[0], above)]
        found: list[_Table] = []
        for table in tables:
            grid = sheet.grid(table.rows, table.columns, named=table.named)
            lines = written(grid, goes_on=bool(table.named), name=name)
            titles, texts = lines.titles, lines.lines
            if grid.width == 1 and len(grid.rows) <= _MAX_TITLE_ROWS and is_above_table:
                titles, texts = texts, ()
            if titles and _is_heading(titles[0]):
                heading = (titles[0],)
                yield Block(kind=ElementKind.HEADING, text=titles[0], prefix=(name,))
                titles = titles[1:]
            prefix = (name, *heading)
            yield from (Block(kind=ElementKind.PARAGRAPH, text=title, prefix=prefix) for title in titles)
            if texts:
                kind = ElementKind.TABLE if len(texts) > 1 or grid.width > 1 else ElementKind.PARAGRAPH
                stored = _addressed(lines, grid, table) if kind is ElementKind.TABLE else None
                yield Block(kind=kind, text="\n".join(texts), prefix=prefix, table=stored)
                found.append(_named(sheet, table, lines.header))
        above = found or above


def _addressed(lines: TableLines, grid: Grid, table: _Table) -> Table | None:
    """Returns the table to store, with the numbers of its rows and columns on the sheet."""
    if lines.table is None:
        return None
    rows = tuple(table.rows[row] for row in grid.kept_rows[lines.header.first_row :])
    columns = tuple(table.columns[column] for column in grid.kept_columns)
    return replace(lines.table, sheet_rows=rows, sheet_columns=columns)


def _is_heading(title: str) -> bool:
    return len(title) <= _MAX_TITLE_CHARACTERS and not title.endswith(".")


def _named(sheet: VisibleSheet, table: _Table, header: Header) -> _Table:
    """Returns a table with the rows that name its columns."""
    wanted = frozenset(table.columns)
    top = [row for row in table.rows[: 2 * header.body + 1] if not wanted.isdisjoint(sheet.cells[row])]
    return _Table(rows=table.rows, columns=table.columns, named=tuple(top[header.first_row : header.body]))


def _side_by_side(sheet: VisibleSheet, rows: tuple[int, ...]) -> list[_Table]:
    """Divides tables that are side by side.

    An empty column is a border only if the part behind it has at least two columns and its own column names, which may
    have a title above them: many sheets use an empty column as a margin.
    """
    found: list[_Table] = []
    left_over = sheet.columns(rows)
    gaps = [(before, after) for before, after in pairwise(left_over) if sheet.is_gap(before, after)]
    for before, after in gaps[:_MAX_SIDE_BY_SIDE]:
        left = [column for column in left_over if column <= before]
        right = [column for column in left_over if column >= after]
        if min(len(left), len(right)) >= _PAIR and _is_named(sheet, rows, right):
            found.append(_Table(rows=_rows_in(sheet, rows, left), columns=tuple(left)))
            left_over = right
    found.append(_Table(rows=_rows_in(sheet, rows, left_over), columns=tuple(left_over)))
    return [table for table in found if table.rows]


def _rows_in(sheet: VisibleSheet, rows: Sequence[int], columns: Sequence[int]) -> tuple[int, ...]:
    wanted = frozenset(columns)
    return tuple(row for row in rows if not wanted.isdisjoint(sheet.cells[row]) or not sheet.cells[row])


def _is_named(sheet: VisibleSheet, rows: Sequence[int], columns: Sequence[int]) -> bool:
    texts = [[sheet.text(row, column) for column in columns] for row in rows]
    filled = [row for row in texts if any(row)]
    is_titled = len(filled) > _PAIR and sum(map(bool, filled[0])) == 1 and bool(filled[0][0])
    names, *below = filled[1:] if is_titled else filled
    if not has_header([names, *below]) or not names[0]:
        return False
    if is_titled and all(is_value(row[0]) for row in below if row[0]):
        return False  # a group of columns, whose rows have their labels on the left
    return all(any(map(str.isalpha, name)) for name in names)


def _continued(sheet: VisibleSheet, table: _Table, above: Sequence[_Table]) -> _Table:
    """Returns the rows with the names of a table above, if they go on with its columns."""
    last = next((each for each in above if each.named and set(table.columns) <= set(each.columns)), None)
    if last is None or table.rows[0] - last.rows[-1] > _MAX_GAP_ROWS + 1 or len(table.columns) < _PAIR:
        return table
    texts = [[sheet.text(row, column) for column in table.columns] for row in table.rows]
    has_numbers = any(is_value(text) for row in texts for text in row[1:])
    if not has_numbers or any(sum(map(bool, row)) == 1 for row in texts):
        return table
    header = find_header(sheet.grid(table.rows, table.columns, named=()))
    if header.titles or header.body > header.first_row:
        return table
    return _Table(rows=(*last.named, *table.rows), columns=last.columns, named=last.named)
