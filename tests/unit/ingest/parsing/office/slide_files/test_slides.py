from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pptx
import pytest
from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.presentation import Presentation
from pptx.util import Inches

from rag.types import ElementKind
from tests.unit.ingest.parsing.office.files import parsed, png, texts

OFFICE = "http://schemas.openxmlformats.org"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
TITLE_ONLY, TITLE_AND_BODY, BLANK = 5, 1, 6


def slide_of(deck: Presentation, layout: int = TITLE_ONLY, title: str = "") -> Any:
    slide: Any = deck.slides.add_slide(deck.slide_layouts[layout])
    if title:
        slide.shapes.title.text = title
    return slide


def write(slide: Any, text: str, left: float, top: float) -> None:
    slide.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(0.5)).text_frame.text = text


def saved(deck: Presentation, path: Path) -> Path:
    deck.save(str(path))
    return path


def test_shapes_are_read_by_position_title_first_groups_inside_and_notes_last(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = slide_of(deck)
    write(slide, "Bottom.", 1, 6)
    write(slide, "Right.", 5, 3.05)
    write(slide, "Left.", 1, 3)
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(2), Inches(2), Inches(0.5)).text_frame.text = "Grouped."
    slide.shapes.title.text = "Plan"
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    slide_of(deck, BLANK)
    extracted = parsed(saved(deck, tmp_path / "a.pptx"))
    assert extracted.text.split("\n\n") == ["Plan", "Grouped.", "Left.", "Right.", "Bottom.", "Say it slowly."]
    assert extracted.elements[-1].heading_path == ("Plan", "Notes")
    assert {element.page for element in extracted.elements} == {1}
    assert extracted.page_count == 2
    assert extracted.warnings == ()


def test_charts_and_tables_are_tables(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = slide_of(deck, title="Rain")
    new_data: Any = CategoryChartData  # it has no types
    data = new_data()
    data.categories = ["May", "June"]
    data.add_series("Oslo", (41.5, 38))
    data.add_series("Bern", (70, 66))
    place: Any = (Inches(1), Inches(2), Inches(4), Inches(3))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data)
    table = slide.shapes.add_table(3, 2, *place).table
    for row, words in enumerate((("Town", "Height"), ("Oslo", "23"), ("Bern", "540"))):
        for column, word in enumerate(words):
            table.cell(row, column).text = word
    extracted = parsed(saved(deck, tmp_path / "a.pptx"))
    assert "May; Oslo: 41.5; Bern: 70\nJune; Oslo: 38; Bern: 66" in extracted.text
    assert "Town: Oslo; Height: 23\nTown: Bern; Height: 540" in extracted.text
    assert extracted.warnings == ()


