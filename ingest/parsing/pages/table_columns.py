"""Finds the columns of a table on a page, and assigns each stretch of a row to one. Pure.

The borders come from all rows together: a gap that is too narrow to mean anything in one row is a border when it
lies where hardly any row has ink. A projection profile, as in recursive XY-cut, with rows that span columns left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ingest.parsing.pages.page_text import CELL_SEPARATOR, Line, Piece, enclosing, glued, upright
from rag.types import FloatArray

_WIDE_SPACE_HEIGHTS = 0.45
_WIDE_SPACE_LETTERS = 1.2
_BIN_HEIGHTS = 0.1
_MAX_BINS = 4_000
_FULL_ROW_SHARE = 0.6
_SPANNED_SHARE = 0.25
_MIN_SPANNED = 0.15
_MIN_NAMED_ROWS = 3
_NEXT_AMOUNT = re.compile(r"(?<=[\d%)#—–-]) (?=[$€£¥](?:[\s\d(—–-]|$))")
_UNIT_BEFORE = re.compile(r"[$€£¥(]+")
_UNIT_AFTER = re.compile(r"[)%]+(?=\s|$)")
_FOOTNOTE = re.compile(r"\((?:\d{1,2}|[a-z])\)|\[\^[\w,;–-]+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """The part of a piece from ``start`` to ``end`` without a clearly wide space, and its position."""

    piece: Piece
    start: int
    end: int
    left: float
    right: float

    @property
    def text(self) -> str:
        return self.piece.text[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRow:
    """The fragments of one line by column; ``spans``: one of them covers several columns."""

    cells: tuple[tuple[Fragment, ...], ...]
    spans: bool


def fragments(line: Line) -> tuple[Fragment, ...]:
    """Cuts a row at wide spaces and before each further amount of money; a sign stays with its amount."""
    found: list[Fragment] = []
    for piece in line.cells:
        for fragment in _cut(piece):
            previous = found[-1] if found else None
            if previous is not None and _UNIT_BEFORE.fullmatch(previous.text):
                found[-1] = _whole(glued(_sliced(previous), " ", _sliced(fragment)))
            else:
                found.append(fragment)
    return tuple(found)


def column_extents(rows: Sequence[Sequence[Fragment]], lines: Sequence[Line]) -> FloatArray:
    """Returns ``(columns, 2)``: the left and right edge of each column, in order.

    Args:
        rows: the fragments of each line.
        lines: the lines themselves; their cells are certainly divided.
    """
    counts = np.array([len(line.cells) for line in lines])
    needed = max(2.0, _FULL_ROW_SHARE * float(np.percentile(counts[counts > 1], 80)))
    full = [row for row, count in zip(rows, counts.tolist(), strict=True) if count >= needed]
    sure = [line for line, count in zip(lines, counts.tolist(), strict=True) if count >= needed]
    if not full:
        return np.empty((0, 2), dtype=np.float32)
    places = _places([fragment for row in full for fragment in row])
    spanning = _spans_often(places, sure)
    size = float(np.median([line.size for line in sure]))
    inked = _inked(places[~spanning] if not spanning.all() else places, size)
    names = np.array([not is_footnote(fragment.text) for row in full for fragment in row])
    centres = places[names & ~spanning].mean(axis=1)
    is_needed = [((centres >= left) & (centres <= right)).any() for left, right in inked.tolist()]
    return _named(_divided(inked[is_needed], sure), full)


def place(row: Sequence[Fragment], columns: FloatArray) -> PlacedRow:
    """Assigns each fragment to the column that it overlaps most, or to the nearest one."""
    cells: list[list[Fragment]] = [[] for _ in columns]
    places = _places(row)
    shared = np.minimum(places[:, 1:], columns[:, 1]) - np.maximum(places[:, :1], columns[:, 0])
    narrower = np.minimum(places[:, 1:] - places[:, :1], columns[:, 1] - columns[:, 0])
    spans = bool((np.count_nonzero(shared > _MIN_SPANNED * narrower, axis=1) > 1).any())
    for fragment, column in zip(row, shared.argmax(axis=1).tolist(), strict=True):
        cells[column].append(fragment)
    return PlacedRow(cells=tuple(map(tuple, cells)), spans=spans)


def cell_text(cell: Sequence[Fragment]) -> tuple[str, FloatArray]:
    """Returns a cell's text with a box for each character; distant fragments stay divided."""
    text, boxes, index = "", [], 0
    while index < len(cell):
        first = last = cell[index]
        while index + 1 < len(cell) and _goes_on(last, cell[index + 1]):
            index += 1
            last = cell[index]
        if text:
            joint = " " if is_footnote(first.text) else CELL_SEPARATOR
            text += joint
            boxes.append(np.full((len(joint), 4), np.nan, dtype=np.float32))
        text += first.piece.text[first.start : last.end]
        boxes.append(first.piece.boxes[first.start : last.end])
        index += 1
    return text, np.concatenate(boxes) if boxes else np.empty((0, 4), dtype=np.float32)


def is_footnote(text: str) -> bool:
    """Returns whether a fragment is the mark of a footnote, such as ``(a)`` or ``[^1]``."""
    return _FOOTNOTE.fullmatch(text) is not None


def _goes_on(fragment: Fragment, following: Fragment) -> bool:
    is_same = fragment.piece is following.piece
    return is_same and not _NEXT_AMOUNT.match(fragment.piece.text, fragment.end)


