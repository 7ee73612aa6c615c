"""Draws a typed page that looks like the output of an office scanner."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

PAGE_PIXELS = (1240, 1754)  # A4 at 150 dots per inch
MARGIN_PIXELS = 130
NOISE_SEED = 417


def scanned_page(lines: Sequence[tuple[str, int]]) -> io.BytesIO:
    """Returns a greyscale JPEG of one page: signed, stamped, slightly turned, blurred and noisy.

    ``lines`` holds paragraphs with their letter height in pixels; long lines are wrapped.
    """
    image = Image.new("L", PAGE_PIXELS, 246)
    pen = ImageDraw.Draw(image)
    y = MARGIN_PIXELS
    for text, size in lines:
        font = ImageFont.load_default(size)
        for line in _wrap(text, font):
            pen.text((MARGIN_PIXELS, y), line, font=font, fill=25)
            y += round(size * 1.45)
        y += 14
    _sign(pen, y)
    turned = image.rotate(0.7, resample=Image.Resampling.BICUBIC, fillcolor=238).filter(ImageFilter.GaussianBlur(0.6))
    noise = np.random.default_rng(NOISE_SEED).normal(0, 6, turned.size[::-1])
    scan = Image.fromarray(np.clip(np.asarray(turned) + noise, 0, 255).astype(np.uint8))
    picture = io.BytesIO()
    scan.save(picture, "JPEG", quality=55)
    return picture


def _sign(pen: ImageDraw.ImageDraw, y: int) -> None:
    """Draws a stamp and a scribbled signature below ``y``."""
    x = np.arange(0, 330, 3)
    heights = y + 60 + 34 * np.sin(x / 17) * np.cos(x / 61) - x / 9
    pen.line([(700 + a, b) for a, b in zip(x.tolist(), heights.tolist(), strict=True)], fill=60, width=4)
    pen.ellipse((180, y + 5, 330, y + 155), outline=110, width=4)


def _wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Iterator[str]:
    """Yields the lines of a text, wrapped to fit between the margins."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > PAGE_PIXELS[0] - 2 * MARGIN_PIXELS:
            yield line
            longer = word
        line = longer
    yield line
