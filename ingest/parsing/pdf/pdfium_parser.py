"""Reads PDF through PDFium: text with a box for each character, and recognition of pages that are pictures.

The only place that imports ``pypdfium2``. Characters and boxes are read through plain C calls with integer
addresses: a page has thousands, and a ctypes structure for each would take most of the time.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
from pypdfium2 import raw

from ingest.parsing.blocks.assembly import Block, PageSize, assemble
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.pages.page_blocks import body_font_size, heading_font_sizes, page_blocks
from ingest.parsing.pages.page_text import Line, Piece, page_lines
from ingest.parsing.pages.table_header import TableHeader
from ingest.parsing.pdf.glyphs import line_pieces
from ingest.parsing.pdf.running_lines import without_running_lines
from ingest.parsing.scans.ocr import Recogniser
from rag.errors import CorruptDocumentError, EncryptedDocumentError, NoTextError
from rag.stages import PageCounter, ignore_progress
from rag.types import ExtractedText, FloatArray

_UNICODE_AT = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(raw.FPDFText_GetUnicode, ctypes.c_void_p).value or 0
)
_BOX_AT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    ctypes.cast(raw.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
)
_FONT_NAME_BYTES = 256
_BOLD_WEIGHT = 600
_BOLD_NAMES = (b"bold", b"black", b"heavy")
_OCR_DPI = 200
_MAX_OCR_PIXELS = 30_000_000
_POINTS_PER_INCH = 72
_FEW_CHARACTERS = 30
_MIN_IMAGE_SHARE = 0.5
_MAX_OBJECTS_LOOKED_AT = 2_000
_MIN_PATHS = 50
_MAX_UNREADABLE_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    size: PageSize
    lines: tuple[Line, ...]
    recognised: bool


def parse_pdf(
    path: Path, *, name: str, recogniser: Recogniser, on_page: PageCounter = ignore_progress
) -> ExtractedText:
    """Reads a PDF. A page with pictures or drawings but no readable text is recognised.

    Raises:
        EncryptedDocumentError: it needs a password.
        CorruptDocumentError: PDFium cannot open it, or none of its pages.
        NoTextError: no page has text.
    """
    document = _open(path, name)
    try:
        pages: list[_Page | None] = []
        for index in range(len(document)):
            pages.append(_read_page(document, index, recogniser))
            on_page(index + 1, len(document))
        title = document.get_metadata_dict().get("Title", "")
    finally:
        document.close()
    if not any(pages):
        raise CorruptDocumentError(name, "none of its pages can be opened")
    return _assembled([page or _EMPTY_PAGE for page in pages], name=name, title=title, warnings=tuple(_messages(pages)))


_EMPTY_PAGE = _Page(size=PageSize(width=1.0, height=1.0), lines=(), recognised=False)


def _open(path: Path, name: str) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            raise EncryptedDocumentError(name) from error
        raise CorruptDocumentError(name, "it is not a PDF that can be opened") from error
    if not len(document):
        document.close()
        raise CorruptDocumentError(name, "it has no pages")
    return document


def _read_page(document: pypdfium2.PdfDocument, index: int, recogniser: Recogniser) -> _Page | None:
    try:
        page = document[index]
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return None
    try:
        width, height = page.get_size()
        pieces: Sequence[Piece] = _stored_pieces(page, text_page)
        recognised = recogniser.is_available and _needs_recognition(page, pieces)
        if recognised:
            pieces = _recognised_pieces(page, recogniser) or pieces
        return _Page(size=PageSize(width=width, height=height), lines=page_lines(pieces), recognised=recognised)
    finally:
        text_page.close()
        page.close()


def _stored_pieces(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage) -> tuple[Piece, ...]:
    handle = ctypes.cast(text_page.raw, ctypes.c_void_p).value
    count = max(0, raw.FPDFText_CountChars(text_page))
    characters = [chr(_UNICODE_AT(handle, index)) for index in range(count)]
    stored = np.zeros((count, 4), dtype=np.float32)  # FS_RECTF: left, top, right, bottom
    for index, address in enumerate(range(stored.ctypes.data, stored.ctypes.data + 16 * count, 16)):
        _BOX_AT(handle, index, address)
    return line_pieces(characters, _shown(page, stored[:, [0, 3, 2, 1]]), is_bold=_boldness(text_page))


def _shown(page: pypdfium2.PdfPage, boxes: FloatArray) -> FloatArray:
    """Returns boxes on the page as shown: the crop box's corner is the origin, and the rotation is applied."""
    left, bottom, right, top = page.get_cropbox()
    moved = boxes - np.array([left, bottom, left, bottom], dtype=np.float32)
    width, height = right - left, top - bottom
    x0, y0, x1, y1 = moved.T
    turned = {
        90: (y0, width - x1, y1, width - x0),
        180: (width - x1, height - y1, width - x0, height - y0),
        270: (height - y1, x0, height - y0, x1),
    }.get(page.get_rotation())
    return moved if turned is None else np.stack(turned, axis=-1).astype(np.float32)


