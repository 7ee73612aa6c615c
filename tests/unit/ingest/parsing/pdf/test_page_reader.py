from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.parsing.pdf.pdfium_parser import parse_pdf
from ingest.parsing.scans.ocr import Recogniser
from rag.settings import OcrBackend
from rag.types import ElementKind, ExtractedText
from tests.unit.ingest.parsing.samples import drawn_pdf, image_object, picture_of, shown

BLIND = Recogniser(OcrBackend.NONE, "eng")
SEEING = Recogniser(OcrBackend.AUTO, "eng")


def parsed(folder: Path, content: bytes, recogniser: Recogniser = BLIND) -> ExtractedText:
    path = folder / "a.pdf"
    path.write_bytes(content)
    extracted = parse_pdf(path, name="a.pdf", recogniser=recogniser)
    for layout in extracted.layouts:
        assert layout.boxes.shape == (layout.span.end - layout.span.start, 4)
    return extracted


def with_picture(picture: Image.Image, box: str, content: str) -> bytes:
    """Returns a page with a picture; ``box`` is its width, height and place as a matrix has them."""
    drawn = f"q {box} cm /Picture Do Q {content}"
    return drawn_pdf(drawn, resources="/XObject << /Picture 6 0 R >>", objects=[image_object(picture)])


def test_raised_and_lowered_characters_are_told_by_size_and_base_line(tmp_path: Path) -> None:
    parts = [
        ("The fee is 75", 12, 0), ("2", 7, 5), (" euros for 40 m", 12, 0), ("2", 7, 5), (" of H", 12, 0), ("2", 7, -2),
        ("O.", 12, 0),
    ]  # fmt: skip
    drawn = " ".join(f"/F1 {size} Tf {rise} Ts ({text}) Tj" for text, size, rise in parts)
    extracted = parsed(tmp_path, drawn_pdf(f"BT 72 600 Td {drawn} ET"))
    assert extracted.text == "The fee is 75[^2] euros for 40 m² of H₂O."


def test_mark_that_is_drawn_after_the_text_stands_where_it_is_seen(tmp_path: Path) -> None:
    width = 69.4  # of the first text
    content = shown("The fee is 75", at=(72, 600)) + shown("euros.", at=(72 + width + 8, 600))
    extracted = parsed(tmp_path, drawn_pdf(content + shown("2", at=(72 + width, 604.5), size=7)))
    assert extracted.text == "The fee is 75[^2] euros."
    layout = extracted.layouts[0]
    assert np.isnan(layout.boxes[extracted.text.index("[^")]).all()
    assert layout.boxes[extracted.text.index("2]")][1] > 600


def test_notes_at_the_foot_are_elements_of_their_own(tmp_path: Path) -> None:
    notes = "".join(
        shown(number, at=(72, 124 - 10 * row), size=5)
        + shown(
            f"Note number {number} of the page is as long as the other one, to its end.",
            at=(76, 120 - 10 * row),
            size=8,
        )
        for row, number in enumerate("12")
    )
    body = shown("The fee is due at the beginning of each month, without a reminder.", at=(72, 600))
    extracted = parsed(tmp_path, drawn_pdf(body + notes))
    assert [text[:8] for text in extracted.text.split("\n\n")] == ["The fee ", "[^1] Not", "[^2] Not"]


@pytest.mark.parametrize("flag", [0, 90, 180, 270])
@pytest.mark.parametrize("drawn", ["1 0 0 1 0 0", "0 1 -1 0 700 0", "-1 0 0 -1 612 792", "0 -1 1 0 0 700"])
def test_table_is_read_by_rows_however_the_page_is_turned(tmp_path: Path, flag: int, drawn: str) -> None:
    rows = [("Depot", "Trams", "Trucks"), ("East", "4", "8"), ("West", "2", "5"), ("South", "7", "1")]
    content = "".join(
        shown(cell, at=(x, 500 - 18 * number))
        for number, row in enumerate(rows)
        for x, cell in zip((150, 260, 340), row, strict=True)
    )
    extracted = parsed(tmp_path, drawn_pdf(f"q {drawn} cm {content} Q", page=f"/Rotate {flag}"))
    assert extracted.text.split("\n")[-1] == "Depot: South; Trams: 7; Trucks: 1"


