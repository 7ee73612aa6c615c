"""A table of a document as rows with named columns. Tables with the same columns are one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

from rag.composition.tables.typed_columns import ColumnKind, TypedColumn, decimal_sign, typed_column
from rag.composition.tables.words import TOTALS, is_code
from rag.types import Chunk, DocumentText, IntArray, Span, Table

_SAMPLE = 200
"""Rows that tell what a column holds, where the whole of it is not read."""
_LABELS = 0.7
"""The share of a form's labels that end in a colon."""
_MOST_TRANSPOSED = 40
"""The most rows and columns of a table whose columns may be its records."""
_DISTINCT = 0.3
_CODES = 0.8
"""The share of the keys that must be codes for another column to name the rows."""
_NAMES = 0.9
_RECURRING = 0.7
_LONGEST_NAME = 40
_FEWEST_ADDED = 4
_ROUNDING = 0.002


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Rows with named columns, of one table or of several of a document.

    ``chunk`` belongs to the document. ``places`` are ``(rows, columns, 2) int32``: where each cell stands in the
    document's text; a start of ``-1 - n`` is that of ``texts[n]``. ``name_places`` are those of the columns' names.
    The table ends at ``end``.
    """

    chunk: Chunk
    document: DocumentText
    title: str
    headings: tuple[str, ...]
    names: tuple[str, ...]
    name_places: tuple[Span | None, ...]
    places: IntArray
    texts: tuple[str, ...]
    end: int

    @property
    def row_count(self) -> int:
        """The number of rows below the names."""
        return len(self.places)

    def text(self, row: int, column: int) -> str:
        """Returns the text of a cell."""
        start, end = self.places[row, column].tolist()
        return self.document.text[start:end].strip() if start >= 0 else self.texts[-1 - start].strip()

    def span(self, row: int, column: int) -> Span | None:
        """Returns where a cell stands; None for an empty one and one that does not stand in one piece."""
        start, end = self.places[row, column].tolist()
        return Span(start=start, end=end) if 0 <= start < end else None

    def row_at(self, span: Span) -> int | None:
        """Returns the row of which most cells stand in ``span``."""
        starts = self.places[:, :, 0]
        held = ((starts >= span.start) & (starts < span.end)).sum(axis=1)
        return int(held.argmax()) if held.size and held.max() > 0 else None

    def column(self, column: int, *, rows: int | None = None) -> list[str]:
        """Returns the texts of a column, or of its first ``rows``."""
        text, texts = self.document.text, self.texts
        return [
            text[start:end].strip() if start >= 0 else texts[-1 - start].strip()
            for start, end in self.places[:rows, column].tolist()
        ]

    @cached_property
    def kinds(self) -> tuple[ColumnKind, ...]:
        """What the columns hold, as their first rows tell."""
        return tuple(self._typed(column, _SAMPLE).kind for column in range(len(self.names)))

    def typed(self, column: int) -> TypedColumn:
        """Returns the values of a column."""
        if column not in self._whole:
            cells = self.column(column)
            self._whole[column] = typed_column(
                self.names[column], cells, decimal=self.decimal, kinds=(self.kinds[column],)
            )
        return self._whole[column]

    @cached_property
    def _whole(self) -> dict[int, TypedColumn]:
        return {}

    def _typed(self, column: int, rows: int) -> TypedColumn:
        return typed_column(self.names[column], self.column(column, rows=rows), decimal=self.decimal)

    @cached_property
    def decimal(self) -> str:
        """The sign before decimals in the document."""
        return decimal_sign(self.document.text)

    @cached_property
    def key(self) -> int:
        """The column whose cells name the rows: the first one of texts that are not always the same few."""
        for column, kind in enumerate(self.kinds):
            cells = [cell for cell in self.column(column, rows=_SAMPLE) if cell]
            if kind is ColumnKind.TEXT and len(set(cells)) >= _DISTINCT * len(cells) > 0:
                return column
        return 0

    @cached_property
    def called_by(self) -> int:
        """The column of what a reader calls the rows: the key, or the names beside it where that holds codes."""
        cells = [cell for cell in self.column(self.key, rows=_SAMPLE) if cell]
        if not cells or sum(is_code(cell) for cell in cells) < _CODES * len(cells):
            return self.key
        for column, kind in enumerate(self.kinds):
            names = [cell for cell in self.column(column, rows=_SAMPLE) if cell]
            is_other = column != self.key and kind is ColumnKind.TEXT and len(set(names)) >= _NAMES * len(cells)
            if is_other and sum(len(name) for name in names) <= _LONGEST_NAME * len(names):
                return column
        return self.key

    def called(self, row: int) -> str:
        """Returns what a reader calls a row: ``Ring scanner (SC-30)``, ``Mechanics, Harbour West``."""
        key, name = self.text(row, self.key).rstrip(":： "), self.text(row, self.called_by)
        said = f"{name} ({key})" if self.called_by != self.key and name and key else name or key
        group = self.text(row, len(self.names) - 1) if self.is_grouped else ""
        return f"{said}, {group}" if group else said

    @cached_property
    def is_grouped(self) -> bool:
        """Whether the last column, which has no name, holds the labels above groups of rows."""
        return len(self.names) > 2 and not self.names[-1] and self.name_places[-1] is None and bool(self.text(0, -1))  # noqa: PLR2004

    @cached_property
    def naming(self) -> tuple[int, ...]:
        """The columns of short texts: those that name the rows, and those in which a few values recur."""
        columns = []
        for column, kind in enumerate(self.kinds):
            cells = [cell for cell in self.column(column, rows=_SAMPLE) if cell]
            is_short = sum(len(cell) for cell in cells) <= _LONGEST_NAME * len(cells)
            recurs = len(set(cells)) <= _RECURRING * len(cells)
            if is_short and (column in {self.key, self.called_by} or (kind is ColumnKind.TEXT and recurs)):
                columns.append(column)
        return tuple(columns)

    @cached_property
    def totals(self) -> frozenset[int]:
        """The rows that are no records: named as a total, or the first or last one if it adds the others up."""
        named = {row for row in range(self.row_count) if self.text(row, self.key).casefold().rstrip(":") in TOTALS}
        numbers = [column for column, kind in enumerate(self.kinds) if kind is ColumnKind.NUMBER and column != self.key]
        if self.row_count < _FEWEST_ADDED or len(numbers) < 2:  # noqa: PLR2004
            return frozenset(named)
        values = [[float(value or 0) for value in self.typed(column).values] for column in numbers]
        for row in (0, self.row_count - 1):
            adds = [abs(2 * one[row] - sum(one)) <= _ROUNDING * abs(one[row]) for one in values if one[row]]
            if sum(adds) >= 2:  # noqa: PLR2004
                named.add(row)
        return frozenset(named)


def grids_of(chunk: Chunk, document: DocumentText, tables: Sequence[Table]) -> list[Grid]:
    """Returns the tables as grids, without those that have no rows or a single column."""
    return [grid for table in tables if (grid := _grid(chunk, document, table)) is not None]


def joined_grids(grids: Sequence[Grid]) -> list[Grid]:
    """Returns grids of several tables of a document that have the same columns."""
    found: dict[tuple[str, ...], list[Grid]] = {}
    for grid in grids:
        found.setdefault(grid.names, []).append(grid)
    return [reduce(_joined, same) for names, same in found.items() if len(same) > 1 and any(names)]


def _joined(first: Grid, second: Grid) -> Grid:
    places = second.places.copy()
    inline = places[:, :, 0] < 0
    places[:, :, 0][inline] -= len(first.texts)
    return Grid(
        chunk=first.chunk,
        document=first.document,
        title=first.title if first.title == second.title else first.document.title,
        headings=tuple(one for one in first.headings if one in second.headings),
        names=first.names,
        name_places=first.name_places,
        places=np.concatenate([first.places, places]),
        texts=first.texts + second.texts,
        end=second.end,
    )


def _grid(chunk: Chunk, document: DocumentText, table: Table) -> Grid | None:
    places, texts = _filled(table)
    places = _pairs(places, texts, document.text) if not table.header_rows else places
    header = table.header_rows or _unmarked_header(places, texts, document.text)
    places = _grouped(places, header)
    if header >= len(places) or table.column_count < 2:  # noqa: PLR2004
        return None

    def text_at(row: int, column: int) -> str:
        start, end = places[row, column].tolist()
        return document.text[start:end].strip() if start >= 0 else texts[-1 - start].strip()

    headings = _headings(document, table)
    columns = range(places.shape[1])
    parts = [list(dict.fromkeys(filter(None, (text_at(row, column) for row in range(header))))) for column in columns]
    grid = Grid(
        chunk=chunk,
        document=document,
        title=table.name or " ".join(table.titles[:1]) or (headings[-1] if headings else document.title),
        headings=headings,
        names=tuple(" ".join(" ".join(part).split()) for part in parts),
        name_places=tuple(_last_place(places[:header, column]) for column in columns),
        places=places[header:],
        texts=texts,
        end=table.span.end,
    )
    return _turned(grid) if header and _is_transposed(grid) else grid


def _grouped(places: IntArray, header: int) -> IntArray:
    """Returns the rows without labels of groups, which a column at the end repeats beside their rows."""
    starts = places[header:, :, 0]
    labels = ((starts == starts[:, :1]) | (starts == -1)).all(axis=1) & (starts[:, 0] != -1)
    rows = np.flatnonzero(~labels)
    if places.shape[1] < 3 or not labels.any() or not labels[0] or len(rows) < labels.sum():  # noqa: PLR2004
        return places
    of_row = np.maximum.accumulate(np.where(labels, np.arange(len(labels)), 0))[rows]
    column = np.concatenate([np.full((header, 2), -1, dtype=np.int32), places[header:][of_row, 0]])
    return np.concatenate([np.concatenate([places[:header], places[header:][rows]]), column[:, None]], axis=1)


def _pairs(places: IntArray, texts: tuple[str, ...], text: str) -> IntArray:
    """Returns the rows of a form (``Make: | Aerostar | Registration: | N1``) as one row a label."""
    rows, columns, _ = places.shape
    if columns < 4 or columns % 2:  # noqa: PLR2004
        return places
    labels = [
        (text[start:end] if start >= 0 else texts[-1 - start]).strip()
        for start, end in places[:, ::2].reshape(-1, 2).tolist()
    ]
    filled = [label for label in labels if label]
    if not filled or sum(label.endswith((":", "：")) for label in filled) < _LABELS * len(filled):
        return places
    pairs = places.reshape(rows * columns // 2, 2, 2)
    return pairs[[bool(label) for label in labels]]


def _headings(document: DocumentText, table: Table) -> tuple[str, ...]:
    """Returns the headings above a table, outermost first, and its lines of title."""
    at = bisect_right(document.elements, table.span.start, key=lambda element: element.span.start) - 1
    return (*(document.elements[at].heading_path if at >= 0 else ()), *table.titles)


def _filled(table: Table) -> tuple[IntArray, tuple[str, ...]]:
    """Returns the places of the grid; every place that a cell covers has that cell's. Empty ones are ``texts[0]``."""
    places = np.full((table.row_count, table.column_count, 2), -1, dtype=np.int32)
    cells = table.places
    inline = cells[:, 5] < 0
    starts = np.where(inline, -1 - np.cumsum(inline), cells[:, 5])
    places[cells[:, 0], cells[:, 1], 0] = starts
    places[cells[:, 0], cells[:, 1], 1] = cells[:, 6]
    for at in np.flatnonzero((cells[:, 2] > 1) | (cells[:, 3] > 1)).tolist():
        row, column, height, width = cells[at, :4].tolist()
        places[row : row + height, column : column + width] = starts[at], cells[at, 6]
    return places, ("", *table.texts)


