import zipfile
from pathlib import Path

import pytest
from lxml import etree

from ingest.parsing.office.counters import held_in_docx, held_in_odf, held_in_pptx
from tests.unit.ingest.parsing.office.files import paragraph, run, word_file

YEARLY, STRICT = "http://schemas.openxmlformats.org/{}/2006/", "http://purl.oclc.org/ooxml/{}/"


def archive(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/") + ".xml", content)
    return path


@pytest.mark.parametrize("spaces", [YEARLY, STRICT])
def test_word_counts_each_paragraph_of_every_part_once(tmp_path: Path, spaces: str) -> None:
    word = f'xmlns:w="{spaces.format("wordprocessingml")}main"'
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = "<w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent>"
    path = archive(
        tmp_path / "a.docx",
        word__document=f"<w:document {word} {mc}><w:p><w:r><w:t>Be</w:t></w:r><w:r><w:t>fore</w:t><w:tab/></w:r>"
        f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent>"
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom>"
        "<w:r><w:instrText>PAGE</w:instrText><w:t>after</w:t></w:r></w:p></w:document>",
        word__header2=f"<w:hdr {word}><w:p><w:r><w:t>Handbook</w:t></w:r></w:p></w:hdr>",
        word__footnotes=f"<w:footnotes {word}><w:p><w:r><w:t>A note</w:t></w:r></w:p></w:footnotes>",
        word__comments=f"<w:comments {word}><w:p><w:r><w:t>Why?</w:t></w:r></w:p></w:comments>",
        word__styles=f"<w:styles {word}><w:p><w:r><w:t>no text</w:t></w:r></w:p></w:styles>",
    )
    assert held_in_docx(path) == {
        "the document's text": ["In a box", "Before after"],
        "headers and footers": ["Handbook"],
        "notes": ["A note"],
        "comments": ["Why?"],
    }


def test_slides_count_texts_charts_diagrams_and_notes_without_slide_numbers(tmp_path: Path) -> None:
    drawing, chart = f'xmlns:a="{YEARLY.format("drawingml")}main"', f'xmlns:c="{YEARLY.format("drawingml")}chart"'
    line = "<a:p><a:r><a:t>{}</a:t></a:r></a:p>"
    path = archive(
        tmp_path / "a.pptx",
        ppt__slides__slide1=f"<x {drawing}>{line.format('On the slide')}<a:p><a:fld><a:t>7</a:t></a:fld></a:p></x>",
        ppt__notesSlides__notesSlide1=f"<x {drawing}>{line.format('Say this')}</x>",
        ppt__charts__chart1=f"<x {chart}><c:pt><c:v>North</c:v></c:pt><c:pt><c:v>0.25</c:v></c:pt></x>",
        ppt__diagrams__data1=f"<x {drawing}>{line.format('First step')}</x>",
        ppt__slideLayouts__slideLayout1=f"<x {drawing}>{line.format('Click to add a title')}</x>",
    )
    assert held_in_pptx(path) == {
        "the slides": ["On the slide"],
        "speaker notes": ["Say this"],
        "charts": ["North"],
        "diagrams": ["First step"],
    }


def test_odf_counts_mixed_text_without_deletions_and_field_values(tmp_path: Path) -> None:
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("text", "office"))
    path = archive(
        tmp_path / "a.odt",
        content=f"<x {spaces}><text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        "<text:h>Rules</text:h><text:p>It <text:span>clo</text:span>ses<text:s/>at nine.<office:annotation>"
        "<text:p>Sure?</text:p></office:annotation> Always.</text:p></x>",
        styles=f"<x {spaces}><text:p>Page <text:page-number>1</text:page-number></text:p></x>",
    )
    assert held_in_odf(path) == {
        "the document's text": ["Rules", "Sure?", "It closes at nine. Always."],
        "headers and footers": ["Page"],
    }


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "boom"><!ENTITY b "&a;&a;&a;">]><x xmlns:text="u"><text:p>&b;</text:p></x>'
    with pytest.raises(ValueError, match="document type"):
        held_in_odf(archive(tmp_path / "a.odt", content=bomb))


def test_deep_nesting_is_refused_not_followed(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.odt", content="<x>" * 100_000)
    with pytest.raises(etree.XMLSyntaxError):
        held_in_odf(path)


def test_struck_out_text_and_days_of_a_chart_are_not_held_and_numbers_in_the_text_are(tmp_path: Path) -> None:
    chart = (
        '<c:chartSpace ><c:cat><c:numCache><c:pt idx="0"><c:v>45000</c:v></c:pt></c:numCache></c:cat>'
        '<c:val><c:numCache><c:pt idx="0"><c:v>12</c:v></c:pt><c:pt idx="1"><c:v>0.25</c:v></c:pt></c:numCache></c:val>'
        "</c:chartSpace>"
    )
    struck = run("nine", "<w:strike/>") + run("ten", '<w:strike w:val="0"/>')
    members = {"word/charts/chart1.xml": chart.replace(" ", ' xmlns:c="http://schemas.openxmlformats.org/x/chart"', 1)}
    path = word_file(tmp_path / "a.docx", paragraph("2.5", " inches or ", struck), members=members)
    assert dict(held_in_docx(path)) == {"the document's text": ["2.5 inches or ten"], "charts": ["12"]}
