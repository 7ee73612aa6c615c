"""Joins the characters of a page, with a box each, to pieces of lines. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ingest.parsing.blocks.assembly import is_clean
from ingest.parsing.pages.page_text import Direction, Piece, is_right_to_left, upright
from rag.types import FloatArray

_WIDE_GAP_HEIGHTS = 0.9
_STACK_GAP_HEIGHTS = 0.6
_MIN_OVERLAP = 0.5
_MIN_STACK = 3
# PDFium returns one of these for a hyphen that divides a word at the end of a line.
_DIVIDING_HYPHENS = frozenset("\x02\ufffe\xad")
_SPACES = frozenset(" \t\r\n\u00a0\u2002\u2003\u2009\u202f\u3000\0")


def line_pieces(characters: Sequence[str], boxes: FloatArray, *, is_bold: Callable[[int], bool]) -> tuple[Piece, ...]:
    """Cuts a page's characters into pieces, in the order they are stored.

    A piece ends where the next character is on another line or further away than a wide space.

    Args:
        characters: one character each; spaces and line breaks among them.
        boxes: ``(n, 4)``: left, bottom, right, top on the page as it is shown.
        is_bold: returns for a character's index whether its font is bold.
    """
    shown = {character: _is_visible(character) for character in set(characters)}
    visible = np.array([index for index, character in enumerate(characters) if shown[character]], dtype=np.int64)
    if not len(visible):
        return ()
    seen = boxes[visible]
    spaces = np.cumsum([character in _SPACES for character in characters])[visible]
    line_breaks = np.cumsum([character in "\r\n" for character in characters])[visible]
    same_row, stacked = _adjacency(seen)
    is_end = ~(same_row | (stacked & (np.diff(line_breaks) == 0)))
    starts = np.concatenate([[0], np.flatnonzero(is_end) + 1])
    spaced = np.concatenate([[False], np.diff(spaces) > 0]).tolist()
    indices = visible.tolist()
    sources = np.concatenate([boxes, _space_boxes(seen)])
    pieces = []
    for first, end in zip(starts.tolist(), [*starts[1:].tolist(), len(indices)], strict=True):
        stretch = _Stretch(
            indices=indices[first:end],
            spaced=spaced[first:end],
            boxes=seen[first:end],
            first_space=len(boxes) + first,
        )
        direction = _direction(stretch.boxes, same_row[first : end - 1])
        pieces.append(_piece(characters, sources, stretch, direction, bold=is_bold(indices[(first + end) // 2])))
    return tuple(pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """The visible characters of a piece: their indices, whether a space precedes each, and their boxes.

    ``first_space`` is the row of the space between the first and the second character.
    """

    indices: list[int]
    spaced: list[bool]
    boxes: FloatArray
    first_space: int


def _space_boxes(boxes: FloatArray) -> FloatArray:
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


def _is_visible(character: str) -> bool:
    return character not in _SPACES and (character in _DIVIDING_HYPHENS or is_clean(character))


def _adjacency(boxes: FloatArray) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
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


def _direction(boxes: FloatArray, same_row: NDArray[np.bool_]) -> Direction:
    if len(boxes) < _MIN_STACK or np.count_nonzero(same_row) > _MIN_OVERLAP * len(same_row):
        return Direction.RIGHT
    return Direction.DOWN if boxes[-1, 1] < boxes[0, 1] else Direction.UP


def _piece(
    characters: Sequence[str], boxes: FloatArray, stretch: _Stretch, direction: Direction, *, bold: bool
) -> Piece:
    text: list[str] = []
    sources: list[int] = []
    last = stretch.indices[-1]
    for index, space in _logical_order(characters, stretch):
        if space >= 0 and text:
            text.append(" ")
            sources.append(space)
        written = characters[index]
        if written > "\u007f" or written in _DIVIDING_HYPHENS:
            written = _written(written, is_last=index == last)
        text.append(written)
        sources += [index] * len(written)
    rectangles = upright(stretch.boxes, direction)
    low, high = rectangles.min(axis=0), rectangles.max(axis=0)
    return Piece(
        text="".join(text),
        boxes=boxes[sources],
        rectangle=np.array([low[0], low[1], high[2], high[3]], dtype=np.float32),
        size=float(np.add.reduce(rectangles[:, 3] - rectangles[:, 1])) / len(rectangles),
        bold=bold,
        direction=direction,
    )


def _logical_order(characters: Sequence[str], stretch: _Stretch) -> list[tuple[int, int]]:
    """Returns for each character in reading order its row, and the row of the space before it (-1: none).

    Right-to-left text may be stored as it is seen, from left to right; numbers in it always run left to right.
    """
    spaces = [stretch.first_space + place - 1 if spaced else -1 for place, spaced in enumerate(stretch.spaced)]
    pairs = list(zip(stretch.indices, spaces, strict=True))
    text = "".join([characters[index] for index in stretch.indices])
    if text.isascii() or not is_right_to_left(text) or stretch.boxes[0, 0] >= stretch.boxes[-1, 0]:
        return pairs
    mirrored: list[tuple[int, int]] = []
    following = [*spaces[1:], -1]
    for is_number, run in groupby(range(len(pairs)), key=lambda place: text[place].isdecimal()):
        places = list(run)
        if is_number:
            gaps = [following[places[-1]], *(-1 for _ in places[1:])]
            mirrored[:0] = [(pairs[place][0], gap) for place, gap in zip(places, gaps, strict=True)]
        else:
            mirrored[:0] = [(pairs[place][0], following[place]) for place in reversed(places)]
    return mirrored


def _written(character: str, *, is_last: bool) -> str:
    if character in _DIVIDING_HYPHENS:
        # Inside a word PDFium's mark is an unknown letter; a soft hyphen is invisible.
        inside = "" if character == "\xad" else "\ufffd"
        return "-" if is_last else inside
    if "\ufb00" <= character <= "\ufefc":  # ligatures and Arabic presentation forms
        return "".join(filter(_is_visible, unicodedata.normalize("NFKC", character)))
    return character
