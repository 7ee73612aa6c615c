"""Reads pictures of text: PNG, JPEG, TIFF (each frame is a page), BMP and WebP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from ingest.parsing.blocks.assembly import Block, PageSize, assemble
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.pages.divided_words import mark_divided_words
from ingest.parsing.pages.english_words import is_english_word
from ingest.parsing.pages.page_blocks import body_font_size, heading_font_sizes, page_blocks
from ingest.parsing.pages.page_text import Line, Piece, page_lines
from ingest.parsing.pages.table_header import TableHeader
from ingest.parsing.scans.ocr import Recogniser
from rag.errors import CorruptDocumentError, NoTextError, ParserLimitError
from rag.stages import PageCounter, ignore_progress
from rag.types import ElementKind, ExtractedText

_MAX_PIXELS = 100_000_000
_MAX_FRAMES = 1_000
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
_MIN_SIDE = 1_800
_MAX_ENLARGEMENT = 3.0


def parse_image(
    path: Path,
    *,
    name: str,
    recogniser: Recogniser,
    on_page: PageCounter = ignore_progress,  # noqa: ARG001 - it is called as ``parse_pdf`` is
) -> ExtractedText:
    """Recognises the text of an image; a pixel of it is a point of the layout.

    Raises:
        ParserLimitError: more than 100 million pixels, or more than 1,000 frames.
        CorruptDocumentError: it cannot be opened as an image.
        NoTextError: no text was recognised.
    """
    sizes: dict[int, PageSize] = {}
    pages: dict[int, tuple[Line, ...]] = {}
    for number, frame in enumerate(_frames(path, name), start=1):
        sizes[number] = PageSize(width=frame.width, height=frame.height)
        pages[number] = page_lines(_recognised(frame, recogniser))
    blocks: list[Block] = []
    header: TableHeader | None = None
    for number, lines in zip(pages, mark_divided_words([*pages.values()], is_word=is_english_word), strict=True):
        body = body_font_size(lines)
        found = page_blocks(
            lines, page=number, body_size=body, heading_sizes=heading_font_sizes(lines, body), header=header
        )
        blocks += found.blocks
        header = found.header
    if not blocks:
        raise NoTextError(name, after_recognition=True)
    return assemble(
        blocks,
        title=choose_title("", blocks, name),
        parser=recogniser.name,
        page_count=len(pages),
        page_sizes=sizes,
        warnings=("the text was recognised in an image",),
    )


def recognised_blocks(image: Image.Image, recogniser: Recogniser) -> list[Block]:
    """Returns the text in a picture that is part of a document: paragraphs and tables without places.

    Lines between tables make one paragraph, because what a picture says belongs together.
    """
    lines = page_lines(_recognised(ImageOps.exif_transpose(_on_white(image)), recogniser))
    found = page_blocks(lines, page=1, body_size=body_font_size(lines), heading_sizes=()).blocks if lines else []
    joined: list[Block] = []
    for block in found:
        if block.kind is ElementKind.TABLE:
            joined.append(replace(block, page=None, boxes=None))
        elif joined and joined[-1].kind is ElementKind.PARAGRAPH:
            before = joined.pop().text
            text = before + (" " if before.endswith(":") else "\n") + block.text
            joined.append(Block(kind=ElementKind.PARAGRAPH, text=text))
        else:
            joined.append(Block(kind=ElementKind.PARAGRAPH, text=block.text))
    return joined


def _recognised(frame: Image.Image, recogniser: Recogniser) -> tuple[Piece, ...]:
    # Small pictures are enlarged: letters of less than about 20 pixels are read badly.
    scale = min(_MAX_ENLARGEMENT, max(1.0, _MIN_SIDE / max(1, *frame.size)))
    enlarged = frame
    if scale > 1:
        size = (round(frame.width * scale), round(frame.height * scale))
        enlarged = frame.resize(size, Image.Resampling.LANCZOS)
    return recogniser.recognise(enlarged, points_per_pixel=1 / scale)


def _frames(path: Path, name: str) -> Iterator[Image.Image]:
    with opened_image(path, name) as image:
        for frame in ImageSequence.Iterator(image):
            yield as_shown(frame, name)


@contextmanager
def opened_image(path: Path, name: str) -> Iterator[Image.Image]:
    """Opens an image; what fails in the block is a fault of the file.

    Raises:
        ParserLimitError: more than 100 million pixels, or more than 1,000 frames.
        CorruptDocumentError: it cannot be opened or decoded.
    """
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if getattr(image, "n_frames", 1) > _MAX_FRAMES:
                raise ParserLimitError(name, f"more than {_MAX_FRAMES:,} frames")
            yield image
    except (UnidentifiedImageError, OSError, EOFError, SyntaxError, ValueError) as error:
        raise CorruptDocumentError(name, "it is not an image that can be opened") from error
    except Image.DecompressionBombError as error:
        raise ParserLimitError(name, f"more than {_MAX_PIXELS:,} pixels") from error


def as_shown(frame: Image.Image, name: str) -> Image.Image:
    """Returns a frame on white and turned as its metadata says: the page on which boxes lie.

    Raises:
        ParserLimitError: more than 100 million pixels.
    """
    if frame.width * frame.height > _MAX_PIXELS:
        raise ParserLimitError(name, f"more than {_MAX_PIXELS:,} pixels")
    return ImageOps.exif_transpose(_on_white(frame))


def _on_white(frame: Image.Image) -> Image.Image:
    if "A" not in frame.getbands() and "transparency" not in frame.info:
        return frame.convert("RGB")
    layer = frame.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")
