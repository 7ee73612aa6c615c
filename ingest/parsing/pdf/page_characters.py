"""Reads the characters of a PDF page from PDFium, with a box and a style each.

They are read through plain C calls with integer addresses: a page has thousands, and a ctypes structure for each would
take most of the time.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw

from ingest.parsing.pages.page_text import Direction
from ingest.parsing.pdf.glyphs import PageCharacters
from rag.types import FloatArray


def c_function(function: Any, *arguments: Any, result: Any = ctypes.c_int) -> Any:  # noqa: ANN401 - ctypes types
    """Returns a C function that takes integer addresses, which is several times faster than structures."""
    return ctypes.CFUNCTYPE(result, *arguments)(ctypes.cast(function, ctypes.c_void_p).value or 0)


_PAGE, _AT, _POINTER = ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
_UNICODE_AT = c_function(raw.FPDFText_GetUnicode, _PAGE, _AT, result=ctypes.c_uint)
_BOX_AT = c_function(raw.FPDFText_GetLooseCharBox, _PAGE, _AT, _POINTER)
_OBJECT_AT = c_function(raw.FPDFText_GetTextObject, _PAGE, _AT, result=ctypes.c_void_p)
_MATRIX_AT = c_function(raw.FPDFText_GetMatrix, _PAGE, _AT, _POINTER)
_SIZE_AT = c_function(raw.FPDFText_GetFontSize, _PAGE, _AT, result=ctypes.c_double)
_HAS_NO_UNICODE = c_function(raw.FPDFText_HasUnicodeMapError, _PAGE, _AT)
_FONT_OF = c_function(raw.FPDFTextObj_GetFont, _POINTER, result=ctypes.c_void_p)

_FONT_NAME_BYTES = 256
_BOLD_WEIGHT = 600
_BOLD_NAMES = (b"bold", b"black", b"heavy")
_TURNS = (Direction.RIGHT, Direction.UP, Direction.FLIPPED, Direction.DOWN)
_MIN_SIZE = 0.1
_SLANT = 0.1  # of a right angle
_LARGE = 1.8
_LAST_CODE = 0x10FFFF
_FARTHEST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredText:
    """The characters of a page, and what PDFium knows about their text objects.

    Args:
        characters: those that are read, styles by text object.
        objects: the address of each style's text object.
        unmapped: ``(n,)``, whether a character's font does not tell which character it is.
    """

    characters: PageCharacters
    objects: Sequence[int]
    unmapped: NDArray[np.bool_]


def stored_text(page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage) -> StoredText:
    """Reads all characters of a page in the order in which PDFium gives them."""
    handle = ctypes.cast(text_page.raw, ctypes.c_void_p).value
    count = max(0, raw.FPDFText_CountChars(text_page))
    codes = list(map(_UNICODE_AT, repeat(handle), range(count)))
    stored = np.zeros((count, 4), dtype=np.float32)  # FS_RECTF: left, top, right, bottom
    start = stored.ctypes.data
    deque(map(_BOX_AT, repeat(handle), range(count), range(start, start + 16 * count, 16)), maxlen=0)
    stored = np.clip(np.nan_to_num(stored), -_FARTHEST, _FARTHEST)
    addresses = np.array(list(map(_OBJECT_AT, repeat(handle), range(count))), dtype=np.float64)
    addresses = np.nan_to_num(addresses).astype(np.uint64)
    objects, indices, styles = np.unique(addresses, return_index=True, return_inverse=True)
    added = int(len(objects) > 0 and objects[0] == 0)  # characters that PDFium added belong to no object
    first, styles = indices[added:].tolist(), styles - added
    boxes = shown(page, stored[:, [0, 3, 2, 1]])
    sizes, origins, directions = _geometry(page, handle, first)
    unmapped = _unmapped(handle, styles, first)
    return StoredText(
        characters=PageCharacters(
            text=_characters(codes),
            codes=np.array(codes, dtype=np.int64),
            boxes=boxes,
            styles=styles,
            sizes=sizes,
            origins=origins,
            directions=directions,
            bold=_boldness(text_page, objects[added:].tolist(), first),
        ),
        objects=tuple(objects[added:].tolist()),
        unmapped=unmapped,
    )


def shown(page: pypdfium2.PdfPage, boxes: FloatArray) -> FloatArray:
    """Returns boxes on the page as shown: the crop box's corner is the origin, and the rotation is applied."""
    # The crop box as PDFium shows it: its corners in order, and no larger than the paper.
    shown_part = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, shown_part)
    left, bottom, right, top = shown_part.left, shown_part.bottom, shown_part.right, shown_part.top
    moved = boxes - np.array([left, bottom, left, bottom], dtype=np.float32)
    width, height = right - left, top - bottom
    x0, y0, x1, y1 = moved.T
    turned = {
        90: (y0, width - x1, y1, width - x0),
        180: (width - x1, height - y1, width - x0, height - y0),
        270: (height - y1, x0, height - y0, x1),
    }.get(page.get_rotation())
    return moved if turned is None else np.stack(turned, axis=-1).astype(np.float32)


