"""Removes from HTML what is not the document, and reads table rows. ``lxml`` parses it; nothing is fetched."""

from __future__ import annotations

import re
from contextlib import suppress

from lxml import etree, html

_DROPPED_TAGS = (
    "script style noscript template nav svg iframe object embed button select input textarea dialog link base".split()
)
_DROPPED_ROLES = frozenset("navigation search menu menubar toolbar dialog alertdialog".split())
_DROPPED_CLASSES = frozenset(
    "nav navbar navbox navigation breadcrumb breadcrumbs menu noprint mw-editsection skip-link sr-only "
    "visually-hidden vector-dropdown vector-menu cookie-banner cookie-consent social-share".split()
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
MAX_ATTRIBUTES = 10_000
_KEPT = frozenset({"html", "body", "main", "article"})
# Name and value as HTML has them. Possessive quantifiers: no character is read twice.
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>]*+))?+"""
_NEXT_ATTRIBUTE = re.compile(_ATTRIBUTE)
_TAG = re.compile(f"<[a-zA-Z][^\\s/>]*+(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+")


def clean_html(text: str) -> tuple[str, str]:
    """Returns the title and the page without scripts, styles, navigation and hidden parts.

    Both are empty if there is no element.

    Raises:
        ValueError: it is nested more than 255 deep, or a piece of text is longer than 10 MB: the rest would be lost.
            Or a tag has more than ``MAX_ATTRIBUTES``.
    """
    body = _DECLARATION.sub("", text)
    if not body.strip():
        return "", ""
    refuse_endless_tags(body)
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    root = None
    with suppress(etree.ParserError):  # it has only comments
        root = html.document_fromstring(body.encode("utf-8", "replace"), parser=parser, ensure_head_body=True)
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise ValueError("it is nested too deeply, or a piece of its text is too long")
    if root is None:
        return "", ""
    title = " ".join((root.findtext(".//title") or "").split())
    for element in list(root.iter()):
        if isinstance(element.tag, str) and element.tag not in _KEPT and _is_dropped(element):
            element.drop_tree() if element.getparent() is not None else None
    return title, html.tostring(root, encoding="unicode")


def refuse_endless_tags(markup: str) -> None:
    """Refuses tags with absurdly many attributes: ``lxml`` compares each with all before it, for minutes.

    Raises:
        ValueError: a tag has more than ``MAX_ATTRIBUTES``.
    """
    start = markup.find("<")
    while start >= 0:
        tag = _TAG.match(markup, start)
        if tag and _NEXT_ATTRIBUTE.match(markup, tag.end()):
            raise ValueError(f"a tag in it has more than {MAX_ATTRIBUTES:,} attributes")
        start = markup.find("<", tag.end() if tag else start + 1)


def table_rows(markup: str) -> list[list[str]]:
    """Returns the cells of a table, row by row; a cell that spans columns is followed by empty ones."""
    if not markup.strip():
        return []
    rows = []
    for row in html.fragment_fromstring(markup, create_parent="div").iter("tr"):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            cells.append(" ".join(cell.text_content().split()))
            cells += [""] * (_columns(cell.get("colspan")) - 1)
        rows.append(cells)
    return rows


def _columns(value: str | None) -> int:
    return min(int(value), 50) if value is not None and value.isdecimal() and int(value) > 0 else 1


def _is_dropped(element: html.HtmlElement) -> bool:
    if element.tag in _DROPPED_TAGS or element.get("role", "").lower() in _DROPPED_ROLES:
        return True
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN.search(element.get("style", ""))) or not _DROPPED_CLASSES.isdisjoint(
        element.get("class", "").split()
    )
