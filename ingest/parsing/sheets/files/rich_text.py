"""Reads the text of cells whose characters differ: raised ones stay apart, struck-out ones are left out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from ingest.parsing.blocks.raised import raised
from ingest.parsing.office.elements import attribute, is_on, tag

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BEFORE = 40

Run = tuple[str, str]
"""A text, and how it stands: empty, ``superscript``, ``subscript`` or ``struck``."""


def joined_runs(runs: Iterable[Run], struck: list[str]) -> str:
    """Returns the text of runs; what is struck out is added to ``struck``."""
    text, goes_on = "", ""  # what has to stand apart from the run before
    for written, position in runs:
        if position == "struck":
            struck.append(written)
            continue
        if position == "superscript" and written.strip():
            shown = raised(text[-_BEFORE:], written)
            goes_on = "alnum" if shown.startswith("[") else ""
        else:
            is_glued = (goes_on == "alnum" and written[:1].isalnum()) or (goes_on and written[:1].isdecimal())
            shown = f" {written}" if is_glued else written
            goes_on = "decimal" if position == "subscript" else ""
        text += shown
    return text


def text_in(element: etree._Element, struck: list[str]) -> str:
    """Returns the text of a rich string of Office Open XML; phonetic readings of it are left out."""
    return joined_runs(_runs(element), struck)


def unescaped(text: str) -> str:
    """Returns a text with its escaped characters: ``_x000D_`` is a line break."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def _runs(element: etree._Element) -> Iterator[Run]:
    for part in element:
        name = tag(part)
        if name == "t":
            yield unescaped(part.text or ""), ""
        elif name == "r":
            position = next((_position(each) for each in part if tag(each) == "rPr"), "")
            for each in part:
                if tag(each) == "t":
                    yield unescaped(each.text or ""), position


def _position(properties: etree._Element) -> str:
    position = ""
    for each in properties:
        if tag(each) == "strike" and is_on(each):
            return "struck"
        if tag(each) == "vertAlign":
            position = attribute(each, "val") or ""
    return position if position != "baseline" else ""
