"""Writes each row of a table as a line that can be understood and quoted by itself. Pure."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.cell_kinds import EMPTY_VALUES
from ingest.parsing.blocks.grids import Cell, Grid, column_end
from ingest.parsing.blocks.joined_tables import moved
from ingest.parsing.blocks.stored_tables import Names, stored_table
from ingest.parsing.blocks.table_headers import Header, find_header, has_labels, is_named, is_whole_width
from rag.types import ElementKind, Span, Table

__all__ = ["Cell", "Grid", "TableLines", "find_header", "table_block", "written"]

NAME_SEPARATOR = ": "
VALUE_SEPARATOR = "; "
CELL_SEPARATOR = " | "
_TOKEN = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]|[^\W\d_]{1,6}|\d{1,3}|[^\w\s]|_")
_LONG_LINE = 160  # tokens; what the largest chunk of the default settings holds
_PIECE = 110
_LONG_KEY = 40
_MANY_COLUMNS = 8
_PAIR = 2
_NO_CELL = -1

Part = tuple[str, int, int]
"""A part of a line, the number of the place whose cell it holds (``_NO_CELL`` without one), and where in it its text
begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLines:
    """The text of a table: the titles above it, and its rows, one or more lines for each.

    ``table`` is its grid, whose spans count in the joined lines; None without rows.
    """

    titles: tuple[str, ...]
    lines: tuple[str, ...]
    header: Header
    table: Table | None


def table_block(grid: Grid, *, name: str = "", header: Header | None = None, goes_on: bool = False) -> list[Block]:
    """Returns a table with the titles above it as a block; none without text.

    There is one line for each row that has text. Where rows at the top name the columns, each row below carries the
    names with it, from the outermost on (``Room: Sea view; High season > 2 persons: 165``; the first name may be
    missing, then the row starts with its label). Where the file marks labels in the first of two columns, each leads
    to its value (``Lead: Ann``). Otherwise cells are joined by `` | ``, and an empty cell between others keeps its
    cell. A merged cell is in every row that it covers; in one that spans columns, the value has the names of all of
    them. A long row becomes several lines, cut between cells, and each of them begins with the row's first cell.

    Args:
        grid: the table.
        name: its caption.
        header: where its rows begin and what names its columns, if it is known; else it is found.
        goes_on: the rows are a further part of the table before it.
    """
    if not grid.rows:
        return []
    lines = written(grid, name=name, header=header, goes_on=goes_on)
    text = "\n".join((*lines.titles, *lines.lines))
    table = lines.table
    if table is not None and lines.titles:
        table = replace(moved(table, len(text) - table.span.end), span=Span(start=0, end=len(text)))
    return [Block(kind=ElementKind.TABLE, text=text, table=table, goes_on=goes_on)] if text else []


def written(grid: Grid, *, name: str = "", header: Header | None = None, goes_on: bool = False) -> TableLines:
    """Returns the titles and the lines of a table apart, for formats that make headings of titles.

    See ``table_block`` for the arguments.
    """
    header = header or find_header(grid)
    lines = _Lines(grid, header, goes_on=goes_on)
    table = stored_table(grid, header, name=name, starts=lines.starts, names=lines.names, length=lines.length)
    return TableLines(titles=header.titles, lines=tuple(lines.lines), header=header, table=table)


