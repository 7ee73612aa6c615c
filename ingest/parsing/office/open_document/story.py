"""Reads the paragraphs, lists and tables of OpenDocument texts and slides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.office.cells import OfficeCell, table_blocks
from ingest.parsing.office.open_document.document import Document
from ingest.parsing.office.open_document.elements import (
    Node,
    attribute,
    descendants,
    number,
    plain_text,
    tag,
)
from ingest.parsing.office.open_document.lines import Line
from ingest.parsing.office.open_document.styles import Counter
from rag.types import ElementKind

_WRAPPERS = frozenset(
    "text:section text:index-body text:table-of-content text:alphabetical-index text:bibliography text:user-index "
    "text:illustration-index text:table-index text:object-index text:index-title draw:g draw:a draw:text-box".split()
)
_ROWS = frozenset({"table:table-header-rows", "table:table-rows", "table:table-row-group"})
_MAX_REPEATED_ROWS = 100
_TEXTS = ("text:p", "text:h")
_MAX_LIST_DEPTH = 20
_FRAMED = ("draw:object", "draw:text-box", "table:table", "draw:object-ole", "draw:image")


def drawing_blocks(document: Document, drawing: Node) -> list[Block]:
    """Returns what a drawing says: a text box, a shape with text, a picture, a chart, a formula."""
    return _Story(document).drawing(drawing)


def read_blocks(document: Document, nodes: Iterable[Node]) -> Iterator[Block]:
    """Yields what stands in a body, a cell, a text box or a note."""
    for node in nodes:
        yield from _Story(document).block(node)


class _Story:
    def __init__(self, document: Document) -> None:
        self._document = document

    def block(self, node: Node) -> Iterator[Block]:
        name = tag(node)
        if name in _TEXTS:
            yield from self._paragraph(node)
        elif name == "text:list":
            yield from self._list(node, "", 1)
        elif name == "table:table":
            yield from self._table(node)
            yield from self._document.waiting()
        elif name == "text:tracked-changes":
            deleted = (text for each in descendants(node, "text:deletion") for text in descendants(each, *_TEXTS))
            self._document.delete(*map(plain_text, deleted))
        elif name in _WRAPPERS:
            if attribute(node, "text:display") == "none":
                self._document.hide(plain_text(node))
            else:
                yield from self._document.blocks(node)
        elif name.startswith("draw:"):
            yield from self.drawing(node)
            yield from self._document.waiting()
        elif name == "office:annotation":
            self._document.comment(node)
            yield from self._document.waiting()

    def _paragraph(self, node: Node, label: str = "", *, depth: int | None = None) -> Iterator[Block]:
        line = Line(self._document)
        line.read(node)
        text = clean(line.text)
        style = attribute(node, "text:style-name")
        level = number(node, "text:outline-level") if tag(node) == "text:h" else None
        if level is not None and text:
            label = label or self._heading_label(node, level)
        elif self._document.styles.is_named(style, "Title"):
            level = 0
        text = f"{label} {text}" if label and text else text
        if level is not None and text:
            yield Block(kind=ElementKind.HEADING, text=" ".join(text.split()), level=level)
        elif text:
            kind = ElementKind.PARAGRAPH if depth is None else ElementKind.LIST_ITEM
            yield Block(kind=kind, text=text, depth=depth)
        yield from line.attached
        yield from self._document.waiting()

    def _heading_label(self, node: Node, level: int) -> str:
        if attribute(node, "text:is-list-header") == "true":
            return ""
        return self._document.headings.label(
            [self._document.styles.outline_level(each) for each in range(1, level + 1)], level
        )

    def _list(self, node: Node, style: str, level: int) -> Iterator[Block]:
        style = attribute(node, "text:style-name") or style
        goes_on = attribute(node, "text:continue-numbering") == "true" or attribute(node, "text:continue-list")
        if level == 1 and not goes_on:
            self._document.lists[style] = Counter()
        counter = self._document.lists.setdefault(style, Counter())
        levels = [self._document.styles.list_level(style, each) for each in range(1, level + 1)]
        for item in node:
            is_numbered = tag(item) == "text:list-item"
            for each in item:
                if tag(each) == "text:list":
                    yield from self._list(each, style, level + 1) if level < _MAX_LIST_DEPTH else ()
                elif tag(each) in {"text:p", "text:h"}:
                    start = number(item, "text:start-value", 0) or None
                    label = counter.label(levels, level, start) if is_numbered else ""
                    yield from self._paragraph(each, label, depth=level)
                    is_numbered = False  # only the first paragraph of an item has its number
                else:
                    yield from self.block(each)

    def _table(self, node: Node) -> list[Block]:
        return table_blocks(list(self._rows(node, is_header=False)))

    def _rows(self, node: Node, *, is_header: bool) -> Iterator[list[OfficeCell]]:
        for each in node:
            name = tag(each)
            if name in _ROWS:
                yield from self._rows(each, is_header=is_header or name == "table:table-header-rows")
            elif name == "table:table-row":
                if attribute(each, "table:visibility") in {"collapse", "filter"}:
                    self._document.hide(plain_text(each))
                    continue
                cells = [self._cell(part, is_header=is_header) for part in each if tag(part) == "table:table-cell"]
                size = sum(len(block.text) for cell in cells for block in cell.blocks)
                wanted = number(each, "table:number-rows-repeated", most=_MAX_REPEATED_ROWS) if size else 1
                yield from [cells] * self._document.repeated(wanted, size)

    def _cell(self, node: Node, *, is_header: bool) -> OfficeCell:
        return OfficeCell(
            blocks=self._document.inner(node),
            rows=number(node, "table:number-rows-spanned"),
            columns=number(node, "table:number-columns-spanned") * number(node, "table:number-columns-repeated"),
            is_header=is_header,
        )

    def drawing(self, node: Node) -> list[Block]:
        if tag(node) != "draw:frame":
            return self._document.inner(node)
        known = sorted((each for each in node if tag(each) in _FRAMED), key=lambda each: _FRAMED.index(tag(each)))
        for each in known:  # the first says it best, the others are pictures of it
            if found := self._framed(each, tag(each)):
                return found
        return (self._document.inner(node) if not known else []) or self._described(node)

    def _described(self, node: Node) -> list[Block]:
        texts = [plain_text(each) for each in node if tag(each) == "svg:desc"] or [
            plain_text(each) for each in node if tag(each) == "svg:title"
        ]
        return [block for text in texts for block in self._document.drawings.described(text)]

    def _framed(self, node: Node, name: str) -> list[Block]:
        drawings, archive = self._document.drawings, self._document.archive
        if name == "draw:object":
            return self._object(node)
        if name in {"draw:image", "draw:object-ole"}:
            member = archive.member(attribute(node, "xlink:href"))
            if member is None:
                return []
            if name == "draw:image":
                return drawings.pictures.blocks(member.content)
            found = drawings.embedded.blocks(member)
            self._document.embedded += found
            return []
        return self._document.inner([node] if name == "table:table" else node)

    def _object(self, node: Node) -> list[Block]:
        """Returns what another OpenDocument file in this one says: a formula, a chart, a text, a sheet."""
        member = attribute(node, "xlink:href").removeprefix("./").strip("/")
        archive = self._document.archive
        root = node if len(node) else archive.xml(f"{member}/content.xml") if archive.is_first(member) else None
        if root is None:
            return []
        found: list[Block] = []
        for formula in descendants(root, "math:math"):
            notes = descendants(formula, "math:annotation")
            found.append(Block(kind=ElementKind.PARAGRAPH, text=plain_text(notes[0] if notes else formula)))
        titles = map(plain_text, descendants(root, "chart:title", "chart:subtitle"))
        found += [Block(kind=ElementKind.PARAGRAPH, text=title) for title in titles]
        for body in descendants(root, "office:text", "office:presentation", "office:drawing"):
            found += self._document.inner(body)
        for table in descendants(root, "table:table") if not descendants(root, "office:text") else ():
            found += self._document.inner([table])
        if not found:
            self._document.drawings.embedded.files.warn("1 embedded file not read")
        return found
