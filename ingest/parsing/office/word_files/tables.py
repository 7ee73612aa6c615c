"""Reads tables of Word documents into the grid that all formats share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.parsing.blocks.assembly import Block, clean
from ingest.parsing.blocks.tables import Cell, Grid, grid_lines
from ingest.parsing.office.package import Node, Part, attribute, child, chosen, descendants, is_on, tag
from ingest.parsing.office.word_files.document import WordDocument
from rag.types import ElementKind

_WRAPPERS = frozenset({"w:sdtContent", "w:customXml", "w:ins", "w:moveTo", "w:sdt", "w:smartTag"})
_ENDS_PART = re.compile(r"[.,:;!?…]$")
_MAX_SPAN = 1_000
_MAX_REPEATED = 500


@dataclass(slots=True, kw_only=True)
class _Place:
    """A cell that is being laid out: its blocks, and how many rows and columns it covers."""

    blocks: list[Block]
    columns: int
    is_header: bool
    rows: int = 1


def table_blocks(document: WordDocument, table: Node, part: Part) -> list[Block]:
    """Returns a table as one block; what stands in a frame, a table of one column, as blocks of its own."""
    rows = _rows(document, table, part)
    if all(len(row) <= 1 for row in rows):
        return [block for row in rows for place in row for block in place.blocks]
    grid = Grid.of([_cell(place) for place in row] for row in rows)
    text = clean("\n".join(grid_lines(grid)))
    return [Block(kind=ElementKind.TABLE, text=text)] if text else []


def _rows(document: WordDocument, table: Node, part: Part) -> list[list[_Place]]:
    rows: list[list[_Place]] = []
    open_above: dict[int, _Place] = {}  # by column: the cell that may go on in the next row
    for row in _unwrapped(document, table, "w:tr"):
        properties = child(row, "w:trPr")
        if child(properties, "w:del") is not None:
            document.delete(row)
            continue
        is_header = is_on(child(properties, "w:tblHeader"))
        places: list[_Place] = []
        covered: dict[int, _Place] = {}
        column = _span(child(properties, "w:gridBefore"), 0)
        if column:
            places.append(_Place(blocks=[], columns=column, is_header=is_header))
        for cell in _unwrapped(document, row, "w:tc"):
            cell_properties = child(cell, "w:tcPr")
            if child(cell_properties, "w:cellDel") is not None:
                document.delete(cell)
                continue
            columns = _span(child(cell_properties, "w:gridSpan"), 1)
            merged = child(cell_properties, "w:vMerge")
            goes_on = merged is not None and attribute(merged, "val", "continue") == "continue"
            if goes_on and column in open_above and open_above[column].columns == columns:
                place = open_above[column]
                place.rows += 1
                document.hide(" ".join(each.text or "" for each in descendants(cell, "w:t")))
            else:
                place = _Place(blocks=document.blocks(cell, part), columns=columns, is_header=is_header)
                places.append(place)
            if merged is not None:
                covered[column] = place
            column += columns
        open_above = covered
        rows.append(places)
    return rows


def _unwrapped(document: WordDocument, node: Iterable[Node], name: str) -> Iterator[Node]:
    """Yields rows or cells, also those inside of content controls and tracked insertions."""
    for each in node:
        if tag(each) == name:
            yield each
        elif tag(each) == "mc:AlternateContent":
            yield from _unwrapped(document, chosen(each), name)
        elif tag(each) in {"w:del", "w:moveFrom"}:
            document.delete(each)
        elif tag(each) in _WRAPPERS:
            yield from _unwrapped(document, each, name)


def _cell(place: _Place) -> Cell:
    text = _joined(place.blocks, is_header=place.is_header)
    is_short = len(text) <= _MAX_REPEATED  # what is repeated in every row that it covers or names
    return Cell(
        text=text,
        row_span=place.rows if is_short else 1,
        column_span=place.columns,
        is_header=place.is_header and is_short,
    )


def _joined(blocks: Sequence[Block], *, is_header: bool) -> str:
    """Joins the paragraphs of a cell and the rows of a table in it, so that values in several of them stay apart."""
    joined = ""
    for block in blocks:
        for part in block.text.split("\n") if block.kind is ElementKind.TABLE else (block.text,):
            gap = "" if not joined else " " if is_header or _ENDS_PART.search(joined) else ", "
            joined += gap + part
    return joined


def _span(node: Node | None, default: int) -> int:
    text = attribute(node, "val") or ""
    return min(int(text), _MAX_SPAN) if text.isdecimal() else default
