"""Reads workbooks of all formats: what each sheet shows, and warnings about what it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, assemble, clean
from ingest.parsing.blocks.left_out import left_out_warnings
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.displayed.numbers import shown_number, shown_text
from ingest.parsing.office.drawings import Drawings
from ingest.parsing.scans.ocr import Recogniser
from ingest.parsing.sheets.files.open_document import read_open_document
from ingest.parsing.sheets.files.open_xml import read_open_xml
from ingest.parsing.sheets.files.xls import read_binary
from ingest.parsing.sheets.formulas import Calculator
from ingest.parsing.sheets.layout import sheet_blocks
from ingest.parsing.sheets.left_out import LeftOut
from ingest.parsing.sheets.visible import TooManyPlacesError, visible
from ingest.parsing.sheets.workbook import SheetCell, Workbook
from rag.errors import ParserLimitError
from rag.stages import PageCounter, ignore_progress
from rag.types import ExtractedText


def read_xlsx(
    path: Path,
    *,
    name: str,
    recogniser: Recogniser,
    files: InnerFiles,
    on_page: PageCounter = ignore_progress,  # noqa: ARG001 - it is called as ``parse_pdf`` is
) -> ExtractedText:
    """Reads a workbook of Excel 2007 or later."""
    drawings = Drawings.of(recogniser, files, name)
    return _extracted(read_open_xml(path, name, drawings), name, parser="openpyxl", drawings=drawings)


def read_xls(path: Path, name: str) -> ExtractedText:
    """Reads a workbook of the binary format before Excel 2007."""
    return _extracted(read_binary(path, name), name, parser="xlrd")


def read_ods(
    path: Path,
    *,
    name: str,
    recogniser: Recogniser,
    files: InnerFiles,
    on_page: PageCounter = ignore_progress,  # noqa: ARG001 - it is called as ``parse_pdf`` is
) -> ExtractedText:
    """Reads an OpenDocument spreadsheet."""
    drawings = Drawings.of(recogniser, files, name)
    return _extracted(read_open_document(path, name, drawings), name, parser="lxml", drawings=drawings)


def _extracted(workbook: Workbook, name: str, *, parser: str, drawings: Drawings | None = None) -> ExtractedText:
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
        drawn = (block if block.table is not None else replace(block, text=clean(block.text)) for block in sheet.drawn)
        blocks += [replace(block, prefix=(sheet.name,)) for block in drawn]
        left_out.add_hidden_cells(sheet, seen, shown)
    return assemble(
        blocks,
        title=choose_title(workbook.title, blocks, name),
        parser=parser,
        warnings=(
            *left_out.warnings,
            *left_out_warnings(struck=workbook.struck),
            *(drawings.warnings() if drawings is not None else ()),
        ),
        left_out=(*left_out.texts, *workbook.struck, *(drawings.left_out if drawings is not None else ())),
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
