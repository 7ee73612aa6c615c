from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.parsing.blocks import joined_tables
from ingest.parsing.blocks.assembly import Block, assemble, extended
from ingest.parsing.blocks.grids import Cell, Grid
from ingest.parsing.blocks.tables import table_block
from rag.types import ElementKind, Table


def part(*rows: str, goes_on: bool = False, page: int | None = None) -> Block:
    named = [[Cell(text=text, is_header=not number) for text in row.split()] for number, row in enumerate(rows)]
    [block] = table_block(Grid.of(named), name="Stock")
    return replace(block, goes_on=goes_on, page=page)


def rows_of(text: str, table: Table) -> list[list[str]]:
    rows = [[""] * table.column_count for _ in range(table.row_count)]
    for cell in table.cells(text):
        assert cell.span is None or text[cell.span.start : cell.span.end] == cell.text
        rows[cell.row][cell.column] = cell.text
    return rows


def test_a_part_that_goes_on_adds_its_rows_without_the_names() -> None:
    note = Block(kind=ElementKind.PARAGRAPH, text="2", page=1)
    blocks = [
        part("Item Bin", "Nail 4", "Hook 5", page=1),
        note,
        part("Item Bin", "Bolt 6", page=2, goes_on=True),
        part("Item Bin", "Cap 7", page=3, goes_on=True),
    ]
    document = assemble(blocks, title="", parser="fake")
    [table] = document.tables
    assert rows_of(document.text, table) == [["Item", "Bin"], ["Nail", "4"], ["Hook", "5"], ["Bolt", "6"], ["Cap", "7"]]
    assert (table.page, table.span.start, table.span.end) == (1, 0, len(document.text))


def test_a_part_with_other_columns_is_a_table_of_its_own() -> None:
    blocks = [part("Item Bin", "Nail 4"), part("Item Bin Row", "Bolt 6 1", goes_on=True)]
    document = assemble(blocks, title="", parser="fake")
    assert [table.column_count for table in document.tables] == [2, 3]
    assert rows_of(document.text, document.tables[1]) == [["Item", "Bin", "Row"], ["Bolt", "6", "1"]]


def test_tables_of_added_blocks_have_their_places() -> None:
    document = assemble([part("Item Bin", "Nail 4")], title="", parser="fake")
    longer = extended(document, [Block(kind=ElementKind.PARAGRAPH, text="More"), part("Item Bin", "Bolt 6")])
    assert [rows_of(longer.text, table)[1] for table in longer.tables] == [["Nail", "4"], ["Bolt", "6"]]


def test_a_table_that_is_too_large_is_left_out_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined_tables, "MAX_TABLE_PLACES", 7)
    small, large = part("Item Bin", "Nail 4"), part("Item Bin", "Bolt 6", "Cap 7")
    document = assemble([small, large], title="", parser="fake", warnings=("first",))
    assert [rows_of(document.text, table)[1] for table in document.tables] == [["Nail", "4"]]
    assert document.warnings == (
        "first",
        "1 table is too large to be kept as a grid ('Stock'): only its text can be searched",
    )
    assert "Item: Cap; Bin: 7" in document.text
    many = assemble([large, large, large, large], title="", parser="fake")
    assert many.warnings[0].startswith("3 tables are too large to be kept as a grid ('Stock' first): only their text")


def test_words_that_stand_nowhere_in_the_text_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined_tables, "_MAX_CHARACTERS", 10)
    document = assemble([part("Item Bin", "Nail 4"), part("Item Bin", "Bolt 6")], title="", parser="fake")
    assert len(document.tables) == 2
    monkeypatch.setattr(joined_tables, "_MAX_CHARACTERS", 4)
    assert assemble([part("Item Bin", "Nail 4")], title="", parser="fake").tables == ()


def test_a_table_wider_than_any_sheet_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined_tables, "MAX_TABLE_COLUMNS", 1)
    assert assemble([part("Item Bin", "Nail 4")], title="", parser="fake").tables == ()
