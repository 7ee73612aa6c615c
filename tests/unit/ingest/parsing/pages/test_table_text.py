from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsing.blocks.assembly import clean
from ingest.parsing.pages.page_text import Line, Piece, page_lines
from ingest.parsing.pages.table_text import TableText, table_text

_HEIGHT = 10.0
_WIDTH = 5.0

Placed = tuple[float, float, str]
"""Left edge, lower edge, and what is written there."""


def piece(left: float, bottom: float, text: str, *, bold: bool = False) -> Piece:
    """Every character is 5 wide and 10 high, a space as wide as any other."""
    edges = left + _WIDTH * np.arange(len(text) + 1, dtype=np.float32)
    boxes = np.full((len(text), 4), (0.0, bottom, 0.0, bottom + _HEIGHT), dtype=np.float32)
    boxes[:, 0], boxes[:, 2] = edges[:-1], edges[1:]
    rectangle = np.array([left, bottom, edges[-1], bottom + _HEIGHT], dtype=np.float32)
    return Piece(text=text, boxes=boxes, rectangle=rectangle, size=_HEIGHT, bold=bold)


def lines(*placed: Placed, bold_above: float = 1e6) -> tuple[Line, ...]:
    return page_lines([piece(left, bottom, text, bold=bottom > bold_above) for left, bottom, text in placed])


def grid(rows: Sequence[Sequence[str]], lefts: Sequence[float], *, top: float = 700.0) -> tuple[Line, ...]:
    return lines(
        *(
            (left, top - 20.0 * number, text)
            for number, row in enumerate(rows)
            for left, text in zip(lefts, row, strict=True)
            if text
        )
    )


def written(table: tuple[Line, ...]) -> list[str]:
    return table_text(table, None).block.text.split("\n")


SALES = [["Region", "Units", "Price"], ["North", "120", "$ 14.50"], ["South", "95", "$ 9.00"]]


def test_rows_carry_the_names_of_their_columns() -> None:
    assert written(grid(SALES, (72, 250, 400))) == [
        "Region: North; Units: 120; Price: $ 14.50",
        "Region: South; Units: 95; Price: $ 9.00",
    ]


@pytest.mark.parametrize("name", ["Part no.", "Item No.", "Bestell Nr.", "Weight approx.", "Price per pc."])
def test_name_of_a_column_may_end_with_an_abbreviation(name: str) -> None:
    assert written(grid([[name, *SALES[0][1:]], *SALES[1:]], (72, 250, 400)))[0] == (
        f"{name}: North; Units: 120; Price: $ 14.50"
    )


def test_names_have_their_boxes_in_the_first_row_alone_and_values_keep_theirs() -> None:
    table = table_text(grid(SALES, (72, 250, 400)), None).block
    assert table.boxes is not None
    start = table.text.index("95")
    assert np.isnan(table.boxes[table.text.rindex("Units: ") : start]).all()
    assert table.boxes[start : start + 2, 0].tolist() == [250, 255]
    first = table.text.index("Units: ")
    assert table.boxes[first : first + 5, 1].tolist() == [700] * 5
    assert np.isnan(table.boxes[first + 5 : first + 7]).all()


def test_cell_wrapped_around_the_middle_of_its_row_is_made_whole() -> None:
    rows = lines(
        (72, 700, "Property"), (250, 700, "Model 6"), (350, 700, "Model 8"),
        (72, 680, "Weight (kg)"), (250, 680, "98"), (350, 680, "112"),
        (72, 660, "Sound power in the"), (250, 654, "47"), (350, 654, "49"), (72, 648, "quiet mode"),
        (72, 628, "Flow (l/h)"), (250, 628, "620"), (350, 628, "830"),
    )  # fmt: skip
    assert written(rows)[1] == "Property: Sound power in the quiet mode; Model 6: 47; Model 8: 49"
    assert len(written(rows)) == 3