@pytest.mark.parametrize("box", ["[0 600 1000 0]", "[1000 0 0 600]"])
@pytest.mark.parametrize("flag", [0, 90])
@pytest.mark.parametrize("inherited", [True, False])
def test_page_has_the_box_that_is_shown(tmp_path: Path, box: str, flag: int, *, inherited: bool) -> None:
    content = shown("The fee is due.", at=(800, 500)) + shown("Nobody can see this.", at=(1100, 500))
    drawn = drawn_pdf(content, page=f"/Rotate {flag}").replace(b"/MediaBox [0 0 612 792]", b"")
    kind = "/Type /Pages" if inherited else "/Type /Page "
    extracted = parsed(tmp_path, drawn.replace(kind.encode(), f"{kind} /MediaBox {box}".encode()))
    assert extracted.text == "The fee is due."
    left, bottom, _, top = extracted.layouts[0].boxes[0].tolist()
    assert (left > 780) if not flag else (top < 210 and bottom > 180)


def test_mark_of_a_note_may_begin_a_cell(tmp_path: Path) -> None:
    content = "".join(
        shown(cell, at=(72, 500 - 18 * row)) + shown(value, at=(300, 500 - 18 * row))
        for row, (cell, value) in enumerate([("Depot", "Trams"), ("East", "4"), ("West", "2"), ("South", "7")])
    )
    mark = (
        "BT /F1 12 Tf 72 428 Td (North) Tj 25 0 Td /F1 7 Tf 5 Ts (1) Tj 40 0 Td (2) Tj 0 Ts /F1 12 Tf 10 0 Td (Hill) Tj"
    )
    extracted = parsed(tmp_path, drawn_pdf(f"{content} {mark} ET {shown('9', at=(300, 428))}"))
    assert extracted.text.split("\n")[-1] == "North[^1] | [^2] Hill | 9"


def test_names_beside_their_columns_are_put_over_them(tmp_path: Path) -> None:
    rows = [("Depot", "Trams", "Trucks"), ("East", "4", "8"), ("West", "2", "5"), ("South", "7", "1")]
    content = "".join(
        shown(cell, at=(x + (45 if number and x > 200 else 0), 500 - 18 * number))
        for number, row in enumerate(rows)
        for x, cell in zip((72, 260, 400), row, strict=True)
    )
    assert parsed(tmp_path, drawn_pdf(content)).text.split("\n")[0] == "Depot: East; Trams: 4; Trucks: 8"


def test_names_of_columns_that_are_wrapped_keep_their_first_line(tmp_path: Path) -> None:
    rows = [("", "Gross", "Net"), ("Depot", "weight", "weight"), ("East", "4", "3"), ("West", "2", "1")]
    content = "".join(
        shown(cell, at=(x, 500 - 18 * number))
        for number, row in enumerate(rows)
        for x, cell in zip((72, 260, 400), row, strict=True)
        if cell
    )
    text = parsed(tmp_path, drawn_pdf(content)).text
    assert text.split("\n")[0] == "Depot: East; Gross weight: 4; Net weight: 3"


def form_field(kind: str, name: str, box: str, more: str) -> str:
    return f"<< /Type /Annot /Subtype /Widget /FT /{kind} /T ({name}) /Rect [{box}] /P 4 0 R /F 4 {more} >>"


def test_form_in_xml_is_read_where_the_page_has_no_fields(tmp_path: Path) -> None:
    template = (
        "<template xmlns='http://www.xfa.org/schema/xfa-template/3.0/'><subform>"
        "<draw><value><exData><body><p>Application for a <b>garden</b></p></body></exData></value></draw>"
        "<draw presence='hidden'><value><text>Internal</text></value></draw>"
        "<draw><value><image>AAAA</image></value></draw>"
        "<field name='owner'><caption><value><text>Owner:</text></value></caption></field>"
        "<field name='area'><value><decimal>120</decimal></value></field>"
        "<field name='send'><ui><button/></ui><caption><value><text>Send</text></value></caption></field>"
        "</subform></template>"
    )
    data = (
        "<d:datasets xmlns:d='http://www.xfa.org/schema/xfa-data/1.0/'>"
        "<d:data><form><owner>Ada Berg</owner></form></d:data></d:datasets>"
    )
    parts = [f"<< /Length {len(part)} >>\nstream\n{part}\nendstream" for part in (template, data)]
    catalog = "/AcroForm << /Fields [] /XFA [(template) 6 0 R (datasets) 7 0 R] >>"
    extracted = parsed(tmp_path, drawn_pdf(shown("Please wait."), catalog=catalog, objects=parts))
    assert extracted.text.split("\n\n")[1:] == ["Application for a garden", "Owner: Ada Berg", "area: 120"]
    assert extracted.warnings == ("The form was read from its XML part (XFA)",)


