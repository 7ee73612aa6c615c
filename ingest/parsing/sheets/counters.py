"""Counts what workbooks and delimited texts hold: the text of every cell, note and shape, in the plainest way.

It shares nothing with the readers, so that a mistake of theirs shows. See ``ingest/parsing/completeness.py``. Of the
numbers only whole ones that have no format count: others are shown in other digits.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import xlrd
from lxml import etree

from ingest.parsing.formats.decoding import decode_file

_CELLS = "the cells"
_SUMMARY = "[Threaded comment]"  # of a conversation, whose contributions are in a part of their own
_ESCAPED = re.compile(r"_x[0-9A-Fa-f]{4}_")
_SEPARATOR_LINE = re.compile(r"\A\ufeff?\"?sep=.*", re.IGNORECASE)


def held_in_xlsx(path: Path) -> Mapping[str, list[str]]:
    """Returns the texts of a workbook of Excel 2007 or later by kind."""
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.bin" in archive.namelist():  # a binary workbook, whose parts are no XML
            return {}
        strings = list(_texts(archive, r"xl/sharedStrings\.xml", "si", _text))
        cells = (
            strings[int(text[1:])] if text.startswith("\0") and int(text[1:]) < len(strings) else text
            for text in _texts(archive, _sheet_parts(archive), "c", _cell_text)
        )
        comments = [
            *_texts(archive, r"xl/comments.*\.xml", "comment", _text),
            *_texts(archive, r"xl/threadedComments/.*\.xml", "threadedComment", lambda each: _text(each, "text")),
        ]
        return {
            _CELLS: list(cells),
            "comments": [text for text in comments if not text.startswith(_SUMMARY)],
            "text boxes": list(_texts(archive, r"xl/drawings/[^/]+\.xml", "p", _text)),
        }


def held_in_ods(path: Path) -> Mapping[str, list[str]]:
    """Returns the texts of an OpenDocument spreadsheet: all paragraphs in cells, those of notes and shapes too."""
    with zipfile.ZipFile(path) as archive:
        return {
            _CELLS: [
                text
                for tag in ("table-cell", "covered-table-cell")
                for text in _texts(archive, r"content\.xml", tag, _paragraphs)
            ]
        }


def held_in_xls(path: Path) -> Mapping[str, list[str]]:
    """Returns the texts of a workbook before Excel 2007."""
    book = xlrd.open_workbook(str(path), logfile=io.StringIO())
    texts = [
        str(value)
        for sheet in book.sheets()
        for row in range(sheet.nrows)
        for kind, value in zip(sheet.row_types(row), sheet.row_values(row), strict=True)
        if kind == xlrd.XL_CELL_TEXT
    ]
    return {_CELLS: texts}


def held_in_delimited(path: Path) -> Mapping[str, list[str]]:
    """Returns the lines of delimited text."""
    return {"the lines": _SEPARATOR_LINE.sub("", decode_file(path, path.name)).splitlines()}


def _sheet_parts(archive: zipfile.ZipFile) -> str:
    """Returns a pattern for the parts of the sheets that the workbook has; programs leave others behind."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(archive.read("xl/_rels/workbook.xml.rels"), parser)
    targets = {str(each.get("Target", "")).rpartition("/")[2] for each in root}
    return f"xl/worksheets/(?:{'|'.join(map(re.escape, targets))})"


def _texts(archive: zipfile.ZipFile, pattern: str, tag: str, text_of: Callable[[etree._Element], str]) -> Iterator[str]:
    for name in archive.namelist():
        if re.fullmatch(pattern, name, re.IGNORECASE):
            with archive.open(name) as part:
                parsed = etree.iterparse(part, tag=f"{{*}}{tag}", resolve_entities=False, no_network=True)
                for _, element in parsed:
                    yield text_of(element)
                    element.clear()


def _text(element: etree._Element, tag: str = "t") -> str:
    parts = (
        part.text or ""
        for part in element.iter(f"{{*}}{tag}")
        if next(part.iterancestors("{*}rPh"), None) is None  # how it is read aloud
        and part.find("../{*}rPr/{*}strike") is None
    )
    return _ESCAPED.sub("", "".join(parts))


def _cell_text(element: etree._Element) -> str:
    """Returns the text of a cell; of a shared one a mark and its number."""
    kind = element.get("t", "n")
    if kind == "inlineStr":
        return _text(element)
    stored = "".join(part.text or "" for part in element.iter("{*}v"))
    if kind == "s":
        return f"\0{stored}" if stored.isdecimal() else ""
    is_plain = kind == "str" or (kind == "n" and element.get("s", "0") == "0" and stored.isdecimal() and stored != "0")
    return stored if is_plain else ""


def _paragraphs(element: etree._Element) -> str:
    return "\n".join(" ".join(each.itertext()) for each in element.iter("{*}p"))
