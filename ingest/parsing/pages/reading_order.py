"""Orders the pieces of a page for reading: columns one after the other, rows from top to bottom. Pure.

Rectangles are ``(left, bottom, right, top)`` with the origin at the lower left. The idea is the recursive XY-cut
(Nagy and Seth 1984), with one change: a vertical cut is made only where both sides are running text, so that a table
is read row by row and a two-column paper column by column.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.types import FloatArray

_Indices = NDArray[np.int64]

_MIN_COLUMN_LINES = 3
_MIN_LINE_CHARACTERS = 15
_MIN_FILL = 0.5
_FULL_LINE = 0.7
_LONG_LINE_CHARACTERS = 25
_MIN_PROSE_SHARE = 0.6
_MAX_LEADING = 1.9
_MIN_FOLLOWED = 0.5
_MAX_COMPARED = 300
_EDGE_TOLERANCE = 2.0
_MIN_GUTTER_HEIGHTS = 0.5
_MIN_ROW_OVERLAP = 0.5


def reading_order(rectangles: FloatArray, characters: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Returns regions in reading order, each with the indices of its pieces.

    Args:
        rectangles: ``(n, 4)``, one for each piece, which is a stretch of one line without a wide gap.
        characters: the number of characters of each piece, wide (CJK) ones counted twice.

    Inside a region the order is that of the input; ``group_rows`` sorts it.
    """
    if not len(rectangles):
        return ()
    everything = np.arange(len(rectangles))
    return tuple(tuple(region.tolist()) for region in _cut(rectangles, np.asarray(characters), everything))


def group_rows(rectangles: FloatArray, indices: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Returns rows from top to bottom, each with its pieces from left to right.

    A piece belongs to a row when their heights overlap by half of the smaller one.
    """
    rows: list[list[int]] = []
    for index in sorted(indices, key=lambda piece: -float(rectangles[piece, 3] + rectangles[piece, 1])):
        if rows and _overlap(rectangles[rows[-1][0]], rectangles[index]) >= _MIN_ROW_OVERLAP:
            rows[-1].append(index)
        else:
            rows.append([index])
    return tuple(tuple(sorted(row, key=lambda piece: float(rectangles[piece, 0]))) for row in rows)


def _overlap(first: FloatArray, second: FloatArray) -> float:
    shared = float(min(first[3], second[3]) - max(first[1], second[1]))
    smaller = float(min(first[3] - first[1], second[3] - second[1]))
    return shared / smaller if smaller > 0 else float(shared >= 0)


def _cut(rectangles: FloatArray, characters: NDArray[np.int64], region: _Indices) -> list[_Indices]:
    parts = _best_columns(rectangles, characters, region)
    if parts is None:
        return [region]
    above, left, right, below = parts
    regions: list[_Indices] = []
    for part in (above, left, right, below):
        if len(part):
            regions += _cut(rectangles, characters, part)
    return regions


def _best_columns(
    rectangles: FloatArray, characters: NDArray[np.int64], region: _Indices
) -> tuple[_Indices, _Indices, _Indices, _Indices] | None:
    """Finds the gutter with the most lines beside it. Returns the pieces above, left, right and below, or None."""
    if len(region) < 2 * _MIN_COLUMN_LINES:
        return None
    boxes = rectangles[region]
    gutter = float(np.median(boxes[:, 3] - boxes[:, 1])) * _MIN_GUTTER_HEIGHTS
    best: tuple[int, _Indices, _Indices, _Indices, _Indices] | None = None
    for edge in _left_edges(boxes[:, 0]):
        left = boxes[:, 2] <= edge - gutter
        right = boxes[:, 0] >= edge - _EDGE_TOLERANCE
        for top, bottom in _bands(boxes, ~(left | right)):
            inside = (boxes[:, 3] <= top + _EDGE_TOLERANCE) & (boxes[:, 1] >= bottom - _EDGE_TOLERANCE)
            lefts, rights = np.flatnonzero(left & inside), np.flatnonzero(right & inside)
            score = min(len(lefts), len(rights))
            if (best is not None and score <= best[0]) or not (
                _is_prose(boxes[lefts], characters[region[lefts]])
                and _is_prose(boxes[rights], characters[region[rights]])
            ):
                continue
            middle = (boxes[:, 1] + boxes[:, 3]) / 2
            above = np.flatnonzero(~inside & (middle >= (top + bottom) / 2))
            below = np.flatnonzero(~inside & (middle < (top + bottom) / 2))
            best = (score, region[above], region[lefts], region[rights], region[below])
    return best[1:] if best is not None else None


def _left_edges(lefts: FloatArray) -> list[float]:
    """Returns the positions at which a column may begin: several pieces start there, right of the page's margin."""
    ordered = np.sort(lefts)
    starts = np.flatnonzero(np.diff(ordered, prepend=-np.inf) > _EDGE_TOLERANCE)
    sizes = np.diff(np.append(starts, len(ordered)))
    edges = ordered[starts[sizes >= _MIN_COLUMN_LINES]]
    return [float(edge) for edge in edges if edge > ordered[0] + _EDGE_TOLERANCE]


def _bands(boxes: FloatArray, crossing: NDArray[np.bool_]) -> list[tuple[float, float]]:
    """Returns the heights (top, bottom) between the pieces that cross a gutter."""
    bands = []
    top = float(boxes[:, 3].max())
    for box in sorted(boxes[crossing].tolist(), key=lambda box: -float(box[3])):
        if box[3] < top:
            bands.append((top, float(box[3])))
        top = min(top, float(box[1]))
    bands.append((top, float(boxes[:, 1].min())))
    return [(high, low) for high, low in bands if high > low]


def _is_prose(boxes: FloatArray, characters: NDArray[np.int64]) -> bool:
    """Returns whether pieces are running text in one or more columns, not table cells.

    Most lines are long and as wide as their column, or most characters stand in such lines.
    """
    if len(boxes) < _MIN_COLUMN_LINES:
        return False
    widths = boxes[:, 2] - boxes[:, 0]
    if float(np.median(characters)) >= _MIN_LINE_CHARACTERS:
        filled = widths >= _MIN_FILL * float(boxes[:, 2].max() - boxes[:, 0].min())
        if float(filled.mean()) >= _MIN_FILL:
            return True
    full = widths >= _FULL_LINE * float(np.percentile(widths, 90))
    long = full & (characters >= _LONG_LINE_CHARACTERS)
    is_most = int(characters[long].sum()) >= _MIN_PROSE_SHARE * int(characters.sum())
    has_lines = int(np.count_nonzero(long)) >= _MIN_COLUMN_LINES
    return is_most and has_lines and _follow_closely(boxes[long][:_MAX_COMPARED])


def _follow_closely(lines: FloatArray) -> bool:
    """Returns whether below most lines another one is as close as in a paragraph; rows of forms are further apart."""
    heights = lines[:, 3] - lines[:, 1]
    drops = lines[:, None, 1] - lines[None, :, 1]
    overlaps = np.minimum(lines[:, None, 2], lines[None, :, 2]) - np.maximum(lines[:, None, 0], lines[None, :, 0])
    is_close = (drops > 0) & (drops <= _MAX_LEADING * heights[:, None]) & (overlaps > 0)
    return float(is_close.any(axis=1).mean()) >= _MIN_FOLLOWED