class _Lines:
    """The lines of a grid, and where in them the text of each place begins, -1 where it is not in one piece."""

    def __init__(self, grid: Grid, header: Header, *, goes_on: bool) -> None:
        self.lines: list[str] = []
        self.starts = array("i", [-1]) * (len(grid.rows) * grid.width)
        self.names: list[Names] = []
        self.length = 0
        self._width = grid.width
        self._name(header.names, first_row=header.first_row, body=header.body)
        body = grid.rows[header.body :]
        for row in grid.rows[: header.body]:
            self._add_each(_notes(row, header.names))
        if not goes_on and any(name and not _is_shown(at, body) for at, name in enumerate(header.names)):
            self._add_names(header.names)  # or the name of an empty column were lost
        self._add_rows(grid, header, _key_columns(body))

    def _name(self, names: tuple[str, ...], *, first_row: int, body: int) -> None:
        self._prefixes = [f"{name}{NAME_SEPARATOR}" if name not in EMPTY_VALUES else "" for name in names]
        self._unplaced = {at for at, prefix in enumerate(self._prefixes) if prefix}
        self.names.append(Names(names=names, first_row=first_row, body=body))

    def _add_names(self, names: Sequence[str]) -> None:
        at = self.length + bool(self.lines)
        for column, name in enumerate(names):
            if name:
                self.names[-1].starts[column] = at
                at += len(name) + len(CELL_SEPARATOR)
        self._unplaced = set()
        self._add(CELL_SEPARATOR.join(filter(None, names)))

    def _place_names(self, parts: Sequence[Part]) -> None:
        """Notes where the names of columns stand that precede the values in a row for the first time."""
        for text, place, inside in parts:
            column = place % self._width
            if place >= 0 and column in self._unplaced and text.startswith(self._prefixes[column]):
                self.names[-1].starts[column] = self.starts[place] - inside
                self._unplaced.discard(column)

    def _add_rows(self, grid: Grid, header: Header, keys: int) -> None:
        label, names = "", header.names
        is_named_above = any(names)
        gap = "" if grid.is_guessed else "| "
        are_labels = not is_named_above and has_labels(grid.rows)
        repeated = [cell.text for cell in grid.rows[header.body - 1]] if header.body > header.first_row else None
        for number, row in enumerate(grid.rows[header.body :], start=header.body):
            first = number * self._width
            texts = [cell.text for cell in row]
            if texts == repeated:
                self.names[-1].repeated.append(number)  # names that a long table repeats
            elif is_named_above and is_named(row):
                names, label, repeated = tuple(texts), "", texts
                self._name(names, first_row=number, body=number + 1)
            elif row[0].text and is_whole_width(row):
                label = row[0].text if is_named_above else ""
                self._add(row[0].text, [(row[0].text, first, 0)])
                self._add_each(_notes(row, names))
            elif not is_named_above:
                parts = _side_by_side(row, first, gap=gap)
                separator = _after_label(row[0].text) if are_labels else CELL_SEPARATOR
                self._add_pieces(parts, separator, keys=_leading(parts, keys))
                self._add_each(_notes(row, names))
            elif (len(row) > _PAIR or grid.is_guessed) and texts[0] and not any(texts[1:]):
                self._add(texts[0], [(texts[0], first, 0)])  # a heading within the table, or a remark below it
                self._add_each(_notes(row, names))
            else:
                parts = self._labelled(row, names, first)
                is_labelled = bool(label) and len(parts) > 1
                parts = [(label, _NO_CELL, 0), *parts] if is_labelled else parts
                parts += [(note, _NO_CELL, 0) for note in _notes(row, names)]
                self._add_pieces(parts, VALUE_SEPARATOR, keys=keys + bool(label))
                if self._unplaced:
                    self._place_names(parts)

    def _labelled(self, row: Sequence[Cell], names: Sequence[str], first: int) -> list[Part]:
        parts: list[Part] = []
        for at, cell in enumerate(row):
            if not cell.text or (at and not cell.is_left):
                continue
            prefix = self._prefixes[at]
            if cell.column_span > 1 and (end := column_end(row, at)) > at + 1:
                prefix = _joined_names(names[at:end])
            parts.append((prefix + cell.text, first + at if cell.is_top else _NO_CELL, len(prefix)))
        return parts

    def _add_pieces(self, parts: Sequence[Part], separator: str, *, keys: int) -> None:
        """Adds the joined parts; where they are long, as lines that each begin with the first ``keys`` parts."""
        line = _joined(parts, separator)
        sizes = [_size(part[0]) + 1 for part in parts] if len(line) > _LONG_LINE else []
        if sum(sizes) <= _LONG_LINE or len(parts) <= keys + 1:
            if line:
                self._add(line, parts, separator)
            return
        key = separator.join(part[0] for part in parts[:keys])
        if sum(sizes[:keys]) > _LONG_KEY:
            key = f"{key[: 2 * _LONG_KEY].rsplit(' ', 1)[0]} …"
        current = list(parts[:keys])
        size = sum(sizes[:keys])
        for part, part_size in zip(parts[keys:], sizes[keys:], strict=True):
            if len(current) > keys and size + part_size > _PIECE:
                self._add(_joined(current, separator), current, separator)
                current = [(key, _NO_CELL, 0)] if key else []
                size, keys = _size(key), len(current)
            current.append(part)
            size += part_size
        self._add(_joined(current, separator), current, separator)

    def _add_each(self, lines: Iterator[str]) -> None:
        for line in lines:
            self._add(line)

    def _add(self, line: str, parts: Sequence[Part] = (), separator: str = "") -> None:
        at = self.length + bool(self.lines)
        self.length = at + len(line)
        self.lines.append(line)
        gap = len(separator)
        shift = 1 - gap if _has_label(parts, separator) else 0
        for text, place, inside in parts:
            if place >= 0:
                self.starts[place] = at + inside
            at += len(text) + gap + shift
            shift = 0


