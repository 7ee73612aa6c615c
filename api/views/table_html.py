"""Shows a table as HTML: the rows of it that stand in the part shown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import escape

import numpy as np
from numpy.typing import NDArray

from api.views.marked_text import Marker
from rag.types import IntArray, Span, Table, TableCell

_MOST_CHARACTERS = 1_000_000
_NOTE = re.compile(r"(?:^|; )(Note(?: on [^:]{1,200})?: )")  # as parsing writes it
_WHOLE = re.compile(r"(?=[^\s-]*-)\S{1,24}")  # a date or a code, which a browser would break at its hyphens
_PLACE_CHARACTERS = 10
_MOST_TITLE_CHARACTERS = 20_000
_ROW, _ROW_SPAN, _START, _END = 0, 2, 5, 6  # columns of ``Table.places``


def table_html(table: Table, marker: Marker, *, headings: tuple[str, ...]) -> str:
    """Returns the names of the columns, and the rows that stand in the shown text; a note counts those too many.

    Rows and columns of a sheet have their numbers and letters.

    ``headings`` are those above the table; a name or title that is one of them is not repeated.
    """
    rows = _rows(table, marker)
    body = _fitting(table, rows)
    name = [] if table.name in {"", *headings} else [escape(table.name)]
    titles = tuple(title for title in table.titles if title not in headings)
    caption = "<br>".join([*name, *_titles(replace(table, titles=titles), marker)])
    above = f"<caption>{caption}</caption>" if caption else ""
    head = _letters(table) + "".join(_lines(table, marker, _fitting(table, range(table.header_rows))))
    shown = "".join(_lines(table, marker, body))
    left_out = len(rows) - len(body)
    note = f'<p class="note">{left_out:,} more rows of this table are not shown.</p>' if left_out else ""
    notes = "".join(f"\n<p>{marker.written(span)}</p>" for span in _notes(table, marker))
    return (
        f'<div class="table"><table>{above}<thead>\n{head}</thead><tbody>\n{shown}</tbody></table></div>{note}{notes}'
    )


def _notes(table: Table, marker: Marker) -> Iterator[Span]:
    """Yields where notes on cells stand in the shown lines: behind the cells of a row, or in lines of their own."""
    span = marker.shown_of(table.span)
    places = table.places[table.places[:, _START] >= 0]
    places = places[places[:, _START].argsort()]
    at = span.start
    for line in marker.text[span.start : span.end].split("\n"):
        end = at + len(line)
        before = int(np.searchsorted(places[:, _START], end)) - 1
        cells_end = int(places[before, _END]) if before >= 0 else at
        if found := _NOTE.search(line, max(0, cells_end - at)):
            yield Span(start=at + found.start(1), end=end)
        at = end + 1


def _titles(table: Table, marker: Marker) -> Iterator[str]:
    if sum(map(len, table.titles)) > _MOST_TITLE_CHARACTERS:
        yield f"{len(table.titles):,} lines are not shown."
        return
    start = table.span.start
    for title in table.titles:
        found = marker.text.find(title, start, min(table.span.end, start + _MOST_TITLE_CHARACTERS))
        if found < 0:
            yield escape(title)
            continue
        start = found + len(title)
        yield marker.written(Span(start=found, end=start))


def _rows(table: Table, marker: Marker) -> range:
    """Returns the rows below the header that are shown. A row without text of its own goes with the one above it."""
    placed = table.places[(table.places[:, _START] >= 0) & (table.places[:, _ROW] >= table.header_rows)]
    first = table.header_rows
    if marker.shown.start > table.span.start:
        first = _first_row(table, placed[:, _START] >= marker.shown.start, placed)
    return range(first, max(first, _first_row(table, placed[:, _START] >= marker.shown.end, placed)))


def _fitting(table: Table, rows: range) -> range:
    """Returns the first ones of some rows, as many as are not too long together."""
    places, starts = table.places, table.places[:, _START]
    sizes = (places[:, _END] - starts).astype(np.int64)
    sizes[starts < 0] = [len(text) for text in table.texts]
    top = np.maximum(places[:, _ROW], rows.start)
    inside = (top < rows.stop) & (places[:, _ROW] + places[:, _ROW_SPAN] > rows.start)
    written = np.bincount(top[inside] - rows.start, weights=sizes[inside], minlength=len(rows))
    most = np.searchsorted((written + _PLACE_CHARACTERS * table.column_count).cumsum(), _MOST_CHARACTERS, side="right")
    return rows[: int(most)]


def _first_row(table: Table, chosen: NDArray[np.bool_], placed: IntArray) -> int:
    return int(placed[chosen, _ROW].min(initial=table.row_count))


def _lines(table: Table, marker: Marker, rows: range) -> Iterator[str]:
    lines: list[dict[int, str]] = [{} for _ in rows]
    covered = np.zeros((len(rows), table.column_count), dtype=bool)
    for cell in table.cells(marker.text, rows):
        # A cell that begins above the rows shown is written in the first of them.
        top, end = max(cell.row, rows.start) - rows.start, min(cell.row + cell.row_span, rows.stop) - rows.start
        lines[top][cell.column] = _cell(cell, marker, height=end - top, is_name=cell.row < table.header_rows)
        covered[top:end, cell.column : cell.column + cell.column_span] = True
    for row, line, is_covered in zip(rows, lines, covered, strict=True):
        places = line | dict.fromkeys(np.flatnonzero(~is_covered).tolist(), "<td></td>")
        number = _place(table.sheet_rows[row]) if table.sheet_rows else ""
        yield f"<tr>{number}{''.join(places[column] for column in sorted(places))}</tr>\n"


def _letters(table: Table) -> str:
    """Returns the row above a part of a sheet that names its columns A, B, C; empty elsewhere."""
    letters = "".join(map(_place, table.letters))
    return f"<tr>{_place('')}{letters}</tr>\n" if letters else ""


def _place(name: str | int) -> str:
    return f'<th class="place">{name}</th>' if name else '<td class="place"></td>'


def _cell(cell: TableCell, marker: Marker, *, height: int, is_name: bool) -> str:
    scope = "col" if is_name else "row"
    attributes = {
        "class": "whole" if _WHOLE.fullmatch(cell.text) else "",
        "scope": scope if cell.is_header else "",
        "rowspan": str(height) if height > 1 else "",
        "colspan": str(cell.column_span) if cell.column_span > 1 else "",
        "title": cell.address,
        "data-start": "" if is_name or cell.span is None else str(cell.span.start),
    }
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items() if value)
    name = "th" if cell.is_header else "td"
    content = escape(cell.text) if cell.span is None else marker.written(cell.span)
    return f"<{name}{written}>{content}</{name}>"
