"""Reads workbooks of the binary format before Excel 2007. The only place that imports ``xlrd``."""

from __future__ import annotations

import io
from pathlib import Path

import xlrd

from ingest.parsing.displayed.numbers import GENERAL
from ingest.parsing.sheets.files.remarks import add_links, signed
from ingest.parsing.sheets.files.styles import COUNTRY_FORMATS
from ingest.parsing.sheets.workbook import MAX_CELLS, Area, Sheet, SheetCell, Value, Workbook
from rag.errors import CorruptDocumentError, EncryptedDocumentError, ParserLimitError


def read_binary(path: Path, name: str) -> Workbook:
    """Returns a workbook with all sheets, hidden ones too.

    Raises:
        EncryptedDocumentError: a password protects it.
        CorruptDocumentError: it cannot be read.
        ParserLimitError: it has too many cells.
    """
    book = _opened(path, name)
    found = Workbook(is_1904=bool(book.datemode))
    budget = MAX_CELLS
    for source in book.sheets():
        sheet = Sheet(name=source.name, is_hidden=bool(source.visibility))
        for row in range(source.nrows):
            cells = {
                column: _cell(book, source.cell(row, column - 1))
                for column in range(1, source.row_len(row) + 1)
                if source.cell_type(row, column - 1) not in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK}
            }
            budget -= len(cells)
            if budget < 0:
                raise ParserLimitError(name, f"more than {MAX_CELLS:,} cells")
            if cells:
                sheet.rows[row + 1] = cells
        _add_shape(sheet, source)
        found.sheets.append(sheet)
    return found


def _opened(path: Path, name: str) -> xlrd.Book:
    """Opens a workbook with its formats, or without them if they are damaged."""
    try:
        try:
            return xlrd.open_workbook(str(path), formatting_info=True, logfile=io.StringIO())
        except (xlrd.XLRDError, AssertionError, IndexError, KeyError, ValueError) as error:
            if "encrypted" in str(error).lower():
                raise EncryptedDocumentError(name) from error
            return xlrd.open_workbook(str(path), logfile=io.StringIO())
    except xlrd.XLRDError as error:
        raise CorruptDocumentError(name, str(error)) from error


def _cell(book: xlrd.Book, cell: xlrd.sheet.Cell) -> SheetCell:
    value: Value = cell.value
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        value = bool(cell.value)
    elif cell.ctype == xlrd.XL_CELL_ERROR:
        value = str(xlrd.error_text_from_code.get(cell.value, ""))
    code = _code(book, cell.xf_index)
    if cell.ctype == xlrd.XL_CELL_DATE and code == GENERAL:
        code = "yyyy-mm-dd" if float(cell.value).is_integer() else "yyyy-mm-dd hh:mm"
    return SheetCell(value=value, code=code)


def _code(book: xlrd.Book, style: int | None) -> str:
    if style is None or not 0 <= style < len(book.xf_list):
        return GENERAL
    key = book.xf_list[style].format_key
    known = book.format_map.get(key)
    return COUNTRY_FORMATS.get(key) or (known.format_str if known is not None else GENERAL)


def _add_shape(sheet: Sheet, source: xlrd.sheet.Sheet) -> None:
    sheet.hidden_rows = {row + 1 for row, about in source.rowinfo_map.items() if about.hidden}
    sheet.hidden_columns = [(column + 1, column + 1) for column, about in source.colinfo_map.items() if about.hidden]
    sheet.merged = [Area(top + 1, left + 1, bottom, right) for top, bottom, left, right in source.merged_cells]
    for (row, column), note in source.cell_note_map.items():
        text, author = " ".join(str(note.text).split()), " ".join(str(note.author or "").split())
        sheet.cell(row + 1, column + 1).note = signed(author, text)
    links = source.hyperlink_map.items()
    add_links(sheet, (((row + 1, column + 1), str(link.url_or_path or "")) for (row, column), link in links))
