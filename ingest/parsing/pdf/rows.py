"""Finds raised and lowered characters, and the order in which the characters of a line are seen. Pure.

Boxes are turned so that lines run to the right; characters mostly follow their neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rag.types import FloatArray

_SMALLER = 0.88
_SAME = 0.02
_BESIDE = 0.2
_LONGEST_MOVED = 6
_MAX_MOVED = 500
_MIN_RISE, _MAX_RISE = 0.12, 0.95
_MIN_DROP, _MAX_DROP = 0.04, 0.6
_SAME_SIZE_RISE = 0.28
_LONGEST = 12
_LONGEST_SAME_SIZE = 3
_NEAR = 0.75
_ROW_OVERLAP = 0.5
_MIN_OVERLAP = 0.5
_WIDE_GAP_HEIGHTS = 0.9
_STACK_GAP_HEIGHTS = 0.6
_MANY_SPACES = 0.25
_FEW_LETTERS = 4
_FEW_TOGETHER = 0.15
_LETTERS_APART = 0.06
_WORDS_APART = 0.18
_LETTERS_TOGETHER = 0.04
_LOST_SPACE, _BESIDE_WORD = 0.17, 0.6


def shifted_runs(
    boxes: FloatArray, sizes: FloatArray, baselines: FloatArray, may_shift: NDArray[np.bool_]
) -> tuple[NDArray[np.int8], FloatArray]:
    """Returns 1 for each raised character, -1 for each lowered one, else 0; and boxes as high as the line's.

    A short run is shifted if it is beside a larger one, off its base line. ``may_shift``: bullets are not.
    """
    shifts = np.zeros(len(boxes), dtype=np.int8)
    changes = (np.abs(np.diff(sizes)) > _SAME * sizes[1:]) | (np.abs(np.diff(baselines)) > _SAME * sizes[1:])
    if not changes.any():
        return shifts, boxes
    starts = [0, *(np.flatnonzero(changes) + 1).tolist()]
    ends = [*starts[1:], len(boxes)]
    heights = boxes.copy()
    normal = -1
    for number, (first, end) in enumerate(zip(starts, ends, strict=True)):
        shift, reference = 0, normal
        if end - first <= _LONGEST and may_shift[first]:
            if normal >= 0 and _is_near(boxes[first - 1], boxes[first], sizes[starts[normal]]):
                shift = _shift(first, end, starts[normal], sizes, baselines)
            if not shift and number + 1 < len(starts) and _is_near(boxes[end - 1], boxes[end], sizes[end]):
                reference = number + 1
                shift = _shift(first, end, end, sizes, baselines)
                # A drop of the base line before a larger run is a new line, or a letter of another size.
                shift = max(shift, 0)
        if shift:
            shifts[first:end] = shift
            heights[first:end, 1], heights[first:end, 3] = boxes[starts[reference], 1], boxes[starts[reference], 3]
        else:
            normal = number
    return shifts, heights


def with_runs_behind_hosts(
    boxes: FloatArray, sizes: FloatArray, baselines: FloatArray, may_shift: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Returns an order in which small raised or lowered runs follow the character that they stand beside.

    Files may hold all marks of notes after the text.
    """
    order = np.arange(len(boxes))
    if float(sizes.min()) > _SMALLER * float(sizes.max()):
        return order
    changes = (np.abs(np.diff(sizes)) > _SAME * sizes[1:]) | (np.abs(np.diff(baselines)) > _SAME * sizes[1:])
    starts = [0, *(np.flatnonzero(changes) + 1).tolist()]
    moved: dict[int, list[int]] = {}
    looked_at = 0
    for first, end in zip(starts, [*starts[1:], len(boxes)], strict=True):
        if end - first > _LONGEST_MOVED or not may_shift[first] or looked_at >= _MAX_MOVED:
            continue
        if first and _is_near(boxes[first - 1], boxes[first], sizes[first - 1]):
            continue
        looked_at += 1
        host = _host(first, boxes, sizes, baselines)
        if host is not None:
            moved.setdefault(host, []).extend(range(first, end))
    if not moved:
        return order
    taken = {index for run in moved.values() for index in run}
    return np.array(
        [each for index in range(len(boxes)) if index not in taken for each in (index, *moved.get(index, ()))]
    )


