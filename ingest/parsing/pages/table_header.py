"""Finds the names of the columns of a table on a page. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.parsing.blocks.tables import has_header, is_year
from ingest.parsing.pages.table_columns import Fragment, is_footnote
from ingest.parsing.pages.table_rows import Row
from rag.types import FloatArray

_MIN_VALUE_SHARE = 0.5
_PAIR = 2
_MAX_UPPER_ROWS = 2
_MAX_VALUE_CHARACTERS = 24
_NUMBER = re.compile(r"\d[\d.,]*")
_VALUE = re.compile(r"[-+–—(<>≤≥±~$€£¥\s]*(?:\d|[-–—]\s*%?$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableHeader:
    """The names of columns, and their extents: ``(columns, 2)``, left and right."""

    names: tuple[str, ...]
    columns: FloatArray


def find_header(
    rows: Sequence[Row], lines: Sequence[Sequence[Fragment]], columns: FloatArray
) -> tuple[TableHeader | None, int]:
    """Returns the header, None if it is in doubt, and the number of its rows.

    Rows of wider names may be above the names themselves (``Three Months Ended`` over two dates). Each name then
    begins with the wider one, which is needed to tell the columns apart.

    Args:
        rows: the table's.
        lines: the fragments of each line that the rows were made of.
        columns: ``(columns, 2)``.
    """
    for upper in range(min(_MAX_UPPER_ROWS + 1, len(rows))):
        names = rows[upper].texts
        for row in reversed(rows[:upper]):
            below = _below(lines[row.first_line], names, columns)
            names = _stacked(row, names) if below == names else below
        if (upper == 0 or names != rows[upper].texts) and _is_headed(rows[upper], names, rows[upper + 1 :]):
            return TableHeader(names=names, columns=columns), upper + 1
    return None, 0


def continues(rows: Sequence[Row]) -> bool:
    """Returns whether rows may continue another table: they do not begin with a header of their own."""
    if any((row.spans and len(row.filled) > 1) or row.is_torn for row in rows):
        return False
    values = next((row.texts[1:] for row in rows if len(row.filled) > 1), ())
    return any(map(_has_digit, values)) and not are_years(values)


def are_years(texts: Sequence[str]) -> bool:
    """Returns whether all cells are years; empty ones do not count."""
    return all(map(is_year, filter(None, texts)))


def _below(wide: Sequence[Fragment], names: tuple[str, ...], columns: FloatArray) -> tuple[str, ...]:
    """Puts wide names before the names below them. Each must cover several columns, and every column needs one."""
    spanning = [fragment for fragment in wide if not is_footnote(fragment.text)]
    if len(spanning) < _PAIR or len(set(names[1:])) == len(names) - 1:
        return names
    middles = np.array([(fragment.left + fragment.right) / 2 for fragment in spanning])
    nearest = np.abs(columns.mean(axis=1)[1:, None] - middles).argmin(axis=1)
    if middles[0] <= columns[0, 1] or np.bincount(nearest, minlength=len(spanning)).min() < _PAIR:
        return names
    wider = [spanning[index].text for index in nearest.tolist()]
    return (names[0], *(f"{above} {name}" for above, name in zip(wider, names[1:], strict=True)))


def _stacked(row: Row, names: tuple[str, ...]) -> tuple[str, ...]:
    """Puts the cells of a row, the first lines of wrapped names, before the names below them."""
    if row.spans or row.is_torn or len(row.filled) < _PAIR or any(map(_has_digit, row.texts)):
        return names
    return tuple(f"{above} {name}".strip() for above, name in zip(row.texts, names, strict=True))


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
    if any(name.endswith(".") and " " in name for name in names) or not has_header(
        [names, *(row.texts for row in body)]
    ):
        return False
    if header.bold and not any(row.bold for row in body):
        return True
    values = [index for index in range(1, width) if _holds_values(names[index], [row.texts[index] for row in body])]
    is_plain = len(body) == 1 and len(values) < width - 1  # a single row may be anything, unless it is all values
    may_head = width > _PAIR or are_years(names[1:])
    return not is_plain and may_head and any(_is_value(body[0].texts[index]) for index in values)


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
