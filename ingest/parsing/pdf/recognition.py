"""Decides which parts of a PDF page are read by text recognition, and has them read."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from PIL import Image

from ingest.parsing.pages.page_text import Direction, Piece, enclosing
from ingest.parsing.pdf.glyphs import is_shown
from ingest.parsing.pdf.hidden import Visibility
from ingest.parsing.pdf.page_characters import StoredText
from ingest.parsing.pdf.page_objects import PageObjects, set_drawn
from ingest.parsing.scans.letters import looks_wrong, reads_as_words, surprise
from ingest.parsing.scans.ocr import Recogniser
from rag.types import FloatArray

_OCR_DPI = 200
_SMALL_PICTURE_DPI = 300
_MAX_OCR_PIXELS = 30_000_000
_POINTS_PER_INCH = 72
_MAX_UNREADABLE_SHARE = 0.4
_MIN_UNMAPPED = 5
_WHOLE_PAGE = 0.5
_MIN_SHARE = 0.012
_MIN_SIDE = 24.0
_MAX_TEXT_COVER = 0.03
_MIN_LAYER_CHARACTERS = 15
_MIN_PATHS = 50
_MAX_PICTURES = 12
_MAX_MERGED = 150
_TOUCHING = 2.0
_PAPER_SHARE = 0.35
_LOOKED_AT = 200
_MIN_EDGES = 0.002
_OVERLAP = 0.5
_MIN_WORD_CHARACTERS = 4
_ENOUGH = 0.3

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """The parts of a page to be recognised: all of it, in place of its characters or beside them, or pictures."""

    replace: bool = False
    whole: bool = False
    pictures: tuple[Box, ...] = ()


def regions_to_recognise(
    page: pypdfium2.PdfPage, stored: StoredText, seen: Visibility, objects: PageObjects
) -> Regions:
    """Returns what of a page has to be recognised.

    Its characters are replaced if most are unreadable, have no meaning in their font, or are spread as in no language.
    Otherwise pictures are recognised over which hardly any text lies.
    """
    kept = ~seen.hidden
    visible = np.flatnonzero(kept)
    counts = _counts(stored, visible)
    total = sum(count for character, count in counts.items() if is_shown(character))
    unreadable = sum(n for character, n in counts.items() if character == "\ufffd" or "\ue000" <= character <= "\uf8ff")
    unmapped = int(np.count_nonzero(stored.unmapped[visible]))
    is_doubtful = unmapped >= _MIN_UNMAPPED and unmapped > _MAX_UNREADABLE_SHARE * total
    if total and (
        unreadable > _MAX_UNREADABLE_SHARE * total
        or looks_wrong(counts)
        or (is_doubtful and not reads_as_words(_unmapped(stored, kept)))
    ):
        return Regions(replace=True)
    if not total and (objects.pictures or objects.path_count >= _MIN_PATHS):
        return Regions(whole=True)
    width, height = page.get_size()
    area = max(width * height, 1.0)
    boxes = _merged([_clipped(picture.box, width, height) for picture in objects.pictures])
    uncovered = [
        box
        for box in boxes
        if _is_bare(box, area, stored.characters.boxes[visible])
        and _count_inside(box, stored.characters.boxes[seen.layer]) < _MIN_LAYER_CHARACTERS
    ]
    if sum(map(_area, uncovered)) >= _WHOLE_PAGE * area:
        return Regions(whole=True)
    return Regions(pictures=tuple(sorted(uncovered, key=_area, reverse=True)[:_MAX_PICTURES]))


def _unmapped(stored: StoredText, kept: NDArray[np.bool_]) -> str:
    """Returns the characters of fonts that do not tell which characters they show, with spaces for the others."""
    pairs = zip(stored.characters.text, (stored.unmapped & kept).tolist(), strict=True)
    return "".join(character if is_unmapped else " " for character, is_unmapped in pairs)


def _counts(stored: StoredText, visible: NDArray[np.int64]) -> Counter[str]:
    """Counts the characters of a page; halves of surrogate pairs are left out."""
    codes, counts = np.unique(stored.characters.codes[visible], return_counts=True)
    return Counter(
        {
            chr(code): count
            for code, count in zip(codes.tolist(), counts.tolist(), strict=True)
            if not 0xD800 <= code < 0xE000 and code <= sys.maxunicode  # noqa: PLR2004 - UTF-16's halves
        }
    )


def _is_bare(box: Box, page_area: float, text: FloatArray) -> bool:
    """Returns whether a picture is large enough to be read, and has hardly any text over it."""
    left, bottom, right, top = box
    if min(right - left, top - bottom) < _MIN_SIDE or _area(box) < _MIN_SHARE * page_area:
        return False
    over = _inside(box, text)
    sizes = (text[over, 2] - text[over, 0]) * (text[over, 3] - text[over, 1])
    return float(sizes.sum()) <= _MAX_TEXT_COVER * _area(box)


def _inside(box: Box, characters: FloatArray) -> NDArray[np.bool_]:
    """Returns for each character whether its middle is in a box."""
    middles = (characters[:, :2] + characters[:, 2:]) / 2
    x, y = middles[:, 0], middles[:, 1]
    inside: NDArray[np.bool_] = (x > box[0]) & (y > box[1]) & (x < box[2]) & (y < box[3])
    return inside


def _count_inside(box: Box, characters: FloatArray) -> int:
    return int(np.count_nonzero(_inside(box, characters)))


def _merged(boxes: Sequence[Box]) -> list[Box]:
    """Joins pictures that touch: scans are often stored in strips."""
    merged: list[Box] = []
    for box in sorted(boxes, key=lambda each: -each[3])[:_MAX_MERGED]:
        joined = box
        for other in [each for each in merged if _touches(each, box)]:
            merged.remove(other)
            joined = (
                min(joined[0], other[0]), min(joined[1], other[1]), max(joined[2], other[2]), max(joined[3], other[3]),
            )  # fmt: skip
        merged.append(joined)
    return merged


def _touches(first: Box, second: Box) -> bool:
    return (
        first[0] <= second[2] + _TOUCHING
        and second[0] <= first[2] + _TOUCHING
        and first[1] <= second[3] + _TOUCHING
        and second[1] <= first[3] + _TOUCHING
    )


def _clipped(box: Box, width: float, height: float) -> Box:
    left, bottom, right, top = box
    return max(left, 0.0), max(bottom, 0.0), max(min(right, width), 0.0), max(min(top, height), 0.0)


def _area(box: Box) -> float:
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def recognised_page(page: pypdfium2.PdfPage, recogniser: Recogniser) -> tuple[Piece, ...]:
    """Returns the text of a whole page as it is shown."""
    image, scale = _rendered(page, (0.0, 0.0, *page.get_size()), _OCR_DPI)
    return recogniser.recognise(image, points_per_pixel=1 / scale)


def recognised_behind(
    page: pypdfium2.PdfPage, stored: StoredText, recogniser: Recogniser
) -> tuple[tuple[Piece, ...], bool]:
    """Returns the text of all pictures and drawings of a page without what is stored, and whether some was not read."""
    set_drawn(stored.objects, drawn=False)
    try:
        image, scale = _rendered(page, (0.0, 0.0, *page.get_size()), _OCR_DPI)
    finally:
        set_drawn(stored.objects, drawn=True)
    pieces = recogniser.recognise(image, points_per_pixel=1 / scale)
    is_unread = not pieces and may_hold_text(image)
    return _beside(pieces, stored.characters.boxes[stored.characters.styles >= 0]), is_unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture on a page, and the pieces that were recognised in it; none if it could not be read."""

    box: Box
    pieces: tuple[Piece, ...]


