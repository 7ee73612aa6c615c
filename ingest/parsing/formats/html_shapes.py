"""Tells how a list or table of an HTML page is shown: the numbers of items, and tables that only arrange text. Pure."""

from __future__ import annotations

import re

from lxml import html

from ingest.parsing.blocks.raised import note_mark

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_SMALL = ((9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


_NOTES = re.compile(r"footnotes|references|endnotes", re.IGNORECASE)
_SHORT_CELL = 80
_LONG_CELL = 400
HEADINGS = {f"h{level}": level - 1 for level in range(1, 7)}
"""The tags of headings and their depth."""


def number(value: str | None, default: int) -> int:
    """Returns the number in an attribute."""
    text = (value or "").strip()
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 10 else default  # noqa: PLR2004


def numeral(number: int, element: html.HtmlElement) -> str:
    """Returns the number that is shown before an item of an ordered list."""
    if element.tag != "ol" or "list-style" in element.get("style", ""):
        return ""
    parent = element.getparent()
    around = parent.get("class", "") if parent is not None and parent.tag in {"section", "div"} else ""
    if _NOTES.search(f"{element.get('class', '')} {around}"):
        return note_mark(str(number))
    kind = element.get("type", "1")
    if kind in {"a", "A"} and 1 <= number <= 26:  # noqa: PLR2004
        shown = chr(ord("a") + number - 1)
    elif kind in {"i", "I"} and 1 <= number < 4_000:  # noqa: PLR2004
        shown = _roman(number)
    else:
        shown = str(number)
    return f"{shown.upper() if kind in {'A', 'I'} else shown}."


def _roman(number: int) -> str:
    text = ""
    for value, letters in (*_ROMAN, *_ROMAN_SMALL):
        count, number = divmod(number, value)
        text += letters * count
    return text


def is_layout(table: html.HtmlElement) -> bool:
    """Returns whether a table only arranges text: other tables or code stand in it, or long text, or one column.

    Headings stand in it, too, unless it is a grid of short cells: some set the names of columns as headings.
    """
    if table.get("role") in {"presentation", "none"} or next(table.iterdescendants("table"), None) is not None:
        return True
    cells = list(table.iter("td"))
    if next(table.iter("th"), None) is not None:
        return False
    if next(table.iter("pre"), None) is not None:
        return True
    filled = [sum(1 for cell in row.iterchildren("td") if cell.text_content().strip()) for row in table.iter("tr")]
    longest = max((len(cell.text_content()) for cell in cells), default=0)
    if next(table.iter(*HEADINGS), None) is not None:
        return min(filled, default=0) <= 1 or len(filled) <= 1 or longest > _SHORT_CELL
    return max(filled, default=0) <= 1 or longest > _LONG_CELL
