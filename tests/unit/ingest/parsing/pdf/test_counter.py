from __future__ import annotations

from pathlib import Path

from ingest.parsing.parser import DocumentParser
from ingest.parsing.pdf.counter import held_in_pdf
from rag.settings import OcrBackend
from tests.unit.ingest.parsing.samples import drawn_pdf, pdf_bytes, shown


def test_lines_of_all_pages_are_held(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes([[(72, 700, 12, "First page.")], [(72, 700, 12, "Second page.")]]))
    assert held_in_pdf(path) == {"the pages' text": ["First page.", "Second page."]}


def test_word_that_is_divided_at_the_end_of_a_line_is_held_as_one(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(
        pdf_bytes([[(72, 700, 12, "The commit-"), (72, 686, 12, "tee met in 2019-"), (72, 672, 12, "2020.")]])
    )
    assert held_in_pdf(path) == {"the pages' text": ["The committee met in 2019-", "2020."]}


def test_what_was_left_out_on_purpose_is_not_missed(tmp_path: Path) -> None:
    seen = shown("The rent is 850 euros.", at=(72, 700))
    path = tmp_path / "a.pdf"
    path.write_bytes(drawn_pdf(seen + shown("Nobody can see this.", before="3 Tr")))
    extracted = DocumentParser(OcrBackend.NONE, "eng").parse(path, name="a.pdf", media_type="application/pdf")
    assert extracted.text == "The rent is 850 euros."
    assert extracted.warnings == ("17 hidden characters were left out (page 1)",)
