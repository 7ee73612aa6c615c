"""Joins the pieces of lines on a page to lines in reading order, for PDF pages and recognised images. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

import numpy as np

from ingest.parsing.pages.reading_order import group_rows, reading_order
from ingest.parsing.pages.ruled_grids import RuledGrid
from rag.types import FloatArray

CELL_SEPARATOR = " | "
SOFT_HYPHEN = "\u00ad"
HYPHENS = "-\u2010"
# "in- and outside", "Ein- und Ausgang": the hyphen stands for a part that follows.
_FIRST_WORD = re.compile(
    r"(?:and|or|to|und|oder|bzw|bis|sowie|et|ou|y|e|o|u|en|of|och|eller|og|ja|tai)(?![\w-])|nor\b|versus\b",
    re.IGNORECASE,
)
_MARKER = re.compile(r"(?:[•●○■□▪◦‣·*–—-]|[(\[]?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)\]]|Item \d{1,2}[A-C]?\.)")
_UNIT_BEFORE = re.compile(r"[$€£¥(]+")
_UNIT_AFTER = re.compile(r"[)%]+")
_AMOUNT_END = re.compile(r"[\d)%#—–-]$")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_RULES = re.compile(r"[_.…]{3,}")
_LARGE_GAP_HEIGHTS = 2.0
_PROSE_COVERAGE = 0.88


class Direction(Enum):
    """The direction of a line's characters: to the right, to the left, downwards, upwards, upside down, or across.

    Across is large type over a page, such as DRAFT.
    """

    RIGHT = "right"
    LEFT = "left"
    DOWN = "down"
    UP = "up"
    FLIPPED = "flipped"
    ACROSS = "across"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of one line without a wide gap.

    ``boxes`` is ``(len(text), 4)``: left, bottom, right, top on the page as it is shown. ``rectangle`` is the whole
    piece turned so that the line runs to the right, for finding the order.
    """

    text: str
    boxes: FloatArray
    rectangle: FloatArray
    size: float
    bold: bool = False
    direction: Direction = Direction.RIGHT


def upright(boxes: FloatArray, direction: Direction) -> FloatArray:
    """Returns ``boxes`` turned so that lines of ``direction`` run to the right, and follow each other downwards.

    Lines to the left are mirrored.
    """
    left, bottom, right, top = boxes[..., 0], boxes[..., 1], boxes[..., 2], boxes[..., 3]
    if direction is Direction.DOWN:
        return np.stack([-top, left, -bottom, right], axis=-1)
    if direction is Direction.UP:
        return np.stack([bottom, -right, top, -left], axis=-1)
    if direction is Direction.LEFT:
        return np.stack([-right, bottom, -left, top], axis=-1)
    if direction is Direction.FLIPPED:
        return np.stack([-right, -top, -left, -bottom], axis=-1)
    return boxes


def is_right_to_left(text: str) -> bool:
    """Returns whether most letters of ``text`` belong to a script written from right to left."""
    if text.isascii() or _RIGHT_TO_LEFT.search(text) is None:
        return False
    directions = [unicodedata.bidirectional(character) for character in text]
    return sum(direction in {"R", "AL"} for direction in directions) > directions.count("L")


