"""Small files, made when a test needs them."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

Placed = tuple[float, float, float, str]
"""Left, baseline and font size in points, and what is written there."""


def pdf_bytes(pages: Sequence[Sequence[Placed]], *, rotation: int = 0, media_box: str = "0 0 612 792") -> bytes:
    """Writes a PDF by hand, Helvetica only; parentheses and backslashes are not for it."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for page in pages:
        drawn = "\n".join(f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET" for x, y, size, text in page)
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{media_box}] /Rotate {rotation} "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    start = len(out)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


def picture_of(lines: Sequence[str], *, turned_clockwise: int = 0) -> Image.Image:
    """Draws black lines of text on white, 1000 pixels wide."""
    image = Image.new("RGB", (1_000, 120 + 60 * len(lines)), "white")
    drawing = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=36)
    for number, line in enumerate(lines):
        drawing.text((60, 60 + 60 * number), line, fill="black", font=font)
    return image.rotate(-turned_clockwise, expand=True, fillcolor="white")
