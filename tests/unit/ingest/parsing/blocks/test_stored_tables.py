from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing.blocks.assembly import assemble, clean
from ingest.parsing.blocks.grids import Cell, Grid
from ingest.parsing.blocks.tables import table_block
from ingest.storage.extracted_tables import read_tables, write_tables
from rag.types import Table, TableCell

Rows = list[list[Cell]]


def stored(rows: Rows) -> tuple[str, Table]:
    [block] = table_block(Grid.of(rows))
    assert block.table is not None
    return block.text, block.table


def found(rows: Rows) -> dict[tuple[int, int], TableCell]:
    text, table = stored(rows)
    return {(cell.row, cell.column): cell for cell in table.cells(text)}


def plain(*rows: str) -> Rows:
    return [[Cell(text=text.strip()) for text in row.split("|")] for row in rows]


def test_cells_of_rows_with_names_have_their_places_in_the_lines() -> None:
    text, table = stored(plain("Valve | Type | Length", "Inlet | VX | 210 mm", "Outlet | | 95 mm"))
    assert text == "Valve: Inlet; Type: VX; Length: 210 mm\nValve: Outlet; Length: 95 mm"
    assert (table.header_rows, table.row_count, table.column_count, table.titles) == (1, 3, 3, ())
    assert table.texts == ()
    cells = list(table.cells(text))
    assert [(cell.row, cell.column, cell.text, cell.is_header) for cell in cells] == [
        (0, 0, "Valve", True),
        (0, 1, "Type", True),
        (0, 2, "Length", True),
        (1, 0, "Inlet", False),
        (1, 1, "VX", False),
        (1, 2, "210 mm", False),
        (2, 0, "Outlet", False),
        (2, 2, "95 mm", False),
    ]
    assert [text[: cell.span.start].count("\n") for cell in cells if cell.span] == [0, 0, 0, 0, 0, 0, 1, 1]


def test_titles_are_no_rows_and_names_in_two_rows_are_found() -> None:
    rows = [
        [Cell(text="Hire of boats", column_span=3)],
        [Cell(text="Boat", row_span=2), Cell(text="Summer", column_span=2)],
        [Cell(text="day"), Cell(text="week")],
        [Cell(text="Canoe"), Cell(text="9"), Cell(text="41")],
    ]
    text, table = stored(rows)
    assert text == "Hire of boats\nBoat: Canoe; Summer > day: 9; Summer > week: 41"
    assert (table.titles, table.header_rows, table.row_count) == (("Hire of boats",), 2, 3)
    assert (table.span.start, table.span.end) == (0, len(text))
    cells = found(rows)
    assert (cells[0, 0].row_span, cells[0, 1].column_span) == (2, 2)
    assert text[text.index("Summer") :].startswith("Summer > day")
    spans = [cells[place].span for place in ((0, 1), (1, 1), (1, 2), (2, 2))]
    assert [span.start for span in spans if span] == [
        text.index("Summer"),
        text.index("day"),
        text.index("week"),
        text.index("41"),
    ]


def test_a_merged_value_is_one_cell_and_stands_in_the_first_of_its_rows() -> None:
    rows = [
        [Cell(text=name) for name in ("Shift", "Gate", "Guard")],
        [Cell(text="Early", row_span=2), Cell(text="1"), Cell(text="Ayla")],
        [Cell(text="2"), Cell(text="Boris")],
    ]
    text, _ = stored(rows)
    assert text.split("\n")[1] == "Shift: Early; Gate: 2; Guard: Boris"
    cells = found(rows)
    assert cells[1, 0].row_span == 2
    assert (2, 0) not in cells
    assert cells[1, 0].span is not None
    assert cells[1, 0].span.start == text.index("Early")


def test_an_empty_cell_between_others_keeps_its_place() -> None:
    text, table = stored(plain("a | | 12", " | x | 13 b", "c | y |"))
    assert text == "a | | 12\n| x | 13 b\nc | y"
    assert table.header_rows == 0
    assert {(cell.row, cell.column): cell.text for cell in table.cells(text)} == {
        (0, 0): "a",
        (0, 2): "12",
        (1, 1): "x",
        (1, 2): "13 b",
        (2, 0): "c",
        (2, 1): "y",
    }


def test_names_of_rows_and_repeated_names_are_header_cells() -> None:
    def th(text: str) -> Cell:
        return Cell(text=text, is_header=True)

    rows = [
        [th("City"), th("May"), th("June")],
        [th("Turku"), Cell(text="11"), Cell(text="15")],
        [th("City"), th("May"), th("June")],
        [th("Oulu"), Cell(text="8"), Cell(text="13")],
    ]
    text, table = stored(rows)
    assert text == "City: Turku; May: 11; June: 15\nCity: Oulu; May: 8; June: 13"
    cells = found(rows)
    assert [cells[row, 0].is_header for row in range(4)] == [True] * 4
    assert not cells[1, 1].is_header
    assert (cells[2, 1].text, cells[2, 1].span) == ("May", None)
    assert table.texts == ("City", "May", "June")


def test_a_wide_row_in_several_lines_has_each_cell_once() -> None:
    names = " | ".join(["Sensor", *(f"Reading number {number}" for number in range(1, 61))])
    values = " | ".join(["S-7", *(f"{number}.5 bar" for number in range(1, 61))])
    text, table = stored(plain(names, values, values.replace("S-7", "S-8")))
    assert len(text.split("\n")) > 4
    assert all(line.startswith(("Sensor: S-7", "Sensor: S-8")) for line in text.split("\n"))
    assert table.texts == ()
    assert [cell.text for cell in table.cells(text)][61:64] == ["S-7", "1.5 bar", "2.5 bar"]


def test_names_of_columns_without_values_stand_in_a_line_of_their_own() -> None:
    text, table = stored(plain("Name | Age | Remark", "Ann | 41 |", "Bo | 7 |"))
    assert text.startswith("Name | Age | Remark\n")
    assert [cell.span.start for cell in table.cells(text) if cell.span][:3] == [0, 7, 13]


TEXTS = st.one_of(
    st.sampled_from(["", "a", "12", "Name", "Year", "n/a", "-", "2021", "x > y", "long words here " * 12, "⚠\ufe0f"]),
    st.text(st.characters(), max_size=6),
)
CELLS = st.builds(
    Cell,
    text=TEXTS,
    row_span=st.integers(1, 4),
    column_span=st.integers(1, 4),
    is_header=st.booleans(),
    note=st.sampled_from(["", "", "", "checked"]),
)


@given(rows=st.lists(st.lists(CELLS, max_size=6), max_size=7))
def test_every_cell_is_kept_once_and_quotes_its_text(rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> None:
    grid = Grid.of(rows)
    blocks = table_block(grid)
    for block in blocks:
        assert block.text == clean(block.text)
        if block.table is None:
            continue
        cells = list(block.table.cells(block.text))
        for cell in cells:
            at = grid.rows[len(block.table.titles) + cell.row][cell.column]
            assert cell.text == at.text != ""
            assert cell.span is None or block.text[cell.span.start : cell.span.end] == cell.text
        assert sum(cell.row_span * cell.column_span for cell in cells) == sum(
            bool(cell.text) for row in grid.rows[len(block.table.titles) :] for cell in row
        )
    document = assemble([*blocks, *blocks], title="", parser="fake")
    path: Path = tmp_path_factory.mktemp("tables") / "tables.zip"
    write_tables(path, document.tables)
    loaded = read_tables(path, len(document.text))
    assert [[*table.cells(document.text)] for table in loaded] == [
        [*table.cells(document.text)] for table in document.tables
    ]
