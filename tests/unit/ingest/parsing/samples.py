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


def drawn_pdf(
    content: str, *, page: str = "", catalog: str = "", resources: str = "", objects: Sequence[str] = ()
) -> bytes:
    """Writes a PDF of one page by hand: its content, and entries of the page, the catalogue and the resources.

    ``objects`` are numbered from 6; the page is 4, the font F1 is Helvetica.
    """
    fonts = f"/Resources << /Font << /F1 3 0 R >> {resources} >>"
    numbered = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R {fonts} {page} >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        *objects,
    ]
    body = "".join(f"{number} 0 obj\n{item}\nendobj\n" for number, item in enumerate(numbered, start=1))
    # Without a table of references: PDFium looks the objects up by itself.
    return f"%PDF-1.7\n{body}trailer\n<< /Size {len(numbered) + 1} /Root 1 0 R >>\n%%EOF\n".encode("latin-1")


def shown(text: str, *, at: tuple[float, float] = (72, 600), size: float = 12, before: str = "") -> str:
    """Returns the operators that draw a line of text; ``before`` come first, inside it."""
    return f"BT {before} /F1 {size} Tf {at[0]} {at[1]} Td ({text}) Tj ET\n"


def image_object(picture: Image.Image) -> str:
    """Returns a picture as an object of a PDF, in shades of grey."""
    grey = picture.convert("L")
    size = f"/Width {grey.width} /Height {grey.height} /Length {grey.width * grey.height}"
    data = grey.tobytes().decode("latin-1")
    kind = "/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8"
    return f"<< {kind} {size} >>\nstream\n{data}\nendstream"
