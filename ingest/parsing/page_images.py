"""Renders pages of PDF files and frames of images as they are shown, for looking at what was read of them."""

from __future__ import annotations

import math
from pathlib import Path

import pypdfium2
from PIL import Image

from ingest.parsing.scans.images import as_shown, opened_image
from rag.errors import CorruptDocumentError

_PDF = "application/pdf"
_MAX_PIXELS = 12_000_000
_MAX_SIDE = 8_000


def render_page(path: Path, *, name: str, media_type: str, page: int, width: int) -> Image.Image:
    """Returns a page, counted from 1, in RGB: ``width`` pixels wide, or less.

    It is narrower where it would be too high, and an image is never enlarged.

    Raises:
        CorruptDocumentError: the file or this page cannot be opened.
        ParserLimitError: an image of more than 100 million pixels.
    """
    if media_type == _PDF:
        return _pdf_page(path, name=name, page=page, width=width)
    return _frame(path, name=name, page=page, width=width)


def _scale(size: tuple[float, float], width: int) -> float:
    """Returns the pixels per point of a page, so that the image stays within all bounds."""
    longest, area = max(*size, 1e-3), max(size[0] * size[1], 1e-3)
    return min(width / max(size[0], 1e-3), _MAX_SIDE / longest, math.sqrt(_MAX_PIXELS / area))


def _pdf_page(path: Path, *, name: str, page: int, width: int) -> Image.Image:
    try:
        document = pypdfium2.PdfDocument(path)
        try:
            document.init_forms()
            shown = document[page - 1]
            bitmap = shown.render(scale=_scale(shown.get_size(), width), rev_byteorder=True, prefer_bgrx=True)
            image: Image.Image = bitmap.to_pil().convert("RGB")
            return image
        finally:
            document.close()
    except (pypdfium2.PdfiumError, IndexError) as error:
        raise CorruptDocumentError(name, f"its page {page} cannot be opened") from error


def _frame(path: Path, *, name: str, page: int, width: int) -> Image.Image:
    with opened_image(path, name) as image:
        image.seek(page - 1)
        scale = min(1.0, _scale(image.size, width))
        side = round(max(image.size) * scale)
        image.draft("RGB", (side, side))  # a large JPEG is decoded at a fraction of its size
        frame = as_shown(image, name)
        # From here on: turned by a quarter, the frame has other sides than the file says.
        scale = min(1.0, _scale(frame.size, width))
        size = (max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
        return frame.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
