from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ingest.parsing.pdf.pdfium_parser import parse_pdf
from ingest.parsing.scans.ocr import Recogniser
from rag.settings import OcrBackend
from rag.types import ExtractedText
from tests.unit.ingest.parsing.samples import drawn_pdf, image_object, shown

SEEN = shown("The rent is 850 euros a month.", at=(72, 700))
UNSEEN = "The rent is 9 euros."
BOX = "60 590 300 30 re f\n"
LAYERS = "/OCProperties << /OCGs [6 0 R 7 0 R] /D << /OFF [6 0 R] /ON [7 0 R] >> >>"
STATES = "/ExtGState << /Clear << /ca 0 >> /Over << /BM /Multiply >> >> /Properties << /Off 6 0 R /On 7 0 R >>"
GROUPS = ("<< /Type /OCG /Name (off) >>", "<< /Type /OCG /Name (on) >>")


def parsed(folder: Path, content: bytes) -> ExtractedText:
    path = folder / "a.pdf"
    path.write_bytes(content)
    return parse_pdf(path, name="a.pdf", recogniser=Recogniser(OcrBackend.NONE, "eng"))


def page(content: str) -> bytes:
    form = shown(UNSEEN)
    kind = "/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
    drawn = f"<< {kind} /Length {len(form)} >>\nstream\n{form}\nendstream"
    return drawn_pdf(
        SEEN + content,
        catalog=LAYERS,
        resources=f"{STATES} /XObject << /Form 8 0 R >>",
        objects=(*GROUPS, drawn),
    )


@pytest.mark.parametrize(
    "content",
    [
        f"1 g {shown(UNSEEN)}",
        f"0.98 0.99 1 rg {shown(UNSEEN)}",
        f"0 0.2 0.6 rg {BOX} 0 0.2 0.62 rg {shown(UNSEEN)}",
        shown(UNSEEN, size=0.7),
        f"q 0.04 0 0 0.04 72 600 cm {shown(UNSEEN, at=(0, 0))} Q",
        shown(UNSEEN, at=(72, 900)),
        shown(UNSEEN, at=(-400, 600)),
        shown(UNSEEN, before="3 Tr"),
        f"{shown(UNSEEN)} 1 g {BOX}",
        f"{shown(UNSEEN)} 0 g {BOX}",
        f"/Clear gs {shown(UNSEEN)}",
        f"/OC /Off BDC {shown(UNSEEN)} EMC",
        f"q 400 400 50 50 re W n {shown(UNSEEN)} Q",
        f"q 400 400 m 450 400 l 400 450 l h W n {shown(UNSEEN)} Q",
        "q 400 400 50 50 re W n /Form Do Q",
        f"0 0 0.5 rg {BOX} /Clear gs {shown(UNSEEN)}",
        f"1 g {shown(UNSEEN)} 0 g {shown('-----------------', at=(72, 603))}",
    ],
)
def test_hidden_text_is_left_out_and_counted(tmp_path: Path, content: str) -> None:
    extracted = parsed(tmp_path, page(content))
    assert extracted.text.replace("-", "").strip() == "The rent is 850 euros a month."
    assert extracted.warnings == ("16 hidden characters were left out (page 1)",)


@pytest.mark.parametrize(
    "content",
    [
        f"0 0 0.5 rg {BOX} 1 g {shown('It includes heating.')}",
        f"0.8 g {shown('It includes heating.')}",
        f"{shown('It includes heating.')} /Over gs 1 1 0 rg {BOX}",
        f"/OC /On BDC {shown('It includes heating.')} EMC",
        f"0.9 g {BOX} 0 g {shown('It includes heating.')}",
        f"q 60 590 300 30 re W n {shown('It includes heating.')} Q",
        f"{shown('It includes heating.', before='7 Tr')} 0 0 1 rg {BOX}",
        f"q 60 590 300 30 re W n {shown('It includes heating.')} Q {shown('It includes heating.', at=(72.2, 600))}",
    ],
)
def test_text_that_can_be_seen_is_kept(tmp_path: Path, content: str) -> None:
    extracted = parsed(tmp_path, page(content))
    assert "It includes heating." in extracted.text
    assert extracted.warnings == ()


def test_invisible_text_over_a_picture_is_what_was_recognised_there(tmp_path: Path) -> None:
    image = image_object(Image.new("L", (8, 8), 200))
    content = f"q 612 0 0 792 0 0 cm /Scan Do Q {shown('Scanned and recognised before.', before='3 Tr')}"
    extracted = parsed(tmp_path, drawn_pdf(content, resources="/XObject << /Scan 6 0 R >>", objects=[image]))
    assert extracted.text == "Scanned and recognised before."
    assert extracted.warnings == ()


def test_of_a_clipped_text_what_is_cut_off_is_left_out(tmp_path: Path) -> None:
    clipped = f"q 60 590 109 30 re W n {shown('Payment of the invoice, which nobody sees')} Q"
    extracted = parsed(tmp_path, drawn_pdf(SEEN + clipped))
    assert extracted.text.split("\n\n")[1] == "Payment of the inv"
    assert extracted.warnings == ("20 hidden characters were left out (page 1)",)
