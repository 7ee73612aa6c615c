"""Reads the text between ruled lines of a page cell by cell, and writes it as a table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise

import numpy as np

from ingest.parsing.blocks import grids
from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.cell_kinds import is_value
from ingest.parsing.blocks.table_headers import find_header
from ingest.parsing.blocks.tables import table_block
from ingest.parsing.pages.page_text import (
    SOFT_HYPHEN,
    Direction,
    Line,
    Piece,
    enclosing,
    glued,
    is_right_to_left,
    line_joint,
    upright,
)
from ingest.parsing.pages.reading_order import group_rows
from ingest.parsing.pages.ruled_grids import RuledGrid, divided, ruled_grids
from ingest.parsing.pages.table_header import TableHeader
from ingest.parsing.pages.table_rows import no_boxes
from ingest.parsing.pages.table_text import TableText
from rag.types import FloatArray

_MARGIN = 0.12
_SLACK = 0.25
_TOUCHING = 0.05
_WIDE = 1.0
_MAX_TORN = 0.2
_GAP = 0.6
_NEAR = 3.0
_MIN_FILLED = 0.5
_MAX_CELL_CHARACTERS = 600
_MAX_USUAL_CHARACTERS = 400
_MANY_ROWS = 4
_MANY_COLUMNS = 3
_MIN_SHARED = 0.75
_PAIR = 2

Box = tuple[float, float, float, float]
Cells = dict[int, list[Piece]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledPage:
    """The pieces of a page outside its ruled tables, and the place and the lines of each of them from the top down."""

    pieces: tuple[Piece, ...]
    tables: tuple[tuple[Box, tuple[Line, ...]], ...]


def ruled_page(
    pieces: Sequence[Piece], strokes: FloatArray, *, height: float, kept_out: Sequence[Box] = ()
) -> RuledPage:
    """Takes the pieces of ruled tables out of those of a page.

    Args:
        pieces: those of the page.
        strokes: ``(n, 4)``, a thin box for each line that is drawn.
        height: of the page; a table within its upper or lower margin is a header or a footer.
        kept_out: places that no table may cover.
    """
    outside = tuple(pieces)
    tables: list[tuple[Box, tuple[Line, ...]]] = []
    for found in ruled_grids(strokes):
        grid = found
        is_inside = grid.box[1] < (1 - _MARGIN) * height and grid.box[3] > _MARGIN * height
        if not is_inside or any(_overlap(grid.box, box) for box in kept_out):
            continue
        left, cells = _sorted(outside, grid)
        torn = [number for number, parts in cells.items() if _is_torn(parts)]
        if torn:  # a row may lack the lines between its columns
            grid = divided(grid, torn)
            left, cells = _sorted(outside, grid)
        lines = {number: _lines(parts) for number, parts in cells.items()}
        if _is_table(lines, grid) and sum(map(_is_torn, cells.values())) <= _MAX_TORN * len(cells):
            outside = left
            placed = [(number, piece) for number in sorted(lines) for piece in lines[number]]
            own = tuple(Line(cells=(piece,), region=at, ruled=grid, place=at) for at, piece in placed)
            tables.append((grid.box, own))
    return RuledPage(pieces=outside, tables=tuple(tables))


def ruled_text(lines: Sequence[Line], carried: TableHeader | None) -> TableText:
    """Returns the rows of a ruled table, one a line.

    Args:
        lines: those of one grid.
        carried: the header of the table that ends the page before; one with the same columns goes on here.
    """
    ruled = lines[0].ruled
    assert ruled is not None  # noqa: S101 - the caller has grouped them by it
    extents = ruled.extents()
    numbers = {line.place for line in lines}
    texts = {number: _joined([line.cells[0] for line in lines if line.place == number]) for number in numbers}
    bold = {number for number in texts if all(line.bold for line in lines if line.place == number)}
    rows: list[list[grids.Cell]] = [[] for _ in range(len(ruled.cells))]
    heads = _bold_rows(set(texts), bold, extents)
    for number, (row, _, row_span, column_span) in enumerate(extents):
        text = texts[number][0] if number in texts else ""
        is_header = row < heads and bool(text)
        rows[row].append(grids.Cell(text=text, row_span=row_span, column_span=column_span, is_header=is_header))
    grid = grids.Grid.of(rows)
    header = find_header(grid)
    if grid.width == _PAIR and not heads:  # pairs of a name and a value
        header = replace(header, names=("", ""), body=header.first_row)
    edges = np.column_stack([ruled.across[:-1], ruled.across[1:]])
    goes_on = False
    if carried is not None and _has_columns(carried, edges):
        names = tuple(carried.names[at] for at in grid.kept_columns)
        is_repeated = header.body > header.first_row and names == header.names
        goes_on = is_repeated or not heads
        if goes_on and not is_repeated:
            header = replace(header, titles=(), names=names, first_row=0, body=0)
    [block] = table_block(grid, header=header, goes_on=goes_on)
    places = {(row, column): texts[number][1] for number, (row, column, _, _) in enumerate(extents) if number in texts}
    named = TableHeader(names=_spread(header.names, grid.kept_columns, len(edges)), columns=edges)
    return TableText(block=_boxed(block, grid, header.first_row, places), header=named if any(header.names) else None)


def _bold_rows(filled: set[int], bold: set[int], extents: Sequence[tuple[int, int, int, int]]) -> int:
    """Returns how many rows at the top are bold, with some below that are not."""
    plain = min((extents[number][0] for number in filled - bold), default=0)
    is_deep = any(row == 0 and columns > 1 for row, _, _, columns in extents)
    return (plain if is_deep else min(plain, 1)) if sum(extents[number][0] < plain for number in filled) >= _PAIR else 0


def _has_columns(header: TableHeader, edges: FloatArray) -> bool:
    return header.columns.shape == edges.shape and bool((np.abs(header.columns - edges) <= _NEAR).all())


def _spread(names: Sequence[str], columns: Sequence[int], width: int) -> tuple[str, ...]:
    own = dict(zip(columns, names, strict=True))
    return tuple(own.get(at, "") for at in range(width))


def _boxed(block: Block, grid: grids.Grid, first_row: int, places: dict[tuple[int, int], FloatArray]) -> Block:
    """Returns a block with the boxes of its cells."""
    boxes = no_boxes(len(block.text))
    for row, column, _, _, _, start, end in block.table.places.tolist() if block.table is not None else ():
        own = places.get((grid.kept_rows[first_row + row], grid.kept_columns[column]))
        if start >= 0 and own is not None and len(own) == end - start:
            boxes[start:end] = own
    start = 0
    for number in range(first_row):
        own = places.get((grid.kept_rows[number], grid.kept_columns[0]))
        length = block.text.find("\n", start) - start
        if own is not None and len(own) == length:
            boxes[start : start + length] = own
        start += length + 1
    return replace(block, boxes=boxes)


def _joined(pieces: Sequence[Piece]) -> tuple[str, FloatArray]:
    """Returns the text of a cell's lines, with its boxes."""
    text, boxes = pieces[0].text, pieces[0].boxes
    for piece in pieces[1:]:
        kept, between = line_joint(text, piece.text)
        boxes = np.concatenate([boxes[: len(kept)], no_boxes(len(between)), piece.boxes])
        text = kept + between + piece.text
    return text.replace(SOFT_HYPHEN, "-"), boxes