def _cut(piece: Piece) -> list[Fragment]:
    spaces = [index for index, character in enumerate(piece.text) if character == " "]
    if not spaces:
        return [_whole(piece)]
    boxes = upright(piece.boxes, piece.direction)
    at = np.array(spaces)
    gaps = boxes[at + 1, 0] - boxes[at - 1, 2]
    wide = _WIDE_SPACE_HEIGHTS * piece.size
    if piece.text.isascii():  # in a monospaced font a plain space is as wide as a letter
        letters = float(boxes[-1, 2] - boxes[0, 0] - gaps.sum()) / (len(boxes) - len(spaces))
        wide = max(wide, _WIDE_SPACE_LETTERS * letters)
    amounts = {match.start() for match in _NEXT_AMOUNT.finditer(piece.text)}
    cuts = [
        index
        for index, gap in zip(spaces, gaps.tolist(), strict=True)
        if (index in amounts and np.isfinite(gap))
        or (
            gap >= wide
            and not _UNIT_BEFORE.fullmatch(piece.text[index - 1])
            and not _UNIT_AFTER.match(piece.text, index + 1)
        )
    ]
    if not cuts:
        return [_whole(piece)]
    starts, ends = [0, *(cut + 1 for cut in cuts)], [*cuts, len(piece.text)]
    return [_part(piece, start, end, boxes) for start, end in zip(starts, ends, strict=True)]


def _part(piece: Piece, start: int, end: int, boxes: FloatArray) -> Fragment:
    """Returns a stretch of a piece; what was written for a mark, and has no place, may begin or end it."""
    left, _, right, _ = enclosing(boxes[start:end]).tolist()
    return Fragment(piece=piece, start=start, end=end, left=left, right=right)


def _whole(piece: Piece) -> Fragment:
    left, _, right, _ = piece.rectangle.tolist()
    return Fragment(piece=piece, start=0, end=len(piece.text), left=left, right=right)


def _sliced(fragment: Fragment) -> Piece:
    _, bottom, _, top = fragment.piece.rectangle.tolist()
    return replace(
        fragment.piece,
        text=fragment.text,
        boxes=fragment.piece.boxes[fragment.start : fragment.end],
        rectangle=np.array([fragment.left, bottom, fragment.right, top], dtype=np.float32),
    )


def _places(row: Sequence[Fragment]) -> FloatArray:
    return np.array([(fragment.left, fragment.right) for fragment in row], dtype=np.float32)


def _spans_often(places: FloatArray, lines: Sequence[Line]) -> NDArray[np.bool_]:
    """Returns for each position whether several cells of many of the lines cover it."""
    cells = np.array([cell.rectangle[[0, 2]] for line in lines for cell in line.cells])
    first = np.cumsum([0, *(len(line.cells) for line in lines[:-1])])
    is_under = (places[:, :1] < cells[:, 1]) & (places[:, 1:] > cells[:, 0])
    counts = np.add.reduceat(is_under.astype(np.int64), first, axis=1)
    spanned: NDArray[np.bool_] = np.count_nonzero(counts > 1, axis=1) >= max(1.0, _SPANNED_SHARE * len(lines))
    return spanned


def _inked(places: FloatArray, size: float) -> FloatArray:
    """Returns the stretches ``(n, 2)`` in which any row has ink."""
    origin, width = float(places[:, 0].min()), float(places[:, 1].max() - places[:, 0].min())
    step = max(_BIN_HEIGHTS * size, width / _MAX_BINS, 1e-3)
    bins = ((places - origin) / step).astype(np.int64)
    changes = np.zeros(int(bins.max()) + 3, dtype=np.int64)
    np.add.at(changes, bins[:, 0], 1)
    np.add.at(changes, bins[:, 1] + 1, -1)
    has_ink = np.concatenate([[False], np.cumsum(changes) > 0, [False]])
    edges: NDArray[np.int64] = np.flatnonzero(has_ink[1:] != has_ink[:-1]).reshape(-1, 2)
    return (edges * step + origin).astype(np.float32)


def _divided(inked: FloatArray, lines: Sequence[Line]) -> FloatArray:
    """Joins neighbouring stretches unless a row has a border of cells between them."""
    borders = np.array(
        [
            (float(before.rectangle[2]), float(after.rectangle[0]))
            for line in lines
            for before, after in zip(line.cells, line.cells[1:], strict=False)
        ]
    )
    columns: list[list[float]] = []
    for left, right in inked.tolist():
        if columns and not ((borders[:, 0] < left) & (borders[:, 1] > columns[-1][1])).any():
            columns[-1][1] = right
        else:
            columns.append([left, right])
    return np.array(columns, dtype=np.float32).reshape(-1, 2)


def _named(columns: FloatArray, rows: Sequence[Sequence[Fragment]]) -> FloatArray:
    """Joins a name that stands beside its column, not above it, with that column.

    Such a name has no value below it, and the nearest column beside it has values but no name.
    """
    if len(rows) < _MIN_NAMED_ROWS or len(columns) < _MIN_NAMED_ROWS:
        return columns
    filled = np.array([[bool(cell) for cell in place(row, columns).cells] for row in rows])
    is_name = filled[0] & ~filled[1:].any(axis=0)
    is_unnamed = ~filled[0] & filled[1:].any(axis=0)
    joined: list[list[float]] = []
    taken = False
    for index, (left, right) in enumerate(columns.tolist()):
        if taken:  # it was joined with the one before
            joined[-1][1], taken = right, False
            continue
        joined.append([left, right])
        if index + 1 == len(columns) or is_name[index] == is_name[index + 1]:
            continue
        if is_unnamed[index] == is_unnamed[index + 1]:
            continue
        name, gap = (index if is_name[index] else index + 1), columns[index + 1, 0] - right
        other = index - 1 if name == index else index + 2
        is_rival = 0 <= other < len(columns) and is_unnamed[other] and other not in {index, index + 1}
        other_gap = abs(columns[other, 0] - columns[name, 1]) if is_rival and other > name else np.inf
        taken = gap <= other_gap
    return np.array(joined, dtype=np.float32).reshape(-1, 2)
