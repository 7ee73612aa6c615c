"""Content controls that are bound to custom XML, as programs fill templates in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.ingest.parsing.office.files import paragraph, parsed, relation, run, word_file

OFFICE = "http://schemas.openxmlformats.org"
ITEM = "{11111111-2222-3333-4444-555555555555}"
DATA = '<order  xmlns="urn:orders"><buyer>Ada Lund</buyer><due>2027-03-05</due><size>b</size><note lang="de"/></order>'

CHOICES = '<w:dropDownList><w:listItem w:displayText="Big" w:value="b"/></w:dropDownList>'


def control(path: str, shown: str, *, kind: str = "<w:text/>", prompts: bool = False, item: str = ITEM) -> str:
    prompt = "<w:showingPlcHdr/>" if prompts else ""
    binding = f'<w:dataBinding w:xpath="{path}" w:storeItemID="{item}"/>'
    return f"<w:sdt><w:sdtPr>{prompt}{binding}{kind}</w:sdtPr><w:sdtContent>{shown}</w:sdtContent></w:sdt>"


def read(folder: Path, body: str, *, data: str = DATA) -> tuple[str, tuple[str, ...]]:
    about = f'<x xmlns:ds="{OFFICE}/officeDocument/2006/customXml" ds:itemID="{ITEM}"/>'
    props = relation("p", "customXmlProps", "props1.xml")
    more = {
        "customXml/item1.xml": data,
        "customXml/props1.xml": about,
        "customXml/_rels/item1.xml.rels": f"<Relationships>{props}</Relationships>",
    }
    links = relation("item", "customXml", "../customXml/item1.xml")
    extracted = parsed(word_file(folder / "a.docx", body, links=links, members=more))
    return extracted.text, extracted.warnings


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (control("/ns0:order[1]/ns0:buyer[1]", run("[Name]")), "Ada Lund"),
        (control("/ns0:order[1]/ns0:buyer[1]", run("Click ") + run("here"), prompts=True), "Ada Lund"),
        (control("/order/buyer", ""), "Ada Lund"),
        (control("/order/due", run("5 March 2027"), kind="<w:date/>"), "5 March 2027"),
        (control("/order/due", run("a date"), kind="<w:date/>", prompts=True), "2027-03-05"),
        (
            control("/order/size", run("x"), kind=CHOICES, prompts=True),
            "Big",
        ),
        (control("/order/note/@lang", run("x")), "de"),
        (control("/order/seller", run("Bo")), "Bo"),
        (control("/order/buyer[7]", run("Bo")), "Bo"),
        (control("count(//*)", run("Bo")), "Bo"),
        (control("/order/buyer", run("Bo"), item="{0}"), "Bo"),
    ],
)  # fmt: skip
def test_bound_controls_show_their_value(tmp_path: Path, made: str, shown: str) -> None:
    assert read(tmp_path, paragraph("Buyer: ", made, ".")) == (f"Buyer: {shown}.", ())


def test_bound_cells_and_paragraphs_show_their_value(tmp_path: Path) -> None:
    body = control("/order/buyer", paragraph("old"))
    assert read(tmp_path, body) == ("Ada Lund", ())


def test_a_value_is_not_shown_where_it_would_multiply(tmp_path: Path) -> None:
    data = DATA.replace("Ada Lund", "x" * 20_000)
    assert read(tmp_path, paragraph(control("/order/buyer", run("Bo")) * 50), data=data)[0] == "Bo" * 50
