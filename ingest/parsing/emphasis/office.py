"""Finds emphasised words in Word documents, presentations and OpenDocument texts."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ingest.parsing.emphasis.placing import Piece
from ingest.parsing.office.elements import Node, child, descendants, is_set, tag
from ingest.parsing.office.open_document import elements as open_document
from ingest.parsing.office.open_document.styles import Styles as OpenDocumentStyles
from ingest.parsing.office.package import open_package
from ingest.parsing.office.word_files.styles import Styles
from rag.types import EmphasisKind

_STRONG = frozenset({EmphasisKind.STRONG})
_ITALIC = frozenset({EmphasisKind.EMPHASIS})
_QUOTE = frozenset({EmphasisKind.QUOTE})
_NONE: frozenset[EmphasisKind] = frozenset()
_SLIDE = re.compile(r"ppt/slides/[^/]+\.xml")
_NUMBER = re.compile(r"\d+")
_BOLD_WEIGHT = re.compile(r"bold|[6-9]00")


def emphasised_in_docx(path: Path) -> Iterator[list[Piece]]:
    """Yields the paragraphs of a Word document's body, those of its tables and text boxes included."""
    with open_package(path) as package:
        main = package.main_part(path.name)
        styles = Styles(next((part.root for part in main.of_kind("styles")), None))
        for paragraph in descendants(main.root, "w:p"):
            quote = _QUOTE if styles.is_quote(paragraph) else _NONE
            is_plain = styles.heading_level(paragraph) is not None
            yield [
                Piece(_text_of(run), _NONE if is_plain else quote | _look(styles, run, paragraph))
                for run in _runs(paragraph)
            ]


def _look(styles: Styles, run: Node, paragraph: Node) -> frozenset[EmphasisKind]:
    strong = _STRONG if styles.has(run, paragraph, "w:b") else _NONE
    return strong | (_ITALIC if styles.has(run, paragraph, "w:i") else _NONE)


def _runs(node: Node) -> Iterator[Node]:
    """Yields the runs of a paragraph, without those of paragraphs in it and of deletions."""
    for each in node:
        if tag(each) == "w:r":
            yield each
        elif tag(each) not in {"w:p", "w:del", "w:moveFrom", "w:pPr"}:
            yield from _runs(each)


def _text_of(run: Node) -> str:
    return "".join(each.text or "" for each in run if tag(each) == "w:t")


def emphasised_in_pptx(path: Path) -> Iterator[list[Piece]]:
    """Yields the paragraphs of the slides."""
    with open_package(path) as package:
        for name in sorted(filter(_SLIDE.fullmatch, package.names()), key=_slide_number):
            for paragraph in descendants(package.xml(name), "a:p"):
                runs = ((run, child(run, "a:t")) for run in paragraph if tag(run) == "a:r")
                yield [
                    Piece(text.text or "", _slide_look(child(run, "a:rPr"))) for run, text in runs if text is not None
                ]


def _slide_number(name: str) -> int:
    return int((_NUMBER.findall(name) or ["0"])[-1])


def _slide_look(properties: Node | None) -> frozenset[EmphasisKind]:
    return (_STRONG if is_set(properties, "b") else _NONE) | (_ITALIC if is_set(properties, "i") else _NONE)


def emphasised_in_odt(path: Path) -> Iterator[list[Piece]]:
    """Yields the paragraphs of an OpenDocument text."""
    with zipfile.ZipFile(path) as file:
        archive = open_document.Archive(file, path.name)
        content = archive.xml("content.xml")
        if content is None:
            return
        styles = OpenDocumentStyles(archive.xml("styles.xml"), content)
        for paragraph in open_document.descendants(content, "text:p"):
            style = open_document.attribute(paragraph, "text:style-name")
            quote = _QUOTE if styles.is_named(style, "Quotations") else _NONE
            yield list(_odf_pieces(paragraph, quote | _odf_look(styles, style), styles))


def _odf_pieces(node: Node, kinds: frozenset[EmphasisKind], styles: OpenDocumentStyles) -> Iterator[Piece]:
    if node.text:
        yield Piece(node.text, kinds)
    for each in node:
        if open_document.tag(each) in {"text:span", "text:a"}:
            style = open_document.attribute(each, "text:style-name")
            yield from _odf_pieces(each, kinds | _odf_look(styles, style), styles)
        if each.tail:
            yield Piece(each.tail, kinds)


def _odf_look(styles: OpenDocumentStyles, style: str) -> frozenset[EmphasisKind]:
    strong = _STRONG if _BOLD_WEIGHT.fullmatch(styles.property_of(style, "fo:font-weight")) else _NONE
    return strong | (_ITALIC if styles.property_of(style, "fo:font-style") == "italic" else _NONE)