def enclosing(boxes: FloatArray) -> FloatArray:
    """Returns the rectangle around ``boxes``; rows of NaN do not count."""
    return np.concatenate([np.nanmin(boxes[:, :2], axis=0), np.nanmax(boxes[:, 2:], axis=0)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The pieces of one row, in order; more than one cell makes it a row of a table.

    ``ruled`` is the grid of drawn lines that it is in, and ``place`` the number of its cell there.
    """

    cells: tuple[Piece, ...]
    region: int
    ruled: RuledGrid | None = None
    place: int = -1

    @property
    def text(self) -> str:
        """The texts of the cells, joined."""
        return CELL_SEPARATOR.join(cell.text for cell in self.cells)

    @property
    def size(self) -> float:
        """The font size of its longest cell, in points."""
        return max(self.cells, key=lambda cell: len(cell.text)).size

    @property
    def bold(self) -> bool:
        return all(cell.bold for cell in self.cells)

    @property
    def is_upright(self) -> bool:
        """True unless it is turned."""
        return self.cells[0].direction in {Direction.RIGHT, Direction.LEFT}

    @property
    def left(self) -> float:
        """Left edge in points."""
        return float(self.cells[0].rectangle[0])

    @property
    def right(self) -> float:
        """Right edge in points."""
        return float(self.cells[-1].rectangle[2])

    @property
    def top(self) -> float:
        """Upper edge in points."""
        return max(float(cell.rectangle[3]) for cell in self.cells)

    @property
    def bottom(self) -> float:
        """Lower edge in points."""
        return min(float(cell.rectangle[1]) for cell in self.cells)


def page_lines(pieces: Sequence[Piece]) -> tuple[Line, ...]:
    """Returns the lines of a page in reading order; lines that run up or down come after the others."""
    lines: list[Line] = []
    for direction in Direction:
        chosen = [piece for piece in pieces if piece.direction is direction]
        if chosen:
            lines += _ordered_lines(chosen, first_region=lines[-1].region + 1 if lines else 0)
    return tuple(lines)


def _ordered_lines(pieces: Sequence[Piece], *, first_region: int) -> list[Line]:
    rectangles = np.stack([piece.rectangle for piece in pieces])
    regions = reading_order(rectangles, [_width(_RULES.sub("", piece.text)) for piece in pieces])
    lines = []
    for number, region in enumerate(regions, start=first_region):
        rows = [_cells([pieces[index] for index in row]) for row in group_rows(rectangles, region)]
        for index, row in enumerate(rows):
            neighbours = [*rows[max(0, index - 1) : index], *rows[index + 1 : index + 2]]
            lines.append(Line(cells=_without_wide_spaces(row, neighbours), region=number))
    return lines


def _without_wide_spaces(row: tuple[Piece, ...], neighbours: Sequence[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    """Joins pieces that only a wide space divides. A gap divides cells if it is large or a neighbour has it, too."""
    cells = [row[0]]
    is_turned = (
        len(row) > 1
        and row[0].direction is not Direction.LEFT
        and is_right_to_left("".join(piece.text for piece in row))
    )
    covered = sum(float(piece.rectangle[2] - piece.rectangle[0]) for piece in row)
    is_full = covered >= _PROSE_COVERAGE * float(row[-1].rectangle[2] - row[0].rectangle[0])
    for piece in row[1:]:
        left, right = float(cells[-1].rectangle[2]), float(piece.rectangle[0])
        is_border = right - left >= _LARGE_GAP_HEIGHTS * piece.size or (
            not is_full and any(_shares_gap(neighbour, left, right) for neighbour in neighbours)
        )
        if is_border:
            cells.append(piece)
        else:
            cells[-1] = glued(piece, " ", cells[-1]) if is_turned else glued(cells[-1], " ", piece)
    if is_turned:
        cells.reverse()
    return tuple(cells)


def _shares_gap(row: Sequence[Piece], left: float, right: float) -> bool:
    return any(
        min(right, float(after.rectangle[0])) - max(left, float(before.rectangle[2])) > (right - left) / 3
        for before, after in pairwise(row)
    )


def _cells(row: Sequence[Piece]) -> tuple[Piece, ...]:
    """Joins the parts of one cell: a list marker and its item, a currency sign and its amount."""
    cells = [row[0]]
    for piece in row[1:]:
        previous = cells[-1]
        if _UNIT_AFTER.fullmatch(piece.text) and _AMOUNT_END.search(previous.text):
            cells[-1] = glued(previous, "", piece)
        elif _UNIT_BEFORE.fullmatch(previous.text) or (len(cells) == 1 and _MARKER.fullmatch(previous.text)):
            cells[-1] = glued(previous, " ", piece)
        else:
            cells.append(piece)
    return tuple(cells)


def glued(first: Piece, between: str, second: Piece) -> Piece:
    """Makes one piece of two on the same line; ``between`` gets no boxes."""
    gap = np.full((len(between), 4), np.nan, dtype=np.float32)
    longer = max(first, second, key=lambda piece: len(piece.text))
    return replace(
        longer,
        text=first.text + between + second.text,
        boxes=np.concatenate([first.boxes, gap, second.boxes]),
        rectangle=np.concatenate(
            [
                np.minimum(first.rectangle[:2], second.rectangle[:2]),
                np.maximum(first.rectangle[2:], second.rectangle[2:]),
            ]
        ),
    )


def line_joint(text: str, following: str) -> tuple[str, str]:
    """Returns the text before a line break, without a dividing hyphen, and the text that replaces the break.

    ``mark_divided_words`` has made a hyphen that divides a word a soft one; any other stays.
    """
    before, after = text[-1], following[0]
    if before == SOFT_HYPHEN:
        return text[:-1], ""
    if before in HYPHENS and len(text) > 1 and text[-2].isalnum() and after.isalnum():
        return text, " " if stands_for_part(following) else ""
    return text, "" if _is_wide(before) and _is_wide(after) else " "


def stands_for_part(following: str) -> bool:
    """Returns whether a hyphen before ``following`` stands for a part of a word that comes later: "in- and outside"."""
    return _FIRST_WORD.match(following) is not None


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF" and not "\uac00" <= character <= "\ud7a3"


def _width(text: str) -> int:
    return (
        len(text)
        if text.isascii()
        else sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    )
