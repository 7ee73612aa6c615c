from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ingest.intake.file_types import identify
from ingest.parsing.parser import DocumentParser
from rag.errors import EncryptedDocumentError, ParserLimitError
from rag.settings import OcrBackend
from rag.types import ExtractedText

PARSER = DocumentParser(OcrBackend.NONE, "eng")
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES = (
    "".join(f' xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "table", "text", "style", "drawing"))
    + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def saved(folder: Path, tables: str, *, styles: str = "", manifest: str = "<manifest/>") -> Path:
    path = folder / "a.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _TYPE)
        archive.writestr("META-INF/manifest.xml", manifest)
        body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        styled = f"<office:automatic-styles>{styles}</office:automatic-styles>"
        archive.writestr("content.xml", f"<office:document-content{_NAMES}>{styled}{body}</office:document-content>")
    return path


def read(folder: Path, tables: str, *, styles: str = "") -> ExtractedText:
    path = saved(folder, tables, styles=styles)
    return PARSER.parse(path, name="a.ods", media_type=identify(path, "a.ods"))


def cell(text: str, more: str = "", inside: str = "") -> str:
    return f"<table:table-cell {more}>{inside}<text:p>{text}</text:p></table:table-cell>"


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def table(*rows: str, more: str = 'table:name="Boats"') -> str:
    return f"<table:table {more}>{''.join(rows)}</table:table>"


EMPTY = "<table:table-cell/>"
HIDDEN = "<table:covered-table-cell/>"


def test_cells_are_as_displayed_and_spans_cover_their_rows(tmp_path: Path) -> None:
    rows = table(
        row(cell("Pier", 'table:number-rows-spanned="2"'), cell("Price", 'table:number-columns-spanned="2"'), HIDDEN),
        row(HIDDEN, cell("day"), cell("week")),
        row(cell("West"), cell("12,50 €", 'office:value-type="currency" office:value="12.5"'), cell("60,00 €")),
    )
    assert read(tmp_path, rows).text == "Pier: West; Price > day: 12,50 €; Price > week: 60,00 €"


def test_repeated_cells_and_rows_keep_their_places(tmp_path: Path) -> None:
    rows = table(
        row(*map(cell, ("Name", "A", "B", "C"))),
        row(cell("x"), '<table:table-cell table:number-columns-repeated="2"/>', cell("7")),
        row(cell("y"), cell("5", 'table:number-columns-repeated="3"'), more='table:number-rows-repeated="2"'),
        row('<table:table-cell table:number-columns-repeated="16384"/>', more='table:number-rows-repeated="1048570"'),
    )
    same = "Name: y; A: 5; B: 5; C: 5"
    assert read(tmp_path, rows).text == f"Name: x; C: 7\n{same}\n{same}"


def test_numbers_without_a_displayed_text_are_shown(tmp_path: Path) -> None:
    values = [
        '<table:table-cell office:value-type="percentage" office:value="0.25"/>',
        '<table:table-cell office:value-type="currency" office:value="3.5" office:currency="EUR"/>',
        '<table:table-cell office:value-type="date" office:date-value="2026-05-03"/>',
        '<table:table-cell office:value-type="time" office:time-value="PT27H30M00S"/>',
    ]
    assert read(tmp_path, table(row(*values))).text == "25% | 3.5 EUR | 2026-05-03 | 27:30:00"


def test_formula_without_a_result_is_computed(tmp_path: Path) -> None:
    number = '<table:table-cell office:value-type="float" office:value="{}"><text:p>{}</text:p></table:table-cell>'
    rows = table(
        row(cell("Part"), cell("Number"), cell("Twice")),
        row(cell("Nut"), number.format(4, 4), '<table:table-cell table:formula="of:=[.B2]*2"/>'),
        row(cell("Sum"), EMPTY, '<table:table-cell table:formula="of:=SUM([.C2:.C2];1)"/>'),
    )
    extracted = read(tmp_path, rows)
    assert extracted.text == "Part: Nut; Number: 4; Twice: 8\nPart: Sum; Twice: 9"
    assert extracted.warnings == ("2 results of formulas computed, because the file stores none",)


def test_notes_links_and_spaces(tmp_path: Path) -> None:
    note = "<office:annotation><dc:creator>Eva</dc:creator><text:p>old price</text:p></office:annotation>"
    rows = table(
        row(cell("Item"), cell("Price")), row(cell("a<text:s/>b<text:tab/><text:a>c</text:a>"), cell("3", inside=note))
    )
    assert read(tmp_path, rows).text == "Item: a b c; Price: 3; Note on Price: Eva: old price"


def test_hidden_parts_are_left_out_and_named(tmp_path: Path) -> None:
    style = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    shown = table(
        '<table:table-column/><table:table-column table:visibility="collapse"/>',
        row(cell("Name"), cell("Pay"), cell("Team")),
        row(cell("Ann"), cell("5001"), cell("blue")),
        row(cell("Bo"), cell("6002"), cell("red"), more='table:visibility="filter"'),
    )
    hidden = table(row(cell("code word")), more='table:name="Secret" table:style-name="h"')
    extracted = read(tmp_path, shown + hidden, styles=style)
    assert extracted.text == "Name | Team\nAnn | blue"
    assert extracted.warnings == (
        "1 hidden sheet left out: 'Secret'",
        "1 hidden row of sheet 'Boats' left out: 3",
        "1 hidden column of sheet 'Boats' left out: B",
    )


def test_absurd_repeats_are_refused(tmp_path: Path) -> None:
    rows = table(row(cell("x", 'table:number-columns-repeated="16384"'), more='table:number-rows-repeated="1048576"'))
    with pytest.raises(ParserLimitError, match="cells"):
        read(tmp_path, rows)


def test_encrypted_workbook_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, "", manifest="<manifest><encryption-data/></manifest>")
    with pytest.raises(EncryptedDocumentError):
        identify(path, "a.ods")


def test_raised_marks_links_and_struck_out_text_in_cells(tmp_path: Path) -> None:
    styles = "".join(
        f'<style:style style:name="{name}"><style:text-properties style:{key}="{value}"/></style:style>'
        for name, key, value in (("R", "text-position", "super 58%"), ("S", "text-line-through-style", "solid"))
    )
    link = '<text:a xlink:href="https://pumps.example" xmlns:xlink="http://www.w3.org/1999/xlink">list</text:a>'
    table = '<table:table table:name="A">'
    for first, second in (
        ("Drug", "Dose"),
        ("A", '50 mg<text:span text:style-name="R">3</text:span>'),
        ("B", f'<text:span text:style-name="S">90 mg</text:span> {link}'),
    ):
        table += f"<table:table-row>{cell(first)}{cell(second)}</table:table-row>"
    extracted = read(tmp_path, f"{table}</table:table>", styles=styles)
    assert extracted.text == "Drug: A; Dose: 50 mg[^3]\nDrug: B; Dose: list (https://pumps.example)"
    assert extracted.warnings == ("struck-out text left out: 2 words in 1 place",)
