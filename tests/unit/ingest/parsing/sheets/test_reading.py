from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from ingest.intake.formats import MEDIA_TYPES
from ingest.parsing.parser import DocumentParser
from rag.errors import CorruptDocumentError, ParserLimitError
from rag.settings import OcrBackend
from rag.types import ElementKind, ExtractedText

PARSER = DocumentParser(OcrBackend.NONE, "eng")
_STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"http://purl.oclc.org/ooxml/officeDocument/relationships",
}


def workbook(*rows: Sequence[object], name: str = "Plan") -> tuple[openpyxl.Workbook, Worksheet]:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.title = name
    for row in rows:
        sheet.append(row)
    return made, sheet


def read(made: openpyxl.Workbook, folder: Path, *, changed: dict[bytes, bytes] | None = None) -> ExtractedText:
    """Saves and reads a workbook; ``changed`` replaces bytes in all of its parts."""
    path = folder / "a.xlsx"
    made.save(path)
    if changed:
        with zipfile.ZipFile(path) as archive:
            parts = {part: archive.read(part) for part in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, content in parts.items():
                archive.writestr(part, reduce(lambda text, change: text.replace(*change), changed.items(), content))
    return PARSER.parse(path, name="a.xlsx", media_type=MEDIA_TYPES[".xlsx"])


def test_values_are_as_displayed(tmp_path: Path) -> None:
    made, sheet = workbook(
        ["Ticket", "Price", "Rise", "From", "Flight", "Code"],
        ["Adult", 5.5, 0.1, dt.date(2026, 3, 1), dt.timedelta(hours=27, minutes=30), 7],
    )
    for column, code in enumerate(['#,##0.00 "€"', "0.0%", "dd.mm.yyyy", "[h]:mm", "0000"], start=2):
        sheet.cell(2, column).number_format = code
    line = "Ticket: Adult; Price: 5.50 €; Rise: 10.0%; From: 01.03.2026; Flight: 27:30; Code: 0007"
    assert read(made, tmp_path).text == line


def test_merged_cells_are_in_all_their_rows_and_titles_above_the_table(tmp_path: Path) -> None:
    made, sheet = workbook(
        ["Ferries", None, None],
        [None, None, None],
        ["Pier", "Tide", "Cars"],
        ["West", "high", 12],
        [None, "low", 8],
    )
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("A4:A5")
    extracted = read(made, tmp_path)
    assert extracted.text == "Ferries\n\nPier: West; Tide: high; Cars: 12\nPier: West; Tide: low; Cars: 8"
    assert [element.kind for element in extracted.elements] == [ElementKind.HEADING, ElementKind.TABLE]
    assert extracted.elements[1].heading_path == ("Plan", "Ferries")


def test_names_in_two_rows_with_merged_groups(tmp_path: Path) -> None:
    made, sheet = workbook(["Hut", "Summer", None, "Winter", None], [None, 1, 2, 1, 2], ["Fell", 30, 50, 20, 35])
    for area in ("A1:A2", "B1:C1", "D1:E1"):
        sheet.merge_cells(area)
    assert read(made, tmp_path).text == "Hut: Fell; Summer > 1: 30; Summer > 2: 50; Winter > 1: 20; Winter > 2: 35"


def test_formulas_without_results_are_computed_or_shown_with_a_warning(tmp_path: Path) -> None:
    made, _ = workbook(
        ["Part", "Number", "Each", "All"], ["Bolt", 4, 2.5, "=B2*C2"], ["Sum", None, None, "=SUM(D2:D2)"]
    )
    made.worksheets[0]["B6"] = "=NOW()"
    extracted = read(made, tmp_path)
    assert extracted.text == "Part: Bolt; Number: 4; Each: 2.5; All: 10\nPart: Sum; All: 10\n\n=NOW()"
    assert extracted.warnings == (
        "formula without stored result in Plan!B6",
        "2 results of formulas computed, because the file stores none",
    )


def test_zero_that_stands_for_no_result_is_computed(tmp_path: Path) -> None:
    made, _ = workbook(["Part", "Number", "Twice"], ["Nut", 4, "=B2*2"])
    assert read(made, tmp_path, changed={b"</f><v></v>": b"</f><v>0</v>"}).text == "Part: Nut; Number: 4; Twice: 8"


def test_shared_formula_is_written_for_its_own_row(tmp_path: Path) -> None:
    made, _ = workbook(["Part", "Number", "Twice"], ["a", 4, "=B2*2"], ["b", 5, "=X"])
    shared = {
        b"<f>B2*2</f>": b'<f t="shared" ref="C2:C3" si="0">B2*2</f>',
        b"<f>X</f>": b'<f t="shared" si="0"/>',
    }
    assert read(made, tmp_path, changed=shared).text.endswith("Part: b; Number: 5; Twice: 10")


def test_stored_results_are_believed(tmp_path: Path) -> None:
    made, _ = workbook(["Part", "Number", "Twice"], ["Nut", 4, "=B2*2"])
    extracted = read(made, tmp_path, changed={b"</f><v></v>": b"</f><v>9</v>"})
    assert extracted.text == "Part: Nut; Number: 4; Twice: 9"
    assert extracted.warnings == ()


def test_notes_stand_in_the_lines_of_their_rows_with_their_authors(tmp_path: Path) -> None:
    made, sheet = workbook(["Site", "Cost"], ["Rome", 31], ["Lima", 12])
    sheet["B2"].comment = Comment("Eva Dahl:\nwithout tax", "Eva Dahl")
    sheet["A3"].comment = Comment("closed in June", "Tom")
    assert read(made, tmp_path).text.split("\n") == [
        "Site: Rome; Cost: 31; Note on Cost: Eva Dahl: without tax",
        "Site: Lima; Cost: 12; Note on Site: Tom: closed in June",
    ]


def test_hidden_sheets_rows_columns_and_cells_are_left_out_and_named(tmp_path: Path) -> None:
    made, sheet = workbook(["Name", "Pay", "Team"], ["Ann", 5001, "blue"], ["Bo", 6002, "red"], ["Cy", 7003, "red"])
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[3].hidden = True
    sheet["C4"].number_format = ";;;"
    secret = made.create_sheet("Secret")
    secret["A1"] = "code word"
    secret.sheet_state = "veryHidden"
    extracted = read(made, tmp_path)
    assert extracted.text == "Name | Team\nName: Ann; Team: blue\nCy".replace("Name | Team\n", "").replace(
        "\nCy", "\nName: Cy"
    )
    assert extracted.warnings == (
        "1 hidden sheet left out: 'Secret'",
        "1 hidden row of sheet 'Plan' left out: 3",
        "1 hidden column of sheet 'Plan' left out: B",
        "1 cell of sheet 'Plan' left out: their format hides them",
    )


def test_texts_in_the_colour_of_their_ground_or_tiny_are_left_out(tmp_path: Path) -> None:
    made, sheet = workbook(["Name", "Pay"], ["Ann", 5], ["white words", 6], ["tiny words", 7])
    for cell in sheet[1]:
        cell.font, cell.fill = Font(color="FFFFFFFF"), PatternFill("solid", fgColor="FF000080")
    sheet["A3"].font, sheet["A4"].font = Font(color="FFFFFFFF"), Font(sz=1)
    extracted = read(made, tmp_path)
    assert extracted.text == "Name: Ann; Pay: 5\nPay: 6\nPay: 7"
    assert extracted.warnings == ("2 cells of sheet 'Plan' left out: their format hides them",)


def test_rows_behind_an_empty_one_keep_the_names_of_their_columns(tmp_path: Path) -> None:
    made, _ = workbook(["Item", "Count", "Cost"], ["Peg", 3, 4], [None, None, None], ["Sum", None, 4])
    assert read(made, tmp_path).text == "Item: Peg; Count: 3; Cost: 4\n\nItem: Sum; Cost: 4"


def test_several_tables_with_titles_on_a_sheet(tmp_path: Path) -> None:
    made, _ = workbook(
        ["Doors", None], ["Kind", "Width"], ["oak", 80], [], ["Windows", None], [], ["Kind", "Width"], ["pine", 60]
    )
    extracted = read(made, tmp_path)
    tables = [element.heading_path for element in extracted.elements if element.kind is ElementKind.TABLE]
    assert tables == [("Plan", "Doors"), ("Plan", "Windows")]


def test_tables_side_by_side_may_have_titles_above_their_names(tmp_path: Path) -> None:
    made, _ = workbook(
        ["Boats", None, None, "Crew"],
        ["Boat", "Seats", None, "Name", "Age"],
        ["Auk", 4, None, "Eva", 38],
        ["Tern", 6, None, "Jon", 41],
    )
    lines = read(made, tmp_path).text.split("\n")
    left = ["Boats", "Boat: Auk; Seats: 4", "Boat: Tern; Seats: 6"]
    assert [line for line in lines if line] == [*left, "Crew", "Name: Eva; Age: 38", "Name: Jon; Age: 41"]


def test_a_group_of_columns_behind_a_margin_keeps_the_labels_of_its_rows(tmp_path: Path) -> None:
    made, _ = workbook(
        [None, "Plan", None, None, "Real"],
        ["Boat", "May", "June", None, "May", "June"],
        ["Auk", 4, 5, None, 6, 7],
        ["Tern", 8, 9, None, 1, 2],
    )
    text = read(made, tmp_path).text
    assert next(line for line in text.split("\n") if "Auk" in line).endswith("7")


def test_numbers_name_columns_where_the_file_says_so(tmp_path: Path) -> None:
    made, sheet = workbook(["Place", "10", "20"], ["A", 1, 2])
    sheet.add_table(Table(displayName="T", ref="A1:C2"))
    assert read(made, tmp_path).text == "Place: A; 10: 1; 20: 2"


def test_addresses_behind_links_are_kept(tmp_path: Path) -> None:
    made, sheet = workbook(["Form", "Pages"], ["Leave", 2])
    sheet["A2"].hyperlink = "https://example.org/leave"
    assert read(made, tmp_path).text == "Form: Leave (https://example.org/leave); Pages: 2"


def test_strict_workbooks_are_read(tmp_path: Path) -> None:
    made, _ = workbook(["Name", "Age"], ["Ann", 41])
    assert read(made, tmp_path, changed=_STRICT).text == "Name: Ann; Age: 41"


def test_cells_and_rows_without_their_places_follow_each_other(tmp_path: Path) -> None:
    made, _ = workbook(["Name", "Age"], ["Ann", 41])
    places = {b' r="%s"' % place.encode(): b"" for place in ("A1", "B1", "A2", "B2", "1", "2")}
    assert read(made, tmp_path, changed=places).text == "Name: Ann; Age: 41"


@pytest.mark.parametrize("extension", [".xlsm", ".xltx", ".xltm"])
def test_templates_and_workbooks_with_macros_are_workbooks(extension: str) -> None:
    assert MEDIA_TYPES[extension] == MEDIA_TYPES[".xlsx"]


def test_everything_in_a_workbook_counts_as_read(tmp_path: Path) -> None:
    made, sheet = workbook(["Words", "of", "the", "header"], ["one", "two", 3, None], [None, "lonely", None, None])
    sheet["A6"] = "below"
    merged = {b"</sheetData>": b'</sheetData><mergeCells><mergeCell ref="B2:C3"/></mergeCells>'}
    assert read(made, tmp_path, changed=merged).warnings == (
        "2 cells of sheet 'Plan' left out: merged cells hide them",
    )


def test_distant_cells_do_not_make_a_huge_table(tmp_path: Path) -> None:
    made, sheet = workbook(["a"])
    sheet["XFD1048576"] = "z"
    merged = b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    with pytest.raises(ParserLimitError, match="too far apart"):
        read(made, tmp_path, changed={b"</sheetData>": merged})


def test_diagonal_of_cells_is_refused(tmp_path: Path) -> None:
    made, sheet = workbook()
    for number in range(1, 4_000):
        sheet.cell(number, number, "x")
    with pytest.raises(ParserLimitError, match="too far apart"):
        read(made, tmp_path)


def test_long_text_that_many_cells_share_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.parsing.sheets.files.open_xml.MAX_CHARACTERS", 1_000)
    made, _ = workbook(*[["word " * 100]] * 3)
    with pytest.raises(ParserLimitError, match="characters"):
        read(made, tmp_path)


def test_workbook_without_its_main_part_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/other.xml", "<a/>")
    with pytest.raises(CorruptDocumentError, match="no workbook"):
        PARSER.parse(path, name="a.xlsx", media_type=MEDIA_TYPES[".xlsx"])