def recognised_pictures(
    page: pypdfium2.PdfPage, regions: Sequence[Box], stored: StoredText, recogniser: Recogniser
) -> list[Picture]:
    """Returns the pictures that may hold text; one without paper or letters, or over which its text lies, does not."""
    found = []
    own = stored.characters.boxes[stored.characters.styles >= 0]
    set_drawn(stored.objects, drawn=False)
    try:
        for box in regions:
            image, scale = _rendered(page, box, _SMALL_PICTURE_DPI if recogniser.is_available else _POINTS_PER_INCH)
            if not may_hold_text(image):
                continue
            pieces = recogniser.recognise(image, points_per_pixel=1 / scale)
            kept = _beside([_moved(piece, box[0], box[1]) for piece in pieces], own)
            is_read = sum(character.isalnum() for piece in kept for character in piece.text) >= _MIN_WORD_CHARACTERS
            if is_read or not recogniser.is_available:
                found.append(Picture(box=box, pieces=kept))
    finally:
        set_drawn(stored.objects, drawn=True)
    return found


def may_hold_text(image: Image.Image) -> bool:
    """Returns whether a picture has a flat ground with sharp edges on it, as print has and photographs have not."""
    small = image.convert("L")
    small.thumbnail((_LOOKED_AT * 4, _LOOKED_AT * 4))
    pixels = np.asarray(small, dtype=np.int16)
    shades = np.bincount((pixels // 16).ravel(), minlength=16)
    edges = np.abs(np.diff(pixels, axis=1)) > 64  # noqa: PLR2004 - a quarter of the range
    return bool(shades.max() >= _PAPER_SHARE * pixels.size and edges.mean() >= _MIN_EDGES)


def is_better(pieces: Sequence[Piece], stored: str) -> bool:
    """Returns whether recognised text may replace stored text: there is enough of it, and it reads like a language."""
    text = " ".join(piece.text for piece in pieces)
    if sum(map(str.isalnum, text)) < _ENOUGH * len(stored):
        return False
    before, after = surprise(Counter(stored)), surprise(Counter(text))
    return not before or not after or after < before or not looks_wrong(Counter(text))


def _rendered(page: pypdfium2.PdfPage, box: Box, dpi: int) -> tuple[Image.Image, float]:
    """Returns the image of a part of a page as shown, and its pixels per point."""
    left, bottom, right, top = box
    width, height = page.get_size()
    scale = min(dpi / _POINTS_PER_INCH, (_MAX_OCR_PIXELS / max((right - left) * (top - bottom), 1.0)) ** 0.5)
    crop = (left, bottom, max(width - right, 0.0), max(height - top, 0.0))
    bitmap = page.render(scale=scale, crop=crop, rev_byteorder=True, prefer_bgrx=False)
    try:
        return bitmap.to_pil().convert("RGB"), scale
    finally:
        bitmap.close()


def _moved(piece: Piece, right: float, up: float) -> Piece:
    moved = piece.boxes + np.array([right, up, right, up], dtype=np.float32)
    is_plain = piece.direction is Direction.RIGHT and np.allclose(piece.rectangle, enclosing(piece.boxes), atol=0.5)
    return replace(piece, boxes=moved, rectangle=enclosing(moved) if is_plain else piece.rectangle)


def _beside(pieces: Sequence[Piece], stored: FloatArray) -> tuple[Piece, ...]:
    """Returns the pieces that do not lie over stored characters, which would be read twice."""
    kept = []
    for piece in pieces:
        left, bottom, right, top = enclosing(piece.boxes).tolist()
        inside = _inside((left, bottom, right, top), stored)
        widths = float((stored[inside, 2] - stored[inside, 0]).sum())
        if widths < _OVERLAP * (right - left) and any(map(str.isalnum, piece.text)):
            kept.append(piece)
    return tuple(kept)
