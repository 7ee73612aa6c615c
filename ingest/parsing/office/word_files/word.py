"""Reads Word documents: what they show with all tracked changes accepted, with notes and comments after their place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, assemble, clean
from ingest.parsing.blocks.item_numbers import below
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.office.drawings import Drawings
from ingest.parsing.office.elements import Node, attribute, child, chosen, descendants, is_on, tag
from ingest.parsing.office.equations import linear
from ingest.parsing.office.package import Part, open_package
from ingest.parsing.office.word_files.document import Field, WordDocument
from ingest.parsing.office.word_files.inline import Inline
from ingest.parsing.office.word_files.numbering import Label
from ingest.parsing.office.word_files.tables import read_table
from ingest.parsing.scans.ocr import Recogniser
from rag.stages import PageCounter, ignore_progress
from rag.types import ElementKind, ExtractedText

_PARSER = "lxml"
_WRAPPERS = frozenset({"w:sdtContent", "w:customXml", "w:smartTag", "w:ins", "w:moveTo", "w:sdt"})
_BOLD_HEADING_LEVEL = 10
_MAX_BOLD_HEADING = 100
_NO_HEADING_END = re.compile(r"[.:;,!?…]$")
_PAGE_NUMBER_WORDS = 3
_INNER_STYLE = re.compile(r"List(?:Number|Bullet|Continue)([2-5])")
"""The ids of Word's own styles for items within items, each of which is a list of its own."""


def read_word(
    path: Path,
    *,
    name: str,
    recogniser: Recogniser,
    files: InnerFiles,
    on_page: PageCounter = ignore_progress,  # noqa: ARG001 - it is called as ``parse_pdf`` is
) -> ExtractedText:
    """Returns the text of a Word document, and after it that of the files embedded in it.

    Raises:
        CorruptDocumentError: its main part is missing.
    """
    with open_package(path) as package:
        main = package.main_part(name)
        document = WordDocument(Drawings.of(recogniser, files, name), main=main, read=read_blocks)
        headers = _furniture(document, "header")
        blocks = read_blocks(document, child(main.root, "w:body"), main)
        blocks = [*headers, *blocks, *_furniture(document, "footer"), *document.comments_without_place()]
        blocks += document.embedded
        return assemble(
            blocks,
            title=choose_title(package.title(), blocks, name),
            parser=_PARSER,
            warnings=document.warnings(),
            left_out=document.left_out,
        )


def read_blocks(document: WordDocument, container: Node | None, part: Part) -> list[Block]:
    """Returns the blocks below a body, a cell, a text box or a note."""
    return list(_Story(document, part).blocks(container)) if container is not None else []


