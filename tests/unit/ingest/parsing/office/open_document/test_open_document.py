from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from rag.errors import CorruptDocumentError
from rag.types import ElementKind
from tests.unit.ingest.parsing.office.files import parsed, png, texts

ODF = "urn:oasis:names:tc:opendocument:xmlns"
SPACES = " ".join(
    (
        *(f'xmlns:{name}="{ODF}:{name}:1.0"' for name in ("office", "text", "table", "style", "presentation", "chart")),
        f'xmlns:fo="{ODF}:xsl-fo-compatible:1.0"',
        f'xmlns:draw="{ODF}:drawing:1.0" xmlns:svg="{ODF}:svg-compatible:1.0"',
        'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"',
    )
)
TYPES = {"odt": "text", "odp": "presentation"}


def odf_file(path: Path, body: str, *, styles: str = "", automatic: str = "", **members: bytes) -> Path:
    kind = TYPES[path.suffix[1:]]
    content = f"<office:automatic-styles>{automatic}</office:automatic-styles>"
    content += f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", f"<office:document-content {SPACES}>{content}</office:document-content>")
        archive.writestr("styles.xml", f"<office:document-styles {SPACES}>{styles}</office:document-styles>")
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return path


def p(text: str, style: str = "") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def note(mark: str, text: str) -> str:
    citation = f"<text:note-citation>{mark}</text:note-citation>"
    return f"<text:note>{citation}<text:note-body>{p(text)}</text:note-body></text:note>"


def test_changes_notes_comments_and_boxes_of_a_text(tmp_path: Path) -> None:
    comment = f"<office:annotation><dc:creator>Ida Holm</dc:creator>{p('Really?')}</office:annotation>"
    gap = '<text:s text:c="2"/>'
    box = f"<draw:frame><draw:text-box>{p('In the box.')}</draw:text-box></draw:frame>"
    body = (
        f"<text:tracked-changes><text:changed-region><text:deletion>{p('ten')}</text:deletion></text:changed-region>"
        "</text:tracked-changes>"
        + p(
            "Pay within <text:change/><text:change-start/>twelve<text:change-end/>"
            f"{gap}weeks{note('1', 'Or less.')}days"
        )
        + p(f"Look{comment} here{box}<text:line-break/>and <text:tab/>there.")
    )
    extracted = parsed(odf_file(tmp_path / "a.odt", body))
    assert extracted.text.split("\n\n") == [
        "Pay within twelve weeks (Or less) days",
        "Look here\nand there.",
        "In the box.",
        "Comment by Ida Holm: Really?",
    ]
    assert extracted.warnings == ("1 word of tracked deletions left out; tracked insertions are read",)


def test_headings_and_lists_have_their_automatic_numbers(tmp_path: Path) -> None:
    outline = "".join(
        f'<text:outline-level-style text:level="{level}" style:num-format="1" text:display-levels="{level}"/>'
        for level in (1, 2)
    )
    styles = f"<text:outline-style>{outline}</text:outline-style>"
    automatic = (
        '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="a" '
        'style:num-suffix=")"/><text:list-level-style-bullet text:level="2"/></text:list-style>'
    )
    item = "<text:list-item>{}</text:list-item>"
    inner = f"<text:list>{item.format(p('sub'))}</text:list>"
    items = item.format(p("cash") + p("or so")) + item.format(p("card") + inner)
    body = (
        '<text:h text:outline-level="1">Scope</text:h><text:h text:outline-level="2">Price</text:h>'
        f'<text:list text:style-name="L1">{items}</text:list>'
    )
    extracted = parsed(odf_file(tmp_path / "a.odt", body, styles=styles, automatic=automatic))
    assert texts(extracted, ElementKind.HEADING) == ["1 Scope", "1.1 Price"]
    assert texts(extracted, ElementKind.LIST_ITEM) == ["a) cash", "or so", "b) card", "sub"]
    assert extracted.elements[-1].heading_path == ("1 Scope", "1.1 Price", "b) card")


