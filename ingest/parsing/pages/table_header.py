"""Finds the names of the columns of a table on a page. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.parsing.blocks.cell_kinds import is_year
from ingest.parsing.blocks.table_headers import PATH_SEPARATOR, has_header
from ingest.parsing.pages.table_columns import Fragment, is_footnote
from ingest.parsing.pages.table_rows import NO_TEXT, Cell, Row, no_boxes
from rag.types import FloatArray

_MIN_VALUE_SHARE = 0.5
_PAIR = 2
_MAX_UPPER_ROWS = 2
_MAX_VALUE_CHARACTERS = 24
_MAX_WORDS = 3
_MAX_ABBREVIATION = 7  # with its dot
_NUMBER = re.compile(r"\d[\d.,]*")
_VALUE = re.compile(r"[-+–—(<>≤≥±~$€£¥\s]*(?:\d|[-–—]\s*%?$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHeader:
    """The names of columns, and their extents: ``(columns, 2)``, left and right."""

    names: tuple[str, ...]
    columns: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHeader:
    """A header with its rows, of which every column has a cell, and the texts above them.

    ``taken`` is the number of the table's rows that these are.
    """

    header: TableHeader
    titles: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    taken: int


def find_header(rows: Sequence[Row], lines: Sequence[Sequence[Fragment]], columns: FloatArray) -> FoundHeader | None:
    """Returns the header, None if it is in doubt.

    Rows of wider names may be above the names themselves (``Three Months Ended`` over two dates). Each name then
    begins with the wider one, which is needed to tell the columns apart.

    Args:
        rows: the table's.
        lines: the fragments of each line that the rows were made of.
        columns: ``(columns, 2)``.
    """
    for upper in range(min(_MAX_UPPER_ROWS + 1, len(rows))):
        found = _with_rows_above(rows[: upper + 1], lines, columns)
        is_reached = upper == 0 or found.header.names != rows[upper].texts
        if is_reached and _is_headed(rows[upper], found.header.names, rows[upper + 1 :]):
            return found
    return None


def _with_rows_above(rows: Sequence[Row], lines: Sequence[Sequence[Fragment]], columns: FloatArray) -> FoundHeader:
    """Returns the header whose names are in the last one of some rows."""
    named = list(rows[-1].cells)
    paths = list(rows[-1].texts)
    groups: list[tuple[Cell, ...]] = []
    titles: list[Cell] = []
    for row in reversed(rows[:-1]):
        if wide := _groups(lines[row.first_line], paths, columns):
            groups.insert(0, wide)
            above = (cell.text for cell in wide)
            paths = [PATH_SEPARATOR.join(filter(None, pair)) for pair in zip(above, paths, strict=True)]
        elif not groups and _is_first_line(row):
            named = [_stacked(*pair) for pair in zip(row.cells, named, strict=True)]
            paths = [cell.text for cell in named]
        else:
            titles[:0] = [cell for cell in row.cells if cell.text]
    return FoundHeader(
        header=TableHeader(names=tuple(paths), columns=columns),
        titles=tuple(titles),
        rows=(*groups, tuple(named)),
        taken=len(rows),
    )


def continues(rows: Sequence[Row]) -> bool:
    """Returns whether rows may continue another table: they do not begin with a header of their own."""
    if any((row.spans and len(row.filled) > 1) or row.is_torn for row in rows):
        return False
    values = next((row.texts[1:] for row in rows if len(row.filled) > 1), ())
    return any(map(_has_digit, values)) and not are_years(values)


def are_years(texts: Sequence[str]) -> bool:
    """Returns whether all cells are years; empty ones do not count."""
    return all(map(is_year, filter(None, texts)))


def _groups(wide: Sequence[Fragment], names: Sequence[str], columns: FloatArray) -> tuple[Cell, ...]:
    """Returns wide names over the columns that they cover, nothing where they are none.

    Each must cover several columns, and every column but the first needs one.
    """
    spanning = [fragment for fragment in wide if not is_footnote(fragment.text)]
    if len(spanning) < _PAIR or len(set(names[1:])) == len(names) - 1:
        return ()
    middles = np.array([(fragment.left + fragment.right) / 2 for fragment in spanning])
    nearest = np.abs(columns.mean(axis=1)[1:, None] - middles).argmin(axis=1)
    counts = np.bincount(nearest, minlength=len(spanning))
    if middles[0] <= columns[0, 1] or counts.min() < _PAIR:
        return ()
    cells = [NO_TEXT]
    for fragment, count in zip(spanning, counts.tolist(), strict=True):
        boxes = fragment.piece.boxes[fragment.start : fragment.end]
        first = Cell(text=fragment.text, boxes=boxes, columns=count)
        cells += [first, *[replace(first, columns=0)] * (count - 1)]
    return tuple(cells)


def _is_first_line(row: Row) -> bool:
    """Returns whether a row may be the first lines of wrapped names."""
    return not row.spans and not row.is_torn and len(row.filled) >= _PAIR and not any(map(_has_digit, row.texts))


def _stacked(above: Cell, below: Cell) -> Cell:
    if not above.text or not below.text:
        return above if above.text else below
    return Cell(text=f"{above.text} {below.text}", boxes=np.concatenate([above.boxes, no_boxes(1), below.boxes]))


def _is_headed(header: Row, names: Sequence[str], below: Sequence[Row]) -> bool:
    """Returns whether a row certainly names the columns.

    It must fill them, and either be bold or be above values: amounts in most rows of a column, the second row included,
    so that the second line of a header is not taken for a row. Two columns may be pairs of a name and a value: only a
    bold row, or a year, heads them.
    """
    body = [row for row in below if len(row.filled) > 1]
    width = len(header.cells)
    if (
        header.spans
        or not body
        or any(row.is_torn for row in (header, *body))
        or not header.filled >= set(range(1, width))
    ):
        return False
    if any(map(_is_sentence, names)) or not has_header([names, *(row.texts for row in body)]):
        return False
    if header.bold and not any(row.bold for row in body):
        return True
    values = [index for index in range(1, width) if _holds_values(names[index], [row.texts[index] for row in body])]
    is_plain = len(body) == 1 and len(values) < width - 1  # a single row may be anything, unless it is all values
    may_head = width > _PAIR or are_years(names[1:])
    return not is_plain and may_head and any(_is_value(body[0].texts[index]) for index in values)


def _is_sentence(name: str) -> bool:
    """Returns whether a text ends as a sentence does, and not with an abbreviation: "Part no.", "Weight approx."."""
    words = name.split()
    return name.endswith(".") and len(words) > 1 and (len(words) > _MAX_WORDS or len(words[-1]) > _MAX_ABBREVIATION)


def _holds_values(name: str, texts: Sequence[str]) -> bool:
    """Returns whether most cells of a column are amounts or measures, and its name is not one."""
    filled = [text for text in texts if text]
    if sum(map(_is_value, filled)) < max(1.0, _MIN_VALUE_SHARE * len(filled)):
        return False
    return is_year(name) or not _has_digit(name) or _shape(name) not in map(_shape, filled)


def _is_value(text: str) -> bool:
    return len(text) <= _MAX_VALUE_CHARACTERS and _VALUE.match(text) is not None


def _shape(text: str) -> str:
    return _NUMBER.sub("0", text)


def _has_digit(text: str) -> bool:
    return any(map(str.isdecimal, text))
