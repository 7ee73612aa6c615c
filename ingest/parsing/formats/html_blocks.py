"""Reads HTML pages as blocks: headings, paragraphs, lists, tables, code, in the order of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lxml import html

from ingest.parsing.blocks.assembly import Block, assemble, clean
from ingest.parsing.blocks.grids import Grid
from ingest.parsing.blocks.html_tables import html_rows
from ingest.parsing.blocks.item_numbers import below
from ingest.parsing.blocks.left_out import left_out_warnings
from ingest.parsing.blocks.tables import table_block
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.formats.decoding import decode_file
from ingest.parsing.formats.html_cleaning import Page, clean_page
from ingest.parsing.formats.html_inline import write_inline
from ingest.parsing.formats.html_shapes import HEADINGS, is_layout, number, numeral
from ingest.parsing.formats.plain_text import join_lines, text_blocks
from rag.types import ElementKind, ExtractedText

_BLOCKS = frozenset(
    "html body address article aside blockquote button caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset header hgroup hr legend li main menu ol optgroup option p section summary "
    "td th tr ul".split()
)
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_SPACE = re.compile(r"[ \t\r\f]*\n[ \t\r\n\f]*|[ \t\r\f]+")
_BREAK = "\x1e"
_DISPLAYED = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item)", re.IGNORECASE)
QUOTED = "Quoted message"
"""The heading in the path of what a mail quotes from an earlier one."""
_QUOTED_CLASSES = re.compile(
    r"(?:^|\s)(?:gmail_quote|yahoo_quoted|protonmail_quote|moz-cite|zmail_extra)", re.IGNORECASE
)
_MAX_LEVEL = 9


def read_html(path: Path, name: str) -> ExtractedText:
    """Returns the text of an HTML page, with a warning about hidden text."""
    return page_text(decode_file(path, name), name=name, parser="lxml")


def page_text(text: str, *, name: str, parser: str) -> ExtractedText:
    """Returns the text of the markup of an HTML page, as the document ``name``."""
    page = clean_page(text)
    blocks = page_blocks(page)
    return assemble(
        blocks,
        title=choose_title(page.title, blocks, name),
        parser=parser,
        warnings=left_out_warnings(hidden=page.hidden, struck=page.struck, text=text),
        left_out=(*page.hidden, *page.struck, *page.furniture),
    )


def html_blocks(text: str) -> tuple[str, list[Block]]:
    """Returns the title and the blocks of the markup of an HTML page."""
    page = clean_page(text)
    return page.title, page_blocks(page)


def page_blocks(page: Page) -> list[Block]:
    """Returns the blocks of a page; a block below a heading has it in its path."""
    if page.root is None:
        return []
    write_inline(page.root)
    walk = _Walk()
    for part in page.root.iterchildren():  # pages of frames have text beside the body
        if part.tag != "head":
            walk.element(part)
    walk.flush()
    return walk.blocks


class _Walk:
    """Collects the text of a page, and makes a block of it where a block-level element begins or ends."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._texts: list[str] = []
        self._headings: list[tuple[int, str]] = []
        self._marks: list[str] = []  # numbers of the list items that have no text yet
        self._in_item = 0
        self._number = ""  # of the list item that is read

    def element(self, element: html.HtmlElement) -> None:
        """Reads an element and all in it."""
        tag = str(element.tag)
        level = HEADINGS.get(tag, _role_level(element))
        if level is not None:
            self._heading(element, level)
        elif tag == "br":
            self._texts.append(_BREAK)
        elif tag in {"pre", "listing", "xmp"}:
            self.flush()
            self._add(ElementKind.CODE, clean(_preformatted(element), keep_spaces=True))
        elif tag == "table":
            self.flush()
            self._table(element)
        elif tag in _LISTS:
            self.flush()
            self._list(element)
        elif tag == "dl":
            self.flush()
            self._definitions(element)
        elif tag == "details":
            self._details(element)
        elif _is_quoted_mail(element):
            self._quoted(element)
        elif tag in _BLOCKS or "-" in tag or _DISPLAYED.search(element.get("style", "")):
            self.flush()
            self._children(element)
            self.flush()
        else:
            self._children(element)

    def flush(self) -> None:
        """Makes a block of the text that was collected."""
        pieces = "".join(self._texts).split(_BREAK)
        self._texts = []
        lines = [join_lines(clean(piece)) for piece in pieces]
        if not any(lines):
            return
        kind = ElementKind.LIST_ITEM if self._in_item else ElementKind.PARAGRAPH
        text = "\n".join(lines)
        if self._marks:
            text = " ".join([*filter(None, self._marks), text.lstrip()])
            self._marks = []
        if len(lines) == 1:
            self._add(kind, text)
            return
        for block in text_blocks(text):
            self._add(kind if self._in_item else block.kind, block.text)

    def _children(self, element: html.HtmlElement) -> None:
        self._texts.append(_SPACE.sub(_one_space, element.text or ""))
        for child in element:
            if isinstance(child.tag, str):
                self.element(child)
            self._texts.append(_SPACE.sub(_one_space, child.tail or ""))

    def _add(self, kind: ElementKind, text: str, *, level: int | None = None) -> None:
        if text:
            path = tuple(heading for _, heading in self._headings)
            self.blocks.append(Block(kind=kind, text=text, level=level, path=path))

    def _heading(self, element: html.HtmlElement, level: int) -> None:
        self.flush()
        self._add_heading(_line(element), level)

    def _add_heading(self, text: str, level: int) -> None:
        if not text:
            return
        self._headings = [heading for heading in self._headings if heading[0] < level]
        self._add(ElementKind.HEADING, text, level=level)
        self._headings.append((level, text))

    def _details(self, element: html.HtmlElement) -> None:
        """Reads a part that opens: its summary heads only what is in it."""
        self.flush()
        outside = list(self._headings)
        summary = element.find("summary")
        if summary is not None:
            inner = next((each for each in summary.iter() if each.tag in HEADINGS), None)
            depth = HEADINGS[inner.tag] if inner is not None else (outside[-1][0] + 1 if outside else 0)
            self._add_heading(_line(summary), min(depth, _MAX_LEVEL))
            tail, summary_parent = summary.tail, summary.getparent()
            summary.clear()
            summary.tail = tail
            assert summary_parent is not None  # noqa: S101 - it was found in ``element``
        self._children(element)
        self.flush()
        self._headings = outside

    def _quoted(self, element: html.HtmlElement) -> None:
        """Reads an earlier mail that a mail quotes; what is below it may go on with the mail."""
        self.flush()
        outside = self._headings
        self._headings = [*outside, *([] if (_MAX_LEVEL, QUOTED) in outside else [(_MAX_LEVEL, QUOTED)])]
        self._children(element)
        self.flush()
        self._headings = outside

    def _list(self, element: html.HtmlElement) -> None:
        is_reversed = element.get("reversed") is not None
        place = number(element.get("start"), len(element.findall("li")) if is_reversed else 1)
        outer, self._marks = self._marks, []
        above = self._number
        for child in element:
            if not isinstance(child.tag, str):
                continue
            if child.tag != "li":
                self.element(child)
                continue
            self._number = below(above, numeral(place := number(child.get("value"), place), element))
            self._marks = [*outer, self._number]
            outer = []
            place += -1 if is_reversed else 1
            self._in_item += 1
            self._children(child)
            self.flush()
            self._in_item -= 1
        self._number = above
        self._marks = []

    def _definitions(self, element: html.HtmlElement) -> None:
        """Reads a list of terms: a term and its definition are one line if both are short text."""
        terms: list[str] = []
        for each in _terms(element):
            if each.tag == "dt":
                terms.append(_line(each))
                continue
            self._in_item += 1
            if terms:
                joined = ", ".join(filter(None, terms))
                self._texts.append(f"{joined} " if joined.endswith((":", "?", "：", "？")) else f"{joined}: ")
                terms = []
            self._children(each)
            self.flush()
            self._in_item -= 1
        for term in terms:
            self._add(ElementKind.PARAGRAPH, term)

    def _table(self, element: html.HtmlElement) -> None:
        caption, title = element.find("caption"), ""
        if caption is not None:
            title = _line(caption)
            self._add(ElementKind.PARAGRAPH, title)
            caption.clear()
        if is_layout(element):
            self._children(element)
            self.flush()
            return
        path = tuple(heading for _, heading in self._headings)
        blocks = table_block(Grid.of(html_rows(element)), name=title.replace("\n", " "))
        self.blocks += [replace(block, path=path) for block in blocks]