def test_hidden_text_is_left_out_and_raised_numbers_stand_apart(tmp_path: Path) -> None:
    style = '<style:style style:name="{}"><style:text-properties {}/></style:style>'
    automatic = style.format("T1", 'text:display="none"') + style.format("T2", 'style:text-position="super 58%"')
    automatic += style.format("T3", 'fo:color="#FFFFFF"') + style.format("T4", 'fo:font-size="1pt"')
    automatic += style.format("T5", 'fo:color="#ffffff" fo:background-color="#000000"')
    span = '<text:span text:style-name="{}">{}</text:span>'
    body = p(f"Dose 20{span.format('T2', '3')} mg{span.format('T1', ' never')}") + p(
        f"10{span.format('T2', '6')} parts"
    )
    body += p(f"Seen{span.format('T3', ' white')}{span.format('T4', ' tiny')}{span.format('T5', ' on black')}")
    extracted = parsed(odf_file(tmp_path / "a.odt", body, automatic=automatic))
    assert extracted.text == "Dose 20[^3] mg\n\n10⁶ parts\n\nSeen on black"
    assert extracted.warnings == ("3 words of hidden text left out",)


def test_tables_keep_merged_cells_and_links_their_addresses(tmp_path: Path) -> None:
    def cell(text: str, spans: str = "") -> str:
        return f"<table:table-cell {spans}>{p(text)}</table:table-cell>"

    link = '<text:a xlink:href="https://example.org/x">form</text:a>'
    row = "<table:table-row>{}</table:table-row>"
    body = (
        "<table:table><table:table-header-rows>"
        + row.format(cell("Area") + cell("Town") + cell("Height"))
        + "</table:table-header-rows>"
        + row.format(cell("North", 'table:number-rows-spanned="2"') + cell("Oslo") + cell("23"))
        + row.format("<table:covered-table-cell/>" + cell("Bodø") + cell(link))
        + "</table:table>"
    )
    extracted = parsed(odf_file(tmp_path / "a.odt", body))
    assert extracted.text == (
        "Area: North; Town: Oslo; Height: 23\nArea: North; Town: Bodø; Height: form (https://example.org/x)"
    )


def test_headers_are_read_once_and_charts_and_pictures_are_followed(tmp_path: Path) -> None:
    page_number = p("Page <text:page-number>1</text:page-number>")
    page = f"<style:header>{p('Manual K2')}</style:header><style:footer>{page_number}</style:footer>"
    styles = f"<style:master-page>{page}</style:master-page><style:master-page>{page}</style:master-page>"
    row = "<table:table-row>{}</table:table-row>"
    cell = "<table:table-cell>{}</table:table-cell>"
    rows = [("", "Rain"), ("May", "41"), ("June", "38")]
    table = "".join(row.format("".join(cell.format(p(text)) for text in each)) for each in rows)
    title = f"<chart:title>{p('Weather')}</chart:title>"
    chart = f"<x {SPACES}><office:chart>{title}<table:table>{table}</table:table></office:chart></x>"
    frame = '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>'
    frame += '<draw:frame><draw:image xlink:href="Pictures/a.png"/></draw:frame>'
    files: Any = {"Object 1__content.xml": chart.encode(), "Pictures__a.png": png(400, 300)}
    extracted = parsed(odf_file(tmp_path / "a.odt", p(f"See{frame}"), styles=styles, **files))
    assert extracted.text == "Manual K2\n\nSee\n\nWeather\n\nMay; Rain: 41\nJune; Rain: 38"
    assert extracted.warnings == ("1 picture without recognised text",)


def test_slides_have_titles_positions_and_notes(tmp_path: Path) -> None:
    def frame(text: str, top: int, kind: str = "") -> str:
        place = f'svg:x="2cm" svg:y="{top}cm" presentation:class="{kind}"'
        return f"<draw:frame {place}><draw:text-box>{p(text)}</draw:text-box></draw:frame>"

    hiding = (
        '<style:style style:name="H"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>'
    )
    notes = f"<presentation:notes>{frame('Say it slowly.', 1, 'notes')}</presentation:notes>"
    body = f"<draw:page>{frame('Below.', 9)}{frame('Above.', 4)}{frame('Plan', 1, 'title')}{notes}</draw:page>"
    body += f'<draw:page draw:style-name="H">{frame("For later.", 1)}</draw:page>'
    extracted = parsed(odf_file(tmp_path / "a.odp", body, automatic=hiding))
    assert extracted.text == "Plan\n\nAbove.\n\nBelow.\n\nSay it slowly."
    assert extracted.elements[-1].heading_path == ("Plan", "Notes")
    assert extracted.page_count == 2
    assert extracted.warnings == ("1 hidden slide left out",)