def test_large_type_across_a_page_comes_after_its_text(tmp_path: Path) -> None:
    lines = "".join(
        shown(f"Line {row} of the text says what is to be done, and who does it.", at=(72, 700 - 14 * row))
        for row in range(9)
    )
    across = "0.8 g BT /F1 60 Tf 0.7071 0.7071 -0.7071 0.7071 150 500 Tm (DRAFT COPY) Tj ET"
    texts = parsed(tmp_path, drawn_pdf(f"{lines} {across}")).text.split("\n\n")
    assert texts[1:] == ["DRAFT COPY"]


@pytest.mark.parametrize(
    "drawn",
    [
        "3 Tc /F1 12 Tf 72 600 Td (YEARLY REVIEW) Tj",
        "/F1 12 Tf 72 600 Td [(Y)-260(E)-110(A)-110(R)-260(L)-110(Y)-900(R)-260(E)-110(V)-110(I)-260(E)-110(W)] TJ",
    ],
)
def test_letters_that_are_set_apart_make_words(tmp_path: Path, drawn: str) -> None:
    assert parsed(tmp_path, drawn_pdf(f"BT {drawn} ET")).text == "YEARLY REVIEW"


def test_text_that_stands_for_what_is_drawn_is_read_in_its_place(tmp_path: Path) -> None:
    drawn = f"/Span << /ActualText (open) >> BDC {shown('o pen', at=(150, 700))} EMC"
    content = f"{shown('The valve is ', at=(72, 700))} {drawn} {shown('from May on.', at=(200, 700))}"
    assert parsed(tmp_path, drawn_pdf(content)).text == "The valve is open from May on."


def test_bullet_beside_a_larger_word_is_not_raised(tmp_path: Path) -> None:
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    drawn = "BT /F1 18 Tf 72 600 Td (Ready) Tj 52 6 Td /F2 9 Tf (\\225) Tj 60 -6 Td /F1 18 Tf (Set) Tj ET"
    content = drawn_pdf(drawn, objects=[font]).replace(b"/F1 3 0 R", b"/F1 3 0 R /F2 6 0 R")
    assert "^" not in parsed(tmp_path, content).text


def test_values_of_fields_stand_behind_their_labels(tmp_path: Path) -> None:
    states = "/AP << /N << /Yes 12 0 R /Off 12 0 R >> >>"
    fields = [
        form_field("Tx", "f1", "150 690 350 710", "/V (Ada Berg)"),
        form_field("Btn", "f2", "72 640 84 652", f"/V /Yes /AS /Yes {states}"),
        form_field("Btn", "f3", "72 610 84 622", f"/V /Off /AS /Off {states}"),
        form_field("Ch", "f4", "150 560 250 580", "/Ff 131072 /Opt [(Day) [(n) (Night)]] /V (n)"),
        form_field("Tx", "f5", "400 300 500 320", "/TU (Order number) /V (B 117)"),
        form_field("Tx", "f6", "400 200 500 220", "/V (unseen)").replace("/F 4", "/F 2"),
        "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 0 >>\nstream\n\nendstream",
    ]
    content = (
        shown("Name: ____________", at=(72, 695))
        + shown("Send the newsletter", at=(92, 642))
        + shown("Send advertising", at=(92, 612))
        + shown("Shift", at=(72, 565))
    )
    numbers = "[6 0 R 7 0 R 8 0 R 9 0 R 10 0 R 11 0 R]"
    catalog = f"/AcroForm << /Fields {numbers} >>"
    extracted = parsed(tmp_path, drawn_pdf(content, page=f"/Annots {numbers}", catalog=catalog, objects=fields))
    assert extracted.text.split("\n\n") == [
        "Name: Ada Berg",
        "Send the newsletter: yes",
        "Send advertising: no",
        "Shift: Night",
        "Order number: B 117",
    ]
    assert extracted.warnings == ("1 hidden note was left out (page 1)",)


