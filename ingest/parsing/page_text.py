"""From pieces of lines with a box for each character to paragraphs, tables and headings. Pure.

Used for PDF pages and for recognised images alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

import numpy as np

from ingest.parsing.assembly import Block
from ingest.parsing.reading_order import group_rows, reading_order
from rag.types import ElementKind, FloatArray

CELL_SEPARATOR = " | "
_MARKER = re.compile(r"(?:[•●○■□▪◦‣·*–—-]|[(\[]?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)\]]|Item \d{1,2}[A-C]?\.)")
_BULLET_START = re.compile(r"\s*(?:[•●○■□▪◦‣]|[-–—*]\s|\(?(?:\d{1,2}|[a-z])[.)]\s)")
_UNIT_BEFORE = re.compile(r"[$€£¥(]+")
_UNIT_AFTER = re.compile(r"[)%]+")
_TERMINAL = tuple('.!?:;。！？：；…"”)）」』')
_LARGE_GAP_HEIGHTS = 2.0
_PROSE_COVERAGE = 0.88
_MAX_LINE_PITCH = 1.75
_SIZE_TOLERANCE = 0.12
_HEADING_RATIO = 1.15
_MAX_HEADING_CHARACTERS = 150
_MAX_HEADING_LINES = 3
_LABEL_SHARE = 0.7
_LONGEST_WORD = 12


class Direction(Enum):
    """Which way a line runs: its characters to the right, downwards or upwards."""

    RIGHT = "right"
    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of one line without a wide gap.

    ``boxes`` is ``(len(text), 4)``: left, bottom, right, top on the page as it is shown. ``rectangle`` is the whole
    piece where it would stand if the line ran to the right: the order is found there.
    """

    text: str
    boxes: FloatArray
    rectangle: FloatArray
    size: float
    bold: bool = False
    direction: Direction = Direction.RIGHT


def upright(boxes: FloatArray, direction: Direction) -> FloatArray:
    """Returns ``boxes`` turned so that lines of ``direction`` run to the right, and follow each other downwards."""
    left, bottom, right, top = boxes[..., 0], boxes[..., 1], boxes[..., 2], boxes[..., 3]
    if direction is Direction.DOWN:
        return np.stack([-top, left, -bottom, right], axis=-1)
    if direction is Direction.UP:
        return np.stack([bottom, -right, top, -left], axis=-1)
    return boxes


def is_right_to_left(text: str) -> bool:
    """Tells whether most letters of ``text`` belong to a script written from right to left."""
    if text.isascii():
        return False
    directions = [unicodedata.bidirectional(character) for character in text]
    return sum(direction in {"R", "AL"} for direction in directions) > directions.count("L")


