"""Finds the cells between the lines that are drawn on a page. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag.types import FloatArray

_NEAR = 3.0
_MIN_COVERED = 0.5
_MIN_SIDES = 3
_MAX_HEAD = 40.0
_MAX_PAIRS = 1_000_000
_MAX_PLACES = 5_000

Lines = NDArray[np.float64]
"""``(n, 3)``: the place of each line, and where it starts and ends."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuledGrid:
    """A grid of lines.

    Args:
        across: ``(columns + 1,)``, its vertical lines from left to right.
        down: ``(rows + 1,)``, its horizontal lines from the top down.
        cells: ``(rows, columns)``, the number of the cell at each place; a cell that covers several is a rectangle.
    """

    across: FloatArray
    down: FloatArray
    cells: NDArray[np.int64]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top."""
        return float(self.across[0]), float(self.down[-1]), float(self.across[-1]), float(self.down[0])

    def at(self, points: FloatArray) -> NDArray[np.int64]:
        """Returns the number of the cell that holds each of the points ``(n, 2)``; -1 outside."""
        columns = np.searchsorted(self.across, points[:, 0]) - 1
        rows = np.searchsorted(-self.down, -points[:, 1]) - 1
        height, width = self.cells.shape
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        return np.where(inside, self.cells[rows.clip(0, height - 1), columns.clip(0, width - 1)], -1)

    def extents(self) -> list[tuple[int, int, int, int]]:
        """Returns for each cell its first row, its first column, and how many rows and columns it covers."""
        found = []
        for number in range(int(self.cells.max()) + 1):
            rows, columns = np.nonzero(self.cells == number)
            first, left = int(rows.min()), int(columns.min())
            found.append((first, left, int(rows.max()) - first + 1, int(columns.max()) - left + 1))
        return found


def ruled_grids(strokes: FloatArray) -> tuple[RuledGrid, ...]:
    """Returns the grids of at least two rows and two columns, from the top down.

    The outer lines at the sides, or above and below, may be missing: the others then end there.

    Args:
        strokes: ``(n, 4)``, a thin box for each line.
    """
    if len(strokes) < _MIN_SIDES:
        return ()
    sides = strokes[:, 2:] - strokes[:, :2]
    is_level = sides[:, 0] >= 2 * sides[:, 1]
    is_upright = sides[:, 1] >= 2 * sides[:, 0]
    middles = (strokes[:, :2] + strokes[:, 2:]) / 2
    if not is_level.any() or not is_upright.any():
        return ()
    level = _joined(np.column_stack([middles[:, 1], strokes[:, 0], strokes[:, 2]])[is_level])
    upright = _joined(np.column_stack([middles[:, 0], strokes[:, 1], strokes[:, 3]])[is_upright])
    if not 0 < len(level) * len(upright) <= _MAX_PAIRS:
        return ()
    found = [_grid(level[rows], upright[columns]) for rows, columns in _together(level, upright)]
    return tuple(sorted(filter(None, found), key=lambda grid: -grid.box[3]))


def divided(grid: RuledGrid, numbers: Sequence[int]) -> RuledGrid:
    """Returns the grid with some of its cells divided into its columns."""
    columns = np.arange(grid.cells.shape[1]) * np.isin(grid.cells, numbers)
    keys = grid.cells * grid.cells.shape[1] + columns
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return replace(grid, cells=order[inverse].reshape(grid.cells.shape))


def _joined(lines: Lines) -> Lines:
    """Joins the lines that are parts of one."""
    lines = lines[np.argsort(lines[:, 0], kind="stable")]
    joined: list[tuple[float, float, float]] = []
    starts = np.flatnonzero(np.diff(lines[:, 0], prepend=-np.inf) > _NEAR).tolist()
    for first, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        same = lines[first:end]
        at = float(same[:, 0].mean())
        stretches: list[list[float]] = []
        for start, stop in same[np.argsort(same[:, 1]), 1:].tolist():
            if stretches and start <= stretches[-1][1] + _NEAR:
                stretches[-1][1] = max(stretches[-1][1], stop)
            else:
                stretches.append([start, stop])
        joined += [(at, start, stop) for start, stop in stretches]
    return np.array(joined, dtype=np.float64).reshape(-1, 3)


def _together(level: Lines, upright: Lines) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yields the horizontal and the vertical lines that hang together."""
    x, y = upright[:, 0], level[:, 0, None]
    meets = (x >= level[:, 1, None] - _NEAR) & (x <= level[:, 2, None] + _NEAR)
    meets &= (y >= upright[:, 1] - _NEAR) & (y <= upright[:, 2] + _NEAR)
    left = np.ones(len(level), dtype=np.bool_)
    while left.any():
        rows = np.zeros(len(level), dtype=np.bool_)
        rows[left.argmax()] = True
        while True:
            columns = meets[rows].any(axis=0)
            wider = rows | meets[:, columns].any(axis=1)
            if (wider == rows).all():
                break
            rows = wider
        left &= ~rows
        if columns.any():
            yield np.flatnonzero(rows | _heads(level, rows, np.logical_not(meets.any(axis=1)))), np.flatnonzero(columns)


