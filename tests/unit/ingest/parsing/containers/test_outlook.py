import struct
from collections.abc import Mapping
from pathlib import Path

import pytest

from rag.errors import CorruptDocumentError
from tests.hostile_files.messages import Storage, compound
from tests.unit.ingest.parsing.reading import paths, read

TEXT_PROPERTY, BINARY_PROPERTY = 0x1F, 0x102


def properties(header: bytes, values: Mapping[int, str | bytes]) -> dict[str, "bytes | Storage"]:
    streams: dict[str, bytes | Storage] = {}
    listed = b""
    for number, value in values.items():
        kind = TEXT_PROPERTY if isinstance(value, str) else BINARY_PROPERTY
        stream = value.encode("utf-16-le") if isinstance(value, str) else value
        streams[f"__substg1.0_{number:04X}{kind:04X}"] = stream
        listed += struct.pack("<HHIII", kind, number, 6, len(stream) + 2 * (kind == TEXT_PROPERTY), 0)
    return {**streams, "__properties_version1.0": header + listed}


def message(subject: str, body: str, *, header: bytes, attached: Mapping[str, Storage] | None = None) -> Storage:
    names: Storage = {f"__substg1.0_000{number}0102": b"" for number in (2, 3, 4)}
    return {
        **properties(header, {0x001A: "IPM.Note", 0x0037: subject, 0x1000: body}),
        "__nameid_version1.0": names,
        **(attached or {}),
    }


def test_attached_files_and_messages_are_read_below_their_host(tmp_path: Path) -> None:
    inner = message("Divers", "They come on Monday.", header=struct.pack("<8xIIII", 0, 0, 0, 0))
    attached: dict[str, Storage] = {
        "__attach_version1.0_#00000000": properties(b"\0" * 8, {0x3707: "gates.txt", 0x3701: b"Gate one is shut."}),
        "__attach_version1.0_#00000001": {
            **properties(b"\0" * 8, {0x3001: "Divers"}),
            "__substg1.0_3701000D": inner,
        },
        "__attach_version1.0_#00000002": properties(b"\0" * 8, {0x3707: "far.txt"}),
    }
    outer = message(
        "Gates", "Yes.\n\nBo wrote:\n> When?", header=struct.pack("<8xIIII8x", 0, 3, 0, 3), attached=attached
    )
    extracted = read(tmp_path, "a.msg", compound(outer))
    assert paths(extracted)["Gate one is shut."] == ("Gates", "gates.txt")
    assert paths(extracted)["They come on Monday."] == ("Gates", "Divers", "Divers")
    assert paths(extracted)["When?"] == ("Gates", "Quoted message")
    assert extracted.warnings == ("'far.txt' was not read: the message holds only its name",)


def attribute(number: int, value: bytes, level: int = 1) -> bytes:
    return struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def mapi(values: Mapping[int, str | bytes]) -> bytes:
    listed = struct.pack("<I", len(values))
    for number, value in values.items():
        kind = TEXT_PROPERTY if isinstance(value, str) else BINARY_PROPERTY
        data = value.encode("utf-16-le") + b"\0\0" if isinstance(value, str) else value
        listed += struct.pack("<HHII", kind, number, 1, len(data)) + data + b"\0" * (-len(data) % 4)
    return listed


RICH = rb"{\rtf1\ansi Shut at noon.}"
UNCOMPRESSED = struct.pack("<II4sI", len(RICH) + 12, len(RICH), b"MELA", 0) + RICH


@pytest.mark.parametrize("body", [{0x1013: b"<p>Shut at noon.</p>"}, {0x1009: UNCOMPRESSED}, {0x1000: "Shut at noon."}])
def test_a_container_of_outlook_gives_its_text_and_files(tmp_path: Path, body: Mapping[int, str | bytes]) -> None:
    data = b"\x78\x9f\x3e\x22\x01\x00" + attribute(0x00018004, b"Gates\0") + attribute(0x00069003, mapi(body))
    data += attribute(0x00069002, b"\0" * 14, 2) + attribute(0x00018010, b"GATES~1.TXT\0", 2)
    data += attribute(0x0006800F, b"Gate one is shut.", 2) + attribute(0x00069005, mapi({0x3707: "gates of 31.txt"}), 2)
    extracted = read(tmp_path, "winmail.dat", data)
    assert extracted.title == "Gates"
    assert paths(extracted)["Shut at noon."] == ("Gates",)
    assert ("gates of 31.txt",) in {path[-1:] for path in paths(extracted).values()}


def test_a_damaged_container_of_outlook_is_corrupt(tmp_path: Path) -> None:
    data = b"\x78\x9f\x3e\x22\x01\x00" + attribute(0x00069003, struct.pack("<IHH", 10**9, 0x1F, 0x1000))
    with pytest.raises(CorruptDocumentError):
        read(tmp_path, "winmail.dat", data)
