from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest.parsing.blocks.table_headers import has_header
from ingest.parsing.blocks.tables import Cell, Grid, table_block


def grid_lines(grid: Grid) -> tuple[str, ...]:
    return tuple(line for block in table_block(grid) for line in block.text.split("\n"))


def table_lines(rows: Sequence[Sequence[str | Cell]]) -> tuple[str, ...]:
    return grid_lines(Grid.plain(rows))


def test_row_carries_the_names_of_its_columns() -> None:
    rows = [["Region", "Sales"], ["North", "1250.5"], ["South", "900"]]
    assert table_lines(rows) == ("Region: North; Sales: 1250.5", "Region: South; Sales: 900")


def test_first_column_may_lack_a_name_and_years_are_names() -> None:
    rows = [["", "2023", "2022"], ["Revenue", "5,471", "5,406"]]
    assert table_lines(rows) == ("Revenue; 2023: 5,471; 2022: 5,406",)


def test_pairs_without_header_are_joined_cell_by_cell() -> None:
    rows = [["Kingdom:", "Animalia"], ["Class:", "Aves"], ["Order:", "Anseriformes"]]
    assert table_lines(rows) == ("Kingdom: | Animalia", "Class: | Aves", "Order: | Anseriformes")


def test_numbers_do_not_name_columns() -> None:
    assert not has_header([["1", "2", "3"], ["4", "5", "6"]])


def test_name_of_an_empty_column_is_not_lost() -> None:
    rows = [["Name", "Age", "Remark"], ["Ann", "41", ""]]
    assert table_lines(rows) == ("Name | Age | Remark", "Name: Ann; Age: 41")


def test_empty_rows_and_line_breaks_in_cells_go() -> None:
    assert table_lines([["a\nb", "12"], ["", ""], ["c", ""]]) == ("a b | 12", "c")


def test_empty_cell_between_others_keeps_its_place() -> None:
    assert table_lines([["a", "", "12"], ["b", "x", "13"]]) == ("a | | 12", "b | x | 13")


def test_value_under_a_column_without_a_name_takes_no_other_name() -> None:
    rows = [["Item", "", "Price"], ["Salt", "kg", "2"], ["Oil", "", "9"]]
    assert table_lines(rows) == ("Item: Salt; kg; Price: 2", "Item: Oil; Price: 9")


def test_titles_stand_above_the_names_of_the_columns() -> None:
    rows = [
        ["Stock of the north store", "", ""],
        ["all in pieces", "", ""],
        ["Part", "New", "Used"],
        ["Gear", "4", "2"],
    ]
    assert table_lines(rows) == ("Stock of the north store", "all in pieces", "Part: Gear; New: 4; Used: 2")


def test_names_in_two_rows_without_merged_cells() -> None:
    rows = [
        ["Boat", "Winter", "", "Summer", ""],
        ["", "day", "week", "day", "week"],
        ["Canoe", "7", "30", "9", "41"],
    ]
    line = "Boat: Canoe; Winter > day: 7; Winter > week: 30; Summer > day: 9; Summer > week: 41"
    assert table_lines(rows) == (line,)


def test_units_below_the_names_belong_to_them() -> None:
    rows = [["Pump", "Pressure", "Flow"], ["", "bar", "l/s"], ["A", "5", "2"], ["B", "6", "3"]]
    assert table_lines(rows) == (
        "Pump: A; Pressure > bar: 5; Flow > l/s: 2",
        "Pump: B; Pressure > bar: 6; Flow > l/s: 3",
    )


def test_row_of_values_without_a_label_is_no_second_header() -> None:
    rows = [["Order", "State", "Amount"], ["", "open", ""], ["17", "open", "250"], ["18", "paid", "80"]]
    assert table_lines(rows)[0] == "State: open"


