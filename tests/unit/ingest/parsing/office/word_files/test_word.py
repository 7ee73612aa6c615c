from pathlib import Path

import docx
import pytest

from rag.errors import CorruptDocumentError
from rag.types import ElementKind
from tests.unit.ingest.parsing.office.files import (
    box,
    cell,
    field,
    paragraph,
    parsed,
    png,
    row,
    run,
    table,
    texts,
    word_file,
)

LEVEL = (
    '<w:lvl w:ilvl="{}"><w:start w:val="1"/><w:numFmt w:val="{}"/><w:pStyle w:val="{}"/><w:lvlText w:val="{}"/></w:lvl>'
)
ABSTRACT = '<w:abstractNum w:abstractNumId="{}">{}</w:abstractNum>'
LIST = '<w:num w:numId="{}"><w:abstractNumId w:val="{}"/>{}</w:num>'
BULLETS_AND_NUMBERS = (
    ABSTRACT.format(0, LEVEL.format(0, "decimal", "H1", "%1") + LEVEL.format(1, "decimal", "H2", "%1.%2"))
    + ABSTRACT.format(1, LEVEL.format(0, "lowerLetter", "", "%1)") + LEVEL.format(1, "upperRoman", "", "%2."))
    + ABSTRACT.format(2, LEVEL.format(0, "bullet", "", "\uf0b7"))
    + LIST.format(1, 0, "")
    + LIST.format(2, 1, "")
    + LIST.format(3, 2, "")
    + LIST.format(4, 1, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>')
)
STYLE = '<w:style w:type="paragraph" w:styleId="{}"><w:name w:val="{}"/>{}</w:style>'
STYLES = (
    STYLE.format("H1", "heading 1", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>')
    + STYLE.format("H2", "heading 2", '<w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr>')
    + STYLE.format("Own", "Chapter", '<w:basedOn w:val="Plain1"/>')
    + STYLE.format("Plain1", "heading 1", "")
    + STYLE.format("Round", "Round", '<w:basedOn w:val="Round"/>')
)


def styled(text: str, style: str) -> str:
    return paragraph(text, properties=f'<w:pStyle w:val="{style}"/>')


def listed(text: str, number: int, level: int = 0) -> str:
    return paragraph(text, properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def test_a_deleted_paragraph_mark_joins_paragraphs_and_a_deleted_row_is_gone(tmp_path: Path) -> None:
    deleted_mark = "<w:rPr><w:del/></w:rPr>"
    body = (
        paragraph("The lid is ", properties=deleted_mark)
        + paragraph("made of steel.")
        + paragraph("<w:del><w:r><w:delText>All of this.</w:delText></w:r></w:del>", properties=deleted_mark)
        + table(
            row("Part", "Price", "Stock"),
            row("Lid", "4", "9", properties="<w:ins/>"),
            row("Box", "5", "8", properties="<w:del/>"),
        )
    )
    extracted = parsed(word_file(tmp_path / "a.docx", body))
    assert extracted.text == "The lid is made of steel.\n\nPart: Lid; Price: 4; Stock: 9"


def test_text_boxes_are_read_once_after_their_paragraph(tmp_path: Path) -> None:
    inner = paragraph("In the box.") + table(row("Size", "Weight"), row("4", "7"), row("5", "8"))
    extracted = parsed(
        word_file(tmp_path / "a.docx", paragraph("Before ", box(inner), "and after.") + paragraph("Next."))
    )
    assert extracted.text == "Before and after.\n\nIn the box.\n\nSize: 4; Weight: 7\nSize: 5; Weight: 8\n\nNext."
    assert extracted.warnings == ()


def test_notes_follow_their_paragraph_and_their_marks_stand_apart(tmp_path: Path) -> None:
    note = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:{}noteReference w:id="{}"{}/>{}</w:r>'
    body = (
        paragraph("A dose of 20", note.format("foot", 7, "", ""), "mg", note.format("end", 4, "", ""), ".")
        + paragraph("Fine", note.format("foot", 8, ' w:customMarkFollows="1"', "<w:t>*</w:t>"))
        + table(row("Name", "Limit"), row("Lead", cell(paragraph("30", note.format("foot", 9, "", "")))))
    )
    entry = '<w:{}note w:id="{}"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>{}</w:t></w:r></w:p></w:{}note>'
    extracted = parsed(
        word_file(
            tmp_path / "a.docx",
            body,
            footnotes=entry.format("foot", 7, "For adults.", "foot")
            + entry.format("foot", 8, "Not always.", "foot")
            + entry.format("foot", 9, "Since May.", "foot"),
            endnotes=entry.format("end", 4, "By law.", "end"),
        )
    )
    assert extracted.text.split("\n\n") == [
        "A dose of 20 (For adults) mg (By law).",
        "Fine (Not always)",
        "Name: Lead; Limit: 30[^2]",
        "[^2] Since May.",
    ]
    assert extracted.warnings == ()


def test_comments_name_their_author_and_what_they_are_about(tmp_path: Path) -> None:
    body = paragraph(
        "The roof ",
        '<w:commentRangeStart w:id="3"/>',
        "leaks",
        '<w:commentRangeEnd w:id="3"/>',
        '<w:r><w:commentReference w:id="3"/></w:r>',
        " a little.",
    ) + paragraph("Next.")
    comments = (
        f'<w:comment w:id="3" w:author="Ida Holm">{paragraph("Mended on Monday.")}</w:comment>'
        f'<w:comment w:id="4" w:author="Ole">{paragraph("Nowhere.")}</w:comment>'
    )
    extracted = parsed(word_file(tmp_path / "a.docx", body, comments=comments))
    assert extracted.text.split("\n\n") == [
        "The roof leaks a little.",
        "Comment by Ida Holm on “leaks”: Mended on Monday.",
        "Next.",
        "Comment by Ole: Nowhere.",
    ]


def test_headings_and_lists_have_their_automatic_numbers(tmp_path: Path) -> None:
    body = (
        styled("Scope", "H1")
        + styled("Terms", "H1")
        + styled("Price", "H2")
        + listed("cash", 2)
        + listed("card", 2)
        + listed("sub", 2, 1)
        + styled("Delivery", "H2")
        + listed("road", 4)
        + listed("any way", 3)
        + paragraph("No item.")
    )
    extracted = parsed(word_file(tmp_path / "a.docx", body, numbering=BULLETS_AND_NUMBERS, styles=STYLES))
    assert texts(extracted, ElementKind.HEADING) == ["1 Scope", "2 Terms", "2.1 Price", "2.2 Delivery"]
    assert texts(extracted, ElementKind.LIST_ITEM) == ["a) cash", "b) card", "I. sub", "a) road", "any way"]
    assert extracted.elements[-1].heading_path == ("2 Terms", "2.2 Delivery")


def test_headings_are_told_by_base_style_outline_level_and_short_bold_lines(tmp_path: Path) -> None:
    body = (
        styled("By its base", "Own")
        + paragraph("By outline", properties='<w:outlineLvl w:val="1"/>')
        + paragraph(run("By weight", "<w:b/>"))
        + paragraph(run("A bold sentence ends with a stop.", "<w:b/>"))
        + styled("A circle", "Round")
    )
    extracted = parsed(word_file(tmp_path / "a.docx", body, styles=STYLES))
    assert texts(extracted, ElementKind.HEADING) == ["By its base", "By outline", "By weight"]
    assert extracted.elements[-1].heading_path == ("By its base", "By outline", "By weight")


def test_tables_keep_merged_cells_marked_headers_and_nested_tables(tmp_path: Path) -> None:
    inner = table(row("Mon", "8"), row("Tue", "9"))
    body = table(
        row("Shop", "Town", "Hours", properties="<w:tblHeader/>"),
        row(cell(paragraph("North"), '<w:vMerge w:val="restart"/>'), "Ada", cell(inner + paragraph(""))),
        row(cell(paragraph("not shown"), "<w:vMerge/>"), "Bern", "10"),
        row(cell(paragraph("closed"), '<w:gridSpan w:val="3"/>')),
    )
    extracted = parsed(word_file(tmp_path / "a.docx", body))
    assert extracted.text == (
        "Shop: North; Town: Ada; Hours: Mon | 8, Tue | 9\nShop: North; Town: Bern; Hours: 10\nclosed"
    )
    assert extracted.warnings == ("2 words of hidden text left out",)


def test_a_frame_of_one_column_is_no_table(tmp_path: Path) -> None:
    body = table(row(cell(paragraph("Mind the gap.") + paragraph("Always."))))
    assert parsed(word_file(tmp_path / "a.docx", body)).text == "Mind the gap.\n\nAlways."


def test_headers_and_footers_are_read_once_without_page_numbers(tmp_path: Path) -> None:
    reference = '<w:{}Reference w:type="{}" r:id="{}"/>'
    section = (
        reference.format("header", "default", "header1")
        + reference.format("header", "first", "header2")
        + reference.format("footer", "default", "footer1")
    )
    body = (
        paragraph("One.", properties=f"<w:sectPr>{section}</w:sectPr>")
        + paragraph("Two.")
        + f"<w:sectPr>{section}</w:sectPr>"
    )
    extracted = parsed(
        word_file(
            tmp_path / "a.docx",
            body,
            header1=paragraph("Manual K2"),
            header2=paragraph("Never on a page"),
            header3=paragraph("Of no section"),
            footer1=paragraph("Page ", field(" PAGE ", "3"), " of ", field(" NUMPAGES ", "9"))
            + paragraph("Holm & Co").replace("&", "&amp;"),
        )
    )
    assert extracted.text == "Manual K2\n\nOne.\n\nTwo.\n\nHolm & Co"
    assert extracted.warnings == ()


def test_pictures_without_text_are_told_of_if_they_could_hold_some(tmp_path: Path) -> None:
    drawing = '<w:r><w:drawing><a:blip r:embed="{}"/></w:drawing></w:r>'
    body = paragraph("Look.", drawing.format("large"), drawing.format("small"), drawing.format("large"))
    extracted = parsed(word_file(tmp_path / "a.docx", body, large=png(400, 300), small=png(40, 40)))
    assert extracted.text == "Look."
    assert extracted.warnings == ("1 picture without recognised text",)


@pytest.mark.parametrize("extension", ["docx", "docm", "dotx", "dotm"])
@pytest.mark.parametrize("strict", [False, True])
def test_every_kind_of_word_file_is_read(tmp_path: Path, extension: str, *, strict: bool) -> None:
    body = styled("Rules", "H1") + paragraph("The gate closes at ten.")
    extracted = parsed(word_file(tmp_path / f"a.{extension}", body, styles=STYLES, strict=strict))
    assert extracted.text == "Rules\n\nThe gate closes at ten."
    assert texts(extracted, ElementKind.HEADING) == ["Rules"]


def test_charts_are_tables_and_diagrams_lists_in_the_order_of_their_connections(tmp_path: Path) -> None:
    point = '<c:pt idx="{}"><c:v>{}</c:v></c:pt>'
    names = point.format(0, "May") + point.format(1, "June")
    values = point.format(0, "41") + point.format(1, "0.30000000000000004")
    series = (
        f"<c:ser><c:tx><c:strCache>{point.format(0, 'Rain')}</c:strCache></c:tx>"
        f"<c:cat><c:strCache>{names}</c:strCache></c:cat><c:val><c:numCache>{values}</c:numCache></c:val></c:ser>"
    )
    entry = '<dgm:pt modelId="{}"{}><dgm:t><a:p><a:r><a:t>{}</a:t></a:r></a:p></dgm:t></dgm:pt>'
    entries = (
        entry.format("3", "", "Pay")
        + entry.format("2", "", "Order")
        + entry.format("1", ' type="doc"', "")
        + '<dgm:cxn srcId="1" destId="3" srcOrd="1"/><dgm:cxn srcId="1" destId="2" srcOrd="0"/>'
        '<dgm:cxn srcId="3" destId="1"/>'
    )
    body = paragraph('<w:r><w:drawing><c:chart r:id="chart1"/></w:drawing></w:r>') + paragraph(
        '<w:r><w:drawing><dgm:relIds r:dm="diagramData"/></w:drawing></w:r>'
    )
    chart = f"<c:chartSpace ><c:chart>{series}</c:chart></c:chartSpace>"
    path = word_file(tmp_path / "a.docx", body, chart1=chart, diagramData=f"<dgm:dataModel >{entries}</dgm:dataModel>")
    extracted = parsed(path)
    assert extracted.text == "May; Rain: 41\nJune; Rain: 0.3\n\nOrder\nPay"
    assert extracted.warnings == ()


def test_a_library_s_file_is_read_like_one_of_word(tmp_path: Path) -> None:
    document = docx.Document()
    document.core_properties.title = "Care of bikes"
    document.add_heading("Chain", level=2)
    document.add_paragraph("Oil it.", style="List Number")
    document.add_paragraph("Wipe it.", style="List Number")
    document.save(str(tmp_path / "a.docx"))
    extracted = parsed(tmp_path / "a.docx")
    assert extracted.title == "Care of bikes"
    assert extracted.text == "Chain\n\n1. Oil it.\n2. Wipe it."


def test_notes_that_refer_to_each_other_end(tmp_path: Path) -> None:
    refer = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    entry = '<w:footnote w:id="{}">{}</w:footnote>'
    notes = entry.format(1, paragraph("One", refer.format(2))) + entry.format(2, paragraph("Two", refer.format(1)))
    extracted = parsed(word_file(tmp_path / "a.docx", paragraph("Text", refer.format(1)), footnotes=notes))
    assert extracted.text.startswith("Text[^1]\n\n[^1] One[^2]\n\n[^2] Two")
    assert len(extracted.text) < 100


@pytest.mark.parametrize("element", ["w:sdt", "w:ins", "w:tbl", "w:smartTag"])
def test_endless_nesting_is_refused(tmp_path: Path, element: str) -> None:
    body = f"<{element}>" * 5_000 + f"</{element}>" * 5_000
    with pytest.raises(CorruptDocumentError):
        parsed(word_file(tmp_path / "a.docx", body))


def test_spans_and_levels_that_nobody_writes_are_bounded(tmp_path: Path) -> None:
    wide = cell(paragraph("wide"), f'<w:gridSpan w:val="{10**9}"/>')
    body = table(row(wide, "b"), row("c", "d")) + listed("x", 2, 77) + listed("y", 9_999)
    extracted = parsed(word_file(tmp_path / "a.docx", body, numbering=BULLETS_AND_NUMBERS))
    assert "wide" in extracted.text
    assert extracted.text.endswith("x\n\ny")


def test_a_note_and_a_chart_are_read_once_however_often_they_are_shown(tmp_path: Path) -> None:
    refer = '<w:r><w:footnoteReference w:id="1"/></w:r>'
    drawing = '<w:r><w:drawing><c:chart r:id="chart1"/></w:drawing></w:r>'
    chart = '<c:chartSpace ><c:ser><c:val><c:pt idx="0"><c:v>41</c:v></c:pt></c:val></c:ser></c:chartSpace>'
    notes = f'<w:footnote w:id="1">{paragraph("Once.")}</w:footnote>'
    body = paragraph("A", refer, drawing) + paragraph("B", refer, drawing)
    extracted = parsed(word_file(tmp_path / "a.docx", body, footnotes=notes, chart1=chart))
    assert extracted.text.split("\n\n") == ["A (Once)", "41", "B (Once)"]