def test_label_that_goes_on_in_lower_case_is_one_row() -> None:
    rows = grid(
        [["Net sales", "12", "14"], ["Income from companies", "", ""], ["held for sale", "3", "4"]], (72, 250, 350)
    )
    tight = lines(*((cell.rectangle[0], 700 - 12.0 * n, cell.text) for n, row in enumerate(rows) for cell in row.cells))
    assert written(tight) == ["Net sales | 12 | 14", "Income from companies held for sale | 3 | 4"]


def test_label_above_its_section_stays_a_row_of_its_own() -> None:
    rows = [["In millions", "2022", "2021"], ["Costs:", "", ""], ["Wages", "7", "8"], ["Rent", "1", "2"]]
    assert written(grid(rows, (72, 250, 350))) == [
        "Costs:",
        "In millions: Wages; 2022: 7; 2021: 8",
        "In millions: Rent; 2022: 1; 2021: 2",
    ]


def test_gap_too_narrow_by_itself_is_a_border_where_other_rows_have_one() -> None:
    rows = grid(
        [["Weight", "98", "112"], ["Flow", "620", "830"], ["Sizes", "", ""], ["Width by height", "112", "121"]],
        (72, 154, 350),
    )
    assert [len(line.cells) for line in rows] == [3, 3, 1, 2]
    assert written(rows)[3] == "Width by height | 112 | 121"


def test_currency_sign_goes_to_the_amount_after_it() -> None:
    rows = grid([["Net income", "5,791 $", "5,929 $", "5,453"], ["Dividends", "12", "13", "14"]], (72, 250, 330, 410))
    assert written(rows)[0] == "Net income | 5,791 | $ 5,929 | $ 5,453"


def test_wide_names_above_the_columns_go_before_their_names() -> None:
    rows = lines(
        (230, 700, "Quarter"), (430, 700, "Half year"),
        (200, 680, "June 2023"), (280, 680, "June 2022"), (400, 680, "June 2023"), (480, 680, "June 2022"),
        (72, 660, "Revenue"), (200, 660, "348"), (280, 660, "371"), (400, 660, "659"), (480, 660, "833"),
        (72, 640, "Costs"), (200, 640, "36"), (280, 640, "37"), (400, 640, "65"), (480, 640, "83"),
    )  # fmt: skip
    assert written(rows)[0] == (
        "Revenue; Quarter > June 2023: 348; Quarter > June 2022: 371; "
        "Half year > June 2023: 659; Half year > June 2022: 833"
    )
    block = table_text(rows, None).block
    assert block.table is not None
    cells = [cell for cell in block.table.cells(block.text) if cell.is_header]
    assert [(cell.row, cell.column, cell.column_span, cell.text) for cell in cells[:3]] == [
        (0, 1, 2, "Quarter"),
        (0, 3, 2, "Half year"),
        (1, 1, 1, "June 2023"),
    ]
    assert block.boxes is not None
    spans = [cell.span for cell in cells if cell.span]
    assert [block.boxes[span.start, 0] for span in spans] == [230, 430, 200, 280, 400, 480]


@pytest.mark.parametrize(
    "rows",
    [
        [["Rear", "300 mm", "12 in"], ["Left", "400 mm", "16 in"], ["Right", "600 mm", "24 in"]],
        [["Buyer", "Ann Lee", ""], ["Number", "12345", ""], ["Total", "99.00", ""]],
        [["Ann Lee", "Director", "Bonn"], ["Ben Ray", "Clerk", "Oslo"], ["Cy Fox", "Cook", "Rome"]],
    ],
)
def test_first_row_that_may_be_a_row_like_the_others_names_nothing(rows: list[list[str]]) -> None:
    assert written(grid(rows, (72, 250, 400)))[0] == " | ".join(filter(None, rows[0]))


def test_bold_first_row_names_two_columns() -> None:
    rows = [["Side", "Distance"], ["Left", "400 mm"], ["Rear", "300 mm"]]
    placed = [(72.0 + 200 * x, 700.0 - 20 * y, text) for y, row in enumerate(rows) for x, text in enumerate(row)]
    assert written(lines(*placed))[0] == "Side | Distance"
    assert written(lines(*placed, bold_above=690)) == ["Side: Left; Distance: 400 mm", "Side: Rear; Distance: 300 mm"]


