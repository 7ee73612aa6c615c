"""Reads the properties of Outlook's files (MS-OXMSG). The only place that imports ``olefile``.

A file has a storage for the message, and in it one for each recipient and attachment; an attached message is a storage
in its attachment's.
"""

from __future__ import annotations

import datetime as dt
import struct
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path

from olefile.olefile import OleFileError, OleFileIO

from ingest.parsing.formats.decoding import decode, likely_encodings
from rag.errors import CorruptDocumentError

__all__ = ["Item", "OleFileError", "open_message"]

_PROPERTIES = "__properties_version1.0"
_NAMES = "__nameid_version1.0"
_FILE_HEADER, _EMBEDDED_HEADER, _PART_HEADER = 32, 24, 8
_WIDE, _NARROW, _BINARY, _TIME = 0x1F, 0x1E, 0x102, 0x40
_MESSAGE_CODE_PAGE, _INTERNET_CODE_PAGE = 0x3FFD, 0x3FDE
_PROPERTY = struct.Struct("<HHI8s")
_NAME = struct.Struct("<IHH")
_FIRST_NAMED, _FIRST_OWN_SET = 0x8000, 3
_CODECS = {
    10000: "mac-roman",
    20127: "cp1252",
    20866: "koi8-r",
    21866: "koi8-u",
    50220: "iso2022-jp",
    50221: "iso2022-jp",
    50222: "iso2022-jp",
    51932: "euc-jp",
    51949: "euc-kr",
    54936: "gb18030",
    65001: "utf-8",
    **{28590 + part: f"iso8859-{part}" for part in range(1, 17)},
}
_GUESSED_FROM = (0x1000, 0x0037, 0x0C1A, 0x0E04)  # body, subject, sender, recipients
_EPOCH = dt.datetime(1601, 1, 1, tzinfo=dt.UTC)
_LATEST_YEAR = 4000


@dataclass
class Item:
    """A message, a recipient or an attachment."""

    file: OleFileIO
    name: str
    path: tuple[str, ...] = ()
    header_bytes: int = _FILE_HEADER
    inherited: tuple[str, ...] = ()
    names: dict[tuple[int, int], int] = field(default_factory=dict)

    def text(self, *numbers: int) -> str:
        """Returns the first of these properties that holds text."""
        for number in numbers:
            wide = self._stream(number, _WIDE)
            if text := wide.decode("utf-16-le", "replace").rstrip("\0"):
                return text
            if narrow := self._stream(number, _NARROW).rstrip(b"\0"):
                return decode(narrow, name=self.name, declared=self.encodings)
        return ""

    def data(self, number: int) -> bytes:
        """Returns the bytes of a property."""
        return self._stream(number, _BINARY)

    def number(self, number: int) -> int:
        """Returns a property that is a number, 0 if there is none."""
        return int.from_bytes(self._fixed.get(number, (0, b""))[1][:4], "little")

    def time(self, number: int) -> str:
        """Returns a property that is a time, in UTC."""
        kind, value = self._fixed.get(number, (0, b""))
        if kind != _TIME or not any(value):
            return ""
        try:
            found = _EPOCH + dt.timedelta(microseconds=int.from_bytes(value, "little") // 10)
        except OverflowError:
            return ""
        return f"{found:%Y-%m-%d %H:%M} UTC" if found.year < _LATEST_YEAR else ""

    def named(self, property_set: int, number: int) -> int:
        """Returns the number that this file gives to a named property, 0 if it has none (MS-OXPROPS 1.3.2)."""
        return self.names.get((property_set, number), 0)

    def parts(self, prefix: str) -> list[Item]:
        """Returns the recipients or attachments, whose storages' names begin with ``prefix``."""
        return [self._below(each[-1], _PART_HEADER) for each in self._storages if each[-1].startswith(prefix)]

    def embedded(self, storage: str) -> Item | None:
        """Returns the message that is attached in a storage of this attachment."""
        return self._below(storage, _EMBEDDED_HEADER) if [*self.path, storage] in self._storages else None

    @cached_property
    def encodings(self) -> tuple[str, ...]:
        """The encodings that texts of single bytes may have, the declared ones first."""
        pages = filter(None, map(self.number, (_MESSAGE_CODE_PAGE, _INTERNET_CODE_PAGE)))
        declared = (*(_CODECS.get(page, f"cp{page}") for page in pages), *self.inherited)
        if declared:
            return declared
        return likely_encodings(b"\n".join(self._stream(number, _NARROW) for number in _GUESSED_FROM))

    @cached_property
    def _fixed(self) -> dict[int, tuple[int, bytes]]:
        data = self._read([*self.path, _PROPERTIES])[self.header_bytes :]
        whole = data[: len(data) - len(data) % _PROPERTY.size]
        return {number: (kind, value) for kind, number, _, value in _PROPERTY.iter_unpack(whole)}

    @cached_property
    def _storages(self) -> list[list[str]]:
        found = self.file.listdir(streams=False, storages=True)
        return [each for each in found if each[:-1] == [*self.path]]

    def _stream(self, number: int, kind: int) -> bytes:
        return self._read([*self.path, f"__substg1.0_{number:04X}{kind:04X}"])

    def _read(self, path: list[str]) -> bytes:
        if not self.file.exists(path):
            return b""
        content: bytes = self.file.openstream(path).read()
        return content

    def _below(self, storage: str, header_bytes: int) -> Item:
        return Item(
            file=self.file,
            name=self.name,
            path=(*self.path, storage),
            header_bytes=header_bytes,
            inherited=self.encodings,
            names=self.names,
        )


def open_message(path: Path, name: str) -> Item:
    """Opens a file, whose bytes stay in memory.

    Raises:
        CorruptDocumentError: it is damaged.
    """
    try:
        message = Item(file=OleFileIO(BytesIO(path.read_bytes())), name=name)
    except OleFileError as error:
        raise CorruptDocumentError(name, "its container is damaged") from error
    message.names = _named_properties(message)
    return message


def _named_properties(message: Item) -> dict[tuple[int, int], int]:
    """Returns the numbers of named properties by the beginning of their set's GUID and their number in it."""
    below = Item(file=message.file, name=message.name, path=(_NAMES,))
    sets, entries = below.data(2), below.data(3)
    names = {}
    for number, place, index in _NAME.iter_unpack(entries[: len(entries) - len(entries) % _NAME.size]):
        at = ((place >> 1) - _FIRST_OWN_SET) * 16
        if not place & 1 and at >= 0:
            names[int.from_bytes(sets[at : at + 4], "little"), number] = _FIRST_NAMED + index
    return names
