"""Reads the styles of an Office Open XML workbook: how each shows numbers, and which show nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS

from ingest.parsing.displayed.numbers import GENERAL
from ingest.parsing.office.elements import is_on, tag

# Shown as the reader's country writes dates, so that only the ISO form is sure.
COUNTRY_FORMATS = {14: "yyyy-mm-dd", 22: "yyyy-mm-dd hh:mm"}
_WHITE = "white"
_SMALLEST_POINTS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """``codes``: the format code of each cell style.

    ``unseen``: styles in the colour of their ground, or tiny; ``struck``: those that strike out.
    """

    codes: tuple[str, ...] = ()
    unseen: frozenset[int] = frozenset()
    struck: frozenset[int] = frozenset()

    def code(self, style: int) -> str:
        """Returns the format code of a style."""
        return self.codes[style] if 0 <= style < len(self.codes) else GENERAL


def read_styles(root: etree._Element | None) -> Styles:
    """Returns the styles in a part; without one, none."""
    if root is None:
        return Styles()
    own = {whole_number(each.get("numFmtId"), 0): each.get("formatCode", GENERAL) for each in root.iter("{*}numFmt")}
    fonts, fills = (_children(root, name) for name in ("fonts", "fills"))
    styles = _children(root, "cellXfs")
    codes = []
    for style in styles:
        number = whole_number(style.get("numFmtId"), 0)
        codes.append(COUNTRY_FORMATS.get(number) or own.get(number) or BUILTIN_FORMATS.get(number, GENERAL))
    unseen = frozenset(
        at
        for at, style in enumerate(styles)
        if _is_unseen(_at(fonts, style.get("fontId")), _at(fills, style.get("fillId")))
    )
    struck = frozenset(at for at, style in enumerate(styles) if _is_struck(_at(fonts, style.get("fontId"))))
    return Styles(codes=tuple(codes), unseen=unseen, struck=struck)


def whole_number(text: str | None, otherwise: int) -> int:
    """Returns the number that an attribute holds, or ``otherwise``."""
    return int(text) if text is not None and text.strip().isdecimal() else otherwise


def _children(root: etree._Element, name: str) -> list[etree._Element]:
    return [child for parent in root.iterchildren(f"{{*}}{name}") for child in parent]


def _at(elements: Sequence[etree._Element], index: str | None) -> etree._Element | None:
    number = whole_number(index, 0)
    return elements[number] if number < len(elements) else None


def _is_struck(font: etree._Element | None) -> bool:
    return font is not None and any(tag(child) == "strike" and is_on(child) for child in font)


def _is_unseen(font: etree._Element | None, fill: etree._Element | None) -> bool:
    if font is None:
        return False
    ink = ""
    for child in font:
        if tag(child) == "sz" and _points(child.get("val")) < _SMALLEST_POINTS:
            return True
        if tag(child) == "color":
            ink = _colour(child)
    return bool(ink) and ink == _ground(fill)


def _points(text: str | None) -> float:
    try:
        return float(text or "11")
    except ValueError:
        return 11.0


def _ground(fill: etree._Element | None) -> str:
    pattern = next(iter(fill), None) if fill is not None else None
    if pattern is None or tag(pattern) != "patternFill" or pattern.get("patternType", "none") == "none":
        return _WHITE if pattern is None or tag(pattern) == "patternFill" else ""
    if pattern.get("patternType") != "solid":
        return ""
    return next((_colour(child) for child in pattern if tag(child) == "fgColor"), "")


def _colour(element: etree._Element) -> str:
    """Returns a name for a colour; empty if it depends on the reader's settings."""
    rgb, theme, indexed = (element.get(name) for name in ("rgb", "theme", "indexed"))
    if (rgb or "").upper()[-6:] == "FFFFFF" or (theme == "0" and not element.get("tint")) or indexed in {"1", "9"}:
        return _WHITE
    if rgb:
        return str(rgb).upper()[-6:]
    return f"{theme}/{element.get('tint', '')}" if theme else ""
