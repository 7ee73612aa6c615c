from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.parsing.pdf.pdfium_parser import parse_pdf
from ingest.parsing.scans.ocr import Recogniser
from rag.settings import OcrBackend
from rag.types import ExtractedText
from tests.unit.ingest.parsing.samples import Placed, pdf_bytes

BLIND = Recogniser(OcrBackend.NONE, "eng")
NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elder", "Fir", "Gorse", "Hazel")
HEADER, FOOTER = (72, 760, 9), (72, 30, 9)


def read(folder: Path, pages: int, extra: Callable[[int], list[Placed]]) -> ExtractedText:
    """Reads a document whose pages say something of their own; ``extra`` gives the other lines, by page number."""
    content = [
        [*extra(page + 1), (72.0, 600.0, 11.0, f"What the plan says about {NAMES[page]} is found on this sheet.")]
        for page in range(pages)
    ]
    path = folder / "a.pdf"
    path.write_bytes(pdf_bytes(content))
    return parse_pdf(path, name="a.pdf", recogniser=BLIND)


def paragraphs(extracted: ExtractedText) -> list[str]:
    return extracted.text.split("\n\n")


def test_running_headers_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    extracted = read(tmp_path, 5, lambda page: [(*HEADER, "Company confidential"), (300, 30, 9, f"{page}")])
    assert "confidential" not in extracted.text
    assert len(paragraphs(extracted)) == 5
    assert [element.page for element in extracted.elements] == [1, 2, 3, 4, 5]
    assert extracted.left_out.count("Company confidential") == 5


def test_headers_of_left_and_of_right_pages_are_left_out(tmp_path: Path) -> None:
    def header(page: int) -> list[Placed]:
        names = ("Harbour plan", "Port of Vik")[:: 1 if page % 2 else -1]
        return [(72, 760, 9, names[0]), (400, 760, 9, names[1])]

    extracted = read(tmp_path, 8, header)
    assert "Harbour plan" not in extracted.text
    assert len(paragraphs(extracted)) == 8


@pytest.mark.parametrize(
    "written",
    [
        "Page {} of 12",
        "- {} -",
        "{} / 8",
        "Acme handbook, Seite {}",
        "Acme 2026: sheet {} of 8",
        "Page No. {}",
        "{} | Page",
        "Acme handbook {}",
    ],
)
def test_line_with_the_number_of_its_page_is_left_out(tmp_path: Path, written: str) -> None:
    assert len(paragraphs(read(tmp_path, 8, lambda page: [(*FOOTER, written.format(page))]))) == 8


@pytest.mark.parametrize("written", ["Page {}", "{}", "p. {}"])
def test_pages_need_not_begin_with_one(tmp_path: Path, written: str) -> None:
    assert len(paragraphs(read(tmp_path, 5, lambda page: [(*FOOTER, written.format(page + 16))]))) == 5


def test_numbers_of_the_first_pages_may_be_roman(tmp_path: Path) -> None:
    numbers = ["i", "ii", "iii", "1", "2"]
    assert len(paragraphs(read(tmp_path, 5, lambda page: [(*FOOTER, numbers[page - 1])]))) == 5


def test_number_in_a_cell_of_its_own_is_the_page_s_even_when_chapters_change(tmp_path: Path) -> None:
    extracted = read(tmp_path, 8, lambda page: [(*HEADER, f"Chapter {1 + page // 5}"), (500, 760, 9, f"{page + 16}")])
    assert len(paragraphs(extracted)) == 8


@pytest.mark.parametrize(
    "written",
    [
        lambda page: f"Payslip of employee {500 + page}",
        lambda page: f"Week {39 + page}",
        lambda page: f"Calibration certificate {6988 + 13 * page}",
        lambda page: f"Certificate {7000 + page}, page 1 of 1",
        lambda page: f"Day {page} of 5: arrival",
        lambda page: f"Module: {page}",
        lambda page: f"Gross pay {3000 + 150 * page} pounds",
    ],
)
@pytest.mark.parametrize("pages", [2, 5])
def test_line_with_a_number_of_the_content_stays(tmp_path: Path, written: Callable[[int], str], pages: int) -> None:
    text = read(tmp_path, pages, lambda page: [(72, 760, 11, written(page))]).text
    assert all(written(page) in text for page in range(1, pages + 1))


def test_heading_that_counts_its_pages_stays(tmp_path: Path) -> None:
    text = read(tmp_path, 5, lambda page: [(72, 755, 16, f"Module {page}")]).text
    assert all(f"Module {page}" in text for page in range(1, 6))


def test_total_at_the_end_of_each_page_stays(tmp_path: Path) -> None:
    text = read(tmp_path, 5, lambda page: [(*FOOTER, f"{1250 + 37 * page}")]).text
    assert "1287" in text
    assert "1435" in text


def test_repeated_heading_stays_once(tmp_path: Path) -> None:
    assert (
        read(tmp_path, 5, lambda _: [(72, 755, 16, "Certificate of origin")]).text.count("Certificate of origin") == 1
    )


def test_names_of_columns_that_repeat_stay(tmp_path: Path) -> None:
    def table(page: int) -> list[Placed]:
        rows = [
            ("Part", "Weight", "Length"),
            *((f"{NAMES[page - 1]} {row}", f"{row} g", f"{page} mm") for row in "234"),
        ]
        return [
            (x, 760 - 18 * number, 11, cell)
            for number, row in enumerate(rows)
            for x, cell in zip((72, 300, 420), row, strict=True)
        ]

    assert "Part: Elder 3; Weight: 3 g; Length: 5 mm" in read(tmp_path, 5, table).text


@pytest.mark.parametrize("pages", [2, 3])
def test_running_lines_of_a_short_document_stay_once_and_outside_its_sentences(tmp_path: Path, pages: int) -> None:
    extracted = read(
        tmp_path,
        pages,
        lambda page: [
            (*HEADER, "Works agreement 12"),
            (72, 44, 9, "Acme, 12 Mill Lane"),
            (*FOOTER, f"Page {page} of {pages}"),
        ],
    )
    found = paragraphs(extracted)
    assert len(found) == pages + 2
    assert (found[0], found[-1]) == ("Works agreement 12", "Acme, 12 Mill Lane")
    assert [element.page for element in extracted.elements] == [1, *range(1, pages + 1), pages]


def test_subject_beside_the_page_number_stays_once_in_a_short_document(tmp_path: Path) -> None:
    text = read(tmp_path, 3, lambda page: [(*HEADER, f"Works agreement 12, page {page} of 3")]).text
    assert text.count("Works agreement 12") == 1


@pytest.mark.parametrize("line", ["Gender: male", "Agreed"])
def test_value_and_line_below_another_stay_in_a_short_document(tmp_path: Path, line: str) -> None:
    def top(page: int) -> list[Placed]:
        return [(72, 760, 11, f"Answers of {NAMES[page]}"), (72, 740, 11, line)]

    assert read(tmp_path, 2, top).text.count(line) == 2


def test_document_of_nothing_but_running_lines_says_them(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes([[(72, 760, 12, "Left blank on purpose")]] * 5))
    assert parse_pdf(path, name="a.pdf", recogniser=BLIND).text.count("Left blank on purpose") == 5
