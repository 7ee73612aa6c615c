"""Counts what office files hold: every text of every part, by the kind of its place, in the plainest way.

It shares nothing with the readers, so that a mistake of theirs shows. See ``ingest/parsing/completeness.py``.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from lxml import etree

from ingest.parsing.completeness import FURNITURE

_BODY = "the document's text"
_CHARTS = "charts"
_WORD_PARTS = {
    r"word/document\d*\.xml": _BODY,
    r"word/(?:header|footer)\d*\.xml": FURNITURE,
    r"word/(?:foot|end)notes\d*\.xml": "notes",
    r"word/comments\d*\.xml": "comments",
    r"word/charts/chart\d*\.xml": _CHARTS,
    r"word/diagrams/data\d*\.xml": "diagrams",
}
_SLIDE_PARTS = {
    r"ppt/slides/[^/]+\.xml": "the slides",
    r"ppt/notesSlides/[^/]+\.xml": "speaker notes",
    r"ppt/comments/[^/]+\.xml": "comments",
    r"ppt/charts/chart\d*\.xml": _CHARTS,
    r"ppt/diagrams/data\d*\.xml": "diagrams",
}
_ODF_PARTS = {r"content\.xml": _BODY, r"styles\.xml": FURNITURE}
_PIECE_BYTES = 65_536
_PARAGRAPHS = frozenset({"p", "h", "pt", "cm", "oMath"})
_GAPS = frozenset("tab br cr ptab s line-break noBreakHyphen fldChar footnoteReference endnoteReference note".split())
# Text that stands there twice, that was deleted or moved away, or that a program fills in.
_SKIPPED = frozenset({"Fallback", "del", "moveFrom", "fld", "tracked-changes", "forms", "sequence-decls"})
_STRIKES = {"strike": "val", "dstrike": "val", "rPr": "strike"}
"""Elements whose attribute strikes out the text of their run."""
_NOT_STRUCK = frozenset({"0", "false", "off", "none", "noStrike"})
_OPEN_XML_TEXT = re.compile(  # Strict files have no year in their namespaces
    r"\{.*(?:(?:wordprocessingml|drawingml)(?:/2006)?/main|/math)\}t"
    r"|\{.*presentationml(?:/2006)?/main\}text|\{.*/chart\}v"
)
_ODF_FILLED_IN = frozenset({"creator", "date", "date-string", "page-number", "page-count", "note-citation", "tab"})
_NO_TEXT = re.compile(r"-?[\d.]*\.\d+(?:E-?\d+)?|-?\d+E-?\d+", re.IGNORECASE)  # a chart's number, shown in another form


def held_in_docx(path: Path) -> Mapping[str, list[str]]:
    """Returns the texts of a Word document by kind."""
    return _held(path, _WORD_PARTS)


def held_in_pptx(path: Path) -> Mapping[str, list[str]]:
    """Returns the texts of a presentation by kind."""
    return _held(path, _SLIDE_PARTS)


def held_in_odf(path: Path) -> Mapping[str, list[str]]:
    """Returns the texts of an OpenDocument text or presentation by kind."""
    return _held(path, _ODF_PARTS)


class _Texts:
    """Collects the text of each paragraph while a part is parsed; no tree is built."""

    def __init__(self, *, is_odf: bool) -> None:
        self._found: list[str] = []
        self._is_odf = is_odf
        self._open: list[list[str]] = [[]]
        self._skipped_depth = 0
        self._text_depth = 0
        self._is_category = self._is_struck = self._is_value = False

    def doctype(self, *_: str) -> None:
        raise ValueError("office files declare no document type")  # it could hold entities, which this parser expands

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition("}")[2]
        values = {key.rpartition("}")[2]: value for key, value in attributes.items()} if name in _STRIKES else {}
        self._is_struck |= (
            name in _STRIKES and values.get(_STRIKES[name], "true" if name != "rPr" else "none") not in _NOT_STRUCK
        )
        self._is_category |= name == "cat"
        self._is_value = name == "v"
        is_skipped = name in _SKIPPED or (self._is_category and name == "numCache")  # which may be days
        if self._skipped_depth or is_skipped or (self._is_odf and name in _ODF_FILLED_IN):
            self._skipped_depth += 1
        if name in _PARAGRAPHS:
            self._open.append([])
        if name in _GAPS:
            self._open[-1].append(" ")
        if self._is_text(tag, name):
            self._text_depth += 1

    def data(self, text: str) -> None:
        is_seen = not self._skipped_depth and not self._is_struck
        if self._text_depth and is_seen and not (self._is_value and _NO_TEXT.fullmatch(text)):
            self._open[-1].append(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        self._is_category &= name != "cat"
        self._is_struck &= name not in {"r", "pPr"}
        if self._skipped_depth:
            self._skipped_depth -= 1
        if self._is_text(tag, name):
            self._text_depth -= 1
            if not tag.endswith("/main}t"):
                self._open[-1].append(" ")  # parts of an equation and values of a chart stand apart
        if name in _PARAGRAPHS:
            self._found.append("".join(self._open.pop()))

    def close(self) -> list[str]:
        texts = (" ".join(text.split()) for text in (*self._found, *map("".join, self._open)))
        return list(filter(None, texts))

    def _is_text(self, tag: str, name: str) -> bool:
        return name in _PARAGRAPHS if self._is_odf else _is_open_xml_text(tag)


@lru_cache(maxsize=4_096)
def _is_open_xml_text(tag: str) -> bool:
    return _OPEN_XML_TEXT.fullmatch(tag) is not None


def _held(path: Path, parts: Mapping[str, str]) -> Mapping[str, list[str]]:
    held: dict[str, list[str]] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            for pattern, kind in parts.items():
                if re.fullmatch(pattern, name):
                    with archive.open(name) as part:
                        texts = _texts(part, is_odf=parts is _ODF_PARTS)
                    # A chart holds the names of its categories with each series.
                    held.setdefault(kind, []).extend(dict.fromkeys(texts) if kind == _CHARTS else texts)
    return held


def _texts(part: IO[bytes], *, is_odf: bool) -> list[str]:
    parser: Any = etree.XMLParser(target=_Texts(is_odf=is_odf), no_network=True)
    while piece := part.read(_PIECE_BYTES):
        parser.feed(piece)
    found: list[str] = parser.close()
    return found