def test_table_that_goes_on_keeps_the_header() -> None:
    header = table_text(grid(SALES, (72, 250, 400)), None).header
    rest = table_text(grid([["East", "41", "$ 8.25"], ["West", "7", "$ 3.00"]], (72, 250, 400)), header)
    assert rest.block.text.split("\n")[1] == "Region: West; Units: 7; Price: $ 3.00"


def test_header_is_not_kept_over_other_columns_or_a_header_of_its_own() -> None:
    header = table_text(grid([["Item", "2022", "2021"], ["A", "1", "2"], ["B", "3", "4"]], (72, 250, 400)), None).header
    years = table_text(grid([["Other", "2020", "2019"]], (72, 250, 400)), header)
    assert years.block.text == "Other | 2020 | 2019"
    wide = table_text(grid([["A", "1", "2", "3", "4"], ["B", "1", "2", "3", "4"]], (72, 200, 260, 380, 440)), header)
    assert wide.block.text.split("\n")[0] == "A | 1 | 2 | 3 | 4"


def test_long_name_over_the_labels_is_written_once() -> None:
    name = "(Millions, except per share amounts)"
    rows = [[name, "2022", "2021"], ["Wages", "7", "8"], ["Rent", "1", "2"]]
    assert written(grid(rows, (72, 300, 400)))[:2] == [name, "Wages; 2022: 7; 2021: 8"]


def test_lines_above_the_names_that_name_no_column_are_titles() -> None:
    rows = lines(
        (72, 720, "All in tons"), (300, 720, "audited"),
        (230, 700, "Quarter"), (430, 700, "Half year"),
        (200, 680, "June 2023"), (280, 680, "June 2022"), (400, 680, "June 2023"), (480, 680, "June 2022"),
        (72, 660, "Ore"), (200, 660, "348"), (280, 660, "371"), (400, 660, "659"), (480, 660, "833"),
        (72, 640, "Coal"), (200, 640, "36"), (280, 640, "37"), (400, 640, "65"), (480, 640, "83"),
    )  # fmt: skip
    block = table_text(rows, None).block
    assert block.text.startswith("All in tons\naudited\nOre; Quarter > June 2023: 348")
    assert block.table is not None
    assert (block.table.titles, block.table.header_rows) == (("All in tons", "audited"), 2)


CELLS = st.sampled_from(["", "12", "$ 1,234", "(12)", "Net", "some words here", "2022", "(a)", "5 $"])
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(TABLES, st.sampled_from([6.0, 12.0, 20.0]), st.sampled_from([45.0, 90.0]))
def test_every_character_of_the_page_is_written_at_most_once_and_boxes_fit(
    rows: list[list[str]], pitch: float, width: float
) -> None:
    placed = [
        (72 + width * column, 700 - pitch * number, text)
        for number, row in enumerate(rows)
        for column, text in enumerate(row)
        if text
    ]
    page = lines(*placed)
    if not any(len(line.cells) > 1 for line in page):
        return
    found: TableText = table_text(page, None)
    table = found.block
    assert table.boxes is not None
    assert table.text == clean(table.text)
    assert table.boxes.shape == (len(table.text), 4)
    assert table.boxes.dtype == np.float32
    seen = [
        (round(float(box[0]), 1), round(float(box[1]), 1), character)
        for character, box in zip(table.text, table.boxes, strict=True)
        if not np.isnan(box[0]) and character != " "
    ]
    stood = [
        (round(left + _WIDTH * index, 1), bottom, character)
        for left, bottom, text in placed
        for index, character in enumerate(text)
        if character != " "
    ]
    assert all(first != second for first, second in pairwise(sorted(seen))) or len(set(stood)) < len(stood)
    assert set(seen) <= set(stood)
    if found.header is None:
        assert sorted(seen) == sorted(stood)