def test_merged_cell_is_in_every_row_that_it_covers() -> None:
    rows = [
        [Cell(text="Mill"), Cell(text="Shift"), Cell(text="Bags")],
        [Cell(text="North", row_span=2), Cell(text="early"), Cell(text="40")],
        [Cell(text="late"), Cell(text="55")],
    ]
    assert grid_lines(Grid.of(rows)) == ("Mill: North; Shift: early; Bags: 40", "Mill: North; Shift: late; Bags: 55")


def test_merged_names_lead_to_the_names_below_them_and_a_merged_value_has_them_all() -> None:
    rows = [
        [Cell(text="Hall", row_span=2), Cell(text="Weekday", column_span=2), Cell(text="Sunday")],
        [Cell(text="1"), Cell(text="2"), Cell(text="")],
        [Cell(text="East wing", column_span=4)],
        [Cell(text="Gym"), Cell(text="closed", column_span=2), Cell(text="7-9")],
    ]
    row = "East wing; Hall: Gym; Weekday > 1, Weekday > 2: closed; Sunday: 7-9"
    assert grid_lines(Grid.of(rows)) == ("East wing", row)


def test_header_that_the_file_marks_is_believed() -> None:
    rows = [[Cell(text="1", is_header=True), Cell(text="2", is_header=True)], [Cell(text="a"), Cell(text="b")]]
    assert grid_lines(Grid.of(rows)) == ("1: a; 2: b",)


def test_note_stands_in_the_line_of_its_row() -> None:
    rows = [
        [Cell(text="Site"), Cell(text="Cost")],
        [Cell(text="Rome"), Cell(text="31", note="Eva: without tax")],
        [Cell(text="Lima"), Cell(text="12")],
    ]
    assert grid_lines(Grid.of(rows))[0] == "Site: Rome; Cost: 31; Note on Cost: Eva: without tax"


def test_every_piece_of_a_wide_row_begins_with_its_key() -> None:
    names = ["Probe", *(f"Reading {index}" for index in range(60))]
    rows = [names, *([f"P-{row}", *(f"{row}.{index}" for index in range(60))] for row in (1, 2))]
    lines = table_lines(rows)
    assert len(lines) > 4
    assert all(line.startswith(("Probe: P-1; Reading", "Probe: P-2; Reading")) and len(line) < 400 for line in lines)
    assert sum("Reading 47: 2.47" in line for line in lines) == 1


def test_key_of_a_wide_row_has_two_cells_where_the_first_one_repeats() -> None:
    names = ["Day", "Probe", *(f"Reading {index}" for index in range(60))]
    rows = [names, *(["1 May", f"P-{row}", *["1.5"] * 60] for row in range(4))]
    assert all(line.startswith("Day: 1 May; Probe: P-") for line in table_lines(rows))


def test_long_cell_in_front_of_a_wide_row_is_repeated_shortened() -> None:
    rows = [["Remark", *(f"Reading {index}" for index in range(60))], ["long words " * 40, *["1.5"] * 60]]
    first, *others = table_lines(rows)
    assert first.startswith(f"Remark: {'long words ' * 39}long words; Reading 0: 1.5")
    assert all(line.startswith("Remark: long words") and len(line) < 400 for line in others)


def test_questions_of_a_survey_are_names() -> None:
    question = "How content are you, all in all, with the way in which the new office was planned and built last year?"
    assert table_lines([["Person", "Team", question], ["1", "red", "very"]]) == (
        f"Person: 1; Team: red; {question}: very",
    )


def test_pairs_of_names_and_mixed_values_have_no_names_of_columns() -> None:
    rows = [["Project", "Bridge"], ["Cost", "900"], ["Lead", "Eva"]]
    assert table_lines(rows) == ("Project | Bridge", "Cost | 900", "Lead | Eva")


def test_absurd_spans_stay_bounded() -> None:
    rows = [[Cell(text="a", row_span=10**9, column_span=10**9), Cell(text="b")], *([[Cell(text="c")]] * 20_000)]
    grid = Grid.of(rows)
    assert grid.width <= 4
    assert len(grid.rows) == 20_001


