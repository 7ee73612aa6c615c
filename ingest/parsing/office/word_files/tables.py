"""Reads tables of Word documents into the grid that all formats share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.office.cells import OfficeCell, span, table_blocks
from ingest.parsing.office.elements import Node, attribute, child, chosen, descendants, is_on, is_set, tag
from ingest.parsing.office.package import Part
from ingest.parsing.office.word_files.document import WordDocument

_WRAPPERS = frozenset({"w:sdtContent", "w:customXml", "w:ins", "w:moveTo", "w:sdt", "w:smartTag"})
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{1,8}")
_FIRST_ROW_OR_COLUMN = 0xA0
_FIRST_COLUMN = 0x80


def read_table(document: WordDocument, table: Node, part: Part) -> list[Block]:
    """Returns a table as one block; what stands in a frame, a table of one column, as blocks of its own."""
    look = child(table, "w:tblPr", "w:tblLook")
    return table_blocks(_rows(document, table, part), has_labels=_has_labels(look))


def _has_labels(look: Node | None) -> bool:
    """Returns whether the look of a table sets off its first column, and not its first row."""
    if attribute(look, "firstRow") is not None:
        return is_set(look, "firstColumn") and not is_set(look, "firstRow")
    value = attribute(look, "val") or ""
    return _HEXADECIMAL.fullmatch(value) is not None and int(value, 16) & _FIRST_ROW_OR_COLUMN == _FIRST_COLUMN


def _rows(document: WordDocument, table: Node, part: Part) -> list[list[OfficeCell]]:
    rows: list[list[OfficeCell]] = []
    open_above: dict[int, OfficeCell] = {}  # by column: the cell that may go on in the next row
    for row in _unwrapped(document, table, "w:tr"):
        properties = child(row, "w:trPr")
        if child(properties, "w:del") is not None:
            document.drop(row)
            continue
        if is_on(child(properties, "w:hidden")):
            document.hide(*(each.text or "" for each in descendants(row, "w:t")))
            continue
        is_header = is_on(child(properties, "w:tblHeader"))
        places: list[OfficeCell] = []
        covered: dict[int, OfficeCell] = {}
        column = _span(child(properties, "w:gridBefore"), 0)
        if column:
            places.append(OfficeCell(blocks=[], columns=column, is_header=is_header))
        for cell in _unwrapped(document, row, "w:tc"):
            cell_properties = child(cell, "w:tcPr")
            if child(cell_properties, "w:cellDel") is not None:
                document.drop(cell)
                continue
            columns = _span(child(cell_properties, "w:gridSpan"), 1)
            merged = child(cell_properties, "w:vMerge")
            goes_on = merged is not None and attribute(merged, "val", "continue") == "continue"
            if goes_on and column in open_above and open_above[column].columns == columns:
                place = open_above[column]
                place.rows += 1
                document.hide(" ".join(each.text or "" for each in descendants(cell, "w:t")))
            else:
                place = OfficeCell(blocks=document.blocks(cell, part), columns=columns, is_header=is_header)
                place.is_bold = document.styles.is_bold(cell)
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
            document.drop(each)
        elif tag(each) in _WRAPPERS:
            yield from _unwrapped(document, each, name)


def _span(node: Node | None, default: int) -> int:
    return span(attribute(node, "val"), default)
