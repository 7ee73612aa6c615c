"""Tells what of a sheet is shown: cells as texts, without hidden rows and columns, and where merged cells lie. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.parsing.blocks.grids import EMPTY, Cell, Grid, one_line
from ingest.parsing.sheets.workbook import Area, Sheet, SheetCell

_MAX_PLACES = 5_000_000
_EMPTY_NAME = Cell(text="", is_header=True)


class TooManyPlacesError(Exception):
    """The cells of a sheet are so far apart that the table around them would not fit into memory."""


@dataclass(slots=True, kw_only=True)
class VisibleSheet:
    """The shown texts and notes of a sheet by row and column, in order.

    A merged cell is at the corner of its area in ``merged``; its other places are ``covered``, and their rows are in
    ``cells``, too. ``named`` are areas that the file marks as tables whose first row names the columns.
    """

    cells: dict[int, dict[int, Cell]]
    merged: dict[tuple[int, int], Area]
    covered: frozenset[tuple[int, int]]
    hidden_rows: frozenset[int]
    hidden_columns: tuple[tuple[int, int], ...]
    named: tuple[Area, ...]

    def text(self, row: int, column: int) -> str:
        """Returns the text that begins at a place, empty if there is none."""
        cell = self.cells[row].get(column)
        return cell.text if cell is not None else ""

    def columns(self, rows: Sequence[int]) -> list[int]:
        """Returns the columns in which some of ``rows`` have cells, those that merged cells cover included."""
        found = {column for row in rows for column in self.cells[row]}
        for row in rows:
            for column in self.cells[row]:
                if area := self.merged.get((row, column)):
                    found.update(range(area.left, area.right + 1))
        return sorted(found)

    def is_gap(self, before: int, after: int) -> bool:
        """Returns whether a column between two is empty and not hidden."""
        return any(not _is_within(column, self.hidden_columns) for column in range(before + 1, after))

    def stretches(self) -> Iterator[tuple[int, ...]]:
        """Yields the rows that follow each other without a shown empty one between them."""
        stretch: list[int] = []
        for row in self.cells:
            if stretch and not all(between in self.hidden_rows for between in range(stretch[-1] + 1, row)):
                yield tuple(stretch)
                stretch = []
            stretch.append(row)
        if stretch:
            yield tuple(stretch)

    def grid(self, rows: Sequence[int], columns: Sequence[int], *, named: Sequence[int]) -> Grid:
        """Returns the table in some rows and columns; ``named`` are rows that are known to name the columns.

        Raises:
            TooManyPlacesError: see there.
        """
        if len(rows) * len(columns) > _MAX_PLACES:
            raise TooManyPlacesError
        tables = (area.top for area in self.named if columns and area.left <= columns[0] and columns[-1] <= area.right)
        marked = {*named, *tables}
        return Grid.of(list(self._row(row, rows, columns, is_header=row in marked)) for row in rows)

    def _row(self, row: int, rows: Sequence[int], columns: Sequence[int], *, is_header: bool) -> Iterator[Cell]:
        cells = self.cells[row]
        for column in columns:
            if (row, column) in self.covered:
                continue
            cell = cells.get(column)
            area = self.merged.get((row, column))
            if cell is None:
                yield _EMPTY_NAME if is_header else EMPTY
            elif area is None and not is_header:
                yield cell
            else:
                yield Cell(
                    text=cell.text,
                    note=cell.note,
                    is_header=is_header,
                    row_span=_count(rows, area.top, area.bottom) if area else 1,
                    column_span=_count(columns, area.left, area.right) if area else 1,
                )


def visible(sheet: Sheet, shown: Callable[[SheetCell], str]) -> VisibleSheet:
    """Returns what a sheet shows.

    Raises:
        TooManyPlacesError: its merged cells cover too much.
    """
    used = {column for row in sheet.rows.values() for column in row}
    hidden = frozenset(column for column in used if is_hidden_column(sheet, column))
    moved = dict(_moved_corners(sheet))
    cells: dict[int, dict[int, Cell]] = {}
    for number in sorted(sheet.rows):
        for place, cell in sorted(sheet.rows[number].items()):
            row, column = moved.get((number, place), (number, place))
            if row in sheet.hidden_rows or column in hidden:
                continue
            text, note = one_line(shown(cell)), one_line(cell.note)
            if text or note:
                cells.setdefault(row, {})[column] = Cell(text=text, note=note)
    last_row, last_column = max(cells, default=0), max(used, default=0)
    merged = {
        (top, left): Area(top, left, max(top, min(area.bottom, last_row)), max(left, min(area.right, last_column)))
        for area in sheet.merged
        for top, left in [moved.get((area.top, area.left), (area.top, area.left))]
        if left in cells.get(top, {})
    }
    covered = _covered(merged, sheet.hidden_rows, hidden)
    for row, column in covered:
        cells.setdefault(row, {}).pop(column, None)
    return VisibleSheet(
        cells=dict(sorted(cells.items())),
        merged={place: area for place, area in merged.items() if place not in covered},
        covered=covered,
        hidden_rows=frozenset(sheet.hidden_rows),
        hidden_columns=tuple(sheet.hidden_columns),
        named=tuple(sheet.tables),
    )


def is_hidden_column(sheet: Sheet, column: int) -> bool:
    """Returns whether a column is not shown."""
    return _is_within(column, sheet.hidden_columns)


def _is_within(column: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= column <= last for first, last in ranges)


def _covered(
    merged: dict[tuple[int, int], Area], hidden_rows: set[int], hidden_columns: frozenset[int]
) -> frozenset[tuple[int, int]]:
    covered: set[tuple[int, int]] = set()
    for corner, area in merged.items():
        if len(covered) + (area.bottom - area.top + 1) * (area.right - area.left + 1) > _MAX_PLACES:
            raise TooManyPlacesError
        covered.update(
            (row, column)
            for row in range(area.top, area.bottom + 1)
            for column in range(area.left, area.right + 1)
            if (row, column) != corner and row not in hidden_rows and column not in hidden_columns
        )
    return frozenset(covered)


def _moved_corners(sheet: Sheet) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yields where merged cells begin whose first rows or columns are hidden: what they hold can still be seen."""
    for area in sheet.merged:
        row, column = area.top, area.left
        while row in sheet.hidden_rows and row < area.bottom:
            row += 1
        while column < area.right and is_hidden_column(sheet, column):
            column += 1
        if (row, column) != (area.top, area.left):
            yield (area.top, area.left), (row, column)


def _count(numbers: Sequence[int], first: int, last: int) -> int:
    """Returns how many of the sorted ``numbers`` lie between two, both included."""
    return max(1, bisect_right(numbers, last) - bisect_right(numbers, first - 1))
