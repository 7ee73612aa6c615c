"""Finds the cells of a document's tables in which a cited span stands. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.types import Span, Table

_MOST_CELLS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedCell:
    """A cell below the header. ``column`` is the name of its column, empty where there is none."""

    row: int
    start: int
    end: int
    text: str
    column: str


def cited_cells(tables: Sequence[Table], text: str, span: Span) -> tuple[CitedCell, ...]:
    """Returns the cells that have characters of ``span``, row by row; the first ones if they are very many."""
    return tuple(islice(_cells(tables, text, span), _MOST_CELLS))


def _cells(tables: Sequence[Table], text: str, span: Span) -> Iterator[CitedCell]:
    for table in tables:
        if table.span.start >= span.end or span.start >= table.span.end:
            continue
        names: dict[int, str] = {}
        for cell in table.cells(text):
            if cell.row < table.header_rows:
                columns = range(cell.column, cell.column + cell.column_span)
                names |= {column: " ".join(filter(None, (names.get(column), cell.text))) for column in columns}
            elif cell.span is not None and cell.span.start < span.end and span.start < cell.span.end:
                yield CitedCell(
                    row=cell.row,
                    start=cell.span.start,
                    end=cell.span.end,
                    text=cell.text,
                    column=names.get(cell.column, ""),
                )
