"""Reads OpenDocument spreadsheets (``ods``) from their XML, which holds each cell's text as it is displayed.

``odfpy`` makes a tree of Python objects of the whole file, many times its size, and knows neither spans nor repeats.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from ingest.parsing.sheets.files.package import Package, attribute, local
from ingest.parsing.sheets.workbook import MAX_CELLS, MAX_CHARACTERS, Area, Sheet, SheetCell, Value, Workbook
from rag.errors import CorruptDocumentError, ParserLimitError

_TAGS = ("table", "table-row", "table-column", "shapes", "style")
_MAX_REPEATED_EMPTY = 1_048_576
_MAX_REMEMBERED_HIDDEN = 1_000
_MAX_COLUMNS = 16_384
# One that is not closed is matched too, to the end: nothing behind it is tried again.
_REFERENCE = re.compile(r"\[(?P<first>[^\]:]*+)(?::(?P<last>[^\]]*+))?+(?P<end>\]|\Z)")
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
_NOT_SHOWN = frozenset({"annotation", "ruby-text"})


def read_open_document(path: Path, name: str) -> Workbook:
    """Returns a workbook with all sheets, hidden ones too.

    Raises:
        ParserLimitError: it has too many cells.
        CorruptDocumentError: it has no content.
    """
    with zipfile.ZipFile(path) as archive:
        package = Package(archive)
        if not package.has("content.xml"):
            raise CorruptDocumentError(name, "it has no content")
        return _Reader(package, name).workbook()


class _Reader:
    def __init__(self, package: Package, name: str) -> None:
        self._package = package
        self._name = name
        self._cells = self._characters = 0
        self._hidden_styles: set[str] = set()
        self._row = 0
        self._column = 0

    def workbook(self) -> Workbook:
        found = Workbook()
        depth = 0
        for event, element in self._package.events("content.xml", *_TAGS, events=("start", "end")):
            kind = local(element)
            if kind == "table":
                depth += 1 if event == "start" else -1
                if event == "start" and depth == 1:
                    is_hidden = attribute(element, "style-name") in self._hidden_styles
                    found.sheets.append(Sheet(name=attribute(element, "name"), is_hidden=is_hidden))
                    self._row, self._column = 0, 0
            elif event == "end" and kind == "style":
                if any(attribute(each, "display") == "false" for each in element if local(each) == "table-properties"):
                    self._hidden_styles.add(attribute(element, "name"))
            elif event == "end" and found.sheets and depth == 1:
                if kind == "table-row":
                    self._add_row(found.sheets[-1], element)
                elif kind == "shapes":
                    _add_drawn(found.sheets[-1], element)
                else:
                    self._add_columns(found.sheets[-1], element)
        return found

    def _add_columns(self, sheet: Sheet, element: etree._Element) -> None:
        count = _repeated(element, "number-columns-repeated", _MAX_COLUMNS)
        if _is_hidden(element):
            sheet.hidden_columns.append((self._column + 1, self._column + count))
        self._column += count

    def _add_row(self, sheet: Sheet, element: etree._Element) -> None:
        count = _repeated(element, "number-rows-repeated", _MAX_REPEATED_EMPTY)
        first = self._row + 1
        self._row += count
        column = 1
        is_empty = True
        for each in element:
            kind = local(each)
            if kind not in {"table-cell", "covered-table-cell"}:
                continue
            width = _repeated(each, "number-columns-repeated", _MAX_COLUMNS)
            cell = _cell(each)
            if cell is not None and column <= _MAX_COLUMNS:
                is_empty = False
                self._fill(sheet, cell, rows=range(first, first + count), columns=range(column, column + width))
            _add_drawn(sheet, each)
            height, across = _number(each, "number-rows-spanned"), _number(each, "number-columns-spanned")
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


def _cell(element: etree._Element) -> SheetCell | None:
    texts = [_text(each) for each in element if local(each) in {"p", "h"}]
    shown = "\n".join(filter(None, texts))
    note = " / ".join(filter(None, (_note(each) for each in element if local(each) == "annotation")))
    value, otherwise = _value(element)
    formula = _formula(attribute(element, "formula"))
    is_unsolved = bool(formula) and value is None and not shown
    if not (shown or otherwise or note or is_unsolved):
        return None
    if is_unsolved:
        return SheetCell(formula=formula, note=note)
    return SheetCell(value=value if value is not None else shown, text=shown or otherwise, note=note)


def _value(element: etree._Element) -> tuple[Value, str]:
    """Returns the stored number or truth value, and the text that stands for it where the file has none."""
    kind = attribute(element, "value-type")
    if kind in {"float", "percentage", "currency"}:
        return _stored_number(element, kind)
    if kind == "boolean":
        is_true = attribute(element, "boolean-value") == "true"
        return is_true, str(is_true).upper()
    if kind == "date":
        return None, attribute(element, "date-value").removesuffix("T00:00:00").replace("T", " ")
    if kind == "time" and (found := _DURATION.fullmatch(attribute(element, "time-value"))):
        return None, ":".join(f"{int(part or 0):02d}" for part in found.groups())
    return None, attribute(element, "string-value")


def _stored_number(element: etree._Element, kind: str) -> tuple[Value, str]:
    try:
        number = float(attribute(element, "value"))
    except ValueError:
        return None, ""
    shown = f"{number * 100:.15g}%" if kind == "percentage" else f"{number:.15g}"
    return number, f"{shown} {attribute(element, 'currency')}".strip()


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


def _text(element: etree._Element) -> str:
    return " ".join("".join(_runs(element)).split())


def _runs(element: etree._Element) -> Iterator[str]:
    """Yields the parts of a paragraph's text, blanks and line breaks among them, in order."""
    stack: list[etree._Element | str] = [element]
    while stack:
        each = stack.pop()
        if isinstance(each, str):
            yield each
            continue
        if local(each) in {"s", "tab", "line-break"}:
            yield " "
        if local(each) not in _NOT_SHOWN:
            for child in reversed(each):
                stack.append(child.tail or "")
                stack.append(child)
            stack.append(each.text or "")


def _note(element: etree._Element) -> str:
    author = next((_text(each) for each in element if local(each) == "creator"), "")
    text = " ".join(filter(None, (_text(each) for each in element.iter("{*}p"))))
    return f"{author}: {text}" if author and text else text


def _add_drawn(sheet: Sheet, cell: etree._Element) -> None:
    for each in cell:
        if local(each) in {"p", "h", "annotation"}:
            continue
        sheet.drawn += filter(None, (_text(paragraph) for paragraph in each.iter("{*}p")))
        sheet.pictures += sum(1 for _ in each.iter("{*}image"))


def _is_hidden(element: etree._Element) -> bool:
    return attribute(element, "visibility") in {"collapse", "filter"}


def _repeated(element: etree._Element, name: str, most: int) -> int:
    return min(_number(element, name), most)


def _number(element: etree._Element, name: str) -> int:
    text = attribute(element, name)
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 10 else 1  # noqa: PLR2004 - any length