class _Story:
    """A run of paragraphs and tables; fields may reach from one paragraph to another."""

    def __init__(self, document: WordDocument, part: Part) -> None:
        self._document = document
        self._part = part
        self._fields: list[Field] = []
        self._inline: Inline | None = None
        self._numbers: dict[int, str] = {}  # of the last items, by their depth

    def blocks(self, container: Iterable[Node]) -> Iterator[Block]:
        for node in container:
            yield from self._block(node)
        if self._inline is not None:
            yield from self._finished(self._inline, None)

    def _block(self, node: Node) -> Iterator[Block]:
        name = tag(node)
        if name == "w:p":
            yield from self._paragraph(node)
        elif name == "w:tbl":
            yield from read_table(self._document, node, self._part)
            yield from self._document.waiting()
        elif name in _WRAPPERS or name == "mc:AlternateContent":
            inner = chosen(node) if name == "mc:AlternateContent" else node
            for each in () if self._document.is_prompt(node) else inner:
                yield from self._block(each)
        elif name in {"m:oMath", "m:oMathPara"}:
            yield Block(kind=ElementKind.PARAGRAPH, text=clean(linear(node)))
        elif name in {"w:del", "w:moveFrom"}:
            self._document.drop(node)
        elif name == "w:altChunk" and (member := self._part.member(attribute(node, "id"))) is not None:
            yield from self._document.drawings.embedded.inserted(member)
        elif name == "w:subDoc":
            self._document.drawings.embedded.files.warn("1 subdocument, which is a file of its own, was not read")

    def _paragraph(self, node: Node) -> Iterator[Block]:
        inline = self._inline or Inline(document=self._document, part=self._part, fields=self._fields)
        self._inline = None
        inline.read(node)
        mark = child(node, "w:pPr", "w:rPr")
        is_joined = mark is not None and any(tag(each) in {"w:del", "w:moveFrom"} for each in mark)
        if is_joined or attribute(child(node, "w:pPr", "w:framePr"), "dropCap", "none") != "none":
            self._inline = inline  # the mark was deleted, or it is a large first letter: the next paragraph goes on
            return
        yield from self._finished(inline, node)

    def _finished(self, inline: Inline, node: Node | None) -> Iterator[Block]:
        inline.end()
        text = clean(inline.text)
        label = self._label(node) if node is not None else None
        level = self._document.styles.heading_level(node) if node is not None else None
        if text and self._is_page_number(inline, text):
            self._document.pass_over(text)
        elif text:
            if number := self._number(label, node, is_heading=level is not None):
                text = f"{number} {text}"
            block = self._text_block(node, text, level, is_item=label is not None)
            yield replace(block, depth=self._depth(label, node)) if block.kind is ElementKind.LIST_ITEM else block
        yield from inline.attached
        yield from self._document.waiting()

    def _text_block(self, node: Node | None, text: str, level: int | None, *, is_item: bool) -> Block:
        if level is None and node is not None and not is_item and self._is_bold_heading(node, text):
            level = _BOLD_HEADING_LEVEL
        if level is not None:
            return Block(kind=ElementKind.HEADING, text=" ".join(text.split()), level=level)
        return Block(kind=ElementKind.LIST_ITEM if is_item else ElementKind.PARAGRAPH, text=text)

    def _number(self, label: Label | None, node: Node | None, *, is_heading: bool) -> str:
        """Returns what stands before a paragraph; of an item in another one also that one's number."""
        if label is None or node is None or is_heading:
            return label.text if label is not None else ""
        depth = self._depth(label, node)
        number = below(self._numbers.get(depth - 1, ""), label.text)
        self._numbers = {each: above for each, above in self._numbers.items() if each < depth} | {depth: number}
        return number

    def _depth(self, label: Label | None, node: Node | None) -> int:
        inner = _INNER_STYLE.fullmatch(self._document.styles.style_of(node)) if node is not None else None
        return (label.level if label else 0) + (int(inner[1]) - 1 if inner else 0)

    def _label(self, node: Node) -> Label | None:
        """Counts a paragraph in its list; None if it is in none."""
        found = self._document.styles.list_place(node)
        if found is None:
            return None
        place, style = found
        level = place.level
        if level is None:
            level = self._document.numbering.level_of_style(place.list_id, style) or 0
        return self._document.numbering.count(place.list_id, level)

    def _is_bold_heading(self, node: Node, text: str) -> bool:
        """Returns whether a short paragraph, all bold, stands for a heading where the author used no style."""
        if self._document.depth or len(text) > _MAX_BOLD_HEADING or "\n" in text or _NO_HEADING_END.search(text):
            return False
        return self._document.styles.is_bold(node)

    def _is_page_number(self, inline: Inline, text: str) -> bool:
        return inline.has_page_number and len(re.findall(r"[^\W_]+", text)) <= _PAGE_NUMBER_WORDS


def _furniture(document: WordDocument, kind: str) -> list[Block]:
    """Returns the texts of the headers or footers that are shown, each once."""
    found: dict[str, Block] = {}
    shown, others = _furniture_parts(document, kind)
    for part in shown:
        for block in read_blocks(document, part.root, part):
            kept = ElementKind.TABLE if block.kind is ElementKind.TABLE else ElementKind.PARAGRAPH
            found.setdefault(block.text, Block(kind=kept, text=block.text, table=block.table))
    for part in others:
        document.pass_over(
            *("".join(each.text or "" for each in descendants(line, "w:t")) for line in descendants(part.root, "w:p"))
        )
    return list(found.values())


def _furniture_parts(document: WordDocument, kind: str) -> tuple[list[Part], list[Part]]:
    """Returns the headers or footers that are shown, and those that the file holds for pages that it does not have."""
    settings = next((part.root for part in document.main.of_kind("settings")), None)
    has_even = is_on(child(settings, "w:evenAndOddHeaders"))
    shown: dict[str, Part] = {}
    others = {part.name: part for part in document.main.of_kind(kind)}
    for section in descendants(document.main.root, "w:sectPr"):
        is_used = {"default": True, "first": is_on(child(section, "w:titlePg")), "even": has_even}
        for reference in section:
            if tag(reference) == f"w:{kind}Reference":
                part = document.main.related(attribute(reference, "id"))
                if part is not None and is_used.get(attribute(reference, "type") or ""):
                    shown[part.name] = part
    return list(shown.values()), [part for name, part in others.items() if name not in shown]