def test_names_above_a_row_of_one_merged_cell_are_not_lost() -> None:
    head = [Cell(text=text, is_header=True) for text in ("Urgent", "Reply", "Recycle")]
    assert grid_lines(Grid.of([head, [Cell(text="Remarks:", column_span=3)]])) == (
        "Urgent | Reply | Recycle",
        "Remarks:",
    )


def test_a_label_with_a_colon_leads_to_its_values() -> None:
    rows = [["", "2030", "2031"], ["Fuel:", "7", "8"], ["Rent", "Sum:", "2"]]
    assert table_lines(rows) == ("Fuel: 2030: 7; 2031: 8", "Rent; 2030: Sum:; 2031: 2")


def test_an_empty_cell_is_not_the_key_of_a_wide_row() -> None:
    values = [f"{number}.25" for number in range(10, 90)]
    lines = table_lines([["", *values], ["Total", *values]])
    count = len(lines) // 2
    assert lines[0].startswith("| 10.25 | 11.25")
    assert [cell for line in lines[:count] for cell in line.removeprefix("| ").split(" | ")] == values
    assert all(line.startswith("Total | ") for line in lines[count:])


def test_a_first_row_like_those_below_names_no_columns() -> None:
    assert table_lines([["3 May 2031", "Dig", "Oslo"], ["14 June 2031", "Fill", "Bergen"]]) == (
        "3 May 2031 | Dig | Oslo",
        "14 June 2031 | Fill | Bergen",
    )
    assert table_lines([["Oats", "300 g"], ["Figs", "80 g"]]) == ("Oats | 300 g", "Figs | 80 g")
    assert table_lines([["Eva", "eva@a.example"], ["Jon", "jon@a.example"]])[0] == "Eva | eva@a.example"


def test_labels_beside_values_of_several_kinds_are_no_header() -> None:
    rows = [["Ship", "Aurora"], ["Captain", "Eva Lind"], ["Built", "4 May 2019"], ["Price", "NOK 7.5 million"]]
    assert table_lines(rows) == tuple(" | ".join(row) for row in rows)
    rows = [["Ship", "Aurora"], ["Built", "4 May 2019"], ["Sold", "7 June 2024"], ["Crew", "31"]]
    assert table_lines(rows) == tuple(" | ".join(row) for row in rows)


@pytest.mark.parametrize(
    "rows",
    [
        [["Name", "Phone"], ["Eva", "+47 22 33 44"], ["Jon", "+47 55 66 77"]],
        [["Country", "Capital"], ["Norway", "Oslo"], ["Chile", "Santiago"]],
        [["Name", "Joined"], ["Eva", "4 May 2019"], ["Jon", "1 June 2020"]],
        [["Name", "E-mail"], ["Eva", "eva@a.example"], ["Jon", "jon@a.example"]],
        [["Task", "Remark"], *([f"Step {letter}", "as planned"] for letter in "abcdefgh"), ["Step i", "3 days late"]],
        [["Day", "Work", "Place"], ["3 May 2031", "Dig", "Oslo"], ["14 June 2031", "Fill", "Bergen"]],
        [["Part", "Weight", "Note"], ["Gear", "3 kg", "new"], ["Axle", "7 kg", "used"]],
    ],
)
def test_words_above_columns_of_one_kind_are_their_names(rows: list[list[str]]) -> None:
    pairs = zip(rows[0], rows[1], strict=True)
    assert table_lines(rows)[0] == "; ".join(f"{name}: {cell}" for name, cell in pairs)


def test_marked_labels_lead_to_their_values() -> None:
    rows = [["Ship", "Aurora"], ["Captain:", "Eva Lind"], ["Owner", "Lind & Son"]]
    grid = Grid.of([Cell(text=label, is_header=True), Cell(text=value)] for label, value in rows)
    (block,) = table_block(grid)
    assert block.text.split("\n") == ["Ship: Aurora", "Captain: Eva Lind", "Owner: Lind & Son"]
    assert block.table is not None
    assert [cell.text for cell in block.table.cells(block.text)] == [text for row in rows for text in row]
    assert block.table.header_rows == 0
