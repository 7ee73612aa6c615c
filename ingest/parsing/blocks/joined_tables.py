"""Gives tables their places in the text of a document, and joins those that go on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from rag.types import MAX_TABLE_COLUMNS, MAX_TABLE_PLACES, IntArray, Span, Table

_MAX_CHARACTERS = 8_000_000  # of texts that stand nowhere in the extracted text, and of titles
_START = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A table, or a part of one, whose text begins at ``start``; ``goes_on``: it continues the one before."""

    table: Table
    start: int
    page: int | None
    goes_on: bool


def moved(table: Table, offset: int) -> Table:
    """Returns a table whose text stands ``offset`` characters further on."""
    places = table.places.copy()
    places[:, _START:] += np.where(places[:, _START:] >= 0, offset, 0).astype(np.int32)
    return replace(table, span=Span(start=table.span.start + offset, end=table.span.end + offset), places=places)


def too_large(table: Table) -> Table:
    """Returns a table without its cells that ``kept_tables`` leaves out."""
    return replace(table, row_count=MAX_TABLE_PLACES + 1, places=table.places[:0].copy(), texts=())


def kept_tables(parts: Iterable[Part]) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """Returns the tables of a document, and warnings about those that are too large to be stored as a grid.

    Rows of a part that goes on follow those of the table before it, without those that repeat the names of the columns.
    """
    groups: list[list[Part]] = []
    for part in parts:
        if part.goes_on and groups and groups[-1][0].table.column_count == part.table.column_count:
            groups[-1].append(part)
        else:
            groups.append([part])
    kept: list[Table] = []
    left_out: list[str] = []
    places, characters = MAX_TABLE_PLACES, _MAX_CHARACTERS
    for group in groups:
        first = group[0].table
        wanted = first.column_count * _row_count(group)
        words = sum(len(text) for part in group for text in part.table.texts)
        words += sum(map(len, (first.name, *first.titles)))
        if wanted > places or first.column_count > MAX_TABLE_COLUMNS or words > characters:
            left_out.append(first.name)
            continue
        kept.append(_joined(group))
        places, characters = places - wanted, characters - words
    return tuple(kept), tuple(_warnings(left_out))


def _row_count(group: Sequence[Part]) -> int:
    further = sum(part.table.row_count - part.table.header_rows for part in group[1:])
    return group[0].table.row_count + further


def _warnings(names: Sequence[str]) -> Iterator[str]:
    first = f" ('{names[0]}'{' first' if len(names) > 1 else ''})" if any(names[:1]) else ""
    if len(names) == 1:
        yield f"1 table is too large to be kept as a grid{first}: only its text can be searched"
    elif names:
        yield f"{len(names):,} tables are too large to be kept as a grid{first}: only their text can be searched"


def _joined(group: Sequence[Part]) -> Table:
    first = replace(moved(group[0].table, group[0].start), page=group[0].page)
    if len(group) == 1:
        return first
    places: list[IntArray] = [first.places]
    texts, sheet_rows = [*first.texts], [*first.sheet_rows]
    row_count, end = first.row_count, first.span.end
    for table in (moved(part.table, part.start) for part in group[1:]):
        is_row = table.places[:, 0] >= table.header_rows
        is_text = is_row[table.places[:, _START] < 0].tolist()
        texts += compress(table.texts, is_text)
        rows = table.places[is_row]
        rows[:, 0] += row_count - table.header_rows
        places.append(rows)
        sheet_rows += table.sheet_rows[table.header_rows :]
        row_count += table.row_count - table.header_rows
        end = table.span.end
    return replace(
        first,
        span=Span(start=first.span.start, end=end),
        row_count=row_count,
        places=np.concatenate(places),
        texts=tuple(texts),
        sheet_rows=tuple(sheet_rows),
    )
