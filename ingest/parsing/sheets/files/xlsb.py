"""Reads binary workbooks of Excel 2007 and later (``xlsb``)."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.parsing.displayed.numbers import GENERAL
from ingest.parsing.office.drawings import Drawings
from ingest.parsing.office.package import Package, Relation
from ingest.parsing.sheets.files.binary_parts import (
    BinaryCell,
    comments_in,
    format_codes,
    shared_strings,
    sheet_in,
    sheet_names,
)
from ingest.parsing.sheets.files.remarks import add_drawn, add_links, signed
from ingest.parsing.sheets.workbook import MAX_CELLS, Area, Sheet, SheetCell, Workbook
from rag.errors import ParserLimitError


def read_binary_workbook(package: Package, main: str, name: str, drawings: Drawings) -> Workbook:
    """Returns a workbook with all sheets, hidden ones too; without the colours of cells, and without formulas.

    Raises:
        ParserLimitError: it has too many cells.
    """
    relations = package.relations(main)
    strings = shared_strings(_part(package, relations, "sharedStrings"))
    codes = format_codes(_part(package, relations, "styles"))
    sheets, is_1904 = sheet_names(package.content(main))
    found = Workbook(title=package.title(), is_1904=is_1904)
    left = MAX_CELLS
    for sheet_name, relation_id, is_hidden in sheets:
        target = relations.get(relation_id)
        if target is None or target.kind != "worksheet":
            continue
        content = sheet_in(package.content(target.target), most=left)
        if content is None:
            raise ParserLimitError(name, f"more than {MAX_CELLS:,} cells")
        left -= len(content.cells)
        sheet = Sheet(name=sheet_name, is_hidden=is_hidden, hidden_rows=content.hidden_rows)
        sheet.hidden_columns = content.hidden_columns
        sheet.merged = [Area(*area) for area in content.merged]
        for cell in content.cells:
            sheet.rows.setdefault(cell.row, {})[cell.column] = _cell(cell, strings, codes)
        about = package.relations(target.target)
        add_links(sheet, ((place, about[key].target) for place, key in content.links if key in about))
        for each in about.values():
            for place, author, text in comments_in(package.content(each.target)) if each.kind == "comments" else ():
                sheet.cell(*place).note = signed(" ".join(author.split()), " ".join(text.split()))
        add_drawn(sheet, package, about.values(), drawings)
        found.sheets.append(sheet)
    return found


def _cell(cell: BinaryCell, strings: list[str], codes: list[str]) -> SheetCell:
    value = cell.value
    if cell.shared is not None:
        value = strings[cell.shared] if cell.shared < len(strings) else None
    return SheetCell(value=value, code=codes[cell.style] if cell.style < len(codes) else GENERAL)


def _part(package: Package, relations: Mapping[str, Relation], kind: str) -> bytes:
    return next((package.content(each.target) for each in relations.values() if each.kind == kind), b"")
