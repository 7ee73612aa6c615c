"""Reads delimited text: every row, with the names of its columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, bounded, clean
from ingest.parsing.blocks.table_headers import Header
from ingest.parsing.blocks.tables import Cell, Grid, TableLines, find_header, written
from ingest.parsing.formats.decoding import decode_file
from rag.types import ElementKind

_SAMPLE_CHARACTERS = 65_536
_SAMPLE_ROWS = 200
_ROWS_AT_ONCE = 20_000
_MAX_LONE_LINES = 3
_DELIMITERS = ";\t|,"
_SEPARATOR_LINE = re.compile(r"""\A\ufeff?"?sep=(.)"?[ \t]*(?:\r\n|\n|\r)""", re.IGNORECASE)

Rows = list[list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The rows that name the columns of a table; ``has_rows``: it is more than lines of text."""

    names: Rows
    has_rows: bool


def read_csv(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and the rows as tables; the delimiter is told by a ``sep=`` line, or guessed."""
    return "", delimited_blocks(decode_file(path, name), delimiter=None)


def read_tsv(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns the same as ``read_csv`` for tab-separated text."""
    return "", delimited_blocks(decode_file(path, name), delimiter="\t")


def delimited_blocks(text: str, *, delimiter: str | None) -> list[Block]:
    """Returns the tables in delimited text, which empty lines divide; the delimiter is guessed if it is None.

    Lines above the names of the columns are paragraphs. Rows behind an empty line that have no names of their own keep
    those above.
    """
    told = _SEPARATOR_LINE.match(text)
    body = text[told.end() :] if told else text
    chosen = told[1] if told else delimiter or guessed_delimiter(body)
    csv.field_size_limit(max(len(body), 131_072))
    rows = csv.reader(io.StringIO(body, newline=""), delimiter=chosen, skipinitialspace=chosen != " ")
    return list(bounded(_blocks(rows, chosen)))


def guessed_delimiter(text: str) -> str:
    """Returns the character that divides most lines into equally many cells, and into most of them."""
    sample = text[:_SAMPLE_CHARACTERS]
    if len(sample) < len(text):
        sample = sample[: sample.rfind("\n") + 1] or sample

    def evenness(delimiter: str) -> tuple[float, int]:
        rows = list(islice(_readable(sample, delimiter), _SAMPLE_ROWS))
        widths = Counter(len(row) for row in rows if any(row))
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        return (count / max(1, widths.total()), width) if width > 1 else (0.0, 1)

    return max(_DELIMITERS, key=evenness)


def _readable(sample: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        yield from reader
    except csv.Error:
        return


def _blocks(rows: Iterator[list[str]], delimiter: str) -> Iterator[Block]:
    last = _Table(names=[], has_rows=False)
    for is_filled, group in groupby(rows, key=any):
        if is_filled:
            last = yield from _table(group, last, delimiter)


def _table(group: Iterator[list[str]], last: _Table, delimiter: str) -> Generator[Block, None, _Table]:
    """Yields the blocks of rows without an empty one between them, and returns what they are."""
    names = last.names
    rows = list(islice(group, _ROWS_AT_ONCE))
    above = len(rows) if len(rows) <= _MAX_LONE_LINES and max(map(len, rows)) == 1 else _lines_above(rows)
    yield from (_paragraph(f"{delimiter} ".join(row)) for row in rows[:above])
    rows = rows[above:]
    if not rows:
        return _Table(names=names, has_rows=False)
    grid, goes_on = Grid.plain(rows), False
    header = find_header(grid)
    if header.body > header.first_row:
        names = rows[header.first_row : header.body]
    elif cut := _cut_names(rows):
        names, rows = rows[: len(cut)], rows[len(cut) :]
        grid, goes_on = _named(names, rows), True
    elif not names or header.titles or max(map(len, rows)) > max(map(len, names)):
        names = []
    else:
        grid, goes_on = _named(names, rows), True
    yield from _lines(written(grid, goes_on=goes_on), goes_on=goes_on and last.has_rows and not above)
    while rows := list(islice(group, _ROWS_AT_ONCE)):
        grid = _named(names, rows) if names else Grid.plain(rows)
        unnamed = None if names else Header.none(grid.width)
        yield from _lines(written(grid, header=unnamed, goes_on=True), goes_on=True)
    return _Table(names=names, has_rows=True)


def _cut_names(rows: Rows) -> Rows:
    """Returns the rows that name the columns where some rows below have more cells than they have."""
    width = Counter(map(len, rows[:_SAMPLE_ROWS])).most_common(1)[0][0]
    if all(len(row) <= width for row in rows[:_SAMPLE_ROWS]):
        return []
    header = find_header(Grid.plain(row[:width] for row in rows[:_SAMPLE_ROWS]))
    return [] if header.titles or header.first_row else rows[: header.body]


def _named(names: Rows, rows: Rows) -> Grid:
    marked = [[Cell(text=name, is_header=True) for name in row] for row in names]
    return Grid.of([*marked, *([Cell(text=text) for text in row] for row in rows)])


def _lines_above(rows: Sequence[Sequence[str]]) -> int:
    """Returns the number of lines at the top that are no part of the table: they have far fewer cells."""
    widths = Counter(map(len, rows[:_SAMPLE_ROWS]))
    width = max(widths, key=lambda each: (widths[each], each))
    count = 0
    while count < len(rows) - 1 and _is_above(rows[count], width):
        count += 1
    return count


def _is_above(row: Sequence[str], width: int) -> bool:
    is_remark = row[0].startswith("#") and len(row[0].split()) > 1
    return is_remark or (len(row) < width and (len(row) == 1 or len(row) * 2 <= width))


def _lines(lines: TableLines, *, goes_on: bool) -> Iterator[Block]:
    yield from map(_paragraph, lines.titles)
    if lines.lines:
        yield Block(kind=ElementKind.TABLE, text="\n".join(lines.lines), table=lines.table, goes_on=goes_on)


def _paragraph(text: str) -> Block:
    return Block(kind=ElementKind.PARAGRAPH, text=clean(text))
