"""Makes tables of the cells that office files hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.tables import Cell, Grid, table_block
from rag.types import ElementKind

_ENDS_PART = re.compile(r"[.,:;!?…]$")
_PAIR = 2
_MAX_SPAN = 1_000
_MAX_REPEATED = 500
"""Characters of a text that is repeated in every row that it covers or names."""


@dataclass(slots=True, kw_only=True)
class OfficeCell:
    """A cell: its blocks, how many rows and columns it covers, whether it names others, and whether it is all bold."""

    blocks: list[Block]
    rows: int = 1
    columns: int = 1
    is_header: bool = False
    is_bold: bool = False


def table_blocks(
    rows: Sequence[Sequence[OfficeCell]], *, keeps_frames: bool = True, has_labels: bool = False
) -> list[Block]:
    """Returns a table as one block.

    ``keeps_frames``: what stands in a frame, a table of one column, is returned as blocks of its own.
    ``has_labels``: the look of the table sets off its first column, and not its first row.
    """
    if keeps_frames and all(len(row) <= 1 for row in rows):
        return [block for row in rows for cell in row for block in cell.blocks]
    _mark_names(rows, has_labels=has_labels)
    return table_block(Grid.of([_cell(cell) for cell in row] for row in rows))


def _mark_names(rows: Sequence[Sequence[OfficeCell]], *, has_labels: bool) -> None:
    """Marks the names in a table of two columns that are not marked as such: its bold first row, or first column."""
    if len(rows) <= 1 or any(len(row) != _PAIR or row[0].is_header for row in rows):
        return
    if all(cell.is_bold for cell in rows[0]) and not all(cell.is_bold for cell in rows[1]):
        named = list(rows[0])
    elif has_labels or (all(row[0].is_bold for row in rows) and not rows[0][1].is_bold):
        named = [row[0] for row in rows]
    else:
        return
    for cell in named:
        cell.is_header = True


def span(text: str | None, default: int = 1) -> int:
    """Returns the number of rows or columns that an attribute says."""
    return min(int(text), _MAX_SPAN) if text is not None and text.isdecimal() else default


def _cell(cell: OfficeCell) -> Cell:
    text = _joined(cell.blocks, is_header=cell.is_header)
    is_short = len(text) <= _MAX_REPEATED
    return Cell(
        text=text,
        row_span=cell.rows if is_short else 1,
        column_span=cell.columns,
        is_header=cell.is_header and is_short,
    )


def _joined(blocks: Sequence[Block], *, is_header: bool) -> str:
    """Joins the paragraphs of a cell and the rows of a table in it, so that values in several of them stay apart."""
    joined = ""
    for block in blocks:
        for part in block.text.split("\n") if block.kind is ElementKind.TABLE else (block.text,):
            gap = "" if not joined else " " if is_header or _ENDS_PART.search(joined) else ", "
            joined += gap + part
    return joined
