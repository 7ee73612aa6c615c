"""Writes each row of a table as a line that can be understood and quoted by itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.parsing.blocks.grids import Cell, Grid
from ingest.parsing.blocks.table_headers import (
    EMPTY_VALUES,
    Header,
    find_header,
    has_header,
    is_named,
    is_whole_width,
    is_year,
)

__all__ = ["Cell", "Grid", "TableLines", "find_header", "grid_lines", "has_header", "is_year", "table_lines", "written"]

NAME_SEPARATOR = ": "
VALUE_SEPARATOR = "; "
CELL_SEPARATOR = " | "
_TOKEN = re.compile(r"[\u3040-\u9fff\uac00-\ud7af]|[^\W\d_]{1,6}|\d{1,3}|[^\w\s]|_")
_LONG_LINE = 160  # tokens; what the largest chunk of the default settings holds
_PIECE = 110
_LONG_KEY = 40
_MANY_COLUMNS = 8
_PAIR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLines:
    """The text of a table: the titles above it, and its rows, one or more lines for each."""

    titles: tuple[str, ...]
    lines: tuple[str, ...]
    header: Header


def table_lines(rows: Sequence[Sequence[str | Cell]]) -> tuple[str, ...]:
    """Returns ``grid_lines`` for rows of texts, which span nothing, or of cells."""
    return grid_lines(Grid.plain(rows))


def grid_lines(grid: Grid) -> tuple[str, ...]:
    """Returns the titles of a table, and one line for each row that has text.

    Where rows at the top name the columns, each row below carries the names with it, from the outermost on
    (``Room: Sea view; High season > 2 persons: 165``; the first name may be missing, then the row starts with its
    label). Otherwise cells are joined by `` | ``, and an empty cell between others keeps its cell. A merged cell
    is in every row that it covers; in one that spans columns, the value has the names of all of them. A long row
    becomes several lines, cut between cells, and each of them begins with the row's first cell.
    """
    table = written(grid)
    return (*table.titles, *table.lines)


def written(grid: Grid, *, goes_on: bool = False) -> TableLines:
    """Returns the titles and the lines of a table apart, for formats that make headings of titles.

    ``goes_on``: the rows are a further part of a table.
    """
    first = header = find_header(grid)
    body = grid.rows[header.body :]
    lines = [line for row in grid.rows[: header.body] for line in _notes(row, header.names)]
    if not goes_on and any(name and not any(row[at].text for row in body) for at, name in enumerate(header.names)):
        lines.append(CELL_SEPARATOR.join(filter(None, header.names)))  # or the name of an empty column were lost
    label = ""
    keys = _key_columns(body)
    repeated = [cell.text for cell in grid.rows[header.body - 1]] if header.body > header.first_row else None
    for row in body:
        texts = [cell.text for cell in row]
        if texts == repeated:
            continue  # names that a long table repeats
        if is_named(row) and header.body > header.first_row:
            header = replace(header, names=tuple(texts))
            label = ""
            repeated = texts
        elif is_whole_width(row) and row[0].text:
            label = row[0].text if header.body > header.first_row else ""
            lines += [row[0].text, *_notes(row, header.names)]
        else:
            lines += _row_lines(row, header, label=label, keys=keys)
    return TableLines(titles=first.titles, lines=tuple(lines), header=first)


def _key_columns(body: Sequence[Sequence[Cell]]) -> int:
    """Returns how many cells tell a row from the others: the first one, or the first two where that one repeats."""
    firsts = [row[0].text for row in body if row[0].text]
    return 1 if len(set(firsts)) * 10 >= 9 * len(firsts) else 2


def _row_lines(row: Sequence[Cell], header: Header, *, label: str, keys: int) -> Iterator[str]:
    if header.body == header.first_row:
        yield from _side_by_side(row, keys)
        yield from _notes(row, header.names)
        return
    filled = [cell for cell in row if cell.text]
    if len(filled) == 1 and filled[0] is row[0] and len(row) > _PAIR:
        yield from (row[0].text, *_notes(row, header.names))  # a heading within the table, or a remark below it
        return
    parts = list(_labelled(row, header.names))
    if label and len(parts) > 1:
        parts.insert(0, label)
    parts += _notes(row, header.names)
    yield from _pieces(parts, VALUE_SEPARATOR, keys=keys + bool(label))


def _side_by_side(row: Sequence[Cell], keys: int) -> Iterator[str]:
    texts = [cell.text if cell.is_left else "" for cell in row]
    texts_in_place = [text for text, cell in zip(texts, row, strict=True) if text or cell.is_left]
    filled = [at for at, text in enumerate(texts_in_place) if text]
    if filled:
        shown = texts_in_place[: filled[-1] + 1] if len(filled) > 1 else [texts_in_place[filled[0]]]
        yield from _pieces(shown, CELL_SEPARATOR, keys=keys)


def _labelled(row: Sequence[Cell], names: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(row):
        end = at + 1
        while end < len(row) and not row[end].is_left:
            end += 1
        if row[at].text:
            name = _joined_names(names[at:end])
            yield f"{name}{NAME_SEPARATOR}{row[at].text}" if name else row[at].text
        at = end


def _joined_names(names: Sequence[str]) -> str:
    if len(names) == 1:
        return "" if names[0] in EMPTY_VALUES else names[0]
    given = list(dict.fromkeys(name for name in names if name not in EMPTY_VALUES))
    if len(given) > _MANY_COLUMNS:
        return f"{given[0]} – {given[-1]}"
    return ", ".join(given)


def _notes(row: Sequence[Cell], names: Sequence[str]) -> Iterator[str]:
    for at, cell in enumerate(row):
        if cell.note and cell.is_top and cell.is_left:
            name = names[at] or cell.text
            yield (f"Note on {name}{NAME_SEPARATOR}{cell.note}" if name else f"Note{NAME_SEPARATOR}{cell.note}")


def _pieces(parts: Sequence[str], separator: str, *, keys: int) -> Iterator[str]:
    """Yields the joined parts; where they are long, in lines that each begin with the first ``keys`` parts."""
    line = separator.join(parts)
    sizes = [_size(part) + 1 for part in parts] if len(line) > _LONG_LINE else []
    if sum(sizes) <= _LONG_LINE or len(parts) <= keys + 1:
        yield line
        return
    key = separator.join(parts[:keys])
    if sum(sizes[:keys]) > _LONG_KEY:
        key = f"{key[: 2 * _LONG_KEY].rsplit(' ', 1)[0]} …"
    current = list(parts[:keys])
    size = sum(sizes[:keys])
    for part, part_size in zip(parts[keys:], sizes[keys:], strict=True):
        if len(current) > keys and size + part_size > _PIECE:
            yield separator.join(current)
            current, size, keys = [key], _size(key), 1
        current.append(part)
        size += part_size
    yield separator.join(current)


def _size(text: str) -> int:
    """Returns about how many tokens of an encoder a text has."""
    return len(_TOKEN.findall(text))
