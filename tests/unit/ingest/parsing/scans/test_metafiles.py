from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing.scans.metafiles import is_metafile, metafile_blocks
from rag.types import ElementKind

CENTRED = struct.pack("<III", 22, 12, 6)


def metafile(*records: bytes) -> bytes:
    header = struct.pack("<II", 1, 88) + b"\0" * 32 + b" EMF" + b"\0" * 44
    return header + b"".join(records) + struct.pack("<III", 14, 12, 0)


def text(words: str, left: int, top: int, *, advance: int = 10, options: int = 0) -> bytes:
    """Returns a record that draws words; ``advance`` is the width of a letter, 0 for one that is not told."""
    written = words.encode("utf-16-le")
    written += b"\0" * (len(written) % 4)
    widths = struct.pack(f"<{len(words)}I", *[advance] * len(words)) if advance else b""
    start = 76
    body = b"\0" * 28 + struct.pack("<iiIII", left, top, len(words), start, options)
    body += b"\0" * 16 + struct.pack("<I", start + len(written) if advance else 0) + written + widths
    return struct.pack("<II", 84, 8 + len(body)) + body


def test_rows_of_a_pasted_table_are_a_table() -> None:
    rows = (("Year", "Sold"), ("2025", "41"), ("2026", "57"))
    drawn = [text(cell, 300 * at, 40 * row) for row, cells in enumerate(rows) for at, cell in enumerate(cells)]
    content = metafile(*reversed(drawn))
    assert is_metafile(content)
    assert [(block.kind, block.text) for block in metafile_blocks(content)] == [
        (ElementKind.TABLE, "Year: 2025; Sold: 41\nYear: 2026; Sold: 57")
    ]


def test_letters_without_a_gap_are_one_word_and_shadows_are_read_once() -> None:
    number = [text(part, left, 0) for part, left in (("3", 0), ("0", 10), (".", 20), ("1", 30), ("kg", 60))]
    shadow = [text("Sold", 0, 100), text("Sold", 1, 101), text("centred", 100, 200), CENTRED, text("x", 200, 200)]
    assert metafile_blocks(metafile(*number, *shadow))[0].text == "30.1 kg\nSold\ncentred x"


def test_glyph_numbers_and_pictures_without_text_give_nothing() -> None:
    assert metafile_blocks(metafile(text("abc", 0, 0, options=0x10))) == []
    assert metafile_blocks(metafile()) == []
    assert not is_metafile(b"\x89PNG")


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_any_records_end(content: bytes, size: int) -> None:
    for kind in (22, 27, 84, 108):
        metafile_blocks(
            metafile(struct.pack("<II", kind, size) + content, struct.pack("<II", kind, 8 + len(content)) + content)
        )
