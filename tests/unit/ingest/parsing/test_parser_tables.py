"""The tables of each format, as a grid beside the text."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import openpyxl
import openpyxl.worksheet.table
import pptx
import pypandoc
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.parsing.blocks import assembly, joined_tables
from rag.types import ExtractedText, Table
from tests.unit.ingest.parsing.reading import read
from tests.unit.ingest.parsing.samples import Placed, pdf_bytes


def shown(extracted: ExtractedText, table: Table) -> list[list[str]]:
    """Returns the rows of a table with the text of each place; a merged cell repeats its own behind ``^``.

    Checks that every span quotes its cell.
    """
    rows = [[""] * table.column_count for _ in range(table.row_count)]
    for cell in table.cells(extracted.text):
        assert cell.span is None or extracted.text[cell.span.start : cell.span.end] == cell.text
        assert cell.span is None or table.span.start <= cell.span.start < cell.span.end <= table.span.end
        for row in range(cell.row, cell.row + cell.row_span):
            for column in range(cell.column, cell.column + cell.column_span):
                rows[row][column] = f"^{cell.text}"
        rows[cell.row][cell.column] = cell.text
    return rows


def test_sheets_give_addresses_and_merged_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Pumps"
    sheet["B2"] = "Pressure test 2031"
    for place, value in {
        "B4": "Pump", "C4": "Flow", "E4": "Rise", "C5": "min", "D5": "max", "B6": "P-1", "C6": 4.5, "D6": 9, "E6": 0.25,
        "B7": "P-2", "D7": 12, "E7": 0.5,
    }.items():  # fmt: skip
        sheet[place] = value
    for area in ("B4:B5", "C4:D4", "E4:E5"):
        sheet.merge_cells(area)
    sheet["C6"].number_format, sheet["E6"].number_format, sheet["E7"].number_format = '0.00 "l/s"', "0%", "0.0%"
    book.save(tmp_path / "a.xlsx")
    extracted = read(tmp_path, "b.xlsx", (tmp_path / "a.xlsx").read_bytes())
    [table] = extracted.tables
    assert (table.name, table.titles, table.page, table.header_rows) == ("Pumps", (), None, 2)
    assert shown(extracted, table) == [
        ["Pump", "Flow", "^Flow", "Rise"],
        ["^Pump", "min", "max", "^Rise"],
        ["P-1", "4.50 l/s", "9", "25%"],
        ["P-2", "", "12", "50.0%"],
    ]
    addresses = {cell.text: cell.address for cell in table.cells(extracted.text)}
    assert addresses["Pump"] == "B4"
    assert addresses["max"] == "D5"
    assert addresses["4.50 l/s"] == "C6"
    assert addresses["50.0%"] == "E7"


def test_a_table_behind_an_empty_row_keeps_the_names_above_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["Lot", "Weight", "Price"], ["L1", 40, 7], ["L2", 42, 8], [], ["L3", 39, 6], ["L4", 38, 5]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    extracted = read(tmp_path, "b.xlsx", (tmp_path / "a.xlsx").read_bytes())
    first, second = extracted.tables
    assert shown(extracted, second) == [["Lot", "Weight", "Price"], ["L3", "39", "6"], ["L4", "38", "5"]]
    assert [cell.address for cell in second.cells(extracted.text)][2:5] == ["C1", "A5", "B5"]
    assert first.span.end < second.span.start


def test_a_row_is_no_header_because_a_table_beside_it_begins_there(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    rows = [["Cost", "May", "June", None], ["Fuel", 7, 8, "Saving"], ["Sum", 9, 9, 4]]
    for row in rows:
        sheet.append(row)
    sheet.add_table(openpyxl.worksheet.table.Table(displayName="T2", ref="D2:D3"))
    book.save(tmp_path / "a.xlsx")
    extracted = read(tmp_path, "b.xlsx", (tmp_path / "a.xlsx").read_bytes())
    assert "Cost: Fuel; May: 7; June: 8; Saving" in extracted.text


def test_other_workbooks_give_addresses_too(tmp_path: Path) -> None:
    source = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
     xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
     xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
     <office:body><office:spreadsheet><table:table table:name="Tides"><table:table-row table:number-rows-repeated="4">
     <table:table-cell/></table:table-row><table:table-row><table:table-cell table:number-columns-repeated="27"/>
     <table:table-cell office:value-type="string"><text:p>Port</text:p></table:table-cell>
     <table:table-cell office:value-type="string"><text:p>Height</text:p></table:table-cell></table:table-row>
     <table:table-row><table:table-cell table:number-columns-repeated="27"/>
     <table:table-cell office:value-type="string"><text:p>Brest</text:p></table:table-cell>
     <table:table-cell office:value-type="string"><text:p>4,1 m</text:p></table:table-cell></table:table-row>
     </table:table></office:spreadsheet></office:body></office:document-content>"""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", source)
    extracted = read(tmp_path, "a.ods", file.getvalue())
    [table] = extracted.tables
    assert [(cell.text, cell.address) for cell in table.cells(extracted.text)] == [
        ("Port", "AB5"),
        ("Height", "AC5"),
        ("Brest", "AB6"),
        ("4,1 m", "AC6"),
    ]


