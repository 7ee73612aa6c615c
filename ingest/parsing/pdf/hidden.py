"""Finds the characters of a PDF page that a reader cannot see: what would deceive a reader of the extracted text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from ingest.parsing.pdf.glyphs import shown_characters
from ingest.parsing.pdf.page_characters import StoredText
from ingest.parsing.pdf.page_objects import PageObjects, Shape, are_optional, fill_colours, render_modes
from rag.types import FloatArray

_TINY_POINTS = 1.3
_TINY_HEIGHT = 2.0
_FAINT = 13
_SAME_COLOUR = 40
_PAPER = (255, 255, 255)
_LAST = 1 << 40
_INVISIBLE_MODE = 3
_CLIPPING_MODE = 7
_MAX_TAGGED = 1_500
_MAX_COMPARED = 400
_MAX_PAIRS = 10_000_000
_RENDER_SCALE = 1.6
_MAX_RENDERED_PIXELS = 12_000_000
_MIN_CONTRAST = 12
_FLAT_SHARE = 0.6
_MAX_MEASURED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """For each character ``(n,)`` whether it is hidden, and whether it lies invisibly over or under a picture.

    The latter is what was recognised in the picture before.
    """

    hidden: NDArray[np.bool_]
    layer: NDArray[np.bool_]


def visibility(page: pypdfium2.PdfPage, stored: StoredText, objects: PageObjects) -> Visibility:
    """Finds the hidden characters of a page.

    A character is hidden if it is off the page, tiny, transparent, or drawn invisibly with no picture below (with one,
    it is what was recognised there); and if it is drawn in the colour of the paper or shape below it, under a shape,
    or on a layer, and the page as rendered shows nothing there.
    """
    characters = stored.characters
    count = len(stored.objects)
    flags = np.zeros(count + 1, dtype=np.bool_)  # the last one is for characters without a style
    doubtful = np.zeros(count + 1, dtype=np.bool_)
    centres: FloatArray = (characters.boxes[:, :2] + characters.boxes[:, 2:]) * np.float32(0.5)
    middles = _style_middles(centres, characters.styles, count)
    above_picture = _inside(middles, objects.pictures).any(axis=0)
    modes, fills = render_modes(stored.objects), fill_colours(stored.objects)
    colours = fills[:, :3]
    is_invisible = modes == _INVISIBLE_MODE
    is_faint = (fills[:, 3] >= 0) & (fills[:, 3] <= _FAINT) & np.isin(modes, (0, 4))
    flags[:count] = np.where(is_invisible, ~above_picture, is_faint)
    orders = np.array([objects.texts.get(item, _LAST) for item in stored.objects], dtype=np.int64)
    is_layer = above_picture & (is_invisible | _cover(middles, orders, objects.pictures)[0])
    shapes = sorted((*objects.pictures, *objects.fills), key=_negative_area)[:_MAX_COMPARED]
    covered, below = _cover(middles, orders, shapes)
    grounds = np.array([*(shape.colour or _PAPER for shape in shapes), _PAPER], dtype=np.int64)[below]
    is_alike = (np.abs(grounds - colours).max(axis=1, initial=0) < _SAME_COLOUR) & (colours[:, 0] >= 0)
    doubtful[:count] = covered | is_alike | (modes == _CLIPPING_MODE)
    if count <= _MAX_TAGGED:
        doubtful[:count] |= are_optional(stored.objects)
    doubtful[:count] &= ~is_invisible
    heights = characters.boxes[:, 3] - characters.boxes[:, 1]
    tiny = np.append(characters.sizes < _TINY_POINTS, np.False_)[characters.styles] & (heights < _TINY_HEIGHT)
    width, height = page.get_size()
    off_page = (centres < -1).any(axis=1) | (centres[:, 0] > width + 1) | (centres[:, 1] > height + 1)
    has_style = characters.styles >= 0
    hidden: NDArray[np.bool_] = (flags[characters.styles] | tiny | off_page) & has_style
    to_measure = doubtful[characters.styles] & has_style & ~hidden
    if to_measure.any():
        hidden |= _without_ink(page, stored, to_measure)
    layer = np.append(is_layer, np.False_)[characters.styles] & has_style & ~hidden
    return Visibility(hidden=hidden & shown_characters(characters), layer=layer)


def _style_middles(centres: FloatArray, styles: NDArray[np.int64], count: int) -> FloatArray:
    rows = styles + 1  # characters without a style come first, and are dropped
    sizes = np.maximum(np.bincount(rows, minlength=count + 1), 1)
    sums = [np.bincount(rows, weights=centres[:, axis], minlength=count + 1) for axis in (0, 1)]
    middles: FloatArray = (np.stack(sums, axis=-1) / sizes[:, None])[1:].astype(np.float32)
    return middles


def _inside(points: FloatArray, shapes: Sequence[Shape]) -> NDArray[np.bool_]:
    """Returns ``(shapes, points)``: whether each point is in each shape; on a full page for the first shapes only."""
    compared = shapes[: 1 + _MAX_PAIRS // (1 + len(points))]
    boxes = np.array([shape.box for shape in compared], dtype=np.float32).reshape(-1, 4, 1)
    x, y = points[:, 0], points[:, 1]
    inside: NDArray[np.bool_] = (x >= boxes[:, 0]) & (x <= boxes[:, 2]) & (y >= boxes[:, 1]) & (y <= boxes[:, 3])
    return inside


def _cover(
    middles: FloatArray, orders: NDArray[np.int64], shapes: Sequence[Shape]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Returns for each text object whether a shape is drawn over it later, and the index of the last one below it.

    Without a shape below it the index is -1.
    """
    rows, places = np.nonzero(_inside(middles, shapes))
    drawn = np.array([shape.order for shape in shapes], dtype=np.int64)[rows]
    is_later = drawn > orders[places]
    covered = np.zeros(len(middles), dtype=np.bool_)
    covered[places[is_later]] = True
    below = np.full(len(middles), -1, dtype=np.int64)
    rows, places, drawn = rows[~is_later], places[~is_later], drawn[~is_later]
    by_order = np.argsort(drawn, kind="stable")
    below[places[by_order]] = rows[by_order]
    return covered, below