def _joined(parts: Sequence[Part], separator: str) -> str:
    """Returns the texts of parts with a separator between them; behind a label with a colon it is a space."""
    line = separator.join([part[0] for part in parts])
    if not _has_label(parts, separator):
        return line
    label = parts[0][0]
    return f"{label} {line[len(label) + len(separator) :]}"


def _has_label(parts: Sequence[Part], separator: str) -> bool:
    """Returns whether a row begins with a label that ends with a colon."""
    if separator != VALUE_SEPARATOR or len(parts) <= 1:
        return False
    text, _, inside = parts[0]
    return not inside and text.endswith(":")


def _after_label(label: str) -> str:
    return " " if label.endswith(":") else NAME_SEPARATOR


def _key_columns(body: Sequence[Sequence[Cell]]) -> int:
    """Returns how many cells tell a row from the others: the first one, or the first two where that one repeats."""
    firsts = [row[0].text for row in body if row[0].text]
    return 1 if len(set(firsts)) * 10 >= 9 * len(firsts) else 2


def _is_shown(column: int, body: Sequence[Sequence[Cell]]) -> bool:
    """Returns whether a row says the name of a column."""
    return any(row[column].text and not is_whole_width(row) for row in body)


def _side_by_side(row: Sequence[Cell], first: int, *, gap: str) -> list[Part]:
    parts: list[Part] = []
    empty = 0
    for at, cell in enumerate(row):
        if not cell.is_left:
            continue
        if not cell.text:
            empty += 1
            continue
        marks = gap * empty
        parts.append((marks + cell.text, first + at if cell.is_top else _NO_CELL, len(marks)))
        empty = 0
    if len(parts) == 1:
        text, place, marks_length = parts[0]
        return [(text[marks_length:], place, 0)]
    return parts


def _leading(parts: Sequence[Part], most: int) -> int:
    """Returns how many parts at the start have no empty cell before them."""
    return next((count for count, part in enumerate(parts[:most]) if part[2]), most)


def _joined_names(names: Sequence[str]) -> str:
    given = list(dict.fromkeys(name for name in names if name not in EMPTY_VALUES))
    if len(given) > _MANY_COLUMNS:
        return f"{given[0]} – {given[-1]}{NAME_SEPARATOR}"
    return f"{', '.join(given)}{NAME_SEPARATOR}" if given else ""


def _notes(row: Sequence[Cell], names: Sequence[str]) -> Iterator[str]:
    for at, cell in enumerate(row):
        if cell.note and cell.is_top and cell.is_left:
            name = names[at] or cell.text
            yield (f"Note on {name}{NAME_SEPARATOR}{cell.note}" if name else f"Note{NAME_SEPARATOR}{cell.note}")


def _size(text: str) -> int:
    """Returns about how many tokens of an encoder a text has."""
    return len(_TOKEN.findall(text))