def test_delimited_text_is_one_table_however_long(tmp_path: Path) -> None:
    rows = "".join(f"S{number};{number / 2};ok\n" for number in range(45_000))
    extracted = read(tmp_path, "a.csv", f"Log of the north mast\nSensor;Value;State\n{rows}")
    [table] = extracted.tables
    assert (table.row_count, table.column_count, table.header_rows) == (45_001, 3, 1)
    grid = shown(extracted, table)
    assert grid[0] == ["Sensor", "Value", "State"]
    assert grid[-1] == ["S44999", "22499.5", "ok"]
    assert table.texts == ()


def test_rows_far_down_are_not_taken_for_names(tmp_path: Path) -> None:
    rows = "part 1,box 1\n7,8\n" * 10_000
    extracted = read(tmp_path, "a.csv", rows + "Anna,Ben\n7,8\n9,10\n")
    [table] = extracted.tables
    assert (table.header_rows, table.row_count) == (0, 20_003)
    assert extracted.text.endswith("\nAnna | Ben\n7 | 8\n9 | 10")


def test_rows_behind_an_empty_line_go_on_but_not_behind_a_line_of_text(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.csv", "Key;Fee\nA;1\nB;2\n\nC;3\nD;4\n\nNorth only\n\nE;5\nF;6\n")
    first, second = extracted.tables
    assert [row[0] for row in shown(extracted, first)] == ["Key", "A", "B", "C", "D"]
    assert shown(extracted, second) == [["Key", "Fee"], ["E", "5"], ["F", "6"]]


def test_delimited_text_that_is_too_long_for_a_grid_is_read_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (assembly, joined_tables):
        monkeypatch.setattr(module, "MAX_TABLE_PLACES", 70_000)
    rows = "".join(f"S{number};{number}\n" for number in range(45_000))
    extracted = read(tmp_path, "a.csv", f"Sensor;Value\n{rows}\n\nDoor;State;Side\nD1;shut;left\nD2;open;left\n")
    assert extracted.tables == ()
    assert extracted.warnings == ("2 tables are too large to be kept as a grid: only their text can be searched",)
    assert "S44999 | 44999" in extracted.text


def test_html_tables_give_spans_row_headers_and_caption(tmp_path: Path) -> None:
    extracted = read(
        tmp_path,
        "a.html",
        """<p>Before.</p><table><caption>Ferry times</caption>
        <thead><tr><th rowspan=2>Pier</th><th colspan=2>Weekday</th></tr><tr><th>First</th><th>Last</th></tr></thead>
        <tr><th>North</th><td>6:10</td><td rowspan=2>22:05</td></tr><tr><th>South</th><td></td></tr></table>""",
    )
    [table] = extracted.tables
    assert (table.name, table.header_rows) == ("Ferry times", 2)
    assert shown(extracted, table) == [
        ["Pier", "Weekday", "^Weekday"],
        ["^Pier", "First", "Last"],
        ["North", "6:10", "22:05"],
        ["South", "", "^22:05"],
    ]
    assert [cell.text for cell in table.cells(extracted.text) if cell.is_header][-2:] == ["North", "South"]


def test_markdown_tables(tmp_path: Path) -> None:
    extracted = read(tmp_path, "a.md", "# Oils\n\n| Oil | Grade |\n|---|---:|\n| Hydrau | 46 |\n| Gear `X` | |\n")
    [table] = extracted.tables
    assert shown(extracted, table) == [["Oil", "Grade"], ["Hydrau", "46"], ["Gear X", ""]]


def test_word_tables_and_a_title_row(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("Intro.")
    table = document.add_table(rows=4, cols=3)
    for row, cells in zip(
        table.rows,
        (("Rates of 2030", "", ""), ("Class", "Day", "Night"), ("A", "1,50 €", "2,00 €"), ("B", "", "3,00 €")),
        strict=True,
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    table.cell(0, 0).merge(table.cell(0, 2))
    document.save(str(tmp_path / "a.docx"))
    extracted = read(tmp_path, "b.docx", (tmp_path / "a.docx").read_bytes())
    [found] = extracted.tables
    assert found.titles == ("Rates of 2030",)
    assert shown(extracted, found) == [["Class", "Day", "Night"], ["A", "1,50 €", "2,00 €"], ["B", "", "3,00 €"]]


def test_slides_give_tables_and_the_data_of_charts(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    size = (Inches(1), Inches(1), Inches(5), Inches(1))
    cells = slide.shapes.add_table(2, 2, *size).table
    for place, text in {(0, 0): "Bus", (0, 1): "Seats", (1, 0): "Line 9", (1, 1): "48"}.items():
        cells.cell(*place).text = text
    data: Any = CategoryChartData()  # type: ignore[no-untyped-call] # the library has no types
    data.categories = ["May", "June"]
    data.add_series("Visitors", (120, 180))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(5), Inches(3), data)
    deck.save(str(tmp_path / "a.pptx"))
    extracted = read(tmp_path, "b.pptx", (tmp_path / "a.pptx").read_bytes())
    table, chart = extracted.tables
    assert (table.page, chart.page) == (1, 1)
    assert shown(extracted, table) == [["Bus", "Seats"], ["Line 9", "48"]]
    assert shown(extracted, chart)[1:] == [["May", "120"], ["June", "180"]]


def test_open_document_text(tmp_path: Path) -> None:
    markdown = "| Tool | Bay |\n|---|---|\n| Saw | 4 |\n| Plane | 11 |\n"
    pypandoc.convert_text(markdown, "odt", format="markdown", outputfile=str(tmp_path / "a.odt"))
    extracted = read(tmp_path, "b.odt", (tmp_path / "a.odt").read_bytes())
    [table] = extracted.tables
    assert shown(extracted, table) == [["Tool", "Bay"], ["Saw", "4"], ["Plane", "11"]]


def test_tables_of_files_in_a_file_keep_their_places(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Fees"
    for row in (["Course", "Fee"], ["Sailing", 310], ["Rowing", 95]):
        book.worksheets[0].append(row)
    sheet = io.BytesIO()
    book.save(sheet)
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("one.csv", "Key;Room\nK1;Attic\nK2;Cellar\n")
        archive.writestr("two/fees.xlsx", sheet.getvalue())
    mail = EmailMessage()
    mail["Subject"] = "Lists"
    mail.set_content("See the files.")
    mail.add_attachment(inside.getvalue(), maintype="application", subtype="zip", filename="lists.zip")
    extracted = read(tmp_path, "a.eml", mail.as_bytes())
    first, second = extracted.tables
    assert shown(extracted, first) == [["Key", "Room"], ["K1", "Attic"], ["K2", "Cellar"]]
    assert shown(extracted, second) == [["Course", "Fee"], ["Sailing", "310"], ["Rowing", "95"]]
    assert [cell.address for cell in second.cells(extracted.text)] == ["A1", "B1", "A2", "B2", "A3", "B3"]
    assert first.name.endswith("one.csv")
    assert second.name.endswith("fees.xlsx > Fees")


def placed(top: float, *rows: str) -> list[Placed]:
    """Rows of a page with their cells at fixed columns; a cell behind ``>`` begins half a column further right."""
    return [
        (72 + 130 * column + (65 if cell.startswith(">") else 0), top - 20 * number, 11, cell.strip(" >"))
        for number, row in enumerate(rows)
        for column, cell in enumerate(row.split("|"))
        if cell.strip(" >")
    ]


def test_a_pdf_table_over_three_pages_is_one_with_or_without_its_header(tmp_path: Path) -> None:
    names = "Door|Width|Rating"
    pages = [
        [(72, 740, 11, "The doors of the building."), *placed(120, names, "D-1|900 mm|30 min", "D-2|950 mm|60 min")],
        placed(740, names, *(f"D-{number}|{number}0 mm|90 min" for number in range(3, 35))),
        [*placed(740, "D-35|850 mm|", "D-36||45 min"), (72, 500, 11, "All of them close by themselves.")],
    ]  # fmt: skip
    extracted = read(tmp_path, "a.pdf", pdf_bytes(pages))
    [table] = extracted.tables
    grid = shown(extracted, table)
    assert (table.page, table.header_rows, table.row_count) == (1, 1, 37)
    assert grid[:3] == [["Door", "Width", "Rating"], ["D-1", "900 mm", "30 min"], ["D-2", "950 mm", "60 min"]]
    assert grid[3] == ["D-3", "30 mm", "90 min"]
    assert grid[-2:] == [["D-35", "850 mm", ""], ["D-36", "", "45 min"]]


def test_a_pdf_table_with_two_rows_of_names_and_a_group_of_rows(tmp_path: Path) -> None:
    page = placed(
        700,
        "|>Inland||>Abroad|",
        "Parcel|May|June|May|June",
        "Small|4.10|4.30|9.00|9.20",
        "Bulky:",
        "Large|8.50|8.70||19.80",
    )
    extracted = read(tmp_path, "a.pdf", pdf_bytes([page], media_box="0 0 792 792"))
    [table] = extracted.tables
    assert shown(extracted, table) == [
        ["", "Inland", "^Inland", "Abroad", "^Abroad"],
        ["Parcel", "May", "June", "May", "June"],
        ["Small", "4.10", "4.30", "9.00", "9.20"],
        ["Bulky:", "", "", "", ""],
        ["Large", "8.50", "8.70", "", "19.80"],
    ]
    assert "Parcel: Large; Inland > May: 8.50; Inland > June: 8.70; Abroad > June: 19.80" in extracted.text
