from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsing.pdf.pdfium_parser import parse_pdf
from ingest.parsing.scans.ocr import Recogniser
from rag.errors import CorruptDocumentError, NoTextError
from rag.settings import OcrBackend
from rag.types import ElementKind, ExtractedText
from tests.unit.ingest.parsing.samples import Placed, pdf_bytes, picture_of

BLIND = Recogniser(OcrBackend.NONE, "eng")


def parsed(folder: Path, content: bytes, recogniser: Recogniser = BLIND) -> ExtractedText:
    path = folder / "a.pdf"
    path.write_bytes(content)
    return parse_pdf(path, name="a.pdf", recogniser=recogniser)


def boxes_of(extracted: ExtractedText, words: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    start = extracted.text.index(words)
    layout = next(layout for layout in extracted.layouts if layout.span.start <= start < layout.span.end)
    return layout.boxes[start - layout.span.start :][: len(words)]


def test_wrapped_lines_become_a_paragraph_and_a_divided_word_is_mended(tmp_path: Path) -> None:
    page = [
        (72, 700, 12, "The committee met on Tuesday and discussed the bud-"),
        (72, 686, 12, "get for the coming year in considerable detail until"),
        (72, 672, 12, "late."),
    ]
    extracted = parsed(tmp_path, pdf_bytes([page]))
    assert extracted.text == (
        "The committee met on Tuesday and discussed the budget for the coming year in considerable detail until late."
    )
    assert [element.page for element in extracted.elements] == [1]


def test_larger_line_is_a_heading_and_the_title(tmp_path: Path) -> None:
    page = [(72, 720, 20, "Annual Report"), (72, 690, 11, "Sales rose in every region of the country this year.")]
    extracted = parsed(tmp_path, pdf_bytes([page]))
    assert [element.kind for element in extracted.elements] == [ElementKind.HEADING, ElementKind.PARAGRAPH]
    assert extracted.title == "Annual Report"
    assert extracted.elements[1].heading_path == ("Annual Report",)


def test_rows_of_a_table_keep_their_cells_on_a_line(tmp_path: Path) -> None:
    rows = [("Net sales", "5,471", "5,687"), ("Cost of goods", "3,210", "3,333"), ("Gross profit", "2,261", "2,354")]
    page = [
        (x, 700 - 16 * number, 11, cell)
        for number, row in enumerate(rows)
        for x, cell in zip((72, 350, 450), row, strict=True)
    ]
    extracted = parsed(tmp_path, pdf_bytes([page]))
    assert extracted.elements[0].kind is ElementKind.TABLE
    assert extracted.text.split("\n") == [" | ".join(row) for row in rows]


def test_names_of_other_columns_below_a_gap_begin_another_table(tmp_path: Path) -> None:
    rows = [
        (740, (60, 180, 300), ("Offer no.", "Client no.", "Valid until")),
        (724, (60, 180, 300), ("20-118", "5531", "01.09.2026")),
        (680, (60, 250, 400), ("Part", "Pieces", "Price")),
        (660, (60, 250, 400), ("Oak door", "3", "410.00")),
        (640, (60, 250, 400), ("Brass hinge", "12", "6.50")),
    ]
    page = [(x, top, 10, cell) for top, places, row in rows for x, cell in zip(places, row, strict=True)]
    extracted = parsed(tmp_path, pdf_bytes([page]))
    assert extracted.text.split("\n\n") == [
        "Offer no.: 20-118; Client no.: 5531; Valid until: 01.09.2026",
        "Part: Oak door; Pieces: 3; Price: 410.00\nPart: Brass hinge; Pieces: 12; Price: 6.50",
    ]


def test_table_at_the_top_of_the_next_page_keeps_its_header(tmp_path: Path) -> None:
    def drawn(rows: Sequence[Sequence[str]], top: float) -> list[Placed]:
        return [
            (x, top - 18 * number, 11, cell)
            for number, row in enumerate(rows)
            for x, cell in zip((72, 300, 420), row, strict=True)
        ]

    first = drawn([("Part", "Weight", "Length"), ("Bolt", "12 g", "30 mm"), ("Nut", "4 g", "6 mm")], 120)
    second = drawn([("Washer", "1 g", "8 mm"), ("Clip", "2 g", "15 mm")], 740)
    extracted = parsed(tmp_path, pdf_bytes([first, second]))
    assert extracted.text.split("\n")[-1] == "Part: Clip; Weight: 2 g; Length: 15 mm"
    assert np.isnan(boxes_of(extracted, "Part: Nut")[:6]).all()
    [table] = extracted.tables
    assert (table.page, table.header_rows, table.row_count) == (1, 1, 5)
    cells = [cell for cell in table.cells(extracted.text) if cell.row in {0, 4}]
    assert [(cell.row, cell.text) for cell in cells] == [
        (0, "Part"),
        (0, "Weight"),
        (0, "Length"),
        (4, "Clip"),
        (4, "2 g"),
        (4, "15 mm"),
    ]
    assert not np.isnan(boxes_of(extracted, "Clip")).any()


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = [(72.0, 700.0 - 14 * row, 10.0, f"left column line number {row} goes on") for row in range(6)]
    right = [(320.0, 700.0 - 14 * row, 10.0, f"right column line number {row} goes on") for row in range(6)]
    extracted = parsed(tmp_path, pdf_bytes([[place for pair in zip(left, right, strict=True) for place in pair]]))
    assert extracted.text.index("left column line number 5") < extracted.text.index("right column line number 0")


def test_boxes_stand_where_the_words_are(tmp_path: Path) -> None:
    boxes = boxes_of(parsed(tmp_path, pdf_bytes([[(100, 500, 12, "Here it is")]])), "Here it is")
    assert boxes[0, 0] == pytest.approx(100, abs=2)
    assert (boxes[:, 1] < 500).all()
    assert (boxes[:, 3] > 507).all()
    assert (np.diff(boxes[:, 0]) > 0).all()


@pytest.mark.parametrize(
    ("rotation", "left", "bottom"), [(0, 100, 500), (90, 500, 612 - 100), (180, 612 - 100, 792 - 500), (270, 292, 100)]
)
def test_boxes_follow_the_rotation_of_the_page(tmp_path: Path, rotation: int, left: float, bottom: float) -> None:
    extracted = parsed(tmp_path, pdf_bytes([[(100, 500, 12, "Here")]], rotation=rotation))
    layout = extracted.layouts[0]
    assert (layout.width, layout.height) == ((612, 792) if rotation % 180 == 0 else (792, 612))
    first = boxes_of(extracted, "Here")[0]
    assert first[0] - 12 <= left <= first[2] + 12
    assert first[1] - 12 <= bottom <= first[3] + 12
    assert first[0] < first[2]
    assert first[1] < first[3]


def test_boxes_are_measured_from_the_corner_of_the_page(tmp_path: Path) -> None:
    extracted = parsed(tmp_path, pdf_bytes([[(150, 550, 12, "Here")]], media_box="50 50 662 842"))
    assert boxes_of(extracted, "Here")[0, 0] == pytest.approx(100, abs=2)


@pytest.mark.parametrize(
    ("first", "second", "between"),
    [
        ("The balance is settled at the end of each", "quarter by the line manager.", " "),
        ("The balance is settled at the end of the year.", "quarter by the line manager.", "\n\n"),
        ("The balance is settled at the end of each", "Quarters are counted from May.", "\n\n"),
        ("Signature", "for the works council", "\n\n"),
    ],
)
def test_sentence_goes_on_over_a_page_break(tmp_path: Path, first: str, second: str, between: str) -> None:
    extracted = parsed(tmp_path, pdf_bytes([[(72, 100, 11, first)], [(72, 700, 11, second)]]))
    assert extracted.text == first + between + second
    assert [element.page for element in extracted.elements] == [1, 2]
    assert [layout.page for layout in extracted.layouts] == [1, 2]
    assert boxes_of(extracted, second)[0, 1] > 690


def test_broken_file_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(CorruptDocumentError):
        parsed(tmp_path, b"%PDF-1.4 and nothing else")


def test_empty_page_has_no_text(tmp_path: Path) -> None:
    with pytest.raises(NoTextError):
        parsed(tmp_path, pdf_bytes([[]]))


def test_scanned_page_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    picture_of(["Invoices are payable", "within thirty days."]).save(path, "PDF", resolution=150)
    recogniser = Recogniser(OcrBackend.AUTO, "eng")
    extracted = parse_pdf(path, name="scan.pdf", recogniser=recogniser)
    assert "Invoices are payable" in extracted.text
    assert extracted.layouts[0].boxes.shape == (len(extracted.text), 4)
    assert extracted.warnings == ("The page was read by text recognition",)


WORDS = st.text(st.sampled_from("abc DEF 123 .,-"), min_size=1, max_size=30)
PLACES = st.tuples(st.integers(0, 600), st.integers(0, 790), st.integers(4, 30), WORDS)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(PLACES, max_size=12), min_size=1, max_size=5))
def test_elements_and_layouts_fit_the_text(tmp_path_factory: pytest.TempPathFactory, pages: list[list[Placed]]) -> None:
    try:
        extracted = parsed(tmp_path_factory.mktemp("pdf"), pdf_bytes(pages))
    except NoTextError:
        return
    end = 0
    for element in extracted.elements:
        assert end <= element.span.start < element.span.end <= len(extracted.text)
        end = element.span.end
    for layout in extracted.layouts:
        assert layout.boxes.shape == (layout.span.end - layout.span.start, 4)
        assert layout.boxes.dtype == np.float32
        assert layout.span.end <= len(extracted.text)