def _is_table(cells: dict[int, list[Piece]], grid: RuledGrid) -> bool:
    """Returns whether most cells have text, in several rows and columns, and each row is ruled."""
    extents = grid.extents()
    texts = ["".join(piece.text for piece in lines) for lines in cells.values()]
    lengths = [len(text) for text in texts] or [0]
    is_long = np.median(lengths) > _MAX_USUAL_CHARACTERS or max(lengths) > _MAX_CELL_CHARACTERS
    if len(cells) < _MIN_FILLED * len(extents) or is_long:
        return False
    if min(len({extents[number][side] for number in cells}) for side in (0, 1)) < _PAIR:
        return False
    rows: dict[int, list[list[Piece]]] = {}
    for number, lines in cells.items():
        rows.setdefault(extents[number][0], []).append(lines)
    return not is_right_to_left("".join(texts)) and not any(map(_are_rows, rows.values()))


def _are_rows(cells: Sequence[Sequence[Piece]]) -> bool:
    """Returns whether the cells of a row hold the lines of several rows, without a line between them."""
    most = max(map(len, cells))
    full = [cell for cell in cells if len(cell) == most]
    if any(sum(line.text.endswith("...") for line in cell) > 1 for cell in cells):
        return True
    amounts = [cell for cell in cells if len(cell) >= _PAIR and all(is_value(line.text.rstrip(" .…")) for line in cell)]
    if amounts and len(cells) > 1:
        longest = max(map(len, amounts))
        if (longest == most and len(full) > 1) or longest >= max(_MANY_COLUMNS, most - 1):
            return True
    if most < _PAIR or len(full) < _PAIR:
        return False
    return (
        most >= _MANY_ROWS and len(cells) >= _MANY_COLUMNS and sum(map(len, cells)) >= _MIN_SHARED * most * len(cells)
    )


