"""Reads OpenDocument texts and presentations: tracked changes accepted, notes and comments after their place."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.office.open_document.document import Document
from ingest.parsing.office.open_document.elements import Archive, Node, attribute, descendants, plain_text, tag
from ingest.parsing.office.open_document.story import drawing_blocks, read_blocks
from ingest.parsing.office.open_document.styles import Styles
from ingest.parsing.scans.ocr import Recogniser
from ingest.parsing.scans.pictures import Pictures
from rag.errors import CorruptDocumentError
from rag.stages import PageCounter, ignore_progress
from rag.types import ElementKind, ExtractedText

_PARSER = "lxml"
_NOTES = "Notes"
_LENGTH = re.compile(r"(-?[\d.]+)(cm|mm|in|pt|pc|px)?")
_POINTS = {"cm": 28.35, "mm": 2.835, "in": 72.0, "pc": 12.0, "px": 0.75}
_SAME_ROW_POINTS = 18.0
_FURNITURE = ("style:header", "style:header-first", "style:header-left")
_FOOTERS = ("style:footer", "style:footer-first", "style:footer-left")
_MAX_NUMBER_WORDS = 3


def read_odt(
    path: Path,
    *,
    name: str,
    recogniser: Recogniser,
    on_page: PageCounter = ignore_progress,  # noqa: ARG001 - it is called as ``parse_pdf`` is
) -> ExtractedText:
    """Returns the text of an OpenDocument text.

    Raises:
        CorruptDocumentError: its content is missing, or it declares a document type.
    """
    with zipfile.ZipFile(path) as file:
        archive = Archive(file, name)
        document, body = _opened(archive, name, recogniser, "office:text")
        headers, footers = (_furniture(document, archive, kinds) for kinds in (_FURNITURE, _FOOTERS))
        blocks = [*headers, *document.blocks(body), *footers]
        return _assembled(archive, document, blocks, name)


def read_odp(path: Path, *, name: str, recogniser: Recogniser, on_page: PageCounter = ignore_progress) -> ExtractedText:
    """Returns the text of an OpenDocument presentation; a page is a slide, and a title heads only its slide.

    Raises:
        CorruptDocumentError: its content is missing, or it declares a document type.
    """
    with zipfile.ZipFile(path) as file:
        archive = Archive(file, name)
        document, body = _opened(archive, name, recogniser, "office:presentation")
        slides = [each for each in body if tag(each) == "draw:page"]
        blocks: list[Block] = []
        hidden = 0
        for number, slide in enumerate(slides, start=1):
            if document.styles.property_of(attribute(slide, "draw:style-name"), "presentation:visibility") == "hidden":
                hidden += 1
                document.left_out.append(plain_text(slide))
            else:
                blocks += [replace(block, page=number) for block in _slide(document, slide)]
            on_page(number, len(slides))
        told = (f"{hidden} hidden slide{'' if hidden == 1 else 's'} left out",) if hidden else ()
        extracted = _assembled(archive, document, blocks, name)
        return replace(extracted, page_count=len(slides), warnings=(*told, *extracted.warnings))


def _opened(archive: Archive, name: str, recogniser: Recogniser, body: str) -> tuple[Document, Node]:
    content = archive.xml("content.xml")
    found = descendants(content, body) if content is not None else []
    if not found:
        raise CorruptDocumentError(name, "its content is missing")
    return Document(archive, Styles(archive.xml("styles.xml"), content), Pictures(recogniser), read_blocks), found[0]


def _assembled(archive: Archive, document: Document, blocks: list[Block], name: str) -> ExtractedText:
    properties = archive.xml("meta.xml")
    titles = descendants(properties, "dc:title") if properties is not None else []
    return assemble(
        blocks,
        title=choose_title(plain_text(titles[0]) if titles else "", blocks, name),
        parser=_PARSER,
        warnings=document.warnings(),
        left_out=tuple(document.left_out),
    )


def _furniture(document: Document, archive: Archive, kinds: tuple[str, ...]) -> list[Block]:
    """Returns the texts of headers or footers, each once, without those that only number the pages."""
    styles = archive.xml("styles.xml")
    found: dict[str, Block] = {}
    for node in descendants(styles, *kinds) if styles is not None else ():
        if attribute(node, "style:display") == "false":
            document.left_out.append(plain_text(node))
            continue
        is_numbered = bool(descendants(node, "text:page-number"))
        for block in document.blocks(node):
            if is_numbered and len(re.findall(r"[^\W_]+", block.text)) <= _MAX_NUMBER_WORDS:
                document.left_out.append(block.text)
            else:
                kind = ElementKind.TABLE if block.kind is ElementKind.TABLE else ElementKind.PARAGRAPH
                found.setdefault(block.text, Block(kind=kind, text=block.text))
    return list(found.values())


def _slide(document: Document, slide: Node) -> Iterator[Block]:
    shapes = [each for each in slide if tag(each).startswith("draw:")]
    title = next((each for each in shapes if attribute(each, "presentation:class") == "title"), None)
    heading = (
        " ".join(" ".join(block.text for block in drawing_blocks(document, title)).split()) if title is not None else ""
    )
    prefix = (heading,) if heading else ()
    if heading:
        yield Block(kind=ElementKind.HEADING, text=heading)
    for shape in sorted((each for each in shapes if each is not title), key=_place):
        if attribute(shape, "presentation:placeholder") != "true":
            for block in document.blocks([shape]):
                yield replace(block, level=None, kind=_under_title(block), prefix=prefix)
    for each in slide:
        if tag(each) == "presentation:notes":
            frames = [frame for frame in each if attribute(frame, "presentation:class") == "notes"]
            for block in document.blocks(frames):
                yield replace(block, level=None, kind=_under_title(block), prefix=(*prefix, _NOTES))
        elif tag(each) == "office:annotation":
            for block in document.blocks([each]):
                yield replace(block, prefix=prefix)


def _under_title(block: Block) -> ElementKind:
    return ElementKind.PARAGRAPH if block.kind is ElementKind.HEADING else block.kind


def _place(shape: Node) -> tuple[int, float]:
    """Returns the row of a shape from the top, and its left edge."""
    left, top = (_points(attribute(shape, name)) for name in ("svg:x", "svg:y"))
    return round(top / _SAME_ROW_POINTS), left


def _points(length: str) -> float:
    found = _LENGTH.fullmatch(length)
    try:
        return float(found[1]) * _POINTS.get(found[2] or "", 1.0) if found is not None else 0.0
    except ValueError:
        return 0.0
