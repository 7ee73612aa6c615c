"""Reads workbooks of all formats: what each sheet shows, and warnings about what it does not."""

from __future__ import annotations

from pathlib import Path

from ingest.parsing.blocks.assembly import Block, assemble, clean
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.formats.office_properties import stored_title
from ingest.parsing.sheets.files.open_document import read_open_document
from ingest.parsing.sheets.files.open_xml import read_open_xml
from ingest.parsing.sheets.files.xls import read_binary
from ingest.parsing.sheets.formulas import Calculator
from ingest.parsing.sheets.layout import sheet_blocks
from ingest.parsing.sheets.left_out import LeftOut
from ingest.parsing.sheets.number_formats import shown_number, shown_text
from ingest.parsing.sheets.visible import TooManyPlacesError, visible
from ingest.parsing.sheets.workbook import SheetCell, Workbook
from rag.errors import ParserLimitError
from rag.types import ElementKind, ExtractedText


def read_xlsx(path: Path, name: str) -> ExtractedText:
    """Reads a workbook of Excel 2007 or later."""
    workbook = read_open_xml(path, name)
    workbook.title = stored_title(path)
    return _extracted(workbook, name, parser="openpyxl")


def read_xls(path: Path, name: str) -> ExtractedText:
    """Reads a workbook of the binary format before Excel 2007."""
    return _extracted(read_binary(path, name), name, parser="xlrd")


def read_ods(path: Path, name: str) -> ExtractedText:
    """Reads an OpenDocument spreadsheet."""
    workbook = read_open_document(path, name)
    workbook.title = stored_title(path)
    return _extracted(workbook, name, parser="lxml")


def _extracted(workbook: Workbook, name: str, *, parser: str) -> ExtractedText:
    """Returns the text of a workbook: every shown sheet, cells as they are displayed.

    Formulas without a stored result are computed, or shown as they are. Hidden sheets, rows and columns are left out.

    Raises:
        ParserLimitError: its cells are too far apart.
    """

    def shown(cell: SheetCell) -> str:
        return _shown(cell, is_1904=workbook.is_1904)

    left_out = LeftOut()
    formulas = _formula_count(workbook)
    left_out.add_formulas(Calculator(workbook).fill_in() if formulas else (), formulas)
    left_out.add_hidden_sheets(workbook, shown)
    blocks: list[Block] = []
    for sheet in workbook.sheets:
        if sheet.is_hidden:
            continue
        try:
            seen = visible(sheet, shown)
            blocks += sheet_blocks(sheet.name, seen)
        except TooManyPlacesError as error:
            raise ParserLimitError(name, f"the cells of sheet '{sheet.name}' are too far apart") from error
        blocks += [Block(kind=ElementKind.PARAGRAPH, text=clean(text), prefix=(sheet.name,)) for text in sheet.drawn]
        left_out.add_hidden_cells(sheet, seen, shown)
    return assemble(
        blocks,
        title=choose_title(workbook.title, blocks, name),
        parser=parser,
        warnings=tuple(left_out.warnings),
        left_out=tuple(left_out.texts),
    )


def _shown(cell: SheetCell, *, is_1904: bool) -> str:
    """Returns a cell as its reader sees it."""
    if cell.formula:
        return f"={cell.formula}"
    if cell.text is not None:
        return cell.text
    if isinstance(cell.value, bool):
        return str(cell.value).upper()
    if isinstance(cell.value, str):
        return shown_text(cell.value, cell.code)
    return "" if cell.value is None else shown_number(cell.value, cell.code, is_1904=is_1904)


def _formula_count(workbook: Workbook) -> int:
    return sum(
        bool(cell.formula) for sheet in workbook.sheets for cells in sheet.rows.values() for cell in cells.values()
    )
