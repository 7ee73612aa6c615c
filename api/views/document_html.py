"""Shows a part of a document as HTML: what was read of it, and nothing that runs or is loaded.

Every tag is written here, and every text of the document is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from api.views.marked_text import Marker
from api.views.table_html import table_html
from rag.types import Element, ElementKind, ExtractedText, Span, Table

_STYLE = (Path(__file__).parents[1] / "page" / "proof" / "document.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
DOCUMENT_POLICY = (
    f"sandbox; default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""Nothing is loaded and nothing runs, even if a document's text were taken for markup."""

_MOST_CHARACTERS = 200_000
_MOST_WRITTEN = 5_000_000
_DEEPEST = 6
_PLAIN = frozenset({ElementKind.HEADING, ElementKind.CODE})
_BULLET = re.compile(r"[-*+•‣◦▪–—·]\s|\(?\w{1,4}[.)]\s")


def document_html(
    extracted: ExtractedText, tables: Sequence[Table], *, part: Span, marked: Span, title: str, place: str
) -> str:
    """Returns the page that shows ``part`` of a document with ``marked`` in it.

    ``place`` says which part it is. The first mark has the id ``mark``.
    """
    return (
        f'<!doctype html>\n<html><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}, {escape(place)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>{document_fragment(extracted, tables, part=part, marked=marked)}"
        "</body></html>\n"
    )


def document_fragment(extracted: ExtractedText, tables: Sequence[Table], *, part: Span, marked: Span) -> str:
    """Returns the content of ``document_html`` alone, for a page that has its style."""
    shown = Span(start=part.start, end=min(part.end, part.start + _MOST_CHARACTERS))
    inside = [each for each in extracted.elements if each.span.start < shown.end and shown.start < each.span.end]
    marker = Marker(extracted.text, shown, marked, extracted.emphasis)
    blocks = [] if inside else [_note("There is no text on this page.")]
    written = 0
    for block in _blocks(inside, sorted(tables, key=lambda table: table.span), marker):
        blocks.append(block)
        written += len(block)
        if written > _MOST_WRITTEN:
            blocks.append(_note("The rest of this page is too long to be shown."))
            break
    if part != shown:
        blocks.append(_note(f"{part.end - shown.end:,} more characters of this page are not shown."))
    body = "\n".join(blocks)
    return f"<main>\n{body}\n</main>"


def _note(words: str) -> str:
    return f'<p class="note">{escape(words)}</p>'


class _Headings:
    """Tells under which headings an element stands, where that cannot be seen from the headings before it."""

    def __init__(self) -> None:
        self._path: tuple[str, ...] = ()

    def before(self, element: Element, text: str) -> Iterator[str]:
        """Yields a note where the element stands under headings that were not shown: of a sheet, or an earlier part."""
        path = element.heading_path
        if path != self._path[: len(path)]:
            yield _note(" › ".join(path))
        is_heading = element.kind in {ElementKind.HEADING, ElementKind.LIST_ITEM}  # items head those below them
        words = " ".join(text[element.span.start : element.span.end].split())
        self._path = (*path, words.rstrip(":：").rstrip()) if is_heading else path


def _blocks(elements: Sequence[Element], tables: Sequence[Table], marker: Marker) -> Iterator[str]:
    headings = _Headings()
    items: list[Element] = []
    last: Table | None = None
    for element in elements:
        notes = list(headings.before(element, marker.text))
        is_item = element.kind is ElementKind.LIST_ITEM
        is_other = items and marker.is_quoted(items[0].span) is not marker.is_quoted(element.span)
        if items and (notes or not is_item or is_other):
            yield _list(items, marker)
            items.clear()
        yield from notes
        if is_item:
            items.append(element)
            continue
        table = _table_of(element, tables) if element.kind is ElementKind.TABLE else None
        if table is None:
            yield _block(element, marker)
        elif table is not last:
            yield table_html(table, marker, headings=element.heading_path)
        last = table
    if items:
        yield _list(items, marker)


def _block(element: Element, marker: Marker) -> str:
    content = marker.written(marker.shown_of(element.span), plain=element.kind in _PLAIN)
    match element.kind:
        case ElementKind.HEADING:
            level = min(_DEEPEST, 1 + len(element.heading_path))
            return f"<h{level}>{content}</h{level}>"
        case ElementKind.TABLE:
            return f'<p class="rows">{content}</p>'
        case ElementKind.CODE:
            return f"<pre><code>{content}</code></pre>"
        case _:
            return _quoted(f"<p>{content}</p>", element, marker)


def _quoted(html: str, element: Element, marker: Marker) -> str:
    return f"<blockquote>{html}</blockquote>" if marker.is_quoted(element.span) else html


def _list(items: Sequence[Element], marker: Marker) -> str:
    """Returns items as a list, with those below an item in a list inside it. Another kind of bullet, another list."""
    base = min(len(item.heading_path) for item in items)
    opened: list[tuple[int, bool]] = []  # of each open list its level, and whether its items have bullets of their own
    html = ""
    for item in items:
        level, own = len(item.heading_path) - base, _BULLET.match(marker.text, item.span.start) is not None
        while opened and opened[-1][0] > level:
            html += "</li></ul>"
            opened.pop()
        if opened and opened[-1] == (level, own):
            html += "</li>"
        else:
            if opened and opened[-1][0] == level:
                html += "</li></ul>"
                opened.pop()
            html += "<ul>"
            opened.append((level, own))
        html += '<li class="own">' if own else "<li>"
        html += marker.written(marker.shown_of(item.span))
    return _quoted(html + "</li></ul>" * len(opened), items[0], marker)


def _table_of(element: Element, tables: Sequence[Table]) -> Table | None:
    """Returns the table whose text an element is of; None where it was read before tables were stored."""
    index = bisect_left(tables, element.span.end, key=lambda table: table.span.start)
    return tables[index - 1] if index and tables[index - 1].span.end > element.span.start else None
