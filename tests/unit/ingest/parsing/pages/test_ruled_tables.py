"""Tables whose cells are ruled: the lines tell the cells, wherever in them the text stands."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest

from ingest.parsing.pdf.pdfium_parser import parse_pdf
from ingest.parsing.scans.ocr import Recogniser
from rag.settings import OcrBackend
from rag.types import ElementKind, ExtractedText
from tests.unit.ingest.parsing.samples import drawn_pdf, shown

ACROSS = (60, 120, 320, 460)
DOWN = (700, 680, 640, 600)
CELLS = {
    (0, 0): [("Shift", 687)],
    (0, 1): [("Work", 687)],
    (0, 2): [("Extra pay", 687)],
    (1, 0): [("Early", 657)],
    (1, 1): [("Open the gate, read the meters and", 665), ("start the pumps", 649)],
    (1, 2): [("9 euros a day", 657)],
    (2, 0): [("Late", 617)],
    (2, 1): [("Close the gate, write the report and", 625), ("stop the pumps", 609)],
    (2, 2): [("12 euros a day", 617)],
}
TABLE = (
    "Shift: Early; Work: Open the gate, read the meters and start the pumps; Extra pay: 9 euros a day\n"
    "Shift: Late; Work: Close the gate, write the report and stop the pumps; Extra pay: 12 euros a day"
)
ABOVE, BELOW = shown("Before the table.", at=(60, 740)), shown("After the table.", at=(60, 560))


def texts(cells: dict[tuple[int, int], list[tuple[str, int]]] = CELLS) -> str:
    return "".join(
        shown(text, at=(ACROSS[column] + 4, height), size=10)
        for (_, column), lines in cells.items()
        for text, height in lines
    )


def line(x0: float, y0: float, x1: float, y1: float) -> str:
    return f"{x0} {y0} m {x1} {y1} l S\n"


def strokes() -> str:
    level = "".join(line(ACROSS[0], y, ACROSS[-1], y) for y in DOWN)
    return level + "".join(line(x, DOWN[0], x, DOWN[-1]) for x in ACROSS)


def open_sides() -> str:
    level = "".join(line(ACROSS[0], y, ACROSS[-1], y) for y in DOWN)
    return level + "".join(line(x, DOWN[0], x, DOWN[-1]) for x in ACROSS[1:-1])


def thin_fills() -> str:
    level = "".join(f"{ACROSS[0]} {y} {ACROSS[-1] - ACROSS[0]} 0.6 re f\n" for y in DOWN)
    return level + "".join(f"{x} {DOWN[-1]} 0.6 {DOWN[0] - DOWN[-1]} re f\n" for x in ACROSS)


def rectangles(paint: str = "S") -> str:
    return "".join(
        f"{left} {bottom} {right - left} {top - bottom} re {paint}\n"
        for left, right in pairwise(ACROSS)
        for top, bottom in pairwise(DOWN)
    )


def one_path() -> str:
    return rectangles(paint="") + "S\n"


def parsed(folder: Path, *contents: str) -> ExtractedText:
    path = folder / "a.pdf"
    with pypdfium2.PdfDocument(drawn_pdf(contents[0])) as document:
        for content in contents[1:]:
            with pypdfium2.PdfDocument(drawn_pdf(content)) as other:
                document.import_pages(other)
        document.save(path)
    return parse_pdf(path, name="a.pdf", recogniser=Recogniser(OcrBackend.NONE, "eng"))


@pytest.mark.parametrize("ruling", [strokes(), open_sides(), thin_fills(), rectangles(), one_path()])
def test_wrapped_cells_are_whole_however_the_lines_are_drawn(tmp_path: Path, ruling: str) -> None:
    extracted = parsed(tmp_path, ABOVE + BELOW + texts() + ruling)
    assert extracted.text == f"Before the table.\n\n{TABLE}\n\nAfter the table."


def test_cells_have_the_places_of_their_characters(tmp_path: Path) -> None:
    extracted = parsed(tmp_path, texts() + strokes())
    [layout] = extracted.layouts
    at = extracted.text.index("start the pumps")
    box = layout.boxes[at - layout.span.start]
    assert box[0] == pytest.approx(124, abs=1)
    assert box[1] == pytest.approx(649, abs=4)


def test_merged_cells_name_all_that_they_cover(tmp_path: Path) -> None:
    cells = {
        (0, 0): [("Room", 680)],
        (0, 1): [("Price", 687)],
        (1, 1): [("Summer", 657)],
        (1, 2): [("Winter", 657)],
        (2, 0): [("Sea view", 617)],
        (2, 1): [("95", 617)],
        (2, 2): [("70", 617)],
    }
    level = line(60, 700, 460, 700) + line(120, 680, 460, 680) + line(60, 640, 460, 640) + line(60, 600, 460, 600)
    upright = "".join(line(x, 700, x, 600) for x in (60, 120, 460)) + line(320, 680, 320, 600)
    extracted = parsed(tmp_path, texts(cells) + level + upright)
    assert extracted.text == "Room: Sea view; Price > Summer: 95; Price > Winter: 70"


def test_row_without_lines_between_its_columns_is_divided_like_the_others(tmp_path: Path) -> None:
    level = "".join(line(ACROSS[0], y, ACROSS[-1], y) for y in DOWN)
    upright = "".join(line(x, DOWN[1], x, DOWN[-1]) for x in ACROSS)
    assert parsed(tmp_path, texts() + level + upright).text == TABLE


def test_frame_around_a_paragraph_is_no_table(tmp_path: Path) -> None:
    frame = shown("All pumps stop at night.", at=(64, 657)) + "60 640 400 40 re S\n"
    extracted = parsed(tmp_path, frame + BELOW)
    assert ElementKind.TABLE not in {element.kind for element in extracted.elements}


def test_rows_without_lines_between_them_stay_rows(tmp_path: Path) -> None:
    cells = {
        (0, 0): [("Pump", 687)],
        (0, 1): [("Power in kW", 687)],
        (0, 2): [("Weight in kg", 687)],
        (1, 0): [("P1", 660), ("P2", 645), ("P3", 630)],
        (1, 1): [("12", 660), ("15", 645), ("18", 630)],
        (1, 2): [("80", 660), ("95", 645), ("99", 630)],
    }
    level = "".join(line(60, y, 460, y) for y in (700, 680, 620))
    upright = "".join(line(x, 700, x, 620) for x in ACROSS)
    extracted = parsed(tmp_path, texts(cells) + level + upright)
    assert "Pump: P2; Power in kW: 15; Weight in kg: 95" in extracted.text


def test_thousands_of_lines_are_not_looked_at(tmp_path: Path) -> None:
    many = "".join(line(n % 500, n % 700, n % 500 + 20, n % 700) for n in range(5_000))
    assert "start the pumps" in parsed(tmp_path, texts() + strokes() + many).text


def test_short_lines_below_a_table_stay_apart(tmp_path: Path) -> None:
    lines = shown("Hall 3, second floor", at=(60, 560)) + shown("Bonn", at=(60, 545))
    assert parsed(tmp_path, texts() + strokes() + lines).text == f"{TABLE}\n\nHall 3, second floor\n\nBonn"


def test_table_goes_on_on_the_next_page(tmp_path: Path) -> None:
    second = {
        (0, 0): [("Night", 687)],
        (0, 1): [("Watch the pumps", 687)],
        (0, 2): [("30 euros a day", 687)],
        (1, 0): [("Sunday", 657)],
        (1, 1): [("Read the meters only", 657)],
        (1, 2): [("50 euros a day", 657)],
    }
    upright = "".join(line(x, 700, x, 640) for x in ACROSS)
    level = "".join(line(60, y, 460, y) for y in (700, 680, 640))
    extracted = parsed(tmp_path, texts() + strokes(), texts(second) + level + upright)
    assert "Shift: Night; Work: Watch the pumps; Extra pay: 30 euros a day" in extracted.text
