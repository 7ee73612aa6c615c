"""Reads HTML pages as blocks: headings, paragraphs, lists, tables, code, in the order of the page."""

from __future__ import annotations

import re
from collections.abc import Callable
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
from ingest.parsing.formats.html_shapes import (
    HEADINGS,
    introducing,
    is_bold_heading,
    is_layout,
    is_quoted_mail,
    is_title,
    number,
    numeral,
    preformatted,
    role_level,
    terms_of,
)
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
        self._lead = ""  # the term or title before the next text
        self._term = ""  # what stands above all but the first text of a definition
        self._is_item_begun = False
        self._readers: dict[str, Callable[[html.HtmlElement], None]] = {
            **dict.fromkeys(("pre", "listing", "xmp"), self._code),
            **dict.fromkeys(_LISTS, self._list),
            "table": self._table,
            "dl": self._definitions,
            "details": self._details,
        }
        self._number = ""  # of the list item that is read

    def element(self, element: html.HtmlElement) -> None:
        """Reads an element and all in it."""
        tag = str(element.tag)
        level = self._level(element)
        if level is not None:
            self._heading(element, level)
        elif tag == "br":
            self._texts.append(_BREAK)
        elif tag in self._readers:
            self._settle()
            self._readers[tag](element)
        elif is_title(element):
            self._settle()
            self._lead = introducing(_line(element))
        elif is_quoted_mail(element):
            self._quoted(element)
        elif tag in _BLOCKS or "-" in tag or _DISPLAYED.search(element.get("style", "")):
            self.flush()
            self._children(element)
            self.flush()
        else:
            self._children(element)

    def _settle(self) -> None:
        """Makes blocks of the text that was collected, and of a term or title that no text follows."""
        self.flush()
        if self._lead:
            lead, self._lead, self._term = self._lead, "", ""
            self._add(ElementKind.LIST_ITEM if self._in_item else ElementKind.PARAGRAPH, lead)

    def flush(self) -> None:
        """Makes a block of the text that was collected."""
        pieces = "".join(self._texts).split(_BREAK)
        self._texts = []
        lines = [join_lines(clean(piece)) for piece in pieces]
        if not any(lines):
            return
        kind = ElementKind.LIST_ITEM if self._in_item else ElementKind.PARAGRAPH
        text = "\n".join(lines)
        if self._marks or self._lead:
            text = " ".join([*filter(None, (*self._marks, self._lead)), text.lstrip()])
            self._marks, self._lead = [], ""
        if len(lines) == 1:
            self._add(kind, text)
            return
        for block in text_blocks(text):
            self._add(kind if self._in_item else block.kind, block.text)

    def _level(self, element: html.HtmlElement) -> int | None:
        is_bold = element.tag == "p" and not self._in_item and is_bold_heading(element)
        return _MAX_LEVEL - 1 if is_bold else HEADINGS.get(str(element.tag), role_level(element, _MAX_LEVEL))

    def _code(self, element: html.HtmlElement) -> None:
        self._add(ElementKind.CODE, clean(preformatted(element), keep_spaces=True))

    def _children(self, element: html.HtmlElement) -> None:
        self._texts.append(_SPACE.sub(_one_space, element.text or ""))
        for child in element:
            if isinstance(child.tag, str):
                self.element(child)
            self._texts.append(_SPACE.sub(_one_space, child.tail or ""))

    def _add(self, kind: ElementKind, text: str, *, level: int | None = None) -> None:
        if text:
            path = tuple(heading for _, heading in self._headings)
            self.blocks.append(Block(kind=kind, text=text, level=level, path=path, depth=self._depth()))
            if self._term:
                self._headings, self._term = [*self._headings, (_MAX_LEVEL, self._term)], ""

    def _depth(self) -> int | None:
        """Returns how deep in lists the next block stands; what follows the first of an item stands below it."""
        if not self._in_item:
            return None
        is_first, self._is_item_begun = not self._is_item_begun, True
        return self._in_item * 2 - is_first

    def _heading(self, element: html.HtmlElement, level: int) -> None:
        self._settle()
        self._add_heading(_line(element), level)

    def _add_heading(self, text: str, level: int) -> None:
        if not text:
            return
        self._headings = [heading for heading in self._headings if heading[0] < level]
        self._add(ElementKind.HEADING, text, level=level)
        self._headings.append((level, text))

    def _details(self, element: html.HtmlElement) -> None:
        """Reads a part that opens: its summary heads only what is in it."""
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
            self._item(child)
        self._number = above
        self._marks = []

    def _item(self, element: html.HtmlElement) -> None:
        self._in_item += 1
        self._is_item_begun = False
        self._children(element)
        self._settle()
        self._is_item_begun = True
        self._in_item -= 1

    def _definitions(self, element: html.HtmlElement) -> None:
        """Reads a list of terms: a term and its definition are one line if both are short text."""
        terms: list[str] = []
        for each in terms_of(element):
            if each.tag == "dt":
                terms.append(_line(each))
                continue
            outside = self._headings
            if terms:
                self._term = ", ".join(filter(None, terms))
                self._lead = introducing(self._term)
                terms = []
            self._item(each)
            self._headings, self._term = outside, ""
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
        self.blocks += [replace(block, path=path, depth=self._depth()) for block in blocks]


def _one_space(match: re.Match[str]) -> str:
    return "\n" if "\n" in match[0] else " "


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
