"""Reads Outlook's own container in mail, winmail.dat (MS-OXTNEF): a text and attachments."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.parsing.blocks.assembly import Block, assemble, clean
from ingest.parsing.blocks.titles import choose_title
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.containers.outlook_body import body_blocks
from ingest.parsing.formats.decoding import decode
from rag.errors import CorruptDocumentError
from rag.types import ElementKind, ExtractedText

SIGNATURE = b"\x78\x9f\x3e\x22"
_HEAD = struct.Struct("<BII")  # level, attribute, length
_SUBJECT, _BODY, _PROPERTIES = 0x00018004, 0x0002800C, 0x00069003
_NEW_ATTACHMENT, _ATTACHMENT_TITLE, _ATTACHMENT_DATA = 0x00069002, 0x00018010, 0x0006800F
_ATTACHMENT_PROPERTIES = 0x00069005
_HTML, _RTF, _LONG_NAME, _PLAIN, _DISPLAY_NAME = 0x1013, 0x1009, 0x3707, 0x1000, 0x3001
_FIXED_BYTES = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_TEXT_8, _TEXT_16, _BINARY, _OBJECT = 0x1E, 0x1F, 0x102, 0x0D
_GUID_BYTES = 16
_MULTIPLE = 0x1000
_MAX_ATTACHMENTS = 1_000


@dataclass(slots=True, kw_only=True)
class _Attachment:
    name: str = ""
    data: bytes = b""


@dataclass(slots=True, kw_only=True)
class Tnef:
    """What a container holds. ``html`` and ``rtf`` are empty where the text has only another form."""

    subject: str = ""
    plain: str = ""
    html: bytes = b""
    rtf: bytes = b""
    attachments: list[_Attachment] = field(default_factory=list)


def read_tnef(path: Path, name: str, files: InnerFiles) -> ExtractedText:
    """Returns the text of a winmail.dat, and those of its attachments.

    Raises:
        CorruptDocumentError: it is damaged.
    """
    subject, blocks = tnef_blocks(path.read_bytes(), name, files)
    return assemble(
        blocks,
        title=choose_title(subject, (), name),
        parser="tnef",
        warnings=tuple(files.warnings),
        left_out=tuple(files.left_out),
    )


def tnef_blocks(data: bytes, name: str, files: InnerFiles, *, above: tuple[str, ...] = ()) -> tuple[str, list[Block]]:
    """Returns the subject and the blocks of a container that stands below the headings ``above``."""
    content = parse_tnef(data, name)
    heads: list[Block] = []
    if content.subject and not above:
        heads = [Block(kind=ElementKind.HEADING, text=" ".join(clean(content.subject).split()), level=0, path=())]
        above = (heads[0].text,)
    body = body_blocks(html=content.html, rtf=content.rtf, plain=content.plain, declared=(), name=name, files=files)
    blocks = [*heads, *(replace(block, path=(*above, *(block.path or ()))) for block in body)]
    for attachment in content.attachments[:_MAX_ATTACHMENTS]:
        if attachment.data:
            blocks += files.blocks(attachment.data, attachment.name or "attachment", above=above, is_ornament=True)
    return content.subject, blocks


def parse_tnef(data: bytes, name: str) -> Tnef:
    """Returns what a container holds.

    Raises:
        CorruptDocumentError: it is damaged.
    """
    content = Tnef()
    try:
        for attribute, value in _attributes(data):
            _take(content, attribute, value, name)
    except (struct.error, IndexError) as error:
        raise CorruptDocumentError(name, "its Outlook container is damaged") from error
    return content


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = len(SIGNATURE) + 2
    while position + _HEAD.size <= len(data):
        _, attribute, length = _HEAD.unpack_from(data, position)
        position += _HEAD.size
        if position + length > len(data):
            return
        yield attribute, data[position : position + length]
        position += length + 2  # a checksum


def _take(content: Tnef, attribute: int, value: bytes, name: str) -> None:
    if attribute == _NEW_ATTACHMENT:
        content.attachments.append(_Attachment())
    elif attribute == _SUBJECT:
        content.subject = content.subject or _text(value, name)
    elif attribute == _BODY:
        content.plain = content.plain or _text(value, name)
    elif attribute == _PROPERTIES:
        for number, found in _properties(value, name):
            if number == _HTML:
                content.html = found.encode() if isinstance(found, str) else found
            elif number == _RTF and isinstance(found, bytes):
                content.rtf = found
            elif number == _PLAIN and isinstance(found, str):
                content.plain = content.plain or found
    elif content.attachments:
        _take_attachment(content.attachments[-1], attribute, value, name)


def _take_attachment(attachment: _Attachment, attribute: int, value: bytes, name: str) -> None:
    if attribute == _ATTACHMENT_TITLE:
        attachment.name = attachment.name or _text(value, name)
    elif attribute == _ATTACHMENT_DATA:
        attachment.data = value
    elif attribute == _ATTACHMENT_PROPERTIES:
        found = {number: text for number, text in _properties(value, name) if isinstance(text, str)}
        attachment.name = found.get(_LONG_NAME) or attachment.name or found.get(_DISPLAY_NAME, "")


def _properties(data: bytes, name: str) -> Iterator[tuple[int, bytes | str]]:
    """Yields numbers and values of the texts and bytes in a list of properties (MS-OXTNEF 2.1.3.4)."""
    (count,) = struct.unpack_from("<I", data)
    position = 4
    for _ in range(min(count, len(data))):
        kind, number = struct.unpack_from("<HH", data, position)
        position += 4
        if number >= 0x8000:  # noqa: PLR2004 - it is named
            (form, extra) = struct.unpack_from("<II", data, position + _GUID_BYTES)
            position += _GUID_BYTES + 8 + (_padded(extra) if form else 0)
        base = kind & ~_MULTIPLE
        values = 1
        if kind & _MULTIPLE or base in {_TEXT_8, _TEXT_16, _BINARY, _OBJECT}:
            (values,) = struct.unpack_from("<I", data, position)
            position += 4
        for _ in range(min(values, len(data))):
            if base in _FIXED_BYTES:
                position += _FIXED_BYTES[base]
                continue
            (length,) = struct.unpack_from("<I", data, position)
            value = data[position + 4 : position + 4 + length]
            position += 4 + _padded(length)
            yield number, _typed(value, base, name)


def _typed(value: bytes, kind: int, name: str) -> bytes | str:
    if kind == _TEXT_16:
        return value.decode("utf-16-le", "replace").rstrip("\0")
    return _text(value, name) if kind == _TEXT_8 else value


def _padded(length: int) -> int:
    return length + -length % 4


def _text(value: bytes, name: str) -> str:
    return decode(value.rstrip(b"\0"), name=name) if value.strip(b"\0") else ""
