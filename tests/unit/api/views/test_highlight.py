"""The highlight lies over the ink of the words that were read, however their page is turned or cut."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from api.views.highlight import highlighted, line_boxes
from ingest.parsing.page_images import render_page
from ingest.parsing.pdf.pdfium_parser import parse_pdf
from ingest.parsing.scans.ocr import Recogniser
from rag.settings import OcrBackend
from rag.types import PageLayout, Span
from tests.unit.ingest.parsing.samples import drawn_pdf, shown

BLIND = Recogniser(OcrBackend.NONE, "eng")
BEFORE = shown("A boat that arrives late ties up at the", at=(72, 600)) + shown("long pontoon.", at=(72, 584))
WORDS = shown("Its owner pays", at=(152, 584)) + shown("on the next day,", at=(72, 568))
AFTER = shown("at the harbour office.", at=(168, 568)) + shown("Nobody answers at night.", at=(72, 540))
RED = f"1 0 0 rg {WORDS} 0 0 0 rg "


def page_with(folder: Path, content: str, page: str, words: str) -> tuple[Image.Image, Image.Image, float]:
    """Returns the image of a PDF's page, the same with words of it highlighted, and its pixels per point."""
    path = folder / "a.pdf"
    path.write_bytes(drawn_pdf(content, page=page))
    extracted = parse_pdf(path, name="a.pdf", recogniser=BLIND)
    [layout] = extracted.layouts
    start = extracted.text.index(words)
    plain = render_page(path, name="a.pdf", media_type="application/pdf", page=1, width=800)
    marked = highlighted(plain, layout, Span(start=start, end=start + len(words)))
    return plain, marked, plain.width / layout.width


def changed(plain: Image.Image, marked: Image.Image) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (np.asarray(plain) != np.asarray(marked)).any(axis=2)
    return found


def ink(image: Image.Image, *, red: bool) -> NDArray[np.bool_]:
    pixels = np.asarray(image, dtype=np.int16)
    is_dark = pixels[..., 1] < 128
    is_red = pixels[..., 0] - pixels[..., 1] > 64
    found: NDArray[np.bool_] = is_dark & (is_red if red else ~is_red)
    return found


@pytest.mark.parametrize("page", ["", "/Rotate 90", "/Rotate 180", "/Rotate 270"])
@pytest.mark.parametrize("crop", ["", "/CropBox [50 500 500 650]"])
@pytest.mark.parametrize("drawn", ["1 0 0 1 0 0", "0 1 -1 0 1150 300"])
def test_it_covers_the_ink_of_the_words_and_of_no_others(tmp_path: Path, page: str, crop: str, drawn: str) -> None:
    content = f"q {drawn} cm {BEFORE}{RED}{AFTER} Q"
    if "-1" in drawn and crop:
        crop = "/CropBox [480 350 700 800]"
    plain, marked, pixels_per_point = page_with(tmp_path, content, f"{page} {crop}", "Its owner pays on the next day,")
    covered = changed(plain, marked)
    wanted, others = ink(plain, red=True), ink(plain, red=False)
    assert wanted.any()
    assert (covered & wanted).sum() >= 0.99 * wanted.sum()
    assert (covered & others).sum() <= 0.01 * others.sum()
    rows, columns = np.nonzero(wanted)
    near = np.zeros_like(covered)
    room = round(6 * pixels_per_point)
    near[rows.min() - room : rows.max() + room, columns.min() - room : columns.max() + room] = True
    assert not (covered & ~near).any()


def test_words_stay_legible_and_are_seen_on_a_dark_page(tmp_path: Path) -> None:
    for background, letters in (("1 1 1", "0 0 0"), ("0.1 0.1 0.3", "1 1 1")):
        content = f"{background} rg 0 0 612 792 re f {letters} rg {BEFORE}{WORDS}"
        plain, marked, _ = page_with(tmp_path, content, "", "Its owner pays")
        area = np.asarray(marked.convert("L"), dtype=np.int16)[changed(plain, marked)]
        assert area.max() - area.min() > 120
        before = np.asarray(plain.convert("L"), dtype=np.int16)[changed(plain, marked)]
        assert abs(float(np.median(area)) - float(np.median(before))) > 15


def test_nothing_is_drawn_without_a_span_on_the_page(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(drawn_pdf(BEFORE))
    layout = parse_pdf(path, name="a.pdf", recogniser=BLIND).layouts[0]
    plain = render_page(path, name="a.pdf", media_type="application/pdf", page=1, width=400)
    for span in (Span(start=3, end=3), Span(start=900, end=990), Span(start=9, end=2)):
        assert highlighted(plain, layout, span) is plain


def layout_of(boxes: Sequence[tuple[float, float, float, float]]) -> PageLayout:
    return PageLayout(
        page=1, width=600, height=800, span=Span(start=10, end=10 + len(boxes)), boxes=np.array(boxes, dtype=np.float32)
    )


def test_characters_are_joined_by_line_across_spaces_and_not_across_columns() -> None:
    nothing = (np.nan,) * 4
    line = [(10 + 6 * number, 700, 16 + 6 * number, 712) for number in range(4)]
    apart = [(300, 700, 306, 712)]
    below = [(10, 686, 16, 698)]
    boxes = [*line[:2], nothing, line[3], *apart, nothing, *below]
    assert line_boxes(layout_of(boxes), Span(start=0, end=99)) == [
        (10, 700, 34, 712), (300, 700, 306, 712), (10, 686, 16, 698),
    ]  # fmt: skip


def test_lines_that_run_downwards_are_joined_too() -> None:
    down = [(100, 700 - 6 * number, 112, 706 - 6 * number) for number in range(5)]
    assert line_boxes(layout_of(down), Span(start=11, end=14)) == [(100, 682, 112, 700)]
