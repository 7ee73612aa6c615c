"""Pages are rendered in a real process."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ingest.parsing.page_images import render_page
from ingest.sandbox.page_renderer import HAVE_PAGES, PageRenderer
from ingest.sandbox.protocol import PageRequest, Reply
from rag.errors import CorruptDocumentError, ParserLimitError
from rag.settings import IngestionSettings
from tests.unit.ingest.parsing.samples import drawn_pdf, shown


@pytest.fixture(scope="module")
def renderer() -> Iterator[PageRenderer]:
    started = PageRenderer(IngestionSettings())
    yield started
    started.close()


def written(folder: Path, content: bytes) -> Path:
    path = folder / "blob"
    path.write_bytes(content)
    return path


def rendered(renderer: PageRenderer, path: Path, *, page: int = 1, width: int = 300) -> Image.Image:
    return renderer.render(path, name="a.pdf", media_type="application/pdf", page=page, width=width)


def test_a_page_comes_out_of_the_process_as_it_was_rendered(renderer: PageRenderer, tmp_path: Path) -> None:
    path = written(tmp_path, drawn_pdf(shown("Words on a page.", size=40)))
    expected = render_page(path, name="a.pdf", media_type="application/pdf", page=1, width=300)
    image = rendered(renderer, path)
    assert image.size == expected.size
    assert image.tobytes() == expected.tobytes()


def test_a_page_is_remembered_until_it_is_forgotten(renderer: PageRenderer, tmp_path: Path) -> None:
    path = written(tmp_path, drawn_pdf(shown("Words on a page.")))
    first = rendered(renderer, path)
    assert rendered(renderer, path) is first
    assert rendered(renderer, path, width=301) is not first
    renderer.forget()
    assert rendered(renderer, path) is not first


def test_the_memory_is_bounded(renderer: PageRenderer, tmp_path: Path) -> None:
    path = written(tmp_path, drawn_pdf(shown("Words on a page.")))
    first = rendered(renderer, path, width=1_200)
    for width in range(1_201, 1_216):  # each takes 5.6 MB of the 64
        rendered(renderer, path, width=width)
    assert rendered(renderer, path, width=1_215) is rendered(renderer, path, width=1_215)
    assert rendered(renderer, path, width=1_200) is not first


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 broken"])
def test_a_bad_file_is_refused_and_the_next_is_rendered(renderer: PageRenderer, tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CorruptDocumentError, match="its page 1 cannot be opened"):
        rendered(renderer, written(tmp_path, content))
    assert rendered(renderer, written(tmp_path, drawn_pdf(shown("Words.")))).width == 300


def test_a_page_that_takes_too_long_is_stopped_and_says_what_can_be_seen_instead(tmp_path: Path) -> None:
    heavy = " ".join(f"{x % 600} {x % 700} m {x % 500} 9 {x % 400} 8 {x % 300} 7 c S" for x in range(60_000))
    renderer = PageRenderer(IngestionSettings(), timeout_seconds=0.02)
    try:
        with pytest.raises(ParserLimitError, match=r"longer than 0.02 seconds\. With 'format=html'"):
            rendered(renderer, written(tmp_path, drawn_pdf(heavy)), width=2_000)
    finally:
        renderer.close()


@pytest.mark.parametrize(("width", "height"), [(10, 11), (0, 5), (-1, -100), (1 << 40, 1), (5_000, 5_000)])
def test_nonsense_of_the_process_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int, height: int
) -> None:
    def answer(_: object, request: PageRequest) -> Reply:
        request.output_file.write_bytes(b"\0" * 300)
        return Reply(resident_bytes=1, width=width, height=height)

    monkeypatch.setattr("ingest.sandbox.kept_process.KeptProcess.ask", answer)
    with pytest.raises(CorruptDocumentError, match="nonsense"):
        rendered(PageRenderer(IngestionSettings()), written(tmp_path, b""))


def test_pdf_and_images_have_pages(renderer: PageRenderer, tmp_path: Path) -> None:
    assert {"application/pdf", "image/tiff", "image/png"} <= HAVE_PAGES
    assert "text/html" not in HAVE_PAGES
    content = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(content, "PNG")
    image = renderer.render(
        written(tmp_path, content.getvalue()), name="a.png", media_type="image/png", page=1, width=20
    )
    assert image.size == (20, 10)
    assert image.getpixel((5, 5)) == (255, 0, 0)
