"""Joins the lines of a table on a page to rows, with wrapped cells made whole. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ingest.parsing.pages.page_text import CELL_SEPARATOR, Line, line_joint
from ingest.parsing.pages.table_columns import PlacedRow, cell_text
from rag.types import FloatArray

_TIGHT = 0.85
_OVERLAPPING = 0.75
_MAX_LINE_PITCH = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell's text; ``boxes`` is ``(len(text), 4)``, NaN for characters that are not on the page.

    ``columns``: how many it covers; 0 at the places behind the first one.
    """

    text: str
    boxes: FloatArray
    columns: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The cells of one row, empty ones among them.

    ``spans``: one of them covers several columns; ``first_line``: the index of its first line.
    """

    cells: tuple[Cell, ...]
    spans: bool
    bold: bool
    first_line: int

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(cell.text for cell in self.cells)

    @property
    def filled(self) -> frozenset[int]:
        """The columns whose cells have text."""
        return frozenset(index for index, cell in enumerate(self.cells) if cell.text)

    @property
    def is_torn(self) -> bool:
        """True if a cell may hold the text of two."""
        return any(CELL_SEPARATOR in cell.text for cell in self.cells)


def row_pitch(lines: Sequence[Line]) -> float | None:
    """Returns the smallest distance between neighbouring rows with several cells, in points; None without any."""
    pitches = [
        before.bottom - after.bottom
        for before, after in pairwise(lines)
        if len(before.cells) > 1 and len(after.cells) > 1 and _starts_alike(before, after)
    ]
    return min(pitches, default=None)


def _starts_alike(before: Line, after: Line) -> bool:
    return before.left < float(after.cells[0].rectangle[2]) and after.left < float(before.cells[0].rectangle[2])


def is_wrapped(before: Line, after: Line, pitch: float | None) -> bool:
    """Returns whether two lines are too close to be two rows, when rows are at least ``pitch`` points apart."""
    distance = before.bottom - after.bottom
    height = min(before.top - before.bottom, after.top - after.bottom)
    return distance < (_OVERLAPPING * height if pitch is None else min(_TIGHT * pitch, _MAX_LINE_PITCH * height))


def merged_rows(lines: Sequence[Line], placed: Sequence[PlacedRow]) -> list[Row]:
    """Joins the lines of each row."""
    pitch = row_pitch(lines)
    rows: list[Row] = []
    for index, (line, cells) in enumerate(zip(lines, placed, strict=True)):
        row = Row(
            cells=tuple(Cell(text=text, boxes=boxes) for text, boxes in map(cell_text, cells.cells)),
            spans=cells.spans,
            bold=line.bold,
            first_line=index,
        )
        if rows and _belongs_above(lines[index - 1], line, rows[-1], row, pitch):
            rows[-1] = _joined(rows[-1], row)
        else:
            rows.append(row)
    return rows


def _belongs_above(before: Line, after: Line, above: Row, below: Row, pitch: float | None) -> bool:
    if (above.spans and len(above.filled) > 1) or (below.spans and len(below.filled) > 1):
        return False
    is_part = below.filled <= above.filled or above.filled <= below.filled or not below.filled & above.filled
    if is_part and is_wrapped(before, after, pitch):
        return True
    distance = before.bottom - after.bottom
    label = below.cells[0].text
    return (
        # A label continues in lower case, and only one of the two lines has values.
        label[:1].islower()
        and 0 in above.filled
        and min(len(above.filled), len(below.filled)) == 1
        and not above.cells[0].text.endswith((":", "."))
        and distance <= _MAX_LINE_PITCH * (before.top - before.bottom)
    )


def _joined(above: Row, below: Row) -> Row:
    cells = tuple(_wrapped_cell(*pair) for pair in zip(above.cells, below.cells, strict=True))
    return Row(
        cells=cells,
        spans=above.spans or below.spans,
        bold=above.bold and below.bold,
        first_line=above.first_line,
    )


def _wrapped_cell(above: Cell, below: Cell) -> Cell:
    if not above.text or not below.text:
        return above if above.text else below
    kept, between = line_joint(above.text, below.text)
    boxes = [above.boxes[: len(kept)], no_boxes(len(between)), below.boxes]
    return Cell(text=kept + between + below.text, boxes=np.concatenate(boxes))


def no_boxes(count: int) -> FloatArray:
    """Returns NaN boxes, for characters that are not on the page."""
    return np.full((count, 4), np.nan, dtype=np.float32)


NO_TEXT = Cell(text="", boxes=no_boxes(0))
