"""Finds the characters of a PDF page that a reader cannot see: what would deceive a reader of the extracted text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from ingest.parsing.pdf.glyphs import shown_characters
from ingest.parsing.pdf.page_characters import StoredText
from ingest.parsing.pdf.page_objects import PageObjects, Shape, are_optional, fill_colours, render_modes, set_drawn
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
_RENDER_SCALE = 1.2
_MAX_RENDERED_PIXELS = 6_000_000
_MIN_CONTRAST = 12
_FLAT_SHARE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Visibility:
    """For each character ``(n,)`` whether it is hidden, and whether it lies invisibly over or under a picture.

    The latter is what was recognised in the picture before.
    """

    hidden: NDArray[np.bool_]
    layer: NDArray[np.bool_]


def visibility(page: pypdfium2.PdfPage, stored: StoredText, objects: PageObjects) -> Visibility:
    """Finds the hidden characters of a page.

    A character is hidden if it is off the page, tiny, or drawn invisibly with no picture below (with one, it is what
    was recognised there); and if it is transparent, drawn in the colour of the paper or shape below it, under a shape,
    cut by a clipping path, or on a layer, and the page is rendered alike without it.
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
    flags[:count] = is_invisible & ~above_picture
    orders = np.array([objects.texts.get(item, _LAST) for item in stored.objects], dtype=np.int64)
    is_layer = above_picture & (is_invisible | _cover(middles, orders, objects.pictures)[0])
    shapes = sorted((*objects.pictures, *objects.fills), key=_negative_area)[:_MAX_COMPARED]
    covered, below = _cover(middles, orders, shapes)
    grounds = np.array([*(shape.colour or _PAPER for shape in shapes), _PAPER], dtype=np.int64)[below]
    is_alike = (np.abs(grounds - colours).max(axis=1, initial=0) < _SAME_COLOUR) & (colours[:, 0] >= 0)
    is_clipped = np.array([item in objects.clipped for item in stored.objects], dtype=np.bool_)
    is_cutting = modes == _CLIPPING_MODE
    doubtful[:count] = covered | is_alike | is_faint | is_clipped | is_cutting
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
        left_out = _with_repeated(stored, objects, characters.styles[to_measure])
        hidden |= _without_ink(
            page, stored, to_measure, left_out=left_out, below=is_layer | is_cutting, is_clipped=is_clipped
        )
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


def _with_repeated(stored: StoredText, objects: PageObjects, styles: NDArray[np.int64]) -> list[int]:
    """Returns the text objects of the styles, and those that PDFium takes for repetitions of others."""
    return [*objects.texts.keys() - stored.objects, *(stored.objects[style] for style in np.unique(styles).tolist())]


def _without_ink(
    page: pypdfium2.PdfPage,
    stored: StoredText,
    chosen: NDArray[np.bool_],
    *,
    left_out: Sequence[int],
    below: NDArray[np.bool_],
    is_clipped: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Returns which of the chosen characters leave no trace: the page is rendered alike with their texts ``left_out``.

    The trace of a text ``below`` a picture, or of one that cuts what is drawn later, is any contrast in its place. A
    text that is not clipped is hidden as a whole or not at all.
    """
    indices = np.flatnonzero(chosen)
    styles = stored.characters.styles[indices]
    with_texts, scale = _rendered(page)
    set_drawn(left_out, drawn=False)
    try:
        without_texts, _ = _rendered(page)
    finally:
        set_drawn(left_out, drawn=True)
    # Coordinates in pixels from the upper left.
    edges = stored.characters.boxes[indices] * np.float32(scale)
    edges[:, [1, 3]] = with_texts.shape[0] - edges[:, [3, 1]]
    flat = _counts(_differ(with_texts, without_texts), edges) == 0
    if below.any():
        shapes = _differ(with_texts[:, 1:], with_texts[:, :-1])
        flat &= ~(below[styles] & (_counts(shapes, edges) > 0))
    total = np.bincount(styles, minlength=len(stored.objects))
    unseen = np.bincount(styles[flat], minlength=len(stored.objects))
    is_hidden = unseen >= np.maximum(_FLAT_SHARE * total, 1)
    hidden = np.zeros(len(chosen), dtype=np.bool_)
    hidden[indices] = np.where(is_clipped[styles], flat, is_hidden[styles])
    return hidden


def _differ(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Returns ``(height, width)``, whether the colours of two pictures are clearly different."""
    apart: NDArray[np.bool_] = np.zeros(first.shape[:2], dtype=np.bool_)
    for channel in range(3):  # faster than all at once
        one, other = first[:, :, channel], second[:, :, channel]
        apart |= np.maximum(one, other) - np.minimum(one, other) >= _MIN_CONTRAST
    return apart


def _counts(ink: NDArray[np.bool_], edges: FloatArray) -> NDArray[np.int64]:
    """Returns how many pixels have ink in each of the boxes ``(n, 4)``: left, top, right, bottom."""
    height, width = ink.shape
    sums = np.zeros((height + 1, width + 1), dtype=np.int32)
    np.cumsum(np.cumsum(ink, axis=0, dtype=np.int32), axis=1, out=sums[1:, 1:])
    left, right = (np.clip(edges[:, column], 0, width).astype(np.int64) for column in (0, 2))
    top, bottom = (np.clip(edges[:, row], 0, height).astype(np.int64) for row in (1, 3))
    right, bottom = np.minimum(right + 1, width), np.minimum(bottom + 1, height)
    counts: NDArray[np.int64] = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return counts


def _rendered(page: pypdfium2.PdfPage) -> tuple[NDArray[np.uint8], float]:
    """Returns the page as ``(height, width, channels)``, and its pixels per point."""
    width, height = page.get_size()
    scale = min(_RENDER_SCALE, (_MAX_RENDERED_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, may_draw_forms=False)
    try:
        return np.array(bitmap.to_numpy(), copy=True).reshape(bitmap.height, bitmap.width, -1), scale
    finally:
        bitmap.close()