def test_merged_cells_of_a_table_are_in_every_row(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    table = slide_of(deck).shapes.add_table(3, 3, Inches(1), Inches(2), Inches(4), Inches(3)).table
    for row, words in enumerate((("Area", "Town", "Height"), ("North", "Oslo", "23"), ("", "Bodø", "13"))):
        for column, word in enumerate(words):
            table.cell(row, column).text = word
    table.cell(1, 0).merge(table.cell(2, 0))
    extracted = parsed(saved(deck, tmp_path / "a.pptx"))
    assert extracted.text == "Area: North; Town: Oslo; Height: 23\nArea: North; Town: Bodø; Height: 13"


def test_the_usual_look_of_a_table_makes_no_names_of_pairs(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    table = slide_of(deck).shapes.add_table(3, 2, Inches(1), Inches(2), Inches(4), Inches(3)).table
    for row, words in enumerate((("Ship", "Aurora"), ("Captain", "Eva Lind"), ("Built", "4 May 2019"))):
        for column, word in enumerate(words):
            table.cell(row, column).text = word
    assert parsed(saved(deck, tmp_path / "a.pptx")).text == "Ship | Aurora\nCaptain | Eva Lind\nBuilt | 4 May 2019"
    table.first_row, table.first_col = False, True
    assert parsed(saved(deck, tmp_path / "a.pptx")).text == "Ship: Aurora\nCaptain: Eva Lind\nBuilt: 4 May 2019"


def test_lists_have_their_automatic_numbers(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = slide_of(deck, TITLE_AND_BODY, "Steps")
    frame = slide.placeholders[1].text_frame
    frame.text = "Open"
    for words in ("Fill", "Close"):
        frame.add_paragraph().text = words
    for paragraph in frame.paragraphs[:2]:
        etree.SubElement(paragraph._p.get_or_add_pPr(), f"{{{A}}}buAutoNum", type="alphaLcParenR")  # noqa: SLF001
    extracted = parsed(saved(deck, tmp_path / "a.pptx"))
    assert texts(extracted, ElementKind.LIST_ITEM) == ["a) Open", "b) Fill", "Close"]


def test_links_and_raised_numbers_stay_apart_from_words(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = slide_of(deck, BLANK)
    write(slide, "Dose: 20", 1, 1)
    box: Any = slide.shapes[0]
    paragraph = box.text_frame.paragraphs[0]
    raised, rest, link = paragraph.add_run(), paragraph.add_run(), paragraph.add_run()
    raised.text, rest.text, link.text = "4", " mg, see ", "here"
    raised._r.get_or_add_rPr().set("baseline", "30000")  # noqa: SLF001
    link.hyperlink.address = "https://example.org/dose"
    assert parsed(saved(deck, tmp_path / "a.pptx")).text == "Dose: 20[^4] mg, see here (https://example.org/dose)"


def test_hidden_slides_and_shapes_beside_the_slide_are_left_out_with_a_warning(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = slide_of(deck, BLANK)
    write(slide, "Shown.", 1, 1)
    write(slide, "Beside it.", 40, 1)
    write(slide, "Not visible.", 1, 2)
    slide.shapes[2]._element.nvSpPr.cNvPr.set("hidden", "1")  # noqa: SLF001
    hidden = slide_of(deck, BLANK)
    write(hidden, "For later.", 1, 1)
    hidden._element.set("show", "0")  # noqa: SLF001
    extracted = parsed(saved(deck, tmp_path / "a.pptx"))
    assert extracted.text == "Shown."
    assert extracted.warnings == ("1 hidden slide left out", "4 words of hidden text left out")


def test_pictures_without_text_are_told_of(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = slide_of(deck, title="Look")
    slide.shapes.add_picture(BytesIO(png(640, 480)), Inches(1), Inches(2))
    assert parsed(saved(deck, tmp_path / "a.pptx")).warnings == ("1 picture without recognised text",)


def with_parts(path: Path, parts: dict[str, str], relations: dict[str, tuple[str, str]], frame: str = "") -> Path:
    """Adds parts to a presentation, a relation of a kind to each named part, and a frame to its first slide."""
    target = path.with_name("with_parts.pptx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name).decode("latin-1")
            if name in relations:
                kind, place = relations[name]
                relation = f'<Relationship Id="x1" Type="{OFFICE}/officeDocument/2006/relationships/{kind}" '
                content = content.replace("</Relationships>", f'{relation}Target="{place}"/></Relationships>')
            if name == "ppt/slides/slide1.xml":
                content = content.replace("</p:spTree>", f"{frame}</p:spTree>")
            archive.writestr(name, content.encode("latin-1"))
        for name, content in parts.items():
            archive.writestr(name, content)
    return target


def test_comments_name_their_author(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide_of(deck, title="Plan")
    space = f'xmlns:p="{OFFICE}/presentationml/2006/main"'
    authors = f'<p:cmAuthorLst {space}><p:cmAuthor id="0" name="Ida Holm"/></p:cmAuthorLst>'
    comment = f'<p:cmLst {space}><p:cm authorId="0"><p:text>Too early.</p:text></p:cm></p:cmLst>'
    relations = {
        "ppt/_rels/presentation.xml.rels": ("commentAuthors", "commentAuthors.xml"),
        "ppt/slides/_rels/slide1.xml.rels": ("comments", "../comments/comment1.xml"),
    }
    parts = {"ppt/commentAuthors.xml": authors, "ppt/comments/comment1.xml": comment}
    extracted = parsed(with_parts(saved(deck, tmp_path / "a.pptx"), parts, relations))
    assert extracted.text == "Plan\n\nComment by Ida Holm: Too early."
    assert extracted.warnings == ()


def test_diagrams_are_lists_and_equations_stand_in_their_line(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide_of(deck, title="Flow")
    spaces = f'xmlns:a="{A}" xmlns:dgm="{OFFICE}/drawingml/2006/diagram"'
    entry = '<dgm:pt modelId="{}"><dgm:t><a:p><a:r><a:t>{}</a:t></a:r></a:p></dgm:t></dgm:pt>'
    data = f"<dgm:dataModel {spaces}>{entry.format(1, 'Order')}{entry.format(2, 'Pay')}</dgm:dataModel>"
    frame = (
        f'<p:graphicFrame><a:graphic><a:graphicData><dgm:relIds {spaces} r:dm="x1"/></a:graphicData></a:graphic>'
        "</p:graphicFrame><p:sp><p:txBody><a:p><a:r><a:t>Force is</a:t></a:r>"
        '<m xmlns="http://schemas.microsoft.com/office/drawing/2010/main">'
        f'<m:oMath xmlns:m="{OFFICE}/officeDocument/2006/math"><m:r><m:t>F=ma</m:t></m:r></m:oMath></m>'
        "</a:p></p:txBody></p:sp>"
    )
    relations = {"ppt/slides/_rels/slide1.xml.rels": ("diagramData", "../diagrams/data1.xml")}
    path = with_parts(saved(deck, tmp_path / "a.pptx"), {"ppt/diagrams/data1.xml": data}, relations, frame)
    extracted = parsed(path)
    assert texts(extracted, ElementKind.LIST_ITEM) == ["Order", "Pay"]
    assert "Force is F=ma" in extracted.text
    assert extracted.warnings == ()


@pytest.mark.parametrize("extension", ["pptm", "ppsx", "ppsm", "potx", "potm"])
def test_every_kind_of_presentation_is_read(tmp_path: Path, extension: str) -> None:
    deck = pptx.Presentation()
    slide_of(deck, title="Plan")
    assert parsed(saved(deck, tmp_path / f"a.{extension}")).text == "Plan"


def test_a_presentation_in_strict_form_is_read(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    write(slide_of(deck, title="Plan"), "Begin in May.", 1, 3)
    usual, strict = saved(deck, tmp_path / "b.pptx"), tmp_path / "a.pptx"
    with zipfile.ZipFile(usual) as source, zipfile.ZipFile(strict, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            for kind in (b"presentationml", b"drawingml", b"officeDocument"):
                old = b"http://schemas.openxmlformats.org/" + kind + b"/2006/"
                content = content.replace(old, b"http://purl.oclc.org/ooxml/" + kind + b"/")
            target.writestr(name, content)
    assert parsed(strict).text == "Plan\n\nBegin in May."


def test_texts_of_the_layout_are_read_once_and_hidden_masters_not(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    layout: Any = deck.slide_layouts[TITLE_ONLY]
    shape = deck.slides.add_slide(deck.slide_layouts[BLANK]).shapes.add_textbox(
        Inches(1), Inches(6), Inches(3), Inches(1)
    )
    shape.text_frame.text = "For staff only."
    layout.shapes._spTree.append(shape._element)  # noqa: SLF001 - python-pptx writes no shapes of layouts
    for title in ("One", "Two"):
        slide_of(deck, title=title)
    extracted = parsed(saved(deck, tmp_path / "a.pptx"))
    assert extracted.text.split("\n\n") == ["One", "For staff only.", "Two"]


def test_struck_out_text_of_slides_is_left_out(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    paragraph = slide_of(deck, BLANK).shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame.paragraphs[0]
    for text, strike in (("Price ", ""), ("90 ", "sngStrike"), ("80 euros", "")):
        run = paragraph.add_run()
        run.text = text
        if strike:
            run.font._element.set("strike", strike)  # noqa: SLF001 - python-pptx has no name for it
    extracted = parsed(saved(deck, tmp_path / "a.pptx"))
    assert extracted.text == "Price 80 euros"
    assert extracted.warnings == ("struck-out text left out: 1 word in 1 place",)


def test_the_first_text_of_columns_beside_each_other_heads_what_is_below_it(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = slide_of(deck, title="Berths")
    for at, (name, price) in enumerate((("Small", "90 crowns"), ("Large", "140 crowns"))):
        write(slide, price, 1 + 3 * at, 3)
        write(slide, name, 1 + 3 * at, 2)
    extracted = parsed(saved(deck, tmp_path / "a.pptx"))
    assert texts(extracted, ElementKind.HEADING) == ["Berths", "Small", "Large"]
    found = {extracted.text[each.span.start : each.span.end]: each.heading_path for each in extracted.elements}
    assert found["90 crowns"] == ("Berths", "Small")
    assert found["140 crowns"] == ("Berths", "Large")


@pytest.mark.parametrize("first", ["It is large.", "140"])
def test_columns_of_sentences_and_of_figures_have_no_heads(tmp_path: Path, first: str) -> None:
    deck = pptx.Presentation()
    slide = slide_of(deck, title="Berths")
    for at, text in enumerate(("Small", first)):
        write(slide, text, 1 + 3 * at, 2)
        write(slide, "crowns", 1 + 3 * at, 3)
    assert texts(parsed(saved(deck, tmp_path / "a.pptx")), ElementKind.HEADING) == ["Berths"]