def _host(first: int, boxes: FloatArray, sizes: FloatArray, baselines: FloatArray) -> int | None:
    """Returns the larger character that ends where a run begins, off its base line."""
    gaps = (boxes[first, 0] - boxes[:, 2]) / sizes
    rises = (baselines[first] - baselines) / sizes
    is_beside = (np.abs(gaps) <= _BESIDE) & (sizes[first] <= _SMALLER * sizes)
    is_off = ((rises >= _MIN_RISE) & (rises <= _MAX_RISE)) | ((rises <= -_MIN_DROP) & (rises >= -_MAX_DROP))
    found = np.flatnonzero(is_beside & is_off)
    return int(found[np.abs(gaps[found]).argmin()]) if len(found) else None


def _shift(first: int, end: int, other: int, sizes: FloatArray, baselines: FloatArray) -> int:
    size, larger = float(sizes[first]), float(sizes[other])
    rise = float(baselines[first] - baselines[other]) / max(larger, 0.1)
    if size <= _SMALLER * larger:
        if _MIN_RISE <= rise <= _MAX_RISE:
            return 1
        return -1 if -_MAX_DROP <= rise <= -_MIN_DROP else 0
    is_same = abs(size - larger) <= (1 - _SMALLER) * larger and end - first <= _LONGEST_SAME_SIZE
    return int(is_same and _SAME_SIZE_RISE <= rise <= _MAX_DROP)


def _is_near(before: FloatArray, after: FloatArray, size: float) -> bool:
    return -_NEAR * size <= float(after[0] - before[2]) <= _NEAR * size