def test_endless_nesting_and_document_types_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptDocumentError):
        parsed(odf_file(tmp_path / "a.odt", "<text:section>" * 5_000 + "</text:section>" * 5_000))
    path = tmp_path / "b.odt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", '<!DOCTYPE x [<!ENTITY a "boom">]><x>&a;</x>')
    with pytest.raises(CorruptDocumentError, match="document type"):
        parsed(path)


def test_repeats_that_nobody_writes_are_bounded(tmp_path: Path) -> None:
    many = 'table:number-rows-repeated="1000000" table:number-columns-repeated="1000000"'
    cell = f"<table:table-cell {many}>{p('x')}</table:table-cell>"
    body = f"<table:table><table:table-row {many}>{cell}{cell}</table:table-row></table:table>"
    assert len(parsed(odf_file(tmp_path / "a.odt", body)).text) < 1_000_000


def test_tables_in_tables_do_not_multiply_repeated_rows(tmp_path: Path) -> None:
    body = p("x")
    for _ in range(6):
        cell = f"<table:table-cell>{body}</table:table-cell>"
        row = f'<table:table-row table:number-rows-repeated="1000">{cell}{cell}</table:table-row>'
        body = f"<table:table>{row}</table:table>"
    assert len(parsed(odf_file(tmp_path / "a.odt", body)).text) < 10_000_000


def test_a_table_in_a_frame_is_read_in_place_of_its_picture(tmp_path: Path) -> None:
    cells = "".join(f"<table:table-cell>{p(text)}</table:table-cell>" for text in ("Valve", "41 Nm"))
    table = f"<table:table><table:table-row>{cells}</table:table-row></table:table>"
    frame = f'<draw:frame>{table}<draw:image xlink:href="Pictures/a.png"/></draw:frame>'
    body = f'<draw:page draw:name="1">{frame}</draw:page>'
    files: Any = {"Pictures__a.png": png(300, 200)}
    extracted = parsed(odf_file(tmp_path / "a.odp", body, **files))
    assert extracted.text == "Valve | 41 Nm"
    assert extracted.warnings == ()


def test_descriptions_texts_in_objects_and_struck_out_words(tmp_path: Path) -> None:
    struck = (
        '<style:style style:name="S" style:family="text">'
        '<style:text-properties style:text-line-through-style="solid"/></style:style>'
    )
    inner = f"<office:document-content {SPACES}><office:body><office:text>{p('In it.')}</office:text></office:body>"
    frames = (
        '<draw:frame><draw:object xlink:href="./Object 1"/></draw:frame>',
        "<draw:frame><draw:image/><svg:desc>The inlet is on the left.</svg:desc></draw:frame>",
    )
    body = p('Pay <text:span text:style-name="S">90</text:span> 80.') + "".join(map(p, frames))
    files: Any = {"Object 1__content.xml": f"{inner}</office:document-content>".encode()}
    extracted = parsed(odf_file(tmp_path / "a.odt", body, automatic=struck, **files))
    assert extracted.text.split("\n\n") == ["Pay 80.", "In it.", "The inlet is on the left."]
    assert extracted.warnings == ("struck-out text left out: 1 word in 1 place",)


@pytest.mark.parametrize(
    ("name", "kind", "body"),
    [
        ("a.ott", "text", p("Dear Ms ...")),
        ("a.otp", "presentation", f"<draw:page><draw:rect>{p('Dear Ms ...')}</draw:rect></draw:page>"),
        ("a.odg", "drawing", f"<draw:page><draw:custom-shape>{p('Dear Ms ...')}</draw:custom-shape></draw:page>"),
    ],
)  # fmt: skip
def test_templates_and_drawings_are_read(tmp_path: Path, name: str, kind: str, body: str) -> None:
    kinds = {"a.ott": "text-template", "a.otp": "presentation-template", "a.odg": "graphics"}
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kinds[name]}")
        content = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
        archive.writestr("content.xml", f"<office:document-content {SPACES}>{content}</office:document-content>")
    assert parsed(tmp_path / name).text == "Dear Ms ..."
