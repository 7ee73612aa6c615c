"""Reads PDF through PDFium: text with a box for each character, and recognition of pages that are pictures.

Only modules of this folder import ``pypdfium2``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

from ingest.parsing.blocks.assembly import Block, PageSize, assemble, extended
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.pages.divided_words import mark_divided_words
from ingest.parsing.pages.english_words import is_english_word
from ingest.parsing.pages.page_blocks import body_font_size, goes_on, heading_font_sizes, page_blocks
from ingest.parsing.pages.page_text import Line
from ingest.parsing.pages.table_header import TableHeader
from ingest.parsing.pdf.annotations import attached_files, form_lines, names_of
from ingest.parsing.pdf.page_reader import PageContent, read_page
from ingest.parsing.pdf.running_lines import without_running_lines
from ingest.parsing.scans.ocr import Recogniser
from rag.errors import CorruptDocumentError, EncryptedDocumentError, NoTextError
from rag.stages import PageCounter, ignore_progress
from rag.types import ElementKind, ExtractedText


def parse_pdf(
    path: Path,
    *,
    name: str,
    recogniser: Recogniser,
    on_page: PageCounter = ignore_progress,
    files: InnerFiles | None = None,
) -> ExtractedText:
    """Reads a PDF. A page with pictures or drawings but no readable text is recognised.

    The files attached to it are read with ``files``, and only named without.

    Raises:
        EncryptedDocumentError: it needs a password.
        CorruptDocumentError: PDFium cannot open it, or none of its pages.
        NoTextError: no page has text.
    """
    document = _open(path, name)
    try:
        pages: list[PageContent | None] = []
        for index in range(len(document)):
            pages.append(_read_page(document, index, recogniser))
            on_page(index + 1, len(document))
        title = document.get_metadata_dict().get("Title", "")
        attached = attached_files(document)
        inner = _inner_blocks(document, attached, files) if files is not None else []
        is_xfa = document.get_formtype() in {raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND}
        is_unread = is_xfa and not any(page.has_fields for page in pages if page is not None)
        form = form_lines(document) if is_unread else []
    finally:
        document.close()
    if not any(pages):
        raise CorruptDocumentError(name, "none of its pages can be opened")
    warnings = list(_messages(pages, attached if files is None else ()))
    if is_unread:
        warnings.append(
            "The form was read from its XML part (XFA)" if form else "The form's XML part (XFA) was not read"
        )
    extracted = _assembled(
        [page or _EMPTY_PAGE for page in pages],
        name=name,
        title=title,
        warnings=(*warnings, *(files.warnings if files is not None else ())),
    )
    return extended(extracted, [*(Block(kind=ElementKind.PARAGRAPH, text=line) for line in form), *inner])


def pdf_properties(path: Path, name: str) -> dict[str, str]:
    """Returns the properties of a PDF by name, such as ``Author`` and ``CreationDate``, without empty ones."""
    document = _open(path, name)
    try:
        return {key: value for key, value in document.get_metadata_dict().items() if value}
    finally:
        document.close()


def _inner_blocks(document: pypdfium2.PdfDocument, names: Sequence[str], files: InnerFiles) -> list[Block]:
    blocks: list[Block] = []
    for index, name in enumerate(names):
        try:
            content = bytes(document.get_attachment(index).get_data())
        except pypdfium2.PdfiumError:
            files.warn(f"'{name}' was not read: it is damaged")
            continue
        blocks += files.blocks(content, name)
    return blocks


_EMPTY_PAGE = PageContent(size=PageSize(width=1.0, height=1.0), lines=())


def _open(path: Path, name: str) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            raise EncryptedDocumentError(name) from error
        raise CorruptDocumentError(name, "it is not a PDF that can be opened") from error
    # It also logs that a form's XML part (XFA) cannot be read, which is said in a warning below.
    logging.getLogger("pypdfium2").setLevel(logging.ERROR)
    document.init_forms()
    if not len(document):
        document.close()
        raise CorruptDocumentError(name, "it has no pages")
    return document


def _read_page(document: pypdfium2.PdfDocument, index: int, recogniser: Recogniser) -> PageContent | None:
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return None
    try:
        return read_page(page, document.formenv, recogniser)
    except pypdfium2.PdfiumError:
        return None
    finally:
        page.close()


def _assembled(pages: Sequence[PageContent], *, name: str, title: str, warnings: tuple[str, ...]) -> ExtractedText:
    without = without_running_lines([page.lines for page in pages], [page.size.height for page in pages])
    if not any(without):  # pages of the same line are all that it says
        without = [page.lines for page in pages]
    left_out = [text for page, lines in zip(pages, without, strict=True) for text in _left_out(page, lines)]
    kept = mark_divided_words(without, is_word=is_english_word)
    if not any(kept):
        raise NoTextError(name, after_recognition=True)
    stored = [line for page, lines in zip(pages, kept, strict=True) for line in lines if not page.recognised]
    body = body_font_size(stored)
    headings = heading_font_sizes(stored, body)
    blocks: list[Block] = []
    header: TableHeader | None = None
    for number, (page, lines) in enumerate(zip(pages, kept, strict=True), start=1):
        # Sizes of recognised lines are rough: each picture is measured by itself.
        size = body_font_size(lines) if page.recognised else body
        larger = heading_font_sizes(lines, size) if page.recognised else headings
        found = page_blocks(lines, page=number, body_size=size, heading_sizes=larger, header=header)
        first = found.blocks[:1]
        if first and blocks and blocks[-1].page == number - 1 and goes_on(blocks[-1], first[0]):
            found.blocks[0] = replace(first[0], goes_on=True)
        blocks += found.blocks
        header = found.header
    is_recognised = any(page.recognised for page in pages)
    return assemble(
        blocks,
        title=choose_title(title, blocks, name),
        parser="pdfium+ocr" if is_recognised else "pdfium",
        page_count=len(pages),
        page_sizes={number: page.size for number, page in enumerate(pages, start=1)},
        warnings=warnings,
        left_out=tuple(left_out),
    )


def _left_out(page: PageContent, kept: Sequence[Line]) -> Iterator[str]:
    """Yields the texts of a page that are hidden, were replaced, or are on every page."""
    yield from filter(None, page.left_out)
    ids = set(map(id, kept))
    yield from (line.text for line in page.lines if id(line) not in ids)


def _messages(pages: Sequence[PageContent | None], files: Sequence[str]) -> Iterator[str]:
    broken = [number for number, page in enumerate(pages, start=1) if page is None]
    if broken:
        yield f"Pages that were not read because they cannot be opened: {_numbers(broken)}"
    read = [(number, page) for number, page in enumerate(pages, start=1) if page is not None]
    recognised = sum(page.recognised for _, page in read)
    if recognised:
        verb = "was" if recognised == 1 else "were"
        which = f"{recognised} of {len(pages)} pages" if len(pages) > 1 else "The page"
        yield f"{which} {verb} read by text recognition"
    counts = {
        "{} read by text recognition": ("picture was", "pictures were", "pictures"),
        "{} without recognised text": ("picture", "pictures", "unread_pictures"),
        "{} left out": ("hidden character was", "hidden characters were", "hidden"),
        "{} left out ": ("invisible mark was", "invisible marks were", "unseen"),
        "{} not read: its code stands for no character": ("character was", "characters were", "no_characters"),
        "{} left out  ": ("hidden note was", "hidden notes were", "hidden_notes"),
    }
    for sentence, (one, many, name) in counts.items():
        found = [(number, getattr(page, name)) for number, page in read if getattr(page, name)]
        total = sum(count for _, count in found)
        if total:
            places = _numbers([number for number, _ in found])
            yield sentence.strip().format(f"{total} {one if total == 1 else many}") + f" (page {places})"
    wrong = [number for number, page in read if page.is_wrong]
    if wrong:
        yield f"The letters of page {_numbers(wrong)} were not read rightly: its fonts give others than they show"
    if files:
        yield f"{len(files)} attached file{'s were' if len(files) > 1 else ' was'} not read: {names_of(files)}"


def _numbers(pages: Sequence[int]) -> str:
    return ", ".join(map(str, pages[:20])) + (" and more" if len(pages) > 20 else "")  # noqa: PLR2004
