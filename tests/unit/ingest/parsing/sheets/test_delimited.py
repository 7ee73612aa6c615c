from __future__ import annotations

from pathlib import Path

import pytest

from ingest.parsing.sheets.delimited import delimited_blocks, guessed_delimiter, read_csv
from rag.types import ElementKind
from tests.unit.ingest.parsing.reading import read


def lines(text: str) -> list[str]:
    return [line for block in delimited_blocks(text, delimiter=None) for line in block.text.split("\n")]


def test_line_that_names_the_delimiter_is_no_row() -> None:
    assert lines('sep=|\nName|Price\n"Oak; solid"|12,5\nAsh|9\n') == [
        "Name: Oak; solid; Price: 12,5",
        "Name: Ash; Price: 9",
    ]


def test_lines_above_the_names_are_paragraphs() -> None:
    text = "Readings of the north mast\n# exported on 3 May, 2026\n\nDay;Wind;Rain\n1 May;12;0\n2 May;9;4\n"
    blocks = delimited_blocks(text, delimiter=None)
    assert [block.kind for block in blocks[:2]] == [ElementKind.PARAGRAPH, ElementKind.PARAGRAPH]
    assert [block.text for block in blocks][-1] == "Day: 1 May; Wind: 12; Rain: 0\nDay: 2 May; Wind: 9; Rain: 4"


def test_lines_directly_above_the_names_are_paragraphs() -> None:
    assert lines("Report of May, draft\nDay,Wind,Rain,Sun,Fog\n1,2,3,4,5\n") == [
        "Report of May, draft",
        "Day: 1; Wind: 2; Rain: 3; Sun: 4; Fog: 5",
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_told_by_even_rows(delimiter: str) -> None:
    rows = [["Town", "Area in km²", "People"], ["Bo", "1", "7"], ["Å", "2", "9"]]
    assert guessed_delimiter("\n".join(delimiter.join(row) for row in rows)) == delimiter


def test_commas_in_numbers_are_no_delimiters() -> None:
    assert guessed_delimiter("Price;Tax\n1,50;0,30\n2,75;0,55\n") == ";"


def test_quoted_cells_keep_delimiters_breaks_and_quotes() -> None:
    assert lines('Name,Remark,No\nAnn,"one, two\nand ""three""",4\n') == [
        'Name: Ann; Remark: one, two and "three"; No: 4'
    ]


def test_rows_behind_an_empty_line_keep_the_names() -> None:
    assert lines("Item,Count,Cost\na,1,2\n\nSum,1,2\n") == [
        "Item: a; Count: 1; Cost: 2",
        "Item: Sum; Count: 1; Cost: 2",
    ]


def test_every_piece_of_a_wide_row_begins_with_its_first_cell() -> None:
    names = ",".join(["Id", *(f"Field {number}" for number in range(80))])
    rows = "\n".join(f"row-{row}," + ",".join(f"{row}x{number}" for number in range(80)) for row in range(3))
    assert all(line.startswith("Id: row-") for line in lines(f"{names}\n{rows}\n"))


def test_rows_in_the_tens_of_thousands_all_carry_their_names() -> None:
    found = lines("No,Kind,Size\n" + "".join(f"{number},k,2\n" for number in range(45_000)))
    assert len(found) == 45_000
    assert found[-1] == "No: 44999; Kind: k; Size: 2"


def test_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes("Größe\tPreis\n12\t3\n".encode("utf-16"))
    assert read_csv(path, "a.csv")[1][0].text == "Größe: 12; Preis: 3"


def test_names_stay_where_a_row_has_more_cells_than_they(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.csv", "gate,hours,note\nnorth,9,open\nsouth,8,shut,since May\neast,7,open\n")
    assert "gate: south; hours: 8; note: shut; since May" in extracted.text
