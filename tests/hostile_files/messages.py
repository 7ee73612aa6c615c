"""Mail whose attachment wants to lie elsewhere (fault 30), and office files behind a password (fault 28).

Both may be compound files (MS-CFB): sectors of 512 bytes, chained by a table, with a directory of names.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from email.message import EmailMessage

from tests.hostile_files.containers import WORDS

Storage = Mapping[str, "bytes | Storage"]
_SECTOR, _MINI_SECTOR, _ENTRY = 512, 64, 128
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SMALL_BYTES = 4_096
_STORAGE, _STREAM, _ROOT = 1, 2, 5


def outlook_message(*, attachment: str) -> bytes:
    """Returns a .msg with a subject, ``WORDS`` as its body, and an attachment of that name."""
    attached: Storage = _properties(b"\0" * 8, {0x3704: attachment, 0x3707: attachment})
    message: Storage = {
        **_properties(struct.pack("<8xIIII8x", 0, 1, 0, 1), {0x001A: "IPM.Note", 0x0037: "A subject", 0x1000: WORDS}),
        "__nameid_version1.0": {f"__substg1.0_000{number}0102": b"" for number in (2, 3, 4)},
        "__attach_version1.0_#00000000": attached,
    }
    return compound(message)


def _properties(header: bytes, texts: Mapping[int, str]) -> dict[str, bytes | Storage]:
    """Returns the streams of texts by their property number, and the list that names them (MS-OXMSG 2.4)."""
    streams = {number: text.encode("utf-16-le") for number, text in texts.items()}
    listed = [struct.pack("<HHIII", 0x1F, number, 6, len(stream) + 2, 0) for number, stream in streams.items()]
    named: dict[str, bytes | Storage] = {f"__substg1.0_{number:04X}001F": stream for number, stream in streams.items()}
    return {**named, "__properties_version1.0": header + b"".join(listed)}


def internet_message(*, attachment: str) -> bytes:
    """Returns the same as .eml."""
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.org", "A subject"
    message.set_content(WORDS)
    message.add_attachment(b"attached words", maintype="application", subtype="octet-stream", filename=attachment)
    return message.as_bytes()


def deep_message(depth: int) -> bytes:
    """Returns messages in messages."""
    return b"Subject: S\nContent-Type: message/rfc822\n\n" * depth + b"Subject: S\n\n" + WORDS.encode()


def many_parts(count: int) -> bytes:
    """Returns a message of very many empty parts."""
    head = b"Subject: S\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n" + WORDS.encode()
    return head + b"\n--b\n\n" * count + b"\n--b--\n"


def claiming_container() -> bytes:
    """Returns a winmail.dat that claims four billion properties."""
    value = struct.pack("<IHHI", 0xFFFFFFFF, 0x1003, 0x1000, 0xFFFFFFFF)
    return b"\x78\x9f\x3e\x22\1\0" + struct.pack("<BII", 1, 0x69003, len(value)) + value + b"\0\0"


def locked_office_file() -> bytes:
    """Returns what Office writes in place of a .docx or .xlsx that has a password; the content is nonsense."""
    return compound({"EncryptionInfo": b"\x04\0\x04\0", "EncryptedPackage": b"\0" * 5_000})


def compound(root: Storage) -> bytes:
    """Returns a compound file, version 3, with at most 109 * 128 sectors."""
    entries: list[bytes] = []
    large: list[bytes] = []
    small: list[bytes] = []
    _add(entries, "Root Entry", root, large, small)
    mini = b"".join(_padded(stream, _MINI_SECTOR) for stream in small)
    mini_table = _chains([-(-len(stream) // _MINI_SECTOR) for stream in small])
    directory = b"".join(entries)
    sections = [*large, mini, struct.pack(f"<{len(mini_table)}I", *mini_table), directory]
    lengths = [-(-len(section) // _SECTOR) for section in sections]
    starts = [sum(lengths[:index]) for index in range(len(sections))]
    table_sectors = 1
    while table_sectors * _SECTOR // 4 < sum(lengths) + table_sectors:
        table_sectors += 1
    table = [*_chains(lengths), *[_TABLE] * table_sectors]
    table += [_FREE] * (-len(table) % (_SECTOR // 4))
    places = dict(zip(("mini", "mini_table", "directory"), starts[-3:], strict=True))
    directory = _placed(directory, large=starts[:-3], mini=places["mini"], mini_bytes=len(mini))
    body = b"".join(_padded(section, _SECTOR) for section in [*sections[:-1], directory])
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        62,
        3,
        0xFFFE,
        9,
        6,
        0,
        table_sectors,
        places["directory"],
        0,
        _SMALL_BYTES,
        places["mini_table"],
        lengths[-2],
        _END,
        0,
    )
    first = [sum(lengths) + number for number in range(table_sectors)]
    head += struct.pack("<109I", *first, *[_FREE] * (109 - table_sectors))
    return head + body + struct.pack(f"<{len(table)}I", *table)


def _add(entries: list[bytes], name: str, content: bytes | Storage, large: list[bytes], small: list[bytes]) -> int:
    """Appends a directory entry and those below it; returns its number.

    Siblings stand in a chain to the right, which is a search tree as long as it is sorted. Where a stream lies is
    filled in later: a large one has its number in ``large`` here, a small one its mini sector.
    """
    number = len(entries)
    entries.append(b"")
    if isinstance(content, bytes):
        start = len(large) if len(content) >= _SMALL_BYTES else sum(-(-len(stream) // _MINI_SECTOR) for stream in small)
        (large if len(content) >= _SMALL_BYTES else small).append(content)
        entries[number] = _entry(name, _STREAM, start=start if content else _END, size=len(content))
        return number
    first = _FREE
    names = sorted(content, key=lambda key: (len(key), key.upper()))
    for child in reversed(names):
        first = _linked(entries, _add(entries, child, content[child], large, small), first)
    entries[number] = _entry(name, _STORAGE if number else _ROOT, child=first)
    return number


def _linked(entries: list[bytes], number: int, right: int) -> int:
    entries[number] = entries[number][:72] + struct.pack("<I", right) + entries[number][76:]
    return number


def _entry(name: str, kind: int, *, child: int = _FREE, start: int = 0, size: int = 0) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    head = struct.pack("<64sHBBIII", encoded, len(encoded), kind, 1, _FREE, _FREE, child)
    return head + b"\0" * 36 + struct.pack("<IQ", start, size)


def _placed(directory: bytes, *, large: Sequence[int], mini: int, mini_bytes: int) -> bytes:
    """Writes into the entries of large streams, and of the root, where their sectors begin."""
    placed = bytearray(directory)
    for offset in range(0, len(directory), _ENTRY):
        (start, size) = struct.unpack_from("<IQ", directory, offset + 116)
        if size >= _SMALL_BYTES:
            struct.pack_into("<I", placed, offset + 116, large[start])
    struct.pack_into("<IQ", placed, 116, mini, mini_bytes)
    return bytes(placed)


def _chains(lengths: Sequence[int]) -> list[int]:
    """Returns a table in which sectors that follow each other are linked, one chain a length."""
    table: list[int] = []
    for length in lengths:
        table += [*range(len(table) + 1, len(table) + length), _END] if length else []
    return table


def _padded(content: bytes, unit: int) -> bytes:
    return content + b"\0" * (-len(content) % unit)
