"""Writes each row of a table as a line that can be understood and quoted by itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

NAME_SEPARATOR = ": "
VALUE_SEPARATOR = "; "
_NUMERIC = re.compile(r"[-+(]?\s*+[$€£¥]?\s*+\d[\d.,'\s]*+%?\)?")
_YEAR = re.compile(r"(?:FY\s*)?(?:19|20)\d\d")
_MAX_HEADER_CHARACTERS = 80
_EMPTY_VALUES = frozenset({"", "-", "–", "—", "n/a", "N/A"})


def table_lines(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Returns one line for each row that has text.

    Where the first row clearly names the columns, each row below carries the names with it
    (``Region: North; Sales: 1250.5``; the first name may be missing, then the row starts with its label);
    otherwise cells are joined by `` | ``. Empty cells are left out.
    """
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    filled = [row for row in cells if any(row)]
    if not has_header(filled):
        return tuple(" | ".join(filter(None, row)) for row in filled)
    header, body = filled[0], filled[1:]
    lines = [_labelled(header, row) for row in body]
    if any(name and not any(row[index : index + 1] != [""] for row in body) for index, name in enumerate(header)):
        lines.insert(0, " | ".join(filter(None, header)))
    return tuple(lines)


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Returns whether the first of ``rows`` names the columns of the others.

    It does when its cells are short, different and not numbers (years are), all filled (the first may be empty),
    and the rows below fit under it.
    """
    if len(rows) < 2 or len(rows[0]) < 2:  # noqa: PLR2004
        return False
    header = _trimmed(rows[0])
    body = rows[1:]
    if len(header) < 2 or any(len(_trimmed(row)) > len(header) for row in body):  # noqa: PLR2004
        return False
    names = header[1:] if header[0] in _EMPTY_VALUES else header
    if len(set(names)) < len(names) or not all(map(_is_name, names)):
        return False
    if any(_is_number(cell) for row in body for cell in row[1:]) or len(header) > 2:  # noqa: PLR2004
        return True
    return len(body) > 1 and header[0] not in _EMPTY_VALUES and not any(":" in cell for cell in (header[0], body[0][0]))


def is_year(cell: str) -> bool:
    """Returns whether a cell is a year alone."""
    return _YEAR.fullmatch(cell) is not None


def _labelled(header: Sequence[str], row: Sequence[str]) -> str:
    parts = []
    for index, cell in enumerate(row):
        name = header[index] if index < len(header) else ""
        if cell:
            parts.append(cell if name in _EMPTY_VALUES else f"{name}{NAME_SEPARATOR}{cell}")
    return VALUE_SEPARATOR.join(parts)


def _trimmed(row: Sequence[str]) -> list[str]:
    end = max((index + 1 for index, cell in enumerate(row) if cell), default=0)
    return list(row[:end])


def _is_name(cell: str) -> bool:
    is_short = 0 < len(cell) <= _MAX_HEADER_CHARACTERS
    return is_short and cell not in _EMPTY_VALUES and (is_year(cell) or not _is_number(cell))


def _is_number(cell: str) -> bool:
    return _NUMERIC.fullmatch(cell) is not None
