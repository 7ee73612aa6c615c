"""Reads OpenDocument spreadsheets (``ods``) from their XML, which holds each cell's text as it is displayed.

``odfpy`` makes a tree of Python objects of the whole file, many times its size, and knows neither spans nor repeats.
"""

from __future__ import annotations

import re
import zipfile
from copy import deepcopy
from pathlib import Path

from ingest.parsing.office.drawings import Drawings
from ingest.parsing.office.open_document.document import Document
from ingest.parsing.office.open_document.elements import Archive, Node, attribute, descendants, number, plain_text, tag
from ingest.parsing.office.open_document.lines import Line
from ingest.parsing.office.open_document.story import read_blocks
from ingest.parsing.office.open_document.styles import Styles
from ingest.parsing.sheets.workbook import MAX_CELLS, MAX_CHARACTERS, Area, Sheet, SheetCell, Value, Workbook
from rag.errors import ParserLimitError
from rag.types import ElementKind

_TAGS = ("table", "table-row", "table-column", "shapes", "automatic-styles")
_MAX_REPEATED_EMPTY = 1_048_576
_MAX_REMEMBERED_HIDDEN = 1_000
_MAX_COLUMNS = 16_384
# One that is not closed is matched too, to the end: nothing behind it is tried again.
_REFERENCE = re.compile(r"\[(?P<first>[^\]:]*+)(?::(?P<last>[^\]]*+))?+(?P<end>\]|\Z)")
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")


def read_open_document(path: Path, name: str, drawings: Drawings) -> Workbook:
    """Returns a workbook with all sheets, hidden ones too; ``drawings`` reads what lies over their cells.

    Raises:
        ParserLimitError: it has too many cells.
        CorruptDocumentError: it has no content.
    """
    with zipfile.ZipFile(path) as archive:
        return _Reader(Archive(archive, name), name, drawings).workbook()


class _Reader:
    def __init__(self, archive: Archive, name: str, drawings: Drawings) -> None:
        self._archive = archive
        self._name = name
        self._cells = self._characters = 0
        self._row = 0
        self._column = 0
        self._document = Document(drawings, archive=archive, styles=Styles(), read=read_blocks)
        self._document.depth = 1  # cells have grounds of their own

    def workbook(self) -> Workbook:
        found = Workbook(title=self._archive.title())
        depth = 0
        for event, element in self._archive.events("content.xml", *_TAGS):
            kind = tag(element)
            if kind == "table:table":
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    display = self._document.styles.property_of(attribute(element, "table:style-name"), "table:display")
                    found.sheets.append(Sheet(name=attribute(element, "table:name"), is_hidden=display == "false"))
                    self._row, self._column = 0, 0
            elif event == "end" and kind == "office:automatic-styles":
                self._document.styles = Styles(self._archive.xml("styles.xml"), deepcopy(element))
            elif event == "end" and found.sheets and depth == 1:
                if kind == "table:table-row":
                    self._add_row(found.sheets[-1], element)
                elif kind == "table:shapes":
                    self._add_drawn(found.sheets[-1], element)
                elif kind == "table:table-column":
                    self._add_columns(found.sheets[-1], element)
        found.struck = list(self._document.left_out)
        return found

    def _add_columns(self, sheet: Sheet, element: Node) -> None:
        count = number(element, "table:number-columns-repeated", most=_MAX_COLUMNS)
        if _is_hidden(element):
            sheet.hidden_columns.append((self._column + 1, self._column + count))
        self._column += count

    def _add_row(self, sheet: Sheet, element: Node) -> None:
        count = number(element, "table:number-rows-repeated", most=_MAX_REPEATED_EMPTY)
        first = self._row + 1
        self._row += count
        column = 1
        is_empty = True
        for each in element:
            if tag(each) not in {"table:table-cell", "table:covered-table-cell"}:
                continue
            width = number(each, "table:number-columns-repeated", most=_MAX_COLUMNS)
            cell = self._cell(sheet, each)
            if cell is not None and column <= _MAX_COLUMNS:
                is_empty = False
                self._fill(sheet, cell, rows=range(first, first + count), columns=range(column, column + width))
            self._add_drawn(sheet, each)
            height, across = number(each, "table:number-rows-spanned"), number(each, "table:number-columns-spanned")
            if height > 1 or across > 1:
                sheet.merged.append(Area(first, column, first + height - 1, column + across - 1))
            column += width
        if _is_hidden(element) and (not is_empty or count <= _MAX_REMEMBERED_HIDDEN):
            sheet.hidden_rows.update(range(first, first + count))

    def _fill(self, sheet: Sheet, cell: SheetCell, *, rows: range, columns: range) -> None:
        count = len(rows) * len(columns)
        self._cells += count
        self._characters += count * len(cell.text or "")
        if self._cells > MAX_CELLS:
            raise ParserLimitError(self._name, f"more than {MAX_CELLS:,} cells")
        if self._characters > MAX_CHARACTERS:
            raise ParserLimitError(self._name, f"more than {MAX_CHARACTERS:,} characters in its cells")
        for row in rows:
            for column in columns:
                copy = SheetCell(value=cell.value, text=cell.text, formula=cell.formula, note=cell.note)
                sheet.rows.setdefault(row, {})[column] = copy

    def _cell(self, sheet: Sheet, element: Node) -> SheetCell | None:
        texts = [self._text(sheet, each) for each in element if tag(each) in {"text:p", "text:h"}]
        shown = "\n".join(filter(None, texts))
        note = " / ".join(filter(None, (_note(each) for each in element if tag(each) == "office:annotation")))
        value, otherwise = _value(element)
        formula = _formula(attribute(element, "table:formula"))
        is_unsolved = bool(formula) and value is None and not shown
        if not (shown or otherwise or note or is_unsolved):
            return None
        if is_unsolved:
            return SheetCell(formula=formula, note=note)
        return SheetCell(value=value if value is not None else shown, text=shown or otherwise, note=note)

    def _text(self, sheet: Sheet, paragraph: Node) -> str:
        line = Line(self._document)
        line.read(paragraph)
        sheet.drawn += line.attached
        return " ".join(line.text.split())

    def _add_drawn(self, sheet: Sheet, parent: Node) -> None:
        """Adds what shapes, pictures and charts say; the values of charts stand in cells."""
        drawn = [each for each in parent if tag(each).startswith(("draw:", "dr3d:"))]
        found = [*self._document.blocks(drawn), *self._document.embedded] if drawn else []
        self._document.embedded.clear()
        sheet.drawn += [block for block in found if block.kind is not ElementKind.TABLE]


