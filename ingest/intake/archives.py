"""Checks zip-based documents before a parser unpacks them: a small file must not become a huge one.

``open_checked`` reads only the directory, which is quick enough for intake. ``check_contents`` unpacks everything
once in small pieces and keeps none of it, because sizes in the directory may lie.
"""

from __future__ import annotations

import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import IO

from rag.errors import CorruptDocumentError, EncryptedDocumentError, ParserLimitError

_MIB = 1_048_576
_MAX_UNPACKED_BYTES = 1_024 * _MIB
"""Ten times the largest upload. Pictures hardly shrink, and no real document has text of that size."""
_MAX_RATIO = 100
"""Office files shrink by a factor of 2 to 30. Apache POI has the same limit."""
_RATIO_MATTERS_FROM_BYTES = 64 * _MIB
"""Below this size the ratio is not checked: a nearly empty sheet shrinks by far more than other files."""
_MAX_MEMBERS = 10_000
"""A book has one for each chapter and picture, a presentation several for each slide."""
_MAX_DIRECTORY_BYTES = 16 * _MIB
_MAX_NESTING = 3
"""For example a report that embeds a presentation with a chart, whose numbers are a workbook."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})  # all that OPC, ODF and EPUB allow
_ENCRYPTED_FLAG, _SIZES_FOLLOW_FLAG = 0x1, 0x8
# Members that show copy protection: Adobe's rights, Readium's licence, Apple's keys.
_RIGHTS = frozenset({"META-INF/rights.xml", "META-INF/license.lcpl", "META-INF/sinf.xml"})
_PACKAGE_MARK = "[Content_Types].xml"
_XML_PARTS = (".xml", ".rels")
_FIRST_MARKUP = re.compile(rb"<(?:!DOCTYPE|[A-Za-z_])")
_LOCAL_HEADER = struct.Struct("<4s2xHH8xIIHH")  # signature, flags, method, packed and unpacked size, two lengths
_LOCAL_MARK, _END_MARK, _END64_MARK = b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _END64_BYTES = 22, 76
_TAIL_BYTES = _END64_BYTES + _END_BYTES + 65_535  # with the longest comment
_SIZE_UNKNOWN = 0xFFFF_FFFF
_PIECE_BYTES = 65_536


@dataclass(slots=True, kw_only=True)
class _Totals:
    """Counts of what has been unpacked so far, over all levels."""

    any_names: bool
    unpacked_bytes: int = 0
    members: int = 0


@contextmanager
def open_checked(path: Path, name: str, *, any_names: bool = False) -> Iterator[zipfile.ZipFile]:
    """Opens a zip file whose directory is sound. ``any_names``: the caller itself refuses those that ``is_astray``.

    Raises:
        EncryptedDocumentError: a member needs a password, or the document has copy protection.
        ParserLimitError: too many members, or its directory declares too large a size.
        CorruptDocumentError: not a zip file, or members overlap, are links, or are named outside of it.
    """
    with path.open("rb") as file, _opened(file, name, any_names=any_names) as archive:
        yield archive


def check_contents(path: Path, name: str, *, any_names: bool = False) -> None:
    """Unpacks everything, archives inside the archive too, and keeps nothing. ``any_names`` as of ``open_checked``.

    Raises:
        ParserLimitError: it unpacks to too much, or archives are nested too deeply.
        EncryptedDocumentError: as ``open_checked``.
        CorruptDocumentError: as ``open_checked``, or a member is not what the directory says.
    """
    with path.open("rb") as file:
        _check_level(file, name, depth=1, totals=_Totals(any_names=any_names))


def is_astray(member: zipfile.ZipInfo) -> bool:
    """Returns whether a member is a link, or is named so that it would be unpacked outside of the archive's folder."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    leads_outside = path.is_absolute() or ".." in path.parts or member.filename[1:2] == ":"
    return leads_outside or stat.S_ISLNK(member.external_attr >> 16)


def _check_level(file: IO[bytes], name: str, *, depth: int, totals: _Totals) -> None:
    if depth > _MAX_NESTING:
        raise ParserLimitError(name, f"archives stand in it {depth} deep")
    with _opened(file, name, any_names=totals.any_names) as archive:
        members = archive.infolist()
    totals.members += len(members)
    if totals.members > _MAX_MEMBERS:
        raise ParserLimitError(name, f"it holds more than {_MAX_MEMBERS:,} files")
    is_package = any(member.filename == _PACKAGE_MARK for member in members)
    for member in members:
        pieces = _unpacked(file, member, name)
        start = next(pieces, b"")
        if is_package and member.filename.endswith(_XML_PARTS) and _declares_type(start):
            raise CorruptDocumentError(name, "it declares a document type, which office files never do")
        with tempfile.SpooledTemporaryFile(max_size=_PIECE_BYTES) as inner:
            for piece in chain((start,), pieces):
                totals.unpacked_bytes += len(piece)
                _check_total(totals.unpacked_bytes, name)
                if start.startswith(_LOCAL_MARK):
                    inner.write(piece)
            if inner.tell():
                with suppress(
                    CorruptDocumentError, EncryptedDocumentError
                ):  # no parser will open it: only its size matters
                    _check_level(inner, name, depth=depth + 1, totals=totals)