def visual_rows(
    boxes: FloatArray, is_right_to_left: NDArray[np.bool_], is_mark: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Returns an order in which rows with right-to-left letters run from left to right, and whether each is in one.

    A mark follows its letter, the one that is nearest to it.
    """
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    rows: list[list[int]] = []
    for index in np.argsort(-middles, kind="stable").tolist():
        if rows and _overlaps(boxes[rows[-1][0]], boxes[index]):
            rows[-1].append(index)
        else:
            rows.append([index])
    turned = np.zeros(len(boxes), dtype=np.bool_)
    moved: dict[int, list[int]] = {}
    for row in rows:
        if is_right_to_left[row].any():
            turned[row] = True
            moved[min(row)] = _from_left(row, boxes, is_mark)
    order: list[int] = []
    for index in range(len(boxes)):
        if index in moved:
            order += moved[index]
        elif not turned[index]:
            order.append(index)
    return np.array(order, dtype=np.int64), turned


def _from_left(row: list[int], boxes: FloatArray, is_mark: NDArray[np.bool_]) -> list[int]:
    centres = (boxes[:, 0] + boxes[:, 2]) / 2
    letters = np.array([index for index in row if not is_mark[index]] or row)
    keys = {index: (float(centres[index]), False, index) for index in row}
    for index in row:
        if is_mark[index]:
            letter = int(letters[np.abs(centres[letters] - centres[index]).argmin()])
            keys[index] = (float(centres[letter]), True, index)
    return sorted(row, key=keys.__getitem__)


def _overlaps(first: FloatArray, second: FloatArray) -> bool:
    shared = float(min(first[3], second[3]) - max(first[1], second[1]))
    return shared >= _ROW_OVERLAP * float(min(first[3] - first[1], second[3] - second[1]))


def lost_spaces(spaced: NDArray[np.bool_], gaps: FloatArray, is_letter: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns which characters a gap precedes that is a space, though no character of the file says so.

    It is as wide as one between letters that stand close: PDFium adds none where narrow words, as in "at least" of a
    justified line, are near each other.

    Args:
        spaced: ``(n,)``, whether a space precedes each character.
        gaps: before each character, in font sizes.
        is_letter: whether a character may stand beside such a gap.
    """
    inside = np.where(spaced, np.nan, np.abs(gaps))
    before = np.concatenate([[np.nan], inside[:-1]])
    after = np.concatenate([inside[1:], [np.nan]])
    is_known = ~(np.isnan(before) & np.isnan(after))
    close = np.fmax(np.nan_to_num(before), np.nan_to_num(after)) < _LETTERS_TOGETHER
    beside = is_letter & np.concatenate([[False], is_letter[:-1]])
    lost: NDArray[np.bool_] = ~spaced & beside & is_known & close & (gaps > _LOST_SPACE) & (gaps < _BESIDE_WORD)
    return lost


def without_letter_spaces(
    spaced: NDArray[np.bool_], is_added: NDArray[np.bool_], gaps: FloatArray, starts: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Returns which characters a space precedes in print whose letters are set apart, as in some titles.

    Args:
        spaced: ``(n,)``, whether a space precedes each character.
        is_added: whether it is no character of the file, but was added for the gap.
        gaps: before each character, in font sizes.
        starts: the first character of each piece.
    """
    lengths = np.diff(np.append(starts, len(spaced)))
    is_apart = (np.add.reduceat(spaced, starts, dtype=np.int64) > _MANY_SPACES * lengths) & (lengths > _FEW_LETTERS)
    kept = spaced.copy()
    for first, length in zip(starts[is_apart].tolist(), lengths[is_apart].tolist(), strict=True):
        inner = slice(first + 1, first + length)
        together = gaps[inner][~spaced[inner]]
        usual = float(np.median(together)) if len(together) >= _FEW_TOGETHER * length else 0.0
        if usual > _LETTERS_APART:
            kept[inner] &= ~is_added[inner] | (gaps[inner] > usual + _WORDS_APART)
    return kept


def drawn_over_each_other(boxes: FloatArray) -> NDArray[np.bool_]:
    """Returns for each neighbouring pair whether they are drawn over each other, as a letter and its mark are."""
    left = np.maximum(boxes[1:, 0], boxes[:-1, 0])
    right = np.minimum(boxes[1:, 2], boxes[:-1, 2])
    overlap_y = np.minimum(boxes[1:, 3], boxes[:-1, 3]) - np.maximum(boxes[1:, 1], boxes[:-1, 1])
    same: NDArray[np.bool_] = (left <= right + 0.01) & (overlap_y > 0)
    return same


def space_boxes(boxes: FloatArray) -> FloatArray:
    """Returns the box between each visible character and the next; NaN if they are not side by side."""
    before, after = boxes[:-1], boxes[1:]
    is_mirrored = before[:, :1] > after[:, :1]
    left, right = np.where(is_mirrored, after, before), np.where(is_mirrored, before, after)
    bottom, top = np.minimum(left[:, 1], right[:, 1]), np.maximum(left[:, 3], right[:, 3])
    between = np.stack([left[:, 2], bottom, right[:, 0], top], axis=-1)
    apart = (between[:, 0] > between[:, 2]) | (
        np.minimum(left[:, 3], right[:, 3]) <= np.maximum(left[:, 1], right[:, 1])
    )
    between[apart] = np.nan
    return between


def adjacency(boxes: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Returns for each neighbouring pair whether it continues along the line, and whether it is stacked."""
    before, after = boxes[:-1], boxes[1:]
    heights = np.maximum(np.minimum(before[:, 3] - before[:, 1], after[:, 3] - after[:, 1]), 0.1)
    widths = np.maximum(np.minimum(before[:, 2] - before[:, 0], after[:, 2] - after[:, 0]), 0.1)
    overlap_y = np.minimum(before[:, 3], after[:, 3]) - np.maximum(before[:, 1], after[:, 1])
    overlap_x = np.minimum(before[:, 2], after[:, 2]) - np.maximum(before[:, 0], after[:, 0])
    taller = np.maximum(before[:, 3] - before[:, 1], after[:, 3] - after[:, 1])
    same_row = (overlap_y >= _MIN_OVERLAP * heights) & (-overlap_x <= _WIDE_GAP_HEIGHTS * taller)
    stacked = (overlap_x >= _MIN_OVERLAP * widths) & (-overlap_y <= _STACK_GAP_HEIGHTS * taller)
    return same_row, stacked & ~same_row
