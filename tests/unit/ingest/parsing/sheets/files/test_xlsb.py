"""Binary workbooks, written record by record as in [MS-XLSB]."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.intake.file_types import identify
from ingest.parsing.sheets.files import binary_parts
from rag.types import ExtractedText
from tests.unit.ingest.parsing.reading import PARSER

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def record(kind: int, data: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = bytes([len(data)]) if len(data) < 0x80 else bytes([len(data) & 0x7F | 0x80, len(data) >> 7])
    return head + size + data


def text(words: str) -> bytes:
    return struct.pack("<I", len(words)) + words.encode("utf-16-le")


def cell(column: int, kind: int, value: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<II", column, style) + value)


def row(number: int, *cells: bytes, hidden: bool = False) -> bytes:
    return record(0, struct.pack("<IIHBBB", number, 0, 300, 0, 0x10 if hidden else 0, 0)) + b"".join(cells)


def relations(parts: Mapping[str, tuple[str, str]]) -> str:
    listed = (f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{to}"/>' for key, (kind, to) in parts.items())
    return f"<Relationships>{''.join(listed)}</Relationships>"


def read(folder: Path, sheet: bytes, *, state: int = 0) -> ExtractedText:
    styles = record(44, struct.pack("<H", 164) + text('0.00" bar"')) + record(617)
    styles += b"".join(record(47, struct.pack("<HH", 0, form)) for form in (0, 9, 164, 14)) + record(618)
    book = record(156, struct.pack("<II", state, 1) + text("r1") + text("Plan"))
    path = folder / "a.xlsb"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("_rels/.rels", relations({"m": ("officeDocument", "xl/workbook.bin")}))
        archive.writestr("xl/workbook.bin", book)
        kinds = {"r1": "worksheet", "r2": "sharedStrings", "r3": "styles"}
        archive.writestr(
            "xl/_rels/workbook.bin.rels", relations({key: (kind, f"{kind}.bin") for key, kind in kinds.items()})
        )
        archive.writestr("xl/worksheet.bin", sheet)
        archive.writestr("xl/sharedStrings.bin", record(19, b"\0" + text("Pump")) + record(19, b"\0" + text("Valve")))
        archive.writestr("xl/styles.bin", styles)
        comment = (
            record(632, text("Ida"))
            + record(635, struct.pack("<5I", 0, 1, 1, 0, 0))
            + record(637, b"\0" + text("Old."))
        )
        archive.writestr("xl/comments.bin", comment)
        archive.writestr("xl/_rels/worksheet.bin.rels", relations({"c": ("comments", "comments.bin")}))
    return PARSER.parse(path, name=path.name, media_type=identify(path, path.name))


def test_values_are_shown_with_their_formats(tmp_path: Path) -> None:
    rk = struct.pack("<I", (1234 << 2) | 3)  # a whole number, divided by 100
    sheet = row(
        0, cell(0, 6, text("Part")), cell(1, 6, text("Load")), cell(2, 6, text("Share")), cell(3, 6, text("On"))
    )
    sheet += row(1, cell(0, 7, struct.pack("<I", 0)), cell(1, 2, rk, 2), cell(2, 9, struct.pack("<d", 0.25), 1))
    sheet += row(
        2,
        cell(0, 7, struct.pack("<I", 1)),
        cell(1, 2, struct.pack("<I", 0xFFFFFFFE)),
        cell(3, 5, struct.pack("<d", 45000), 3),
    )
    sheet += row(3, cell(0, 7, struct.pack("<I", 1)), cell(1, 11, b"\x07"), cell(2, 10, b"\x01"), hidden=True)
    extracted = read(tmp_path, sheet)
    assert extracted.text.split("\n") == [
        "Part: Pump; Load: 12.34 bar; Share: 25%; Note on Part: Ida: Old.",
        "Part: Valve; Load: -1; On: 2023-03-15",
    ]
    assert extracted.warnings == ("1 hidden row of sheet 'Plan' left out: 4",)


@pytest.mark.parametrize("state", [1, 2])
def test_hidden_sheets_are_left_out(tmp_path: Path, state: int) -> None:
    with pytest.raises(Exception, match="holds no text"):
        read(tmp_path, row(0, cell(0, 6, text("Secret"))), state=state)


@given(st.binary(max_size=400))
def test_any_bytes_end(content: bytes) -> None:
    for reader in (binary_parts.sheet_names, binary_parts.shared_strings, binary_parts.format_codes):
        try:
            reader(content)
        except (struct.error, IndexError):
            continue
    try:
        binary_parts.sheet_in(content, most=10)
        binary_parts.comments_in(content)
    except (struct.error, IndexError):
        return