def _characters(codes: Sequence[int]) -> list[str]:
    """Returns a character for each code; the second half of a surrogate pair is empty, the first is the character."""
    characters = [chr(code) if code <= _LAST_CODE else "\ufffd" for code in codes]
    if not codes or max(codes) < 0xD800:  # noqa: PLR2004
        return characters
    for index, (high, low) in enumerate(pairwise(codes)):
        if 0xD800 <= high < 0xDC00 <= low < 0xE000:  # noqa: PLR2004 - the two halves of UTF-16
            characters[index] = chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
            characters[index + 1] = ""
    return characters


def _geometry(
    page: pypdfium2.PdfPage, handle: int | None, first: Sequence[int]
) -> tuple[FloatArray, FloatArray, list[Direction]]:
    """Returns for each style its size, a point on its base line, and the direction of its characters as shown."""
    matrices = np.zeros((len(first), 6), dtype=np.float32)  # FS_MATRIX: a, b, c, d, e, f
    start = matrices.ctypes.data
    deque(map(_MATRIX_AT, repeat(handle), first, range(start, start + 24 * len(first), 24)), maxlen=0)
    sizes = np.array(list(map(_SIZE_AT, repeat(handle), first)), dtype=np.float32)
    a, b, c, d, e, f = matrices.T
    sizes = np.maximum(np.abs(sizes) * np.hypot(c, d), _MIN_SIZE).astype(np.float32)
    origins = shown(page, np.stack([e, f, e, f], axis=-1))[:, :2]
    angles = np.arctan2(b, a) / (np.pi / 2)
    quarters = np.rint(angles).astype(np.int64)
    is_across = (np.abs(angles - quarters) > _SLANT) & (sizes > _LARGE * np.median(sizes)) if len(sizes) else sizes > 0
    # A mirrored font runs to the left but stands upright.
    quarters = np.where((quarters % 4 == 2) & (d > 0), 0, quarters)  # noqa: PLR2004
    turns = (quarters - page.get_rotation() // 90) % 4
    pairs = zip(turns.tolist(), is_across.tolist(), strict=True)
    return sizes, origins, [Direction.ACROSS if across else _TURNS[turn] for turn, across in pairs]


def _unmapped(handle: int | None, styles: NDArray[np.int64], first: Sequence[int]) -> NDArray[np.bool_]:
    """Returns for each character whether the first of its text object has no Unicode value in its font."""
    flags = np.array([*(_HAS_NO_UNICODE(handle, index) == 1 for index in first), False], dtype=np.bool_)
    return flags[styles]


def _boldness(text_page: pypdfium2.PdfTextPage, objects: Sequence[int], first: Sequence[int]) -> list[bool]:
    buffer = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    flags = ctypes.c_int()
    fonts: dict[int | None, bool] = {}

    def is_bold(index: int) -> bool:
        if raw.FPDFText_GetFontWeight(text_page, index) >= _BOLD_WEIGHT:
            return True
        length = raw.FPDFText_GetFontInfo(text_page, index, buffer, _FONT_NAME_BYTES, flags)
        font = buffer.value.lower() if 0 < length <= _FONT_NAME_BYTES else b""
        return any(bold in font for bold in _BOLD_NAMES)

    own = list(map(_FONT_OF, objects))
    for font, index in dict(zip(reversed(own), reversed(first), strict=True)).items():
        fonts[font] = is_bold(index)
    return [fonts[font] for font in own]
