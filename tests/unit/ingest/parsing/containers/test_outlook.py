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


def message(
    subject: str, body: str, *, header: bytes, attached: Mapping[str, Storage] | None = None
) -> dict[str, "bytes | Storage"]:
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


TIME_PROPERTY, NUMBER_PROPERTY = 0x40, 0x03
HEADER = struct.pack("<8xIIII8x", 0, 0, 0, 0)


def fixed(kind: int, number: int, value: int) -> bytes:
    return struct.pack("<HHIQ", kind, number, 6, value)


def test_recipients_are_told_by_kind_and_with_their_addresses(tmp_path: Path) -> None:
    people = {1: ("Ann", "ann@example.org"), 2: ("Bo", "bo@example.org"), 3: ("Cy", "/o=Exchange/cn=cy")}
    outer = message("Gates", "Yes.", header=HEADER)
    for kind, (name, address) in people.items():
        person = properties(b"\0" * 8, {0x3001: name, 0x3003: address})
        listed = person["__properties_version1.0"]
        assert isinstance(listed, bytes)
        person["__properties_version1.0"] = listed + fixed(NUMBER_PROPERTY, 0x0C15, kind)
        outer[f"__recip_version1.0_#0000000{kind}"] = person
    text = read(tmp_path, "a.msg", compound(outer)).text
    assert "To: Ann <ann@example.org>\nCc: Bo <bo@example.org>\nBcc: Cy" in text


def test_an_appointment_keeps_its_time_and_place(tmp_path: Path) -> None:
    appointment = bytes.fromhex("0220060000000000C000000000000046")
    outer = message("Boat trip", "Bring a coat.", header=HEADER)
    names = struct.pack("<IHHIHH", 0x820D, 3 << 1, 0, 0x8208, 3 << 1, 1)
    outer["__nameid_version1.0"] = {"__substg1.0_00020102": appointment, "__substg1.0_00030102": names}
    outer |= {key: value for key, value in properties(b"", {0x8001: "Pier 9"}).items() if key.startswith("__substg")}
    listed = outer["__properties_version1.0"]
    assert isinstance(listed, bytes)
    outer["__properties_version1.0"] = listed + fixed(TIME_PROPERTY, 0x8000, 135_770_364_000_000_000)
    text = read(tmp_path, "a.msg", compound(outer)).text
    assert "Start: 2031-03-29 15:00 UTC\nLocation: Pier 9" in text


def test_texts_of_single_bytes_are_in_the_code_page_of_the_message(tmp_path: Path) -> None:
    outer: Storage = {
        "__nameid_version1.0": {},
        "__properties_version1.0": HEADER + fixed(NUMBER_PROPERTY, 0x3FFD, 932) + fixed(NUMBER_PROPERTY, 0x3FDE, 50220),
        "__substg1.0_0037001E": "港の門".encode("cp932"),
        "__substg1.0_1000001E": "正午に閉まる。".encode("cp932"),
    }
    extracted = read(tmp_path, "a.msg", compound(outer))
    assert extracted.title == "港の門"
    assert "正午に閉まる。" in extracted.text


def test_the_page_within_rich_text_wins_over_plain_text(tmp_path: Path) -> None:
    cells = rb"<table><tr><th>Gate</th><th>Hours</th></tr><tr><td>}North{\*\htmltag </td><td>9</td></tr></table>"
    table = rb"{\*\htmltag " + cells + b"}"
    rich = rb"{\rtf1\ansi\fromhtml1 " + table + b"}"
    packed = struct.pack("<II4sI", len(rich) + 12, len(rich), b"MELA", 0) + rich
    streams = properties(HEADER, {0x0037: "Gates", 0x1000: "Gate Hours North 9", 0x1009: packed})
    extracted = read(tmp_path, "a.msg", compound({**streams, "__nameid_version1.0": {}}))
    assert "Gate: North; Hours: 9" in extracted.text


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
