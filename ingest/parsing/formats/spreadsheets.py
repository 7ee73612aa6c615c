"""Reads workbooks and delimited text, every row of every sheet.

The only place that imports ``openpyxl`` and ``xlrd``. They replace ``unstructured`` here, because that passes cells
through pandas, which turns whole numbers into fractions and dates into timestamps.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import openpyxl
import xlrd

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.tables import has_header, table_lines
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.unstructured_parser import stored_title
from rag.errors import CorruptDocumentError, EncryptedDocumentError, ParserLimitError
from rag.types import ElementKind

_PERCENT = re.compile(r"0(?:\.(0+))?%")
_MAX_CELLS = 5_000_000
_MAX_EMPTY_ROWS = 10_000
_SNIFF_CHARACTERS = 16_384
_DELIMITERS = ",;\t|"


def read_xlsx(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns the stored title, and one table for each stretch of rows between empty ones, under the sheet's name.

    A formula is represented by its stored result.

    Raises:
        ParserLimitError: it has too many cells.
    """
    content = io.BytesIO(path.read_bytes())  # given a path, openpyxl would check the extension, and a blob has none
    workbook = openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False)
    try:
        blocks: list[Block] = []
        budget = _MAX_CELLS
        for sheet in workbook.worksheets:
            sheet.reset_dimensions()  # stored dimensions may be wrong, or absurd
            rows = []
            for row in _until_empty(sheet.iter_rows()):
                budget -= len(row)
                if budget < 0:
                    raise ParserLimitError(name, f"more than {_MAX_CELLS:,} cells")
                rows.append([_shown(cell.value, cell.number_format) for cell in row])
            blocks += _sheet_blocks(rows, sheet.title)
        return stored_title(path), blocks
    finally:
        workbook.close()


def read_xls(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns the same as ``read_xlsx`` for the older binary format.

    Raises:
        EncryptedDocumentError: a password protects it.
        CorruptDocumentError: it cannot be read.
    """
    try:
        book = xlrd.open_workbook(str(path), formatting_info=False, on_demand=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise EncryptedDocumentError(name) from error
        raise CorruptDocumentError(name, str(error)) from error
    blocks: list[Block] = []
    for sheet in book.sheets():
        rows = [[_xls_shown(cell, book.datemode) for cell in sheet.row(index)] for index in range(sheet.nrows)]
        blocks += _sheet_blocks(rows, sheet.name)
    return "", blocks


def read_csv(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns an empty title, and the rows as a table; the delimiter is guessed."""
    return "", delimited_blocks(decode_file(path, name), delimiter=None)


def read_tsv(path: Path, name: str) -> tuple[str, list[Block]]:
    """Returns the same as ``read_csv`` for tab-separated text."""
    return "", delimited_blocks(decode_file(path, name), delimiter="\t")


def delimited_blocks(text: str, *, delimiter: str | None) -> list[Block]:
    """Returns the table in delimited text; the delimiter is guessed if it is None."""
    chosen = delimiter or _guessed_delimiter(text)
    csv.field_size_limit(max(len(text), 131_072))
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=chosen))
    lines = table_lines(rows)
    return [Block(kind=ElementKind.TABLE, text=clean("\n".join(lines)))] if lines else []


def _until_empty(rows: Iterable[Sequence[openpyxl.cell.Cell]]) -> Iterator[Sequence[openpyxl.cell.Cell]]:
    """Yields rows until a long run of empty ones, as in formatted but unused parts of a sheet."""
    empty = 0
    for row in rows:
        empty = 0 if any(cell.value is not None for cell in row) else empty + 1
        if empty > _MAX_EMPTY_ROWS:
            return
        yield row


def _sheet_blocks(rows: Sequence[Sequence[str]], sheet: str) -> list[Block]:
    blocks = []
    stretch: list[Sequence[str]] = []
    for row in [*rows, []]:
        if any(row):
            stretch.append(row)
        elif stretch:
            for table in _side_by_side(stretch):
                text = clean("\n".join(table_lines(_without_empty_columns(table))))
                blocks.append(Block(kind=ElementKind.TABLE, text=text, prefix=(sheet,)))
            stretch = []
    return blocks


def _side_by_side(rows: Sequence[Sequence[str]]) -> list[list[list[str]]]:
    """Divides tables that are side by side.

    An empty column is a border only if the part behind it has at least two columns and its own column names: many
    sheets use an empty column as a margin.
    """
    width = max(map(len, rows))
    filled = [[*row, *[""] * (width - len(row))] for row in rows]
    for column in range(2, width - 2):
        if any(row[column] for row in filled):
            continue
        left = [row[:column] for row in filled if any(row[:column])]
        right = [row[column + 1 :] for row in filled if any(row[column + 1 :])]
        named = _without_empty_columns(right) if right else []
        if left and named and len(named[0]) > 1 and has_header(named) and named[0][0].strip() and _is_worded(named[0]):
            return [*_side_by_side(left), *_side_by_side(right)]
    return [filled]


def _is_worded(header: Sequence[str]) -> bool:
    return all(any(map(str.isalpha, name)) for name in header)


def _without_empty_columns(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    width = max(map(len, rows))
    used = [index for index in range(width) if any(index < len(row) and row[index] for row in rows)]
    return [[row[index] if index < len(row) else "" for index in used] for row in rows]


def _shown(value: object, number_format: str = "") -> str:
    """Returns a cell as a person would read it: 1250.5, 2024-03-01, 12.5%."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float | int):
        return _number(value, number_format)
    if isinstance(value, dt.datetime):
        is_day = value.time() == dt.time()
        return value.date().isoformat() if is_day else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return "" if value is None else " ".join(clean(str(value)).split())


def _number(value: float, number_format: str) -> str:
    percent = _PERCENT.search(number_format or "")
    if percent is not None:
        return f"{value * 100:.{len(percent.group(1) or '')}f}%"
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    # A spreadsheet itself keeps 15 digits; the 16th shows binary rounding.
    return f"{value:.15g}"


def _xls_shown(cell: xlrd.sheet.Cell, datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return _shown(xlrd.xldate_as_datetime(cell.value, datemode))
        except (xlrd.xldate.XLDateError, OverflowError, ValueError):
            return _shown(cell.value)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return _shown(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, ""))
    return _shown(cell.value or None if cell.ctype == xlrd.XL_CELL_TEXT else cell.value)


def _guessed_delimiter(text: str) -> str:
    try:
        return csv.Sniffer().sniff(text[:_SNIFF_CHARACTERS], delimiters=_DELIMITERS).delimiter
    except csv.Error:
        first = text.split("\n", 1)[0]
        return max(_DELIMITERS, key=first.count)
