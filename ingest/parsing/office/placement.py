"""Orders the shapes of a slide for reading: by the gaps between them, columns or rows first. Pure.

Recursive XY-cut (Nagy and Seth 1984): shapes are divided at the gaps that go through all of them; where gaps go both
ways, at the wider ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

_SAME_ROW = 18.0
"""Points: shapes whose tops differ by less are beside each other."""
_MAX_OVERLAP = 9.0
"""Points by which frames of shapes that are beside or above each other may overlap."""
_OVERLAP_SHARE = 0.1
_HEADED_ROWS, _HEADED_COLUMNS = 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The place of a shape in points, from the upper left corner."""

    left: float
    top: float
    width: float
    height: float


_Span = Callable[[Frame], tuple[float, float]]


def reading_order(frames: Sequence[Frame | None]) -> list[int]:
    """Returns the indices of shapes in reading order; those without a place come first."""
    placed = [at for at, frame in enumerate(frames) if frame is not None]
    return [at for at, frame in enumerate(frames) if frame is None] + _ordered(frames, placed)


def card_columns(frames: Sequence[Frame | None]) -> list[list[int]]:
    """Returns the columns, at least two, of shapes that stand below each other and begin at the same height."""
    columns: list[list[int]] = []
    known = sorted((frame.left, frame.top, at) for at in range(len(frames)) if (frame := frames[at]) is not None)
    lefts: list[float] = []
    for left, _, at in known:
        if lefts and left - lefts[-1] < _SAME_ROW:
            columns[-1].append(at)
        else:
            columns.append([at])
            lefts.append(left)
    stacked = [sorted(column, key=lambda at: _top(frames, at)) for column in columns if len(column) > 1]
    highest = min((_top(frames, column[0]) for column in stacked), default=0.0)
    level = [column for column in stacked if _top(frames, column[0]) - highest < _SAME_ROW]
    return level if len(level) > 1 else []


def _top(frames: Sequence[Frame | None], at: int) -> float:
    frame = frames[at]
    return frame.top if frame is not None else 0.0


def _ordered(frames: Sequence[Frame | None], indices: list[int]) -> list[int]:
    if len(indices) <= 1:
        return indices
    rows, row_gap = _divided(frames, indices, _vertical)
    columns, column_gap = _divided(frames, indices, _horizontal)
    if len(rows) == len(columns) == 1:
        return _in_rows(frames, indices)
    is_headed = len(rows) == _HEADED_ROWS and len(columns) >= _HEADED_COLUMNS  # figures above what they mean
    by_columns = len(columns) > 1 and (len(rows) == 1 or is_headed or column_gap > row_gap)
    return [at for part in (columns if by_columns else rows) for at in _ordered(frames, part)]


def _vertical(frame: Frame) -> tuple[float, float]:
    return frame.top, frame.height


def _horizontal(frame: Frame) -> tuple[float, float]:
    return frame.left, frame.width


def _divided(frames: Sequence[Frame | None], indices: Sequence[int], span: _Span) -> tuple[list[list[int]], float]:
    """Returns the shapes in parts with gaps between them, and the widest gap."""
    spans = []
    for at in indices:
        frame = frames[at]
        start, size = span(frame) if frame is not None else (0.0, 0.0)
        slack = min(_MAX_OVERLAP, _OVERLAP_SHARE * size) / 2
        spans.append((start + slack, start + size - slack, at))
    parts: list[list[int]] = []
    end, widest = float("-inf"), 0.0
    for start, last, at in sorted(spans):
        if parts and start < end:
            parts[-1].append(at)
        else:
            widest = max(widest, start - end) if parts else widest
            parts.append([at])
        end = max(end, last)
    return parts, widest


def _in_rows(frames: Sequence[Frame | None], indices: Sequence[int]) -> list[int]:
    """Returns shapes that overlap each other from top to bottom, and those in a row from left to right."""
    known = sorted((frame.top, frame.left, at) for at in indices if (frame := frames[at]) is not None)
    rows: list[list[tuple[float, float, int]]] = []
    for each in known:
        if rows and each[0] - rows[-1][0][0] < _SAME_ROW:
            rows[-1].append(each)
        else:
            rows.append([each])
    return [at for row in rows for _, _, at in sorted(row, key=lambda each: each[1])]
