from __future__ import annotations

import datetime as dt
import struct
import zipfile
from pathlib import Path

import docx
import openpyxl
import pptx
import pypandoc
import pytest
from pptx.util import Inches

from ingest.intake.file_types import identify
from ingest.parsing.office.word_files import word
from ingest.parsing.parser import DocumentParser
from rag.errors import CorruptDocumentError, EncryptedDocumentError, NoTextError, UnsupportedTypeError
from rag.settings import OcrBackend
from rag.types import ElementKind, ExtractedText

PARSER = DocumentParser(OcrBackend.NONE, "eng")


def parsed(folder: Path, name: str, content: str | bytes) -> ExtractedText:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return parsed_at(path)


def parsed_at(path: Path) -> ExtractedText:
    return PARSER.parse(path, name=path.name, media_type=identify(path, path.name))


def texts(extracted: ExtractedText, kind: ElementKind) -> list[str]:
    return [extracted.text[e.span.start : e.span.end] for e in extracted.elements if e.kind is kind]


def test_word_document_gives_headings_lists_and_tables(tmp_path: Path) -> None:
    document = docx.Document()
    document.core_properties.title = "Travel policy"
    document.add_heading("Expenses", level=1)
    document.add_paragraph("Meals are refunded up to 40 euros a day.")
    document.add_paragraph("Keep the receipt", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("Country", "Limit"), ("Spain", "120")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(str(tmp_path / "a.docx"))
    extracted = parsed_at(tmp_path / "a.docx")
    assert extracted.title == "Travel policy"
    assert texts(extracted, ElementKind.HEADING) == ["Expenses"]
    assert texts(extracted, ElementKind.LIST_ITEM) == ["Keep the receipt"]
    assert texts(extracted, ElementKind.TABLE) == ["Country: Spain; Limit: 120"]
    assert extracted.elements[1].heading_path == ("Expenses",)
    assert {element.page for element in extracted.elements} == {None}


def test_slides_are_pages_and_their_titles_head_them_alone(tmp_path: Path) -> None:
    presentation = pptx.Presentation()
    for title in ("First", "Second"):
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = title
        slide.shapes.add_textbox(Inches(1), Inches(2), Inches(5), Inches(1)).text_frame.text = f"Body of {title}."
    presentation.save(str(tmp_path / "a.pptx"))
    extracted = parsed_at(tmp_path / "a.pptx")
    assert extracted.page_count == 2
    bodies = [element for element in extracted.elements if element.kind is not ElementKind.HEADING]
    assert [(body.page, body.heading_path) for body in bodies] == [(1, ("First",)), (2, ("Second",))]


def test_workbook_gives_every_row_of_every_sheet_as_it_is_read(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    first = workbook.worksheets[0]
    first.title = "Sales"
    rows = [
        ["Region", "Amount", "Day", "Share"],
        ["North", 0.1 + 0.2, dt.date(2024, 3, 1), 0.125],
        ["South", 7.0, None, 1],
    ]
    for row in rows:
        first.append(row)
    for row_number in (2, 3):
        first.cell(row_number, 4).number_format = "0.0%"
    workbook.create_sheet("Notes").append(["Checked by Ann"])
    workbook.save(tmp_path / "a.xlsx")
    extracted = parsed_at(tmp_path / "a.xlsx")
    assert extracted.text.split("\n") == [
        "Region: North; Amount: 0.3; Day: 2024-03-01; Share: 12.5%",
        "Region: South; Amount: 7; Share: 100.0%",
        "",
        "Checked by Ann",
    ]
    assert [element.heading_path for element in extracted.elements] == [("Sales",), ("Notes",)]


def test_tables_side_by_side_on_a_sheet_stay_apart(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    for row in (["Name", "Age", None, "City", "Zip"], ["Ann", 41, None, "Bonn", 53111]):
        workbook.worksheets[0].append(row)
    workbook.save(tmp_path / "a.xlsx")
    assert parsed_at(tmp_path / "a.xlsx").text == "Name: Ann; Age: 41\n\nCity: Bonn; Zip: 53111"


@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t")])
def test_delimited_rows_carry_their_column_names(tmp_path: Path, name: str, delimiter: str) -> None:
    rows = [["Item", "Price"], ['"Nails, small"', "1250.5"], ["Glue", "3"]]
    extracted = parsed(tmp_path, name, "\n".join(delimiter.join(row) for row in rows))
    assert extracted.text == "Item: Nails, small; Price: 1250.5\nItem: Glue; Price: 3"


def test_html_leaves_out_what_is_not_the_document(tmp_path: Path) -> None:
    page = """<html><head><title>Help &amp; more</title><style>p{}</style></head><body>
      <nav><a href="/">Home</a></nav><h1>Refunds</h1><p>Ask within
      <b>14 days</b>.</p><script>alert(1)</script><p hidden>secret</p><pre>a = 1
b = 2</pre></body></html>"""
    extracted = parsed(tmp_path, "a.html", page)
    assert extracted.title == "Help & more"
    assert extracted.text == "Refunds\n\nAsk within 14 days.\n\na = 1\nb = 2"
    assert texts(extracted, ElementKind.CODE) == ["a = 1\nb = 2"]


@pytest.mark.parametrize("strange", ["> " * 400, ">" * 400, "[" * 20_000, "*" * 20_000, "`" * 20_000])
def test_markdown_that_nobody_writes_is_read_as_text(tmp_path: Path, strange: str) -> None:
    text = parsed(tmp_path, "a.md", f"Before it.\n\n{strange} in the midst\n\nAfter it.\n").text
    assert all(words in text for words in ("Before it.", "in the midst", "After it."))


def test_markdown_joins_soft_breaks_and_keeps_code(tmp_path: Path) -> None:
    code = "```python\nx = 1\nif x:\n    y = 2\n```"
    text = f"# Guide\n\nInstall the\npackage first.\n\n{code}\n\n| A | B |\n|---|---|\n| x | 2 |\n"
    extracted = parsed(tmp_path, "a.md", text)
    assert extracted.title == "Guide"
    assert "Install the package first." in extracted.text
    assert texts(extracted, ElementKind.CODE) == ["x = 1\nif x:\n    y = 2"]
    assert texts(extracted, ElementKind.TABLE) == ["A: x; B: 2"]


MAIL = (
    "From: Ann <ann@example.org>\r\nTo: Ben <ben@example.org>\r\nDate: Fri, 16 Dec 2022 17:04:16 -0500\r\n"
    "Subject: =?utf-8?b?w5xiZXI=?= budget\r\nContent-Type: text/plain; charset={charset}\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_mail_keeps_its_headers_and_reads_its_charset(tmp_path: Path, encoding: str) -> None:
    charset = "utf-8" if encoding == "utf-16" else encoding
    content = MAIL.format(charset=charset, body="Die Kosten für März sind höher.").encode(encoding)
    extracted = parsed(tmp_path, "a.eml", content)
    assert extracted.title == "Über budget"
    assert "From: Ann <ann@example.org>" in extracted.text
    assert extracted.text.endswith("Die Kosten für März sind höher.")


def test_encrypted_mail_is_refused(tmp_path: Path) -> None:
    content = "From: a@example.org\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMIIB\n"
    with pytest.raises(EncryptedDocumentError):
        parsed(tmp_path, "a.eml", content)


def test_json_values_carry_the_names_above_them(tmp_path: Path) -> None:
    extracted = parsed(tmp_path, "a.json", '{"shop": {"name": "Bo", "open": true, "staff": [{"n": 1.5}, {"n": 2}]}}')
    assert extracted.text == "shop: name: Bo; open: true\nshop > staff: n: 1.5\nshop > staff: n: 2"


def test_xml_records_become_lines_and_entities_stay_unread(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden words")
    page = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}">]><r><i><a>one</a><b>two</b></i><p>Hi &x; there</p></r>'
    extracted = parsed(tmp_path, "a.xml", page)
    assert "a: one; b: two" in extracted.text
    assert "hidden" not in extracted.text


def test_rst_does_not_include_other_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words")
    extracted = parsed(tmp_path, "a.rst", f"Title\n=====\n\nText.\n\n.. include:: {secret}\n")
    assert extracted.text == f"Title\n\nText.\n\ninclude: {secret}"


def test_rst_and_rtf_are_read(tmp_path: Path) -> None:
    extracted = parsed(tmp_path, "a.rst", "Guide\n=====\n\nSome *text* here.\n\n- one\n- two\n")
    assert extracted.title == "Guide"
    assert texts(extracted, ElementKind.LIST_ITEM) == ["one", "two"]
    assert parsed(tmp_path, "a.rtf", r"{\rtf1\ansi Some \b bold\b0  words.}").text == "Some bold words."


@pytest.mark.parametrize("kind", ["odt", "epub"])
def test_open_document_and_book_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    markdown = "% The Handbook\n\n# Rules\n\nSome words.\n"
    pypandoc.convert_text(markdown, kind, format="markdown", outputfile=str(path))
    extracted = parsed_at(path)
    assert extracted.title == "The Handbook"
    assert "Some words." in extracted.text
    assert extracted.elements[-1].heading_path[-1] == "Rules"


def test_file_without_words_has_no_text(tmp_path: Path) -> None:
    with pytest.raises(NoTextError):
        parsed(tmp_path, "a.txt", " \n\n ")


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx"])
def test_office_file_with_damaged_parts_is_corrupt(tmp_path: Path, name: str) -> None:
    folder = {"a.docx": "word", "a.pptx": "ppt", "a.xlsx": "xl"}[name]
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("[Content_Types].xml", b"<Types")
        archive.writestr(f"{folder}/document.xml", struct.pack("<I", 7))
    with pytest.raises(CorruptDocumentError):
        parsed_at(tmp_path / name)


def test_unknown_media_type_is_unsupported(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedTypeError):
        PARSER.parse(tmp_path / "a", name="a", media_type="video/mp4")


def test_words_that_a_reader_does_not_find_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = docx.Document()
    document.add_paragraph("Shown to all.")
    document.save(str(tmp_path / "a.docx"))
    assert parsed_at(tmp_path / "a.docx").warnings == ()
    monkeypatch.setattr("ingest.parsing.office.counters.held_in_docx", lambda _: {"text boxes": ["Never shown."]})
    assert parsed_at(tmp_path / "a.docx").warnings == ("2 words of text boxes were not read: 'Never shown.'",)


def test_a_file_whose_words_cannot_be_counted_is_read_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = docx.Document()
    document.add_paragraph("Shown to all.")
    document.save(str(tmp_path / "a.docx"))
    monkeypatch.setattr("ingest.parsing.office.counters.held_in_docx", lambda _: 1 / 0)
    extracted = parsed_at(tmp_path / "a.docx")
    assert extracted.text == "Shown to all."
    assert extracted.warnings == ("it could not be checked whether all words were read",)


def _fail(*_: object, **__: object) -> None:
    raise IndexError("a fault of ours")


def test_a_word_file_on_which_its_reader_fails_is_read_by_unstructured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = docx.Document()
    document.add_heading("Pumps", level=1)
    document.add_paragraph("The pump is inspected every 400 hours. Dr. Berg signs for it.")
    table = document.add_table(2, 2)
    for cell, text in zip((*table.rows[0].cells, *table.rows[1].cells), ("Pump", "Bar", "P-10", "6"), strict=True):
        cell.text = text
    document.save(str(tmp_path / "a.docx"))
    monkeypatch.setattr(word, "read_word", _fail)
    extracted = parsed_at(tmp_path / "a.docx")
    assert extracted.parser == "unstructured"
    assert "Pumps\n\nThe pump is inspected every 400 hours. Dr. Berg signs for it." in extracted.text
    assert "Pump: P-10; Bar: 6" in extracted.text
    assert extracted.warnings[0].startswith("It was read by a simpler reader, without notes")


def test_a_presentation_on_which_its_reader_fails_keeps_its_slides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slides = pptx.Presentation()
    for title in ("Pumps", "Valves"):
        slides.slides.add_slide(slides.slide_layouts[5]).shapes.title.text = title
    slides.save(str(tmp_path / "a.pptx"))
    monkeypatch.setattr("ingest.parsing.office.slide_files.slides.read_slides", _fail)
    extracted = parsed_at(tmp_path / "a.pptx")
    assert [(extracted.text[each.span.start : each.span.end], each.page) for each in extracted.elements] == [
        ("Pumps", 1),
        ("Valves", 2),
    ]


def test_what_both_readers_fail_on_is_read_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = docx.Document()
    document.add_paragraph("The pump is inspected every 400 hours.")
    document.save(str(tmp_path / "a.docx"))
    monkeypatch.setattr(word, "read_word", _fail)
    monkeypatch.setattr("ingest.parsing.office.by_unstructured.read_docx", _fail)
    extracted = parsed_at(tmp_path / "a.docx")
    assert extracted.text == "The pump is inspected every 400 hours."
    assert extracted.warnings[0].startswith("It was read by a simpler reader, without notes")