def _boldness(text_page: pypdfium2.PdfTextPage) -> Callable[[int], bool]:
    buffer = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    flags = ctypes.c_int()

    def is_bold(index: int) -> bool:
        if raw.FPDFText_GetFontWeight(text_page, index) >= _BOLD_WEIGHT:
            return True
        length = raw.FPDFText_GetFontInfo(text_page, index, buffer, _FONT_NAME_BYTES, flags)
        font = buffer.value.lower() if 0 < length <= _FONT_NAME_BYTES else b""
        return any(bold in font for bold in _BOLD_NAMES)

    return is_bold


def _needs_recognition(page: pypdfium2.PdfPage, pieces: Sequence[Piece]) -> bool:
    text = "".join(piece.text for piece in pieces)
    unreadable = sum(character == "\ufffd" or "\ue000" <= character <= "\uf8ff" for character in text)
    if unreadable > _MAX_UNREADABLE_SHARE * len(text):
        return True
    if len(text) > _FEW_CHARACTERS:
        return False
    image_area, paths = _pictures(page)
    width, height = page.get_size()
    return image_area >= _MIN_IMAGE_SHARE * width * height or (not text and (image_area > 0 or paths >= _MIN_PATHS))


def _pictures(page: pypdfium2.PdfPage) -> tuple[float, int]:
    """Returns the area of the page's images in square points, and how many drawn paths it has."""
    area, paths = 0.0, 0
    for number, item in enumerate(page.get_objects(max_depth=3)):
        if number >= _MAX_OBJECTS_LOOKED_AT:
            break
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            area += abs((right - left) * (top - bottom))
        paths += item.type == raw.FPDF_PAGEOBJ_PATH
    return area, paths


def _recognised_pieces(page: pypdfium2.PdfPage, recogniser: Recogniser) -> tuple[Piece, ...]:
    width, height = page.get_size()
    scale = min(_OCR_DPI / _POINTS_PER_INCH, (_MAX_OCR_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False)
    try:
        return recogniser.recognise(bitmap.to_pil().convert("RGB"), points_per_pixel=1 / scale)
    finally:
        bitmap.close()


def _assembled(pages: Sequence[_Page], *, name: str, title: str, warnings: tuple[str, ...]) -> ExtractedText:
    kept = without_running_lines([page.lines for page in pages], [page.size.height for page in pages])
    if not any(kept):
        raise NoTextError(name)
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
    )


def _messages(pages: Sequence[_Page | None]) -> Iterator[str]:
    broken = [number for number, page in enumerate(pages, start=1) if page is None]
    if broken:
        yield f"Pages that cannot be opened: {', '.join(map(str, broken[:20]))}"
    recognised = sum(page is not None and page.recognised for page in pages)
    if recognised:
        yield f"{recognised} of {len(pages)} pages were read by text recognition"
