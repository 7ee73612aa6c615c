"""Pictures that are far larger than their files (fault 27)."""

from __future__ import annotations

import struct
import zlib


def png_flood(side: int) -> bytes:
    """A white square, one bit a pixel."""
    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * ((side + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def tiff_flood(side: int, *, frames: int = 1) -> bytes:
    """Says that it is a square of grey, ``frames`` times over, and holds 8 bytes of it."""
    out = bytearray(b"II*\x00" + struct.pack("<I", 16) + b"\xff" * 8)
    for frame in range(frames):
        entries = (
            (256, 4, side),  # width
            (257, 4, side),  # height
            (258, 3, 8),  # bits a sample
            (259, 3, 1),  # not compressed
            (262, 3, 1),  # black is zero
            (273, 4, 8),  # where the only strip begins
            (277, 3, 1),  # samples a pixel
            (278, 4, side),  # rows in the strip
            (279, 4, 8),  # bytes in the strip
        )
        following = len(out) + 2 + 12 * len(entries) + 4 if frame + 1 < frames else 0
        out += struct.pack("<H", len(entries))
        for tag, kind, value in entries:
            out += struct.pack("<HHII", tag, kind, 1, value)
        out += struct.pack("<I", following)
    return bytes(out)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
