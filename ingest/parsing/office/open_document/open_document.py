"""Reads OpenDocument texts and presentations: tracked changes accepted, notes and comments after their place."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.office.drawings import Drawings
from ingest.parsing.office.open_document.document import Document
from ingest.parsing.office.open_document.elements import Archive, Node, attribute, descendants, plain_text, tag
from ingest.parsing.office.open_document.story import drawing_blocks, read_blocks
from ingest.parsing.office.open_document.styles import Styles
from ingest.parsing.office.placement import Frame, reading_order
from ingest.parsing.scans.ocr import Recogniser
from rag.errors import CorruptDocumentError
from rag.stages import PageCounter, ignore_progress
from rag.types import ElementKind, ExtractedText

_PARSER = "lxml"
_NOTES = "Notes"
_LENGTH = re.compile(r"(-?[\d.]+)(cm|mm|in|pt|pc|px)?")
_POINTS = {"cm": 28.35, "mm": 2.835, "in": 72.0, "pc": 12.0, "px": 0.75}
_FURNITURE = ("style:header", "style:header-first", "style:header-left")
_FOOTERS = ("style:footer", "style:footer-first", "style:footer-left")
_MAX_NUMBER_WORDS = 3


def read_odt(
    path: Path,
    *,
    name: str,
    recogniser: Recogniser,
    files: InnerFiles,
    on_page: PageCounter = ignore_progress,  # noqa: ARG001 - it is called as ``parse_pdf`` is
) -> ExtractedText:
    """Returns the text of an OpenDocument text.

    Raises:
        CorruptDocumentError: its content is missing, or it declares a document type.
    """
    with zipfile.ZipFile(path) as file:
        archive = Archive(file, name)
        document, body = _opened(archive, name, Drawings.of(recogniser, files, name), "office:text")
        headers, footers = (_furniture(document, archive, kinds) for kinds in (_FURNITURE, _FOOTERS))
        blocks = [*headers, *document.blocks(body), *footers]
        return _assembled(archive, document, blocks, name)


def read_odp(
    path: Path, *, name: str, recogniser: Recogniser, files: InnerFiles, on_page: PageCounter = ignore_progress
) -> ExtractedText:
    """Returns the text of an OpenDocument presentation; a page is a slide, and a title heads only its slide.

    Raises:
        CorruptDocumentError: its content is missing, or it declares a document type.
    """
    with zipfile.ZipFile(path) as file:
        archive = Archive(file, name)
        document, body = _opened(
            archive, name, Drawings.of(recogniser, files, name), "office:presentation", "office:drawing"
        )
        slides = [each for each in body if tag(each) == "draw:page"]
        blocks: list[Block] = []
        hidden = 0
        for number, slide in enumerate(slides, start=1):
            if document.styles.property_of(attribute(slide, "draw:style-name"), "presentation:visibility") == "hidden":
                hidden += 1
                document.pass_over(plain_text(slide))
            else:
                blocks += [replace(block, page=number) for block in _slide(document, slide)]
            on_page(number, len(slides))
        told = (f"{hidden} hidden slide{'' if hidden == 1 else 's'} left out",) if hidden else ()
        extracted = _assembled(archive, document, blocks, name)
        return replace(extracted, page_count=len(slides), warnings=(*told, *extracted.warnings))


def _opened(archive: Archive, name: str, drawings: Drawings, *bodies: str) -> tuple[Document, Node]:
    content = archive.xml("content.xml")
    found = descendants(content, *bodies) if content is not None else []
    if not found:
        raise CorruptDocumentError(name, "its content is missing")
    styles = Styles(archive.xml("styles.xml"), content)
    return Document(drawings, archive=archive, styles=styles, read=read_blocks), found[0]


def _assembled(archive: Archive, document: Document, blocks: list[Block], name: str) -> ExtractedText:
    return assemble(
        [*blocks, *document.embedded],
        title=choose_title(archive.title(), blocks, name),
        parser=_PARSER,
        warnings=document.warnings(),
        left_out=document.left_out,
    )


def _furniture(document: Document, archive: Archive, kinds: tuple[str, ...]) -> list[Block]:
    """Returns the texts of headers or footers, each once, without those that only number the pages."""
    styles = archive.xml("styles.xml")
    found: dict[str, Block] = {}
    for node in descendants(styles, *kinds) if styles is not None else ():
        if attribute(node, "style:display") == "false":
            document.pass_over(plain_text(node))
            continue
        is_numbered = bool(descendants(node, "text:page-number"))
        for block in document.blocks(node):
            if is_numbered and len(re.findall(r"[^\W_]+", block.text)) <= _MAX_NUMBER_WORDS:
                document.pass_over(block.text)
            else:
                kind = ElementKind.TABLE if block.kind is ElementKind.TABLE else ElementKind.PARAGRAPH
                found.setdefault(block.text, Block(kind=kind, text=block.text, table=block.table))
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
    shapes = [each for each in shapes if each is not title and attribute(each, "presentation:placeholder") != "true"]
    for at in reading_order([_frame(each) for each in shapes]):
        for block in document.blocks([shapes[at]]):
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


def _frame(shape: Node) -> Frame | None:
    if not attribute(shape, "svg:x"):
        return None
    left, top, width, height = (_points(attribute(shape, f"svg:{name}")) for name in ("x", "y", "width", "height"))
    return Frame(left=left, top=top, width=width, height=height)


def _points(length: str) -> float:
    found = _LENGTH.fullmatch(length)
    try:
        return float(found[1]) * _POINTS.get(found[2] or "", 1.0) if found is not None else 0.0
    except ValueError:
        return 0.0