def _is_torn(pieces: Sequence[Piece]) -> bool:
    """Returns whether a cell holds texts side by side: columns without a line between them."""
    for before, after in pairwise(sorted(pieces, key=lambda piece: (-piece.rectangle[1], piece.rectangle[0]))):
        is_level = before.direction is after.direction and before.rectangle[1] < after.rectangle[3]
        gap = float(after.rectangle[0] - before.rectangle[2])
        if is_level and gap > _WIDE * before.size and len(before.text) > _PAIR:
            return True
    return False


def _sorted(pieces: Iterable[Piece], grid: RuledGrid) -> tuple[tuple[Piece, ...], Cells]:
    """Returns the pieces outside a grid, and those in each of its cells; a piece over several is cut."""
    outside: list[Piece] = []
    cells: Cells = {}
    for piece in pieces:
        seen = piece.boxes[np.isfinite(piece.boxes[:, 0])]
        if not len(seen) or not _overlap(grid.box, enclosing(seen).tolist()):
            outside.append(piece)
            continue
        for number, part in _parts(piece, grid):
            if number < 0:
                outside.append(part)
            else:
                cells.setdefault(number, []).append(part)
    return tuple(outside), cells


def _parts(piece: Piece, grid: RuledGrid) -> list[tuple[int, Piece]]:
    numbers = _numbers(piece, grid)
    if len(set(numbers)) == 1:
        return [(numbers[0], piece)]
    starts = [0, *(at for at in range(1, len(numbers)) if numbers[at] != numbers[at - 1])]
    parts = []
    for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
        part = _part(piece, start, end)
        if part is not None:
            parts.append((numbers[start], part))
    return parts


def _numbers(piece: Piece, grid: RuledGrid) -> list[int]:
    """Returns the cell of each character; what has no place is with the one before, and a word is not cut."""
    boxes = piece.boxes
    numbers: list[int | None] = grid.at(((boxes[:, :2] + boxes[:, 2:]) / 2).astype(np.float32)).tolist()
    before: int | None = None
    for at, character in enumerate(piece.text):
        if character == " " or not np.isfinite(boxes[at, 0]):
            numbers[at] = numbers[before] if before is not None else None
            continue
        if before is not None and numbers[at] != numbers[before] and piece.direction is Direction.RIGHT:
            end, start = float(boxes[before, 2]), float(boxes[at, 0])
            is_level = boxes[at, 1] < boxes[before, 3] and boxes[before, 1] < boxes[at, 3]
            is_word = start - end < _TOUCHING * piece.size and character.isalnum() and piece.text[at - 1].isalnum()
            is_divided = (
                not is_word
                and ((grid.across > end - _SLACK * piece.size) & (grid.across < start + _SLACK * piece.size)).any()
            )
            if is_level and not is_divided and start - end < _GAP * piece.size:
                numbers[at] = numbers[before]
        before = at
    first = next((number for number in numbers if number is not None), -1)
    return [first if number is None else number for number in numbers]


def _part(piece: Piece, start: int, end: int) -> Piece | None:
    text = piece.text[start:end]
    start += len(text) - len(text.lstrip(" "))
    text = text.strip(" ")
    boxes = piece.boxes[start : start + len(text)]
    seen = boxes[np.isfinite(boxes[:, 0])]
    if not len(seen):
        return None
    # A column of single characters is a stack on the page, and lines in its cells.
    direction = Direction.RIGHT if len(text) <= _PAIR else piece.direction
    return replace(piece, text=text, boxes=boxes, rectangle=enclosing(upright(seen, direction)), direction=direction)


def _lines(pieces: Sequence[Piece]) -> list[Piece]:
    """Returns the lines in a cell from the top down, each in one piece."""
    lines: list[Piece] = []
    for direction in Direction:
        same = [piece for piece in pieces if piece.direction is direction]
        if same:
            rows = group_rows(np.stack([piece.rectangle for piece in same]), range(len(same)))
            lines += [reduce(lambda first, second: glued(first, " ", second), (same[at] for at in row)) for row in rows]
    return lines


def _overlap(first: Sequence[float], second: Sequence[float]) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]
