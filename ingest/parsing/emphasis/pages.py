"""Finds emphasised words in HTML pages, in Markdown, and in the pages of mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import html

from ingest.parsing.emphasis.placing import Piece
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.html_cleaning import clean_page
from ingest.parsing.formats.html_inline import write_inline
from ingest.parsing.formats.html_shapes import HEADINGS
from ingest.parsing.formats.markdown import markup_of
from ingest.parsing.texts.counters import mail_texts
from rag.types import EmphasisKind

_KINDS = {
    **dict.fromkeys(("b", "strong"), EmphasisKind.STRONG),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), EmphasisKind.EMPHASIS),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), EmphasisKind.CODE),
    "blockquote": EmphasisKind.QUOTE,
}
_BOLD = re.compile(r"font-weight\s*+:\s*+(?:bold|[6-9]00)", re.IGNORECASE)
_ITALIC = re.compile(r"font-style\s*+:\s*+(?:italic|oblique)", re.IGNORECASE)
_STYLES = ((_BOLD, EmphasisKind.STRONG), (_ITALIC, EmphasisKind.EMPHASIS))
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark output q rp rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr".split()
)
_PLAIN = frozenset({"pre", "listing", "xmp", "th", *HEADINGS})
"""Their look says what they are already."""


def emphasised_in_html(path: Path) -> Iterator[list[Piece]]:
    """Yields the paragraphs of a page."""
    return _paragraphs(decode_file(path, path.name))


def emphasised_in_markdown(path: Path) -> Iterator[list[Piece]]:
    """Yields the paragraphs of a Markdown file."""
    return _paragraphs(markup_of(decode_file(path, path.name)))


def emphasised_in_mail(path: Path) -> Iterator[list[Piece]]:
    """Yields the paragraphs of the pages of a message."""
    for is_page, text in mail_texts(path):
        if is_page:
            yield from _paragraphs(text)


def _paragraphs(markup: str) -> Iterator[list[Piece]]:
    page = clean_page(markup)
    if page.root is None:
        return
    write_inline(page.root)  # as the reader does, so that the words are the same
    walk = _Walk()
    for part in page.root.iterchildren("body"):
        yield from walk.below(part, frozenset())
    yield from walk.ended()


class _Walk:
    def __init__(self) -> None:
        self._pieces: list[Piece] = []

    def below(self, element: html.HtmlElement, kinds: frozenset[EmphasisKind] | None) -> Iterator[list[Piece]]:
        """Yields the paragraphs that end within an element; without ``kinds`` nothing in it is emphasised."""
        self._add(element.text, kinds)
        for child in element:
            if isinstance(child.tag, str):
                is_block = child.tag not in _INLINE
                if is_block:
                    yield from self.ended()
                yield from self.below(child, _kinds_below(child, kinds))
                if is_block:
                    yield from self.ended()
            self._add(child.tail, kinds)

    def ended(self) -> Iterator[list[Piece]]:
        """Yields the paragraph that ends here, if there is one."""
        if self._pieces:
            yield self._pieces
        self._pieces = []

    def _add(self, text: str | None, kinds: frozenset[EmphasisKind] | None) -> None:
        if text and text.strip():
            self._pieces.append(Piece(text, kinds or frozenset()))


def _kinds_below(element: html.HtmlElement, above: frozenset[EmphasisKind] | None) -> frozenset[EmphasisKind] | None:
    if above is None or element.tag in _PLAIN:
        return None
    style = element.get("style", "")
    found = {kind for pattern, kind in _STYLES if style and pattern.search(style)}
    return above | found | ({_KINDS[element.tag]} if element.tag in _KINDS else set())
