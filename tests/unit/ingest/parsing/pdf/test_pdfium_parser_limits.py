"""Pages that would keep a careless reader busy for hours, or lead it in circles."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest.parsing.pdf.pdfium_parser import parse_pdf
from ingest.parsing.pdf.raised import raised_mark
from ingest.parsing.scans.ocr import Recogniser
from rag.settings import OcrBackend
from rag.types import ExtractedText
from tests.unit.ingest.parsing.samples import drawn_pdf, shown

SEEN = shown("The rent is 850 euros a month.", at=(72, 700))


def parsed(folder: Path, content: bytes) -> ExtractedText:
    path = folder / "a.pdf"
    path.write_bytes(content)
    return parse_pdf(path, name="a.pdf", recogniser=Recogniser(OcrBackend.NONE, "eng"))


def form(content: str, draws: str) -> str:
    resources = f"/Resources << /Font << /F1 3 0 R >> /XObject << {draws} >> >>"
    head = f"<< /Type /XObject /Subtype /Form /BBox [0 0 612 792] {resources} /Length {len(content)} >>"
    return f"{head}\nstream\n{content}\nendstream"


def test_form_that_draws_itself_ends(tmp_path: Path) -> None:
    document = drawn_pdf(f"{SEEN} /A Do", resources="/XObject << /A 6 0 R >>", objects=[form("/A Do", "/A 6 0 R")])
    assert parsed(tmp_path, document).text == "The rent is 850 euros a month."


def test_forms_that_draw_each_other_many_times_are_not_all_looked_at(tmp_path: Path) -> None:
    levels = [form("/A Do " * 14, f"/A {number} 0 R") for number in (7, 8, 9)]
    document = drawn_pdf(
        SEEN + "/A Do " * 14, resources="/XObject << /A 6 0 R >>", objects=[*levels, form("0 0 9 9 re f", "")]
    )
    assert parsed(tmp_path, document).text == "The rent is 850 euros a month."


def test_thousands_of_shapes_over_thousands_of_texts(tmp_path: Path) -> None:
    texts = "".join(shown("word", at=(20 + 40 * (number % 14), 20 + 4 * (number % 180))) for number in range(3_000))
    shapes = "".join(f"{number % 500} {number % 700} 20 20 re f\n" for number in range(5_000))
    assert "850 euros" in parsed(tmp_path, drawn_pdf(f"1 g {shapes} 0 g {texts}" + SEEN)).text


def test_line_of_many_raised_runs(tmp_path: Path) -> None:
    runs = "".join(shown("ab", at=(10 + 8 * n, 600)) + shown("2", at=(10 + 8 * n + 6, 606), size=5) for n in range(70))
    assert parsed(tmp_path, drawn_pdf(SEEN + runs)).text.count("[^2]") >= 60


def test_annotations_in_a_circle(tmp_path: Path) -> None:
    field = "<< /Type /Annot /Subtype /Widget /FT /Tx /T (a) /Parent 6 0 R /Kids [6 0 R] /Rect [0 0 9 9] >>"
    document = drawn_pdf(SEEN, page="/Annots [6 0 R 6 0 R]", catalog="/AcroForm << /Fields [6 0 R] >>", objects=[field])
    assert parsed(tmp_path, document).text == "The rent is 850 euros a month."


def test_box_of_no_size_and_matrix_of_zeros(tmp_path: Path) -> None:
    extracted = parsed(tmp_path, drawn_pdf(f"{SEEN} q 0 0 0 0 0 0 cm {shown('nowhere')} Q"))
    assert "The rent is 850 euros a month." in extracted.text
    assert all(layout.boxes.dtype == np.float32 for layout in extracted.layouts)


def test_mark_after_a_very_long_line() -> None:
    before = "(" * 20_000 + "1" * 20_000
    assert raised_mark("2", before=before[-64:], after="", labels=()).text