def _unmarked_header(places: IntArray, texts: tuple[str, ...], text: str) -> int:
    """Returns 1 where the first row seems to name the columns: words above figures."""

    def column(at: int) -> list[str]:
        cells = places[: _SAMPLE + 1, at].tolist()
        return [text[start:end].strip() if start >= 0 else texts[-1 - start] for start, end in cells]

    columns = [column(at) for at in range(places.shape[1])]
    names = [cells[0] for cells in columns]
    if len(places) < 3 or not all(names) or len(set(names)) < len(names):  # noqa: PLR2004
        return 0
    decimal = decimal_sign(text)
    if any(typed_column("", [name], decimal=decimal).kind is not ColumnKind.TEXT for name in names):
        return 0
    kinds = [typed_column("", cells[1:], decimal=decimal).kind for cells in columns]
    return int(any(kind is not ColumnKind.TEXT for kind in kinds))


def _last_place(places: IntArray) -> Span | None:
    filled = [(start, end) for start, end in places.tolist() if 0 <= start < end]
    return Span(start=filled[-1][0], end=filled[-1][1]) if filled else None


def _is_transposed(grid: Grid) -> bool:
    """Returns whether the names of what the rows hold stand in the first column: rows are alike, columns are mixed."""
    rows, columns = grid.row_count, len(grid.names)
    if not (2 <= rows <= _MOST_TRANSPOSED and 3 <= columns <= _MOST_TRANSPOSED):  # noqa: PLR2004
        return False
    if grid.kinds[0] is not ColumnKind.TEXT or any(_is_of_one_kind(grid.typed(at)) for at in range(1, columns)):
        return False
    across = [
        typed_column("", [grid.text(row, column) for column in range(1, columns)], decimal=grid.decimal)
        for row in range(rows)
    ]
    return any(row.kind is not ColumnKind.TEXT for row in across) and all(len(row.units) <= 1 for row in across)


def _is_of_one_kind(column: TypedColumn) -> bool:
    return column.kind is not ColumnKind.TEXT and len(column.units) <= 1


def _turned(grid: Grid) -> Grid:
    """Returns the grid with its rows as columns; the first column's cells become names."""
    rows, columns = grid.row_count, len(grid.names)
    names = [grid.text(row, 0) for row in range(rows)]
    spans = [grid.span(row, 0) for row in range(rows)]
    texts = list(grid.texts)
    heads = np.zeros((columns - 1, 1, 2), dtype=np.int32)
    for at in range(1, columns):
        place = grid.name_places[at]
        if place is not None and grid.document.text[place.start : place.end].strip() == grid.names[at]:
            heads[at - 1, 0] = place.start, place.end
        else:
            texts.append(grid.names[at])
            heads[at - 1, 0] = -len(texts), -1
    return Grid(
        chunk=grid.chunk,
        document=grid.document,
        title=grid.title,
        headings=grid.headings,
        names=(grid.names[0], *names),
        name_places=(grid.name_places[0], *spans),
        places=np.concatenate([heads, grid.places[:, 1:].transpose(1, 0, 2)], axis=1),
        texts=tuple(texts),
        end=grid.end,
    )
