"""Tells how a list or table of an HTML page is shown: the numbers of items, and tables that only arrange text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import html

from ingest.parsing.blocks.raised import note_mark

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_SMALL = ((9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


_NOTES = re.compile(r"footnotes|references|endnotes", re.IGNORECASE)
_QUOTED_CLASSES = re.compile(
    r"(?:^|\s)(?:gmail_quote|yahoo_quoted|protonmail_quote|moz-cite|zmail_extra)", re.IGNORECASE
)
_NO_HEADING_END = re.compile(r"[.,;:!…。，；：！]\Z")
_SHORT_HEADING = 80
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


def is_bold_heading(paragraph: html.HtmlElement) -> bool:
    """Returns whether a short paragraph, all bold, stands for a heading of the text below it."""
    above, below = paragraph.getparent(), paragraph.getnext()
    if len(paragraph) != 1 or paragraph[0].tag not in {"b", "strong"} or above is None or below is None:
        return False
    around = f"{paragraph.text or ''}{paragraph[0].tail or ''}"
    text = paragraph.text_content().strip()
    is_short = 0 < len(text) <= _SHORT_HEADING and not _NO_HEADING_END.search(text)
    return is_short and not around.strip() and above.tag not in {"blockquote", "td", "th", "li", "dd", "aside"}


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


def introducing(title: str) -> str:
    """Returns a term or a title as it stands before its text."""
    return title if not title or title.endswith((":", "?", "!", ".", "：", "？")) else f"{title}:"


def is_title(element: html.HtmlElement) -> bool:
    """Returns whether an element is the title of a note or a warning, as Sphinx, MkDocs and Pandoc write it."""
    names = element.get("class", "").split()
    above = element.getparent()
    is_first = element.getprevious() is None and above is not None and above.tag in {"div", "aside"}
    return is_first and ("admonition-title" in names or names == ["title"])


def role_level(element: html.HtmlElement, most: int) -> int | None:
    """Returns the depth of what has the role of a heading, None of other elements."""
    if element.get("role") != "heading":
        return None
    return max(0, min(number(element.get("aria-level"), 2), most) - 1)


def is_quoted_mail(element: html.HtmlElement) -> bool:
    """Returns whether an element is an earlier mail that a mail quotes."""
    if element.tag == "blockquote" and element.get("type", "").lower() == "cite":
        return True
    return element.tag in {"blockquote", "div"} and _QUOTED_CLASSES.search(element.get("class", "")) is not None


def preformatted(element: html.HtmlElement) -> str:
    """Returns the text of code, with its line breaks."""
    for each in element.iter("br"):
        each.tail = "\n" + (each.tail or "")
    return str(element.text_content())


def terms_of(element: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """Yields the terms and definitions of a list, also those in groups."""
    for child in element:
        if child.tag == "div":
            yield from terms_of(child)
        elif isinstance(child.tag, str):
            yield child
