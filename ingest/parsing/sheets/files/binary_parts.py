"""Reads the parts of binary Excel workbooks (``xlsb``): records as in [MS-XLSB]. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from openpyxl.styles.numbers import BUILTIN_FORMATS

from ingest.parsing.displayed.numbers import GENERAL
from ingest.parsing.sheets.files.styles import COUNTRY_FORMATS
from ingest.parsing.sheets.workbook import Value

_SHEET, _WORKBOOK_PROPERTIES = 156, 153
_STRING_ITEM = 19
_FORMAT, _CELL_STYLES, _CELL_STYLES_END, _STYLE = 44, 617, 618, 47
_ROW, _COLUMN, _MERGED, _LINK = 0, 60, 176, 494
_AUTHOR, _COMMENT, _COMMENT_TEXT = 632, 635, 637
_BLANK, _LAST_CELL = 1, 11
_RK, _ERROR, _BOOLEAN, _REAL, _STRING, _SHARED = 2, 3, 4, 5, 6, 7
_FORMULA_OFFSET = {8: _STRING, 9: _REAL, 10: _BOOLEAN, 11: _ERROR}
"""Cells with a formula hold its result as plain cells do."""
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x10, 0x01
_MAX_LENGTH_BYTES = 4
_IS_1904 = 0x01


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryCell:
    """A cell: its row and column from 1, its style, and its value; a shared string is its number in ``shared``."""

    row: int
    column: int
    style: int
    value: Value = None
    shared: int | None = None


@dataclass(slots=True, kw_only=True)
class BinarySheet:
    """What a sheet's part holds."""

    cells: list[BinaryCell] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    links: list[tuple[tuple[int, int], str]] = field(default_factory=list)
    """The places of links, and their relations."""


def sheet_names(part: bytes) -> tuple[list[tuple[str, str, bool]], bool]:
    """Returns the name, the relation and whether it is hidden of each sheet; and whether days count from 1904."""
    found, is_1904 = [], False
    for kind, data in _records(part):
        if kind == _SHEET:
            relation, at = _text(data, 8)
            name, _ = _text(data, at)
            found.append((name, relation, data[0] != 0))
        elif kind == _WORKBOOK_PROPERTIES and data:
            is_1904 = bool(data[0] & _IS_1904)
    return found, is_1904


def shared_strings(part: bytes) -> list[str]:
    """Returns the strings that cells share."""
    return [_text(data, 1)[0] for kind, data in _records(part) if kind == _STRING_ITEM]


def format_codes(part: bytes) -> list[str]:
    """Returns the format code of each cell style."""
    own: dict[int, str] = {}
    codes: list[str] = []
    is_cell_style = False
    for kind, data in _records(part):
        if kind == _FORMAT:
            own[_number(data, 0, 2)] = _text(data, 2)[0]
        elif kind in {_CELL_STYLES, _CELL_STYLES_END}:
            is_cell_style = kind == _CELL_STYLES
        elif kind == _STYLE and is_cell_style:
            number = _number(data, 2, 2)
            codes.append(COUNTRY_FORMATS.get(number) or own.get(number) or BUILTIN_FORMATS.get(number, GENERAL))
    return codes


def sheet_in(part: bytes, *, most: int) -> BinarySheet | None:
    """Returns what a sheet's part holds; None if it has more than ``most`` cells."""
    found, row = BinarySheet(), 0
    for kind, data in _records(part):
        if kind == _ROW:
            row = _number(data, 0, 4) + 1
            if len(data) > 11 and data[11] & _HIDDEN_ROW:  # noqa: PLR2004 - where the record has its flags
                found.hidden_rows.add(row)
        elif _BLANK < kind <= _LAST_CELL:
            found.cells.append(_cell(row, _FORMULA_OFFSET.get(kind, kind), data))
            if len(found.cells) > most:
                return None
        elif kind == _COLUMN and len(data) > 16 and data[16] & _HIDDEN_COLUMN:  # noqa: PLR2004 - the same
            found.hidden_columns.append((_number(data, 0, 4) + 1, _number(data, 4, 4) + 1))
        elif kind == _MERGED:
            top, bottom, left, right = struct.unpack_from("<4I", data)
            found.merged.append((top + 1, left + 1, bottom + 1, right + 1))
        elif kind == _LINK:
            found.links.append(((_number(data, 0, 4) + 1, _number(data, 8, 4) + 1), _text(data, 16)[0]))
    return found


def comments_in(part: bytes) -> list[tuple[tuple[int, int], str, str]]:
    """Returns the place, the author and the text of each comment."""
    authors: list[str] = []
    found: list[tuple[tuple[int, int], str, str]] = []
    place, author = (0, 0), ""
    for kind, data in _records(part):
        if kind == _AUTHOR:
            authors.append(_text(data, 0)[0])
        elif kind == _COMMENT:
            number = _number(data, 0, 4)
            place = (_number(data, 4, 4) + 1, _number(data, 12, 4) + 1)
            author = authors[number] if number < len(authors) else ""
        elif kind == _COMMENT_TEXT:
            found.append((place, author, _text(data, 1)[0]))
    return found


def _cell(row: int, kind: int, data: bytes) -> BinaryCell:
    value: Value = None
    shared = None
    if kind == _RK:
        value = _compressed(_number(data, 8, 4))
    elif kind == _ERROR:
        value = _ERRORS.get(data[8], "#N/A")
    elif kind == _BOOLEAN:
        value = bool(data[8])
    elif kind == _REAL:
        value = float(struct.unpack_from("<d", data, 8)[0])
    elif kind == _STRING:
        value = _text(data, 8)[0]
    else:
        shared = _number(data, 8, 4)
    return BinaryCell(
        row=row, column=_number(data, 0, 4) + 1, style=_number(data, 4, 3), value=value, shared=shared
    )  # fmt: skip


def _compressed(packed: int) -> float:
    """Returns an RkNumber ([MS-XLSB] 2.5.123): 30 bits of a float or of a whole number, perhaps times 100."""
    if packed & 2:
        number = float((packed >> 2) - (1 << 30 if packed & 0x8000_0000 else 0))
    else:
        number = float(struct.unpack("<d", struct.pack("<Q", (packed & ~3) << 32))[0])
    return number / 100 if packed & 1 else number


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(part):
        kind = part[at]
        at += 1
        if kind & 0x80 and at < len(part):
            kind = (kind & 0x7F) | (part[at] & 0x7F) << 7
            at += 1
        length = 0
        for place in range(_MAX_LENGTH_BYTES):
            if at >= len(part):
                return
            byte = part[at]
            at += 1
            length |= (byte & 0x7F) << (7 * place)
            if not byte & 0x80:
                break
        yield kind, part[at : at + length]
        at += length


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _text(data: bytes, at: int) -> tuple[str, int]:
    """Returns a string that its length precedes, and where it ends; a length of -1 is no string."""
    length = _number(data, at, 4)
    if length == 0xFFFF_FFFF:  # noqa: PLR2004 - see above
        return "", at + 4
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le", errors="replace"), end
