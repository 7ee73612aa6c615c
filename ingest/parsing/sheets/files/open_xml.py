"""Reads the workbooks of Excel 2007 and later (``xlsx``, ``xlsm``, ``xltx``, ``xltm``, Strict too) from their XML.

``openpyxl`` gives either formulas or results, tells what is hidden or noted only with everything in memory, and does
not read Strict files. Its knowledge of formats and of shared formulas is used.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree
from openpyxl.formula.translate import Translator, TranslatorError

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.displayed.numbers import general
from ingest.parsing.office.drawings import Drawings
from ingest.parsing.office.elements import attribute, is_set, tag
from ingest.parsing.office.links import address_after
from ingest.parsing.office.package import Package, Relation
from ingest.parsing.sheets.files.page_headings import HEADINGS, heading_texts
from ingest.parsing.sheets.files.remarks import add_drawn, add_links, add_notes, place_of
from ingest.parsing.sheets.files.rich_text import text_in, unescaped
from ingest.parsing.sheets.files.styles import Styles, read_styles, whole_number
from ingest.parsing.sheets.files.xlsb import read_binary_workbook
from ingest.parsing.sheets.workbook import (
    MAX_CELLS,
    MAX_CHARACTERS,
    Area,
    Sheet,
    SheetCell,
    Value,
    Workbook,
    column_number,
)
from rag.errors import CorruptDocumentError, ParserLimitError
from rag.types import ElementKind

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_MAX_ROW = 1_048_576
_MAX_COLUMN = 16_384
_MAX_SHEETS = 1_000
_SHEET_TAGS = ("row", "c", "col", "mergeCell", "hyperlink", "conditionalFormatting", *HEADINGS)
_SHEET_KINDS = frozenset({"worksheet", "chartsheet"})
_HIDING = ";;;"
_LINK = re.compile(r'HYPERLINK\(\s*"((?:[^"]|"")*+)"', re.IGNORECASE)


def read_open_xml(path: Path, name: str, drawings: Drawings) -> Workbook:
    """Returns a workbook with all sheets, hidden ones too; ``drawings`` reads what lies over their cells.

    Raises:
        ParserLimitError: it has too many cells.
        CorruptDocumentError: it has no workbook part.
    """
    with zipfile.ZipFile(path) as archive:
        return _Reader(Package(archive), name, drawings).workbook()


def area_of(reference: str) -> Area | None:
    """Returns the cells that ``A1:B2`` or ``A1`` names."""
    ends = [_ADDRESS.fullmatch(end) for end in reference.split(":")[:2]]
    if not ends or any(end is None for end in ends):
        return None
    rows = [int(end[2]) for end in ends if end]
    columns = [column_number(end[1]) for end in ends if end]
    return Area(min(rows), min(columns), max(rows), max(columns))


class _Reader:
    def __init__(self, package: Package, name: str, drawings: Drawings) -> None:
        self._package = package
        self._name = name
        self._drawings = drawings
        self._struck: list[str] = []
        self._furniture: set[str] = set()
        self._cells = self._characters = 0
        self._strings: list[str] = []
        self._styles = Styles()
        self._recomputed = False
        self._unseen: list[tuple[int, int]] = []

    def workbook(self) -> Workbook:
        files = self._package.relations("").values()
        main = next((each.target for each in files if each.kind == "officeDocument"), "xl/workbook.xml")
        if main.lower().endswith(".bin"):
            return read_binary_workbook(self._package, main, self._name, self._drawings)
        root = self._package.tree(main)
        if root is None:
            raise CorruptDocumentError(self._name, "it has no workbook")
        relations = self._package.relations(main)
        for relation in relations.values():
            if relation.kind == "sharedStrings":
                self._strings = [text_in(item, self._struck) for item in self._package.elements(relation.target, "si")]
            elif relation.kind == "styles":
                self._styles = read_styles(self._package.tree(relation.target))
        self._recomputed = any(is_set(element, "fullCalcOnLoad") for element in root.iter("{*}calcPr"))
        found = Workbook(
            title=self._package.title(),
            struck=self._struck,
            is_1904=any(is_set(element, "date1904") for element in root.iter("{*}workbookPr")),
            names={
                element.get("name", "").casefold(): element.text.lstrip("=")
                for element in root.iter("{*}definedName")
                if element.text and not element.get("localSheetId")
            },
        )
        for element in list(root.iter("{*}sheet"))[:_MAX_SHEETS]:
            target = relations.get(attribute(element, "id") or "")
            if target is not None and target.kind in _SHEET_KINDS:
                sheet = Sheet(name=element.get("name", ""), is_hidden=element.get("state", "visible") != "visible")
                self._fill(sheet, target.target)
                found.sheets.append(sheet)
        return found

    def _fill(self, sheet: Sheet, part: str) -> None:
        relations = self._package.relations(part)
        links: list[tuple[tuple[int, int] | None, str]] = []
        self._unseen = []
        row, column = 0, 0  # of the last cell or row, for those that do not say where they are
        shared: dict[str, tuple[str, str]] = {}
        for element in self._package.elements(part, *_SHEET_TAGS):
            kind = tag(element)
            if kind == "c":
                place = _ADDRESS.fullmatch(element.get("r", ""))
                if place is None and not column:
                    row = whole_number(element.getparent().get("r"), row + 1)
                row, column = (int(place[2]), column_number(place[1])) if place else (row, column + 1)
                if 0 < row <= _MAX_ROW and column <= _MAX_COLUMN:
                    self._add(sheet, row, column, element, shared)
            elif kind == "row":
                row, column = whole_number(element.get("r"), row if column else row + 1), 0
                if is_set(element, "hidden") or element.get("ht") == "0":
                    sheet.hidden_rows.add(row)
            elif kind == "hyperlink":
                target = relations.get(attribute(element, "id") or "")
                if target is not None and target.is_external:
                    links.append((place_of(element.get("ref", "")), target.target))
            else:
                self._add_shape(sheet, element, kind)
        add_links(sheet, links)
        add_notes(sheet, self._package, relations.values())
        add_drawn(sheet, self._package, relations.values(), self._drawings)
        sheet.tables += self._tables(relations.values())
        if not sheet.is_coloured:
            self._hide(sheet)

    def _add_shape(self, sheet: Sheet, element: etree._Element, kind: str) -> None:
        if kind == "col" and (is_set(element, "hidden") or element.get("width") == "0"):
            sheet.hidden_columns.append((whole_number(element.get("min"), 0), whole_number(element.get("max"), 0)))
        elif kind == "mergeCell" and (area := area_of(element.get("ref", ""))):
            sheet.merged.append(area)
        elif kind == "conditionalFormatting":
            sheet.is_coloured = True
        elif kind in HEADINGS:
            texts = [text for text in heading_texts(element.text or "") if text not in self._furniture]
            self._furniture.update(texts)
            sheet.drawn += [Block(kind=ElementKind.PARAGRAPH, text=text) for text in texts]

    def _hide(self, sheet: Sheet) -> None:
        """Gives cells in the colour of their ground a format that shows nothing. A table has a ground of its own."""
        for row, column in self._unseen:
            if not any(area.top <= row <= area.bottom and area.left <= column <= area.right for area in sheet.tables):
                sheet.rows[row][column].code = _HIDING

    def _tables(self, relations: Iterable[Relation]) -> Iterator[Area]:
        for relation in relations:
            table = self._package.tree(relation.target) if relation.kind == "table" else None
            if table is not None and table.get("headerRowCount") != "0" and (area := area_of(table.get("ref", ""))):
                yield area

    def _add(
        self, sheet: Sheet, row: int, column: int, element: etree._Element, shared: dict[str, tuple[str, str]]
    ) -> None:
        kind = element.get("t", "n")
        formula, stored, inline = "", None, None
        for child in element:
            name = tag(child)
            if name == "f":
                formula = _formula(child, element.get("r", ""), shared)
            elif name == "v":
                stored = child.text or ("" if kind == "str" else None)
            elif name == "is":
                inline = text_in(child, self._struck)
        value = self._value(kind, stored) if inline is None else inline
        style = whole_number(element.get("s"), 0)
        if style in self._styles.struck and value is not None:
            self._struck.append(value if isinstance(value, str) else general(float(value)))
            return
        if formula and self._recomputed and value == 0 and not isinstance(value, bool):
            value = None  # some programs write 0 and leave it to the reader to compute
        is_unsolved = bool(formula) and value is None
        if value is None and not is_unsolved:
            return
        self._count(value)
        if isinstance(value, str) and (link := _LINK.match(formula)):
            value += address_after(value, link[1].replace('""', '"'))
        cell = SheetCell(value=value, code=self._styles.code(style), formula=formula if is_unsolved else "")
        sheet.rows.setdefault(row, {})[column] = cell
        if style in self._styles.unseen:
            self._unseen.append((row, column))

    def _count(self, value: Value) -> None:
        self._cells += 1
        self._characters += len(value) if isinstance(value, str) else 0
        if self._cells > MAX_CELLS:
            raise ParserLimitError(self._name, f"more than {MAX_CELLS:,} cells")
        if self._characters > MAX_CHARACTERS:
            raise ParserLimitError(self._name, f"more than {MAX_CHARACTERS:,} characters in its cells")

    def _value(self, kind: str, stored: str | None) -> Value:
        if stored is None:
            return None
        if kind == "s":
            index = whole_number(stored, -1)
            return self._strings[index] if 0 <= index < len(self._strings) else None
        if kind == "b":
            return stored.strip() in {"1", "true"}
        if kind == "n":
            try:
                return float(stored)
            except ValueError:
                return stored
        return stored.removesuffix("T00:00:00").replace("T", " ") if kind == "d" else unescaped(stored)


def _formula(element: etree._Element, address: str, shared: dict[str, tuple[str, str]]) -> str:
    """Returns the text of a formula; one that is shared is written for its own place."""
    text = element.text or ""
    key = element.get("si", "")
    if element.get("t") != "shared" or not key:
        return text
    if text:
        shared[key] = (text, address)
        return text
    if key not in shared:
        return ""
    master, origin = shared[key]
    try:
        return str(Translator(f"={master}", origin=origin).translate_formula(address)).lstrip("=")
    except (TranslatorError, ValueError, IndexError):
        return master