def _heads(level: Lines, rows: NDArray[np.bool_], alone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns which lines that meet no other are closely above some, and as wide: a head without upright lines."""
    own = level[rows]
    above = level[:, 0] - own[:, 0].max()
    ends = np.array([own[:, 1].min(), own[:, 2].max()])
    is_as_wide = (np.abs(level[:, 1:] - ends) <= _NEAR).all(axis=1)
    return np.asarray(alone & is_as_wide & (above > 0) & (above <= _MAX_HEAD))


def _grid(level: Lines, upright: Lines) -> RuledGrid | None:
    across, down = _edges(upright, level), _edges(level, upright)[::-1]
    if min(len(across), len(down)) < _MIN_SIDES or len(across) * len(down) > _MAX_PLACES:
        return None
    to_right = _walls(upright, across, down)[1:-1].T
    below = _walls(level, down, across)[1:-1]
    cells = _numbered(to_right, below)
    grid = RuledGrid(across=across.astype(np.float32), down=down.astype(np.float32), cells=cells)
    extents = grid.extents()
    if any(
        (cells[row : row + rows, at : at + columns] != number).any()
        for number, (row, at, rows, columns) in enumerate(extents)
    ):
        return None
    return grid if min(len({each[0] for each in extents}), len({each[1] for each in extents})) > 1 else None


def _edges(lines: Lines, others: Lines) -> Lines:
    """Returns the places of lines in order, and where the others end beyond them."""
    places = np.unique(lines[:, 0])
    low, high = float(others[:, 1].min()), float(others[:, 2].max())
    before = [low] if low < places[0] - 2 * _NEAR else []
    after = [high] if high > places[-1] + 2 * _NEAR else []
    return np.array([*before, *places.tolist(), *after])


def _walls(lines: Lines, places: Lines, others: Lines) -> NDArray[np.bool_]:
    """Returns ``(places, others - 1)``: whether a line at each place divides the stretch between two others."""
    low, high = np.minimum(others[1:], others[:-1]), np.maximum(others[1:], others[:-1])
    covered = np.zeros((len(places), len(low)))
    for at, start, stop in lines.tolist():
        place = int(np.abs(places - at).argmin())
        covered[place] += np.maximum(np.minimum(high, stop) - np.maximum(low, start), 0)
    return np.asarray(covered >= _MIN_COVERED * (high - low))


def _numbered(to_right: NDArray[np.bool_], below: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Returns the number of the cell at each place; places without a wall between them are of one cell."""
    height, width = to_right.shape[0], below.shape[1]
    cells = np.full((height, width), -1, dtype=np.int64)
    count = 0
    for place in range(height * width):
        if cells.flat[place] >= 0:
            continue
        waiting = [divmod(place, width)]
        while waiting:
            row, column = waiting.pop()
            if cells[row, column] >= 0:
                continue
            cells[row, column] = count
            if column + 1 < width and not to_right[row, column]:
                waiting.append((row, column + 1))
            if column and not to_right[row, column - 1]:
                waiting.append((row, column - 1))
            if row + 1 < height and not below[row, column]:
                waiting.append((row + 1, column))
            if row and not below[row - 1, column]:
                waiting.append((row - 1, column))
        count += 1
    return cells
