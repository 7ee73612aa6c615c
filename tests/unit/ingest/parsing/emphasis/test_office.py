from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.ingest.parsing.emphasis.test_pages import emphasised
from tests.unit.ingest.parsing.office.files import paragraph, parsed, run, word_file
from tests.unit.ingest.parsing.office.open_document.test_open_document import odf_file


def test_a_word_document(tmp_path: Path) -> None:
    styles = (
        '<w:style w:type="character" w:styleId="Loud"><w:rPr><w:b/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Zitat"><w:name w:val="Quote"/><w:rPr><w:i/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/><w:rPr><w:b/></w:rPr></w:style>'
    )
    body = (
        paragraph("A heading", properties='<w:pStyle w:val="H1"/>')
        + paragraph(
            "Pay ", run("at ", "<w:b/>"), run("once", '<w:rStyle w:val="Loud"/>'), ", ", run("now", "<w:i/>"), "."
        )
        + paragraph("It is ", run("not", '<w:b w:val="0"/>'), " urgent.")
        + paragraph("Fines are not paid.", properties='<w:pStyle w:val="Zitat"/>')
    )
    assert emphasised(parsed(word_file(tmp_path / "rules.docx", body, styles=styles))) == [
        ("strong", "at once"),
        ("emphasis", "now"),
        ("emphasis", "Fines are not paid."),
        ("quote", "Fines are not paid."),
    ]


def test_an_open_document(tmp_path: Path) -> None:
    automatic = (
        '<style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
        '<style:style style:name="I" style:family="text"><style:text-properties fo:font-style="italic"/></style:style>'
    )
    body = (
        '<text:p>Pay <text:span text:style-name="B">at <text:span text:style-name="I">once</text:span></text:span>.'
        "</text:p>"
        '<text:p text:style-name="Quotations">Fines are not paid.</text:p>'
    )
    styles = '<style:style style:name="Quotations" style:family="paragraph"/>'
    assert emphasised(parsed(odf_file(tmp_path / "rules.odt", body, automatic=automatic, styles=styles))) == [
        ("strong", "at once"),
        ("emphasis", "once"),
        ("quote", "Fines are not paid."),
    ]


def test_a_slide(tmp_path: Path) -> None:
    pptx = pytest.importorskip("pptx")
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    words = slide.shapes.add_textbox(0, 0, 4_000_000, 1_000_000).text_frame.paragraphs[0]
    for text, bold in (("Sales grew ", None), ("by a third", True), (" in May.", None)):
        part = words.add_run()
        part.text, part.font.bold = text, bold
    deck.save(tmp_path / "sales.pptx")
    assert emphasised(parsed(tmp_path / "sales.pptx")) == [("strong", "by a third")]
