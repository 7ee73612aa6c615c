"""Reads zip archives: each file in it below a heading, which is its path in the archive."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from ingest.intake.archives import open_checked
from ingest.parsing.blocks.assembly import Block, assemble
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.formats.decoding import decode
from rag.errors import CorruptDocumentError
from rag.types import ExtractedText

_MAX_MEMBER_BYTES = 100 * 1_048_576
_SKIPPED_FOLDERS = frozenset({"__MACOSX", ".git", ".svn", "__pycache__", "node_modules"})
_SKIPPED_NAMES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_UTF8_FLAG = 0x800


def read_zip(path: Path, name: str, files: InnerFiles) -> ExtractedText:
    """Returns the texts of the files in an archive, in its order; those that cannot be read are named in warnings."""
    blocks: list[Block] = []
    with open_checked(path, name) as archive:
        members = archive.infolist()
        for member, shown in zip(members, _names(members), strict=True):
            if member.is_dir() or not _SKIPPED_FOLDERS.isdisjoint(PurePosixPath(shown).parts):
                continue
            if PurePosixPath(shown).name in _SKIPPED_NAMES or PurePosixPath(shown).name.startswith("._"):
                continue
            if member.file_size > _MAX_MEMBER_BYTES:
                files.warn(f"'{shown}' was not read: it is larger than {_MAX_MEMBER_BYTES // 1_048_576} MiB")
                continue
            with archive.open(member) as file:
                content = file.read(_MAX_MEMBER_BYTES)
            blocks += files.blocks(content, shown)
    return assemble(
        blocks,
        title=PurePosixPath(name).stem or name,
        parser="zip",
        warnings=tuple(files.warnings),
        left_out=tuple(files.left_out),
    )


def _names(members: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Returns the names of members; the encoding of those that are not said to be UTF-8 is told from all of them."""
    unsaid = [member for member in members if not (member.flag_bits & _UTF8_FLAG or member.filename.isascii())]
    told: dict[int, str] = {}
    with suppress(UnicodeEncodeError, CorruptDocumentError):
        lines = decode(b"\n".join(member.filename.encode("cp437") for member in unsaid), name="").split("\n")
        told = {id(member): line for member, line in zip(unsaid, lines, strict=False)}
    return [told.get(id(member)) or member.filename for member in members]
