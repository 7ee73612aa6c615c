from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.parsing.scans.images import parse_image
from ingest.parsing.scans.ocr import Recogniser, installed_languages
from ingest.parsing.scans.recognised_text import Reading, Word, reading_pieces
from rag.errors import CorruptDocumentError, NoTextError
from rag.settings import OcrBackend
from tests.unit.ingest.parsing.samples import picture_of

ENGINES = [OcrBackend.RAPIDOCR]
if installed_languages():
    ENGINES.append(OcrBackend.TESSERACT)
LINES = ["Invoices are payable within", "thirty days of delivery."]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_picture_of_text_is_read(tmp_path: Path, engine: OcrBackend) -> None:
    path = tmp_path / "a.png"
    picture_of(LINES).save(path)
    extracted = parse_image(path, name="a.png", recogniser=Recogniser(engine, "eng"))
    assert "thirty days of delivery" in extracted.text
    layout = extracted.layouts[0]
    assert layout.boxes.shape == (layout.span.end - layout.span.start, 4)
    boxes = layout.boxes[~np.isnan(layout.boxes).any(axis=1)]
    assert (boxes[:, 0] >= 50).all()
    assert (boxes[:, 3] <= layout.height).all()


@pytest.mark.slow
@pytest.mark.skipif(not installed_languages(), reason="tesseract is not installed")
@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_picture_is_read_and_its_boxes_stand_on_it(turn: int) -> None:
    image = picture_of([*LINES, "The buyer bears the cost.", "Returns are free of charge."], turned_clockwise=turn)
    pieces = Recogniser(OcrBackend.TESSERACT, "eng").recognise(image, points_per_pixel=1.0)
    assert "thirty days of delivery." in " ".join(piece.text for piece in pieces)
    boxes = np.concatenate([piece.boxes for piece in pieces])
    boxes = boxes[~np.isnan(boxes).any(axis=1)]
    assert (boxes[:, 0] <= boxes[:, 2]).all()
    assert (boxes[:, 1] <= boxes[:, 3]).all()
    gray = np.asarray(image.convert("L"))
    for left, bottom, right, top in boxes.round().astype(int)[::7]:
        assert gray[image.height - top : image.height - bottom, left:right].min() < 128


def test_word_is_divided_among_its_characters() -> None:
    word = Word(text="ab中", left=10, top=20, right=50, bottom=30, confidence=90, line=(1,))
    piece = reading_pieces(Reading(words=(word,), turn=0), (100, 100), 1.0)[0]
    assert piece.boxes[:, 0].tolist() == [10, 20, 30]
    assert piece.boxes[0].tolist() == [10, 70, 20, 80]


def test_blank_picture_has_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    picture_of([]).save(path)
    with pytest.raises(NoTextError):
        parse_image(path, name="a.png", recogniser=Recogniser(OcrBackend.NONE, "eng"))


def test_damaged_picture_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    with pytest.raises(CorruptDocumentError):
        parse_image(path, name="a.png", recogniser=Recogniser(OcrBackend.NONE, "eng"))