def test_notes_and_free_text_are_read_in_place(tmp_path: Path) -> None:
    notes = [
        "<< /Type /Annot /Subtype /Text /Rect [400 640 420 660] /T (Lin) /Contents (It was raised in May.) >>",
        "<< /Type /Annot /Subtype /FreeText /Rect [72 500 300 540] /Contents (Closed on Mondays.) >>",
        "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /Contents (a link) >>",
    ]
    content = shown("The fee is 75 euros, to be paid at the beginning of each month.", at=(72, 700)) + shown(
        "The last line of the page is here.", at=(72, 300)
    )
    extracted = parsed(tmp_path, drawn_pdf(content, page="/Annots [6 0 R 7 0 R 8 0 R]", objects=notes))
    assert extracted.text.split("\n\n")[1:3] == ["Closed on Mondays.", "The last line of the page is here."]
    assert "Note by Lin: It was raised in May." in extracted.text
    assert "a link" not in extracted.text


def test_attached_file_is_named_in_a_warning(tmp_path: Path) -> None:
    files = [
        "<< /Type /Filespec /F (list.csv) /UF (list.csv) /EF << /F 7 0 R >> >>",
        "<< /Type /EmbeddedFile /Length 3 >>\nstream\na,b\nendstream",
    ]
    catalog = "/Names << /EmbeddedFiles << /Names [(list.csv) 6 0 R] >> >>"
    extracted = parsed(tmp_path, drawn_pdf(shown("The list is attached."), catalog=catalog, objects=files))
    assert extracted.warnings == ("1 attached file was not read: list.csv",)


def test_large_sentence_is_no_heading(tmp_path: Path) -> None:
    body = shown("Ordinary text follows in the usual size, and there is more of it here.", at=(72, 600), size=11)
    extracted = parsed(tmp_path, drawn_pdf(shown("The gate opens at nine.", at=(72, 650), size=22) + body))
    assert [element.kind for element in extracted.elements] == [ElementKind.PARAGRAPH] * 2


ABOVE = shown("The drawing shows the boiler room of the new house and its parts.", at=(72, 700))
BELOW = shown("Below the drawing the text goes on with one more sentence.", at=(72, 480))


def test_picture_on_a_page_of_text_is_read_in_place(tmp_path: Path) -> None:
    picture = picture_of(["Pressure tank 90 litres"])
    extracted = parsed(tmp_path, with_picture(picture, "400 0 0 72 72 560", ABOVE + BELOW), SEEING)
    before, inside, after = extracted.text.split("\n\n")
    assert before.startswith("The drawing")
    assert inside == "Pressure tank 90 litres"
    assert after.startswith("Below")
    assert extracted.warnings == ("1 picture was read by text recognition (page 1)",)


def test_picture_is_named_where_nothing_recognises_it(tmp_path: Path) -> None:
    picture = picture_of(["Pressure tank 90 litres"] * 4)
    warnings = parsed(tmp_path, with_picture(picture, "400 0 0 144 72 520", ABOVE + BELOW)).warnings
    assert warnings == ("1 picture without recognised text (page 1)",)


def test_scan_with_a_stored_stamp_is_read_as_well_as_the_stamp(tmp_path: Path) -> None:
    scan = Image.new("L", (1_240, 1_604), 255)
    scan.paste(picture_of(["The tank was emptied", "on the fourth of June."]), (100, 100))
    stamp = shown("Archived on 7 July, entry 5512, page 1 of 1, true copy of the original", at=(250, 20), size=9)
    extracted = parsed(tmp_path, with_picture(scan, "612 0 0 792 0 0", stamp), SEEING)
    assert extracted.text.count("entry 5512") == 1
    assert "tank was emptied" in extracted.text
    assert extracted.warnings == ("The page was read by text recognition",)


def test_page_whose_font_gives_wrong_letters_is_recognised(tmp_path: Path) -> None:
    lines = [
        "The guarantee for the motor is five years from the day of delivery.",
        "It covers parts and labour but no filters and no other small things.",
    ]
    table = "".join(f"<{code:02X}> <{code + 3:04X}>\n" for code in range(97, 120))
    mapping = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Wrong def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <FF> endcodespacerange\n23 beginbfchar\n{table}endbfchar\nendcmap end end"
    )
    stream = f"<< /Length {len(mapping)} >>\nstream\n{mapping}\nendstream"
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
    content = "".join(
        shown(line, at=(72, 700 - 20 * number)).replace("/F1", "/F2") for number, line in enumerate(lines)
    )
    document = drawn_pdf(content, resources="", objects=[stream, font]).replace(b"/F1 3 0 R", b"/F1 3 0 R /F2 7 0 R")
    assert "five years" in parsed(tmp_path, document, SEEING).text
    assert "not read rightly" in parsed(tmp_path, document).warnings[0]
