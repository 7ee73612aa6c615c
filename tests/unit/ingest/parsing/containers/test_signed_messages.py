import base64
from pathlib import Path

import pytest

from ingest.parsing.containers.signed_messages import signed_content
from tests.hostile_files.messages import compound
from tests.unit.ingest.parsing.containers.test_outlook import HEADER, message, properties
from tests.unit.ingest.parsing.reading import read

SIGNED_DATA, DATA = bytes.fromhex("06092A864886F70D010702"), bytes.fromhex("06092A864886F70D010701")
BODY = b"Content-Type: text/plain\n\nShut at noon.\n"


def element(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x82)) + len(content).to_bytes(2) + content


def unsaid(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x80)) + content + b"\0\0"


def packed(body: bytes, *, is_long: bool) -> bytes:
    wrap = unsaid if is_long else element
    octets = unsaid(0x24, element(4, body[:9]) + element(4, body[9:])) if is_long else element(4, body)
    content = wrap(0x30, DATA + wrap(0xA0, octets))
    return wrap(0x30, SIGNED_DATA + wrap(0xA0, wrap(0x30, b"\x02\x01\x01" + element(0x31, b"") + content)))


@pytest.mark.parametrize("is_long", [False, True])
def test_a_signed_part_that_packs_its_message_is_read(tmp_path: Path, *, is_long: bool) -> None:
    text = base64.encodebytes(packed(BODY, is_long=is_long)).decode()
    head = "From: a@b.c\nSubject: S\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n"
    extracted = read(tmp_path, "a.eml", f"{head}Content-Transfer-Encoding: base64\n\n{text}")
    assert "Shut at noon." in extracted.text
    assert extracted.warnings == ()


def test_a_signed_message_of_outlook_is_read(tmp_path: Path) -> None:
    part = properties(b"\0" * 8, {0x3707: "smime.p7m", 0x3701: packed(BODY, is_long=False)})
    outer = message("Gates", "", header=HEADER, attached={"__attach_version1.0_#00000000": part})
    assert "Shut at noon." in read(tmp_path, "a.msg", compound(outer)).text


@pytest.mark.parametrize(
    "data", [b"", b"\x30", b"\x30\x80" * 5_000, b"\x30\x84\xff\xff\xff\xff", packed(BODY, is_long=True)[:-30]]
)
def test_what_is_cut_off_or_something_else_gives_nothing_wrong(data: bytes) -> None:
    assert signed_content(data) in {b"", BODY}
