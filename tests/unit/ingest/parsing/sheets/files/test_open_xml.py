"""What stands in and over the cells of Excel workbooks beside plain values."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.drawing.image import Image
from openpyxl.styles import Font

from ingest.intake.formats import MEDIA_TYPES
from ingest.parsing.parser import DocumentParser
from rag.settings import OcrBackend
from rag.types import ExtractedText
from tests.unit.ingest.parsing.office.files import png

PARSER = DocumentParser(OcrBackend.NONE, "eng")


def read(made: openpyxl.Workbook, folder: Path) -> ExtractedText:
    made.save(folder / "a.xlsx")
    return PARSER.parse(folder / "a.xlsx", name="a.xlsx", media_type=MEDIA_TYPES[".xlsx"])


def rich(*runs: str | tuple[str, InlineFont]) -> CellRichText:
    return CellRichText(*(each if isinstance(each, str) else TextBlock(each[1], each[0]) for each in runs))


def test_raised_marks_stay_apart_from_values_and_struck_out_text_is_left_out(tmp_path: Path) -> None:
    raised, lowered = InlineFont(vertAlign="superscript"), InlineFont(vertAlign="subscript")
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet.append(["Drug", "Dose"])
    sheet.append(["A", rich("50 mg", ("3", raised))])
    sheet.append(["B", rich("10", ("3", raised), " units, CO", ("2", lowered), " free")])
    sheet.append(["C", rich(("90", InlineFont(strike=True)), "80 mg")])
    sheet.append(["D", "gone"])
    sheet["B5"].font = Font(strike=True)
    extracted = read(made, tmp_path)
    assert extracted.text.split("\n") == [
        "Drug: A; Dose: 50 mg[^3]", "Drug: B; Dose: 10³ units, CO2 free", "Drug: C; Dose: 80 mg", "Drug: D",
    ]  # fmt: skip
    assert extracted.warnings == ("struck-out text left out: 2 words in 2 places",)


def test_headers_footers_and_links_of_formulas_are_read(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    sheet["A1"] = '=HYPERLINK("https://pumps.example/list","Price list")'
    sheet.oddHeader.left.text = "All prices without tax && freight"
    sheet.oddHeader.left.size = 12
    sheet.oddFooter.center.text = "Page &P of &N"
    sheet.oddFooter.right.text = "&A"
    made.create_sheet("Next")["A1"] = "x"
    made.worksheets[1].oddHeader.left.text = "All prices without tax && freight"
    extracted = read(made, tmp_path)
    assert extracted.text.count("All prices without tax & freight") == 1
    assert "Page" not in extracted.text
    assert '=HYPERLINK("https://pumps.example/list","Price list")' in extracted.text  # no result is stored


def test_pictures_and_charts_on_sheets_and_sheets_that_are_charts(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    for row in (["Year", "Sold"], ["a", 1], ["b", 2]):
        sheet.append(row)
    sheet.add_image(Image(BytesIO(png(400, 200))), "E5")
    for target, title in ((sheet, "Sold in the north"), (made.create_chartsheet("Chart"), "Sold in the south")):
        chart = BarChart()
        chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
        chart.title = title
        target.add_chart(chart)
    extracted = read(made, tmp_path)
    assert extracted.text.split("\n\n") == [
        "Year: a; Sold: 1\nYear: b; Sold: 2",
        "Sold in the north",
        "Sold in the south",
    ]
    assert extracted.warnings == ("1 picture without recognised text",)
