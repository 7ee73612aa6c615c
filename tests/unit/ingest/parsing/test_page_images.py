from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ingest.parsing.page_images import render_page
from rag.errors import CorruptDocumentError
from tests.unit.ingest.parsing.samples import drawn_pdf, pdf_bytes, picture_of, shown


def rendered(path: Path, *, page: int = 1, width: int = 500) -> Image.Image:
    media_type = "application/pdf" if path.suffix == ".pdf" else "image/png"
    return render_page(path, name=path.name, media_type=media_type, page=page, width=width)


def test_a_page_has_the_width_asked_for_and_its_own_proportions(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(drawn_pdf(shown("Words."), page="/Rotate 90"))
    assert rendered(path).size == (500, 387)


@pytest.mark.parametrize("box", ["0 0 20 14400", "0 0 14400 20", "0 0 14400 14400", "0 0 0.01 0.01", "5 5 5 5"])
def test_no_page_is_too_large(tmp_path: Path, box: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes([[(1, 1, 12, "Words.")]], media_box=box))
    image = rendered(path, width=2_000)
    assert max(image.size) <= 8_001
    assert image.width * image.height <= 12_100_000


def test_a_frame_is_a_page_and_is_not_enlarged(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    picture_of(["one"]).save(path, save_all=True, append_images=[picture_of(["one", "two"]).convert("L")])
    assert rendered(path, page=2).size == (500, 120)
    assert rendered(path, page=2, width=2_000).size == (1_000, 240)
    with pytest.raises(CorruptDocumentError):
        rendered(path, page=3)


def test_a_photograph_is_turned_as_its_metadata_says_and_shown_on_white(tmp_path: Path) -> None:
    picture = picture_of(["word"]).resize((2_000, 360))
    metadata = picture.getexif()
    metadata[0x0112] = 6
    picture.rotate(90, expand=True).save(tmp_path / "a.jpg", exif=metadata)
    assert rendered(tmp_path / "a.jpg").size == (500, 90)
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert rendered(tmp_path / "a.png").getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 nothing", b"\x89PNG\r\n\x1a\n broken"])
def test_what_cannot_be_opened_is_corrupt(tmp_path: Path, content: bytes) -> None:
    for name in ("a.pdf", "a.png"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CorruptDocumentError):
            rendered(tmp_path / name)


def test_a_page_beyond_the_last_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(drawn_pdf(shown("Words.")))
    with pytest.raises(CorruptDocumentError, match="its page 2 cannot be opened"):
        rendered(path, page=2)
