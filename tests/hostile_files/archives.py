"""Zip-based documents that unpack to more than they should, or elsewhere (fault 24)."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.hostile_files.containers import WORDS, document, main_part, members, zipped

Spoil = Callable[[str], bytes]
"""Takes a kind of document and returns one that is bad."""

_CENTRAL_MARK, _END_MARK = b"PK\x01\x02", b"PK\x05\x06"
_CENTRAL_FLAGS, _CENTRAL_SIZE, _LOCAL_SIZE = 8, 24, 22


def dense(kind: str, *, size_bytes: int) -> bytes:
    """A member of nothing but spaces, which shrink to a thousandth."""
    return zipped({**members(kind), "filler.xml": b" " * size_bytes})


def large(kind: str, *, size_bytes: int) -> bytes:
    """Says that it unpacks to ``size_bytes``, at a ratio that is not striking."""
    content = bytes(range(256)) * 4_096
    filler = zipped({**members(kind), "filler.bin": content + zlib.compress(content) * 8_192})
    return _saying(filler, "filler.bin", size_bytes)


def lying(kind: str, *, size_bytes: int) -> bytes:
    """The part with the text unpacks to ``size_bytes``, and says that it is small."""
    files = members(kind)
    files[main_part(kind)] += b" " * size_bytes
    return _saying(zipped(files), main_part(kind), 1_000)


def crowded(kind: str, *, count: int) -> bytes:
    """Holds ``count`` empty members more than it should."""
    return zipped({**members(kind), **{f"filler/{number}": b"" for number in range(count)}})


def nested(kind: str, *, depth: int) -> bytes:
    """Archives in archives, ``depth`` levels, the document itself included."""
    inner = b"nothing"
    for _ in range(depth - 1):
        inner = zipped({"inner.zip": inner})
    return zipped({**members(kind), "inner.zip": inner})


def overlapping(kind: str, *, count: int) -> bytes:
    """The directory lists one member ``count`` times."""
    data = document(kind)
    end = data.rindex(_END_MARK)
    last = data.rindex(_CENTRAL_MARK, 0, end)
    entry = data[last:end]
    (entries, size) = struct.unpack_from("<HI", data, end + 10)
    record = bytearray(data[end:])
    struct.pack_into("<HHI", record, 8, entries + count, entries + count, size + len(entry) * count)
    return data[:end] + entry * count + bytes(record)


def linked(kind: str, *, target: str) -> bytes:
    """A member is a symbolic link."""
    source = io.BytesIO(document(kind))
    with zipfile.ZipFile(source, "a") as archive:
        link = zipfile.ZipInfo("link.xml")
        link.create_system = 3
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, target)
    return source.getvalue()


def leading_outside(kind: str, *, member: str) -> bytes:
    """A member has a name that leads out of the folder it is unpacked to."""
    return zipped({**members(kind), member: b"out"})


def nested_archive(depth: int) -> bytes:
    """Archives in archives, with a text in the innermost."""
    content = zipped({"a.txt": WORDS.encode()})
    for _ in range(depth):
        content = zipped({"a.zip": content})
    return content


def locked(kind: str) -> bytes:
    """Every member is said to need a password."""
    data = bytearray(document(kind))
    place = data.find(_CENTRAL_MARK)
    while place >= 0:
        data[place + _CENTRAL_FLAGS] |= 1
        place = data.find(_CENTRAL_MARK, place + 1)
    return bytes(data)


def _saying(data: bytes, member: str, size_bytes: int) -> bytes:
    """Changes the unpacked size that the directory and the member's own header give."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        local = archive.getinfo(member).header_offset
    changed = bytearray(data)
    central = data.index(_CENTRAL_MARK, archive.start_dir)
    while not data.startswith(member.encode(), central + 46):
        central = data.index(_CENTRAL_MARK, central + 1)
    struct.pack_into("<I", changed, local + _LOCAL_SIZE, size_bytes)
    struct.pack_into("<I", changed, central + _CENTRAL_SIZE, size_bytes)
    return bytes(changed)