def _declares_type(start: bytes) -> bool:
    """Returns whether XML begins with a document type declaration, in UTF-8 or UTF-16."""
    found = _FIRST_MARKUP.search(start.replace(b"\0", b""))
    return found is not None and found.group() == b"<!DOCTYPE"


@contextmanager
def _opened(file: IO[bytes], name: str, *, any_names: bool) -> Iterator[zipfile.ZipFile]:
    try:
        _check_directory_size(file, name)
        with zipfile.ZipFile(file) as archive:
            _check_directory(archive, name, any_names=any_names)
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error, struct.error) as error:
        raise CorruptDocumentError(name, "its zip directory is damaged") from error


def _check_directory_size(file: IO[bytes], name: str) -> None:
    """Refuses a zip whose directory alone would fill the memory. Its size is at the end of the file."""
    start = max(0, file.seek(0, 2) - _TAIL_BYTES)
    file.seek(start)
    tail = file.read(_TAIL_BYTES)
    end = tail.rfind(_END_MARK)
    if not 0 <= end <= len(tail) - _END_BYTES:
        raise zipfile.BadZipFile
    (size,) = struct.unpack_from("<I", tail, end + 12)
    if end >= _END64_BYTES and tail.startswith(_END64_MARK, end - 20):
        (size,) = struct.unpack_from("<Q", tail, end - _END64_BYTES + 40)
    if size > _MAX_DIRECTORY_BYTES:
        raise ParserLimitError(name, f"its zip directory is larger than {_MAX_DIRECTORY_BYTES:,} bytes")
    if size > start + end:
        raise zipfile.BadZipFile


def _check_directory(archive: zipfile.ZipFile, name: str, *, any_names: bool) -> None:
    members = archive.infolist()
    if len(members) > _MAX_MEMBERS:
        raise ParserLimitError(name, f"it holds {len(members):,} files, more than {_MAX_MEMBERS:,}")
    if any(member.flag_bits & _ENCRYPTED_FLAG or member.filename in _RIGHTS for member in members):
        raise EncryptedDocumentError(name)
    for member in members:
        if is_astray(member) and not any_names:
            raise CorruptDocumentError(name, f"'{member.filename}' in it is a link or would be unpacked elsewhere")
        if member.compress_type not in _METHODS:
            raise CorruptDocumentError(name, "it is compressed in a way that documents never are")
    _check_ranges(members, archive.start_dir, name)
    unpacked = sum(member.file_size for member in members)
    _check_total(unpacked, name)
    packed = sum(member.compress_size for member in members)
    if unpacked > _RATIO_MATTERS_FROM_BYTES and unpacked > _MAX_RATIO * packed:
        raise ParserLimitError(name, f"it unpacks to {unpacked // max(packed, 1):,} times its size")


def _check_total(unpacked_bytes: int, name: str) -> None:
    if unpacked_bytes > _MAX_UNPACKED_BYTES:
        raise ParserLimitError(name, f"it unpacks to more than {_MAX_UNPACKED_BYTES // _MIB:,} MiB")


def _check_ranges(members: Sequence[zipfile.ZipInfo], end: int, name: str) -> None:
    """Refuses members that share bytes, which turn kilobytes into terabytes (Fifield, A better zip bomb, 2019)."""
    free = 0
    for offset, size in sorted((member.header_offset, member.compress_size) for member in members):
        if offset < free:
            raise CorruptDocumentError(name, "files in it overlap")
        free = offset + _LOCAL_HEADER.size + size
    if free > end:
        raise CorruptDocumentError(name, "files in it overlap")


def _unpacked(file: IO[bytes], member: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """Yields a member's content in pieces.

    It reads to the end that the member's own header gives, as other programs do; Python's ``zipfile`` stops at the
    end that the directory gives.
    """
    file.seek(_content_offset(file, member, name))
    total = 0
    for piece in _pieces(file, member, name):
        total += len(piece)
        if total > member.file_size:
            raise ParserLimitError(name, "a file in it unpacks to more than its directory says")
        yield piece
    if total < member.file_size:
        raise CorruptDocumentError(name, "a file in it is cut off")


def _content_offset(file: IO[bytes], member: zipfile.ZipInfo, name: str) -> int:
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    mark, flags, method, packed, _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    is_unsaid = packed == _SIZE_UNKNOWN or (packed == 0 and flags & _SIZES_FOLLOW_FLAG)
    if mark != _LOCAL_MARK or method != member.compress_type or not (is_unsaid or packed == member.compress_size):
        raise CorruptDocumentError(name, "a file in it is not what its directory says")
    return member.header_offset + _LOCAL_HEADER.size + int(name_length) + int(extra_length)


def _pieces(file: IO[bytes], member: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    left = member.compress_size
    inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0 and (packed := file.read(min(left, _PIECE_BYTES))):
        left -= len(packed)
        if inflate is None:
            yield packed
            continue
        try:
            piece = inflate.decompress(packed, _PIECE_BYTES)
            while piece:
                yield piece
                piece = inflate.decompress(inflate.unconsumed_tail, _PIECE_BYTES)
        except zlib.error as error:
            raise CorruptDocumentError(name, "a file in it is damaged") from error