def _negative_area(shape: Shape) -> float:
    left, bottom, right, top = shape.box
    return -(right - left) * (top - bottom)


def _without_ink(page: pypdfium2.PdfPage, stored: StoredText, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns which of the chosen characters belong to texts that leave no trace where the page is rendered."""
    width, height = page.get_size()
    scale = min(_RENDER_SCALE, (_MAX_RENDERED_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    try:
        pixels = np.array(bitmap.to_numpy(), copy=True).reshape(bitmap.height, bitmap.width, -1)[:, :, 0]
    finally:
        bitmap.close()
    indices = np.flatnonzero(chosen)[:_MAX_MEASURED]
    boxes = stored.characters.boxes[indices] * scale
    lefts, rights = np.floor(boxes[:, 0]), np.ceil(boxes[:, 2])
    tops, bottoms = np.floor(height * scale - boxes[:, 3]), np.ceil(height * scale - boxes[:, 1])
    flat = np.zeros(len(indices), dtype=np.bool_)
    places = np.stack([lefts, rights, tops, bottoms], axis=-1).astype(np.int64)
    for number, (left, right, top, bottom) in enumerate(np.maximum(places, 0).tolist()):
        part = pixels[top:bottom, left:right]
        flat[number] = not part.size or int(part.max()) - int(part.min()) < _MIN_CONTRAST
    styles = stored.characters.styles[indices]
    total = np.bincount(styles, minlength=len(stored.objects))
    unseen = np.bincount(styles[flat], minlength=len(stored.objects))
    is_hidden = unseen >= np.maximum(_FLAT_SHARE * total, 1)
    hidden = np.zeros(len(chosen), dtype=np.bool_)
    hidden[indices] = is_hidden[styles]
    return hidden
