"""Draws a span of the extracted text on the image of its page. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from rag.types import FloatArray, PageLayout, Span

_PEN = (255, 226, 92)
_ON_BLACK = (72, 62, 18)
_SAME_LINE = 0.5
_LARGEST_GAP = 1.5
"""In heights of a line; what is farther apart is another piece."""
_MARGIN = 1 / 700
"""Of the page's width, around each box."""

Box = tuple[float, float, float, float]


def line_boxes(layout: PageLayout, span: Span) -> list[Box]:
    """Returns where the characters of ``span`` stand on a page: a box for each line or piece of a line.

    Boxes are left, bottom, right, top in points, in the order of the text.
    """
    first = max(0, span.start - layout.span.start)
    last = min(layout.span.end, span.end) - layout.span.start
    joined: list[Box] = []
    for box, is_near in _characters(layout.boxes[first : max(first, last)]):
        if joined and (_continues(joined[-1], box) or (is_near and _continues(_turned(joined[-1]), _turned(box)))):
            joined[-1] = _around(joined[-1], box)
        else:
            joined.append(box)
    return joined


def highlighted(page: Image.Image, layout: PageLayout, span: Span) -> Image.Image:
    """Returns the image of a page with ``span`` highlighted, as if by a marker pen."""
    mask = Image.new("L", page.size)
    drawing = ImageDraw.Draw(mask)
    across, down = page.width / layout.width, page.height / layout.height
    margin = max(1, round(page.width * _MARGIN))
    for left, bottom, right, top in line_boxes(layout, span):
        corner = (round(left * across) - margin, round((layout.height - top) * down) - margin)
        drawing.rectangle(
            (*corner, round(right * across) + margin, round((layout.height - bottom) * down) + margin), fill=255
        )
    area = mask.getbbox()
    if area is None:
        return page
    shown = page.copy()
    below = page.crop(area)
    # Ink stays dark under the pen; and the pen can be seen on a dark page, too.
    marked = ImageChops.multiply(below, Image.new("RGB", below.size, _PEN))
    marked = ImageChops.lighter(marked, Image.new("RGB", below.size, _ON_BLACK))
    shown.paste(marked, area[:2], mask.crop(area))
    return shown


def _characters(boxes: FloatArray) -> Iterator[tuple[Box, bool]]:
    """Yields the boxes that have an area, and whether at most a space stands between one and the one before."""
    before = -9
    for index in np.flatnonzero(~np.isnan(boxes).any(axis=1)).tolist():
        left, bottom, right, top = boxes[index].tolist()
        if right > left and top > bottom:
            yield (left, bottom, right, top), index <= before + 2
            before = index


def _continues(line: Box, box: Box) -> bool:
    """Returns whether a box stands beside the last ones of its line."""
    shared = min(line[3], box[3]) - max(line[1], box[1])
    height = min(line[3] - line[1], box[3] - box[1])
    gap = max(box[0] - line[2], line[0] - box[2])
    return shared >= _SAME_LINE * height and gap <= _LARGEST_GAP * height


def _turned(box: Box) -> Box:
    """Returns a box as it stands when lines run upwards or downwards."""
    return box[1], box[0], box[3], box[2]


def _around(first: Box, second: Box) -> Box:
    return (
        min(first[0], second[0]),
        min(first[1], second[1]),
        max(first[2], second[2]),
        max(first[3], second[3]),
    )