def _one_space(match: re.Match[str]) -> str:
    return "\n" if "\n" in match[0] else " "


def _role_level(element: html.HtmlElement) -> int | None:
    if element.get("role") != "heading":
        return None
    return max(0, min(number(element.get("aria-level"), 2), _MAX_LEVEL) - 1)


def _is_quoted_mail(element: html.HtmlElement) -> bool:
    if element.tag == "blockquote" and element.get("type", "").lower() == "cite":
        return True
    return element.tag in {"blockquote", "div"} and _QUOTED_CLASSES.search(element.get("class", "")) is not None


def _line(element: html.HtmlElement) -> str:
    """Returns the text of an element as one line, with spaces between its blocks."""
    _separate(element)
    return join_lines(clean(str(element.text_content()).replace(_BREAK, "\n")))


def _separate(element: html.HtmlElement) -> None:
    """Puts white space around the blocks and line breaks in an element, which ``text_content`` would glue."""
    for each in element.iterdescendants():
        if isinstance(each.tag, str) and (each.tag in _BLOCKS or each.tag == "br"):
            each.tail = "\n" + (each.tail or "")
            each.text = "\n" + (each.text or "") if each.tag != "br" else each.text


def _preformatted(element: html.HtmlElement) -> str:
    for each in element.iter("br"):
        each.tail = "\n" + (each.tail or "")
    return str(element.text_content())


def _terms(element: html.HtmlElement) -> Iterator[html.HtmlElement]:
    for child in element:
        if child.tag == "div":
            yield from _terms(child)
        elif isinstance(child.tag, str):
            yield child