def enclosing(boxes: FloatArray) -> FloatArray:
    """Returns the rectangle around ``boxes``; rows of NaN do not count."""
    return np.concatenate([np.nanmin(boxes[:, :2], axis=0), np.nanmax(boxes[:, 2:], axis=0)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The pieces of one row, in order; more than one cell makes it a row of a table."""

    cells: tuple[Piece, ...]
    region: int

    @property
    def text(self) -> str:
        """The cells, divided as they are shown."""
        return CELL_SEPARATOR.join(cell.text for cell in self.cells)

    @property
    def size(self) -> float:
        """The font size of its longest cell, in points."""
        return max(self.cells, key=lambda cell: len(cell.text)).size

    @property
    def bold(self) -> bool:
        """Whether all of it is bold."""
        return all(cell.bold for cell in self.cells)

    @property
    def runs_right(self) -> bool:
        """Whether it stands upright on the page."""
        return self.cells[0].direction is Direction.RIGHT

    @property
    def left(self) -> float:
        """Where it begins, as all positions in points."""
        return float(self.cells[0].rectangle[0])

    @property
    def right(self) -> float:
        """Where it ends."""
        return float(self.cells[-1].rectangle[2])

    @property
    def top(self) -> float:
        """Its upper edge."""
        return max(float(cell.rectangle[3]) for cell in self.cells)

    @property
    def bottom(self) -> float:
        """Its lower edge."""
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
    regions = reading_order(rectangles, [_width(piece.text) for piece in pieces])
    lines = []
    for number, region in enumerate(regions, start=first_region):
        rows = [_cells([pieces[index] for index in row]) for row in group_rows(rectangles, region)]
        for index, row in enumerate(rows):
            neighbours = [*rows[max(0, index - 1) : index], *rows[index + 1 : index + 2]]
            lines.append(Line(cells=_without_wide_spaces(row, neighbours), region=number))
    return lines


def _without_wide_spaces(row: tuple[Piece, ...], neighbours: Sequence[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    """Joins what only a wide space divides: a gap is a border of cells when it is large or a neighbour has it, too."""
    cells = [row[0]]
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
            cells[-1] = _glued(cells[-1], " ", piece)
    if len(cells) > 1 and is_right_to_left("".join(cell.text for cell in cells)):
        cells.reverse()
    return tuple(cells)


def _shares_gap(row: Sequence[Piece], left: float, right: float) -> bool:
    return any(
        min(right, float(after.rectangle[0])) - max(left, float(before.rectangle[2])) > (right - left) / 3
        for before, after in pairwise(row)
    )


def page_blocks(lines: Sequence[Line], *, page: int, body_size: float, heading_sizes: Sequence[float]) -> list[Block]:
    """Returns the blocks of a page.

    Args:
        lines: in reading order.
        page: its number, from 1.
        body_size: the document's most frequent font size.
        heading_sizes: sizes that mark headings, largest first; their place is the heading's depth.
    """
    blocks = []
    for group in _grouped(lines):
        text, boxes = _joined(group)
        level = None if len(group[0].cells) > 1 else _heading_level(group, text, body_size, heading_sizes)
        if any(len(line.cells) > 1 for line in group):
            kind = ElementKind.TABLE
        elif level is not None:
            kind = ElementKind.HEADING
        elif _BULLET_START.match(text):
            kind = ElementKind.LIST_ITEM
        else:
            kind = ElementKind.PARAGRAPH
        blocks.append(Block(kind=kind, text=text, page=page, level=level, boxes=boxes))
    return blocks


def body_font_size(lines: Sequence[Line]) -> float:
    """Returns the font size of most characters, in points; 0 without lines."""
    counts: dict[float, int] = {}
    for line in lines:
        size = round(line.size * 2) / 2
        counts[size] = counts.get(size, 0) + len(line.text)
    return max(counts, key=lambda size: counts[size]) if counts else 0.0


def heading_font_sizes(lines: Sequence[Line], body_size: float) -> tuple[float, ...]:
    """Returns the sizes clearly above the body's, largest first."""
    sizes = {round(line.size * 2) / 2 for line in lines if len(line.cells) == 1 and line.runs_right}
    return tuple(sorted((size for size in sizes if size >= body_size * _HEADING_RATIO), reverse=True))


def _cells(row: Sequence[Piece]) -> tuple[Piece, ...]:
    """Joins what belongs to one cell: a list marker and its item, a currency sign and its amount."""
    cells = [row[0]]
    for piece in row[1:]:
        previous = cells[-1]
        if _UNIT_AFTER.fullmatch(piece.text):
            cells[-1] = _glued(previous, "", piece)
        elif _UNIT_BEFORE.fullmatch(previous.text) or (len(cells) == 1 and _MARKER.fullmatch(previous.text)):
            cells[-1] = _glued(previous, " ", piece)
        else:
            cells.append(piece)
    return tuple(cells)


def _glued(first: Piece, between: str, second: Piece) -> Piece:
    gap = np.full((len(between), 4), np.nan, dtype=np.float32)
    longer = max(first, second, key=lambda piece: len(piece.text))
    return replace(
        longer,
        text=first.text + between + second.text,
        boxes=np.concatenate([first.boxes, gap, second.boxes]),
        rectangle=enclosing(np.stack([first.rectangle, second.rectangle])),
    )


def _grouped(lines: Sequence[Line]) -> list[list[Line]]:
    """Puts the lines of a paragraph, and the rows of a table, together."""
    groups: list[list[Line]] = []
    margins: dict[int, float] = {}
    for line in lines:
        margins[line.region] = max(line.right, margins.get(line.region, line.right))
    for index, line in enumerate(lines):
        following = lines[index + 1] if index + 1 < len(lines) else None
        if groups and _continues(groups[-1], line, following, margin=margins[line.region]):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _continues(group: Sequence[Line], line: Line, following: Line | None, *, margin: float) -> bool:
    previous = group[-1]
    height = max(previous.top - previous.bottom, 1.0)
    pitch = previous.bottom - line.bottom
    if line.region != previous.region or pitch <= 0:
        return False
    in_table = any(len(row.cells) > 1 for row in group)
    if len(line.cells) > 1:
        return in_table and pitch <= 2 * _MAX_LINE_PITCH * height
    if in_table:  # a label alone between two rows is a row, too
        between = following is not None and len(following.cells) > 1 and following.region == line.region
        width = max(row.right for row in group) - min(row.left for row in group)
        return between and pitch <= _MAX_LINE_PITCH * height and line.right - line.left < _LABEL_SHARE * width
    return pitch <= _pitch_limit(group) * height and _same_paragraph(group, line, margin=margin)


def _pitch_limit(group: Sequence[Line]) -> float:
    """A paragraph keeps the leading it began with."""
    if len(group) < 2:  # noqa: PLR2004
        return _MAX_LINE_PITCH
    leading = (group[0].bottom - group[1].bottom) / max(group[0].top - group[0].bottom, 1.0)
    return min(_MAX_LINE_PITCH, leading * 1.25 + 0.05)


def _same_paragraph(group: Sequence[Line], line: Line, *, margin: float) -> bool:
    previous = group[-1]
    if abs(previous.size - line.size) > _SIZE_TOLERANCE * max(previous.size, line.size):
        return False
    if previous.bold != line.bold and (previous.bold or (line.bold and len(line.text) < _MAX_HEADING_CHARACTERS)):
        return previous.text.endswith((",", "-")) or line.text[0].islower()
    if _BULLET_START.match(line.text):
        return False
    right = margin if len(group) < 2 else max(row.right for row in group)  # noqa: PLR2004
    if line.text[0].islower() or not _next_word_fits(previous, line, right):
        return True
    is_centred = abs(previous.left + previous.right - line.left - line.right) < previous.size
    width = right - min(row.left for row in group)
    is_label = previous.right - previous.left < _LABEL_SHARE * width and not is_centred
    return not (previous.text.endswith(_TERMINAL) or is_label or (previous.bold and not is_centred))


def _next_word_fits(previous: Line, line: Line, right: float) -> bool:
    """Tells whether a line was broken on purpose: the next line's first word had room on it."""
    piece = line.cells[0]
    word = piece.text.split(" ", 1)[0]
    share = min(len(word), _LONGEST_WORD) / len(piece.text)
    width = share * float(piece.rectangle[2] - piece.rectangle[0])
    return previous.right + width + line.size < right


def _joined(group: Sequence[Line]) -> tuple[str, FloatArray]:
    """Returns the text of a group with its boxes: one line, or a line each for the rows of a table."""
    is_table = any(len(line.cells) > 1 for line in group)
    text = ""
    boxes: list[FloatArray] = []
    for line in group:
        if text:
            text, between = _line_joint(text, line.text, boxes) if not is_table else (text, "\n")
            text += between
            boxes.append(_no_boxes(len(between)))
        for number, cell in enumerate(line.cells):
            if number:
                text += CELL_SEPARATOR
                boxes.append(_no_boxes(len(CELL_SEPARATOR)))
            text += cell.text
            boxes.append(cell.boxes)
    return text, np.concatenate(boxes)


def _line_joint(text: str, following: str, boxes: list[FloatArray]) -> tuple[str, str]:
    """Returns the text before a line break, a dividing hyphen taken away, and what stands for the break."""
    before, after = text[-1], following[0]
    if before in "-‐" and len(text) > 1 and text[-2].islower() and after.islower():
        boxes[-1] = boxes[-1][:-1]
        return text[:-1], ""
    return text, "" if _is_wide(before) and _is_wide(after) else " "


def _heading_level(group: Sequence[Line], text: str, body_size: float, heading_sizes: Sequence[float]) -> int | None:
    if (
        not group[0].runs_right
        or len(text) > _MAX_HEADING_CHARACTERS
        or len(group) > _MAX_HEADING_LINES
        or not any(map(str.isalpha, text))
    ):
        return None
    size = group[0].size
    if size >= body_size * _HEADING_RATIO:
        return sum(larger > size + 0.25 for larger in heading_sizes)
    is_bold = all(line.bold for line in group) and size >= body_size * (1 - _SIZE_TOLERANCE)
    return len(heading_sizes) if is_bold and not text.endswith((".", ",", ";")) else None


def _no_boxes(count: int) -> FloatArray:
    return np.full((count, 4), np.nan, dtype=np.float32)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF" and not "\uac00" <= character <= "\ud7a3"


def _width(text: str) -> int:
    return (
        len(text)
        if text.isascii()
        else sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    )