def _value(element: Node) -> tuple[Value, str]:
    """Returns the stored number or truth value, and the text that stands for it where the file has none."""
    kind = attribute(element, "office:value-type")
    if kind in {"float", "percentage", "currency"}:
        return _stored_number(element, kind)
    if kind == "boolean":
        is_true = attribute(element, "office:boolean-value") == "true"
        return is_true, str(is_true).upper()
    if kind == "date":
        return None, attribute(element, "office:date-value").removesuffix("T00:00:00").replace("T", " ")
    if kind == "time" and (found := _DURATION.fullmatch(attribute(element, "office:time-value"))):
        return None, ":".join(f"{int(part or 0):02d}" for part in found.groups())
    return None, attribute(element, "office:string-value")


def _stored_number(element: Node, kind: str) -> tuple[Value, str]:
    try:
        number = float(attribute(element, "office:value"))
    except ValueError:
        return None, ""
    shown = f"{number * 100:.15g}%" if kind == "percentage" else f"{number:.15g}"
    return number, f"{shown} {attribute(element, 'office:currency')}".strip()


def _formula(text: str) -> str:
    """Returns a formula as Excel writes it: of:=[.B2]*[.C2] is B2*C2."""
    if not text.startswith(("of:=", "oooc:=", "=")):
        return text.partition("=")[2]
    body = text.partition("=")[2].replace(";", ",")
    return _REFERENCE.sub(_range, body)


def _range(match: re.Match[str]) -> str:
    return ":".join(filter(None, map(_reference, match.group("first", "last")))) if match["end"] else match[0]


def _reference(text: str | None) -> str:
    sheet, _, cell = (text or "").replace("$", "").rpartition(".")
    return f"'{sheet.strip(chr(39))}'!{cell}" if sheet else cell


def _note(element: Node) -> str:
    author = next((plain_text(each) for each in element if tag(each) == "dc:creator"), "")
    text = " ".join(filter(None, map(plain_text, descendants(element, "text:p"))))
    return f"{author}: {text}" if author and text else text


def _is_hidden(element: Node) -> bool:
    return attribute(element, "table:visibility") in {"collapse", "filter"}
