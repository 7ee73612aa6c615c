"""Reads the files in an office file: as they are, or in an OLE object. The only place that imports ``olefile``."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import PurePosixPath, PureWindowsPath

import olefile

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.containers.inner_files import InnerFiles
from ingest.parsing.office.package import Member

_MAX_OBJECT_BYTES = 100 * 1_048_576
_PACKED = "\x01Ole10Native"
_WHOLE = ("package", "contents", "embeddedodf")
"""Streams that hold a file as it is."""
_TYPES = {"workbook": ".xls", "book": ".xls", "worddocument": ".doc", "powerpoint document": ".ppt"}
_EQUATION = "equation native"
_UNKNOWN = (".bin", "")


@dataclass(slots=True, kw_only=True)
class EmbeddedFiles:
    """Reads embedded files with ``files``; ``host`` is the name of the file that they stand in."""

    files: InnerFiles
    host: str
    equations: int = 0
    _count: int = 0

    def blocks(self, member: Member, *, above: tuple[str, ...] = ()) -> list[Block]:
        """Returns the text of a file, headed by its name; a warning says so if it cannot be read."""
        if len(member.content) > _MAX_OBJECT_BYTES:
            self.files.warn(f"an embedded file was not read: it is larger than {_MAX_OBJECT_BYTES // 1_048_576} MiB")
            return []
        if not member.content.startswith(olefile.MAGIC):
            name, content = "", member.content
        else:
            found = _unpacked(member.content)
            if found is None:
                self.equations += 1
                return []
            name, content = found
        if not name or name.startswith("."):
            self._count += 1
            suffix = name or PurePosixPath(member.name).suffix.lower()
            name = f"{PurePosixPath(self.host).stem}, embedded file {self._count}{'' if suffix in _UNKNOWN else suffix}"
        return self.files.blocks(content, name, above=above)

    def inserted(self, member: Member) -> list[Block]:
        """Returns the text of a file that stands in the text as a part of it."""
        found = self.files.blocks(member.content, PurePosixPath(member.name).name)
        return [replace(block, path=None) for block in found[1:]]

    def warnings(self) -> tuple[str, ...]:
        """Returns what was not read, as sentences."""
        count = self.equations
        equations = (f"{count:,} equation{'' if count == 1 else 's'} of an old editor not read",) if count else ()
        return (*equations, *self.files.warnings)


def _unpacked(content: bytes) -> tuple[str, bytes] | None:
    """Returns the name and the bytes of the file in an OLE object; None for an equation.

    The name is only an extension, or empty, where the object does not say it.
    """
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as ole:
            streams = {path[0].casefold(): path for path in ole.listdir() if len(path) == 1}
            if _EQUATION in streams:
                return None
            if (packed := streams.get(_PACKED.casefold())) is not None:
                return _packed(ole.openstream(packed).read())
            for name, suffix in _TYPES.items():
                if name in streams:
                    return suffix, content
            whole = next((streams[name] for name in _WHOLE if name in streams), None)
            return ("", content) if whole is None else ("", ole.openstream(whole).read())
    except (OSError, ValueError, IndexError, AttributeError):  # it is damaged: its reader says so
        return "", content


def _packed(native: bytes) -> tuple[str, bytes]:
    """Returns the name and the bytes that Windows' packager wrote ([MS-OLEDS] 2.3.6, and what programs do)."""
    body = native[4:]
    if not body.startswith(b"\x02\x00"):
        return "", body
    label, _, rest = body[2:].partition(b"\0")
    path, _, rest = rest.partition(b"\0")
    size = int.from_bytes(rest[4:8], "little")
    rest = rest[8 + size :]
    size = int.from_bytes(rest[:4], "little")
    name = PureWindowsPath(_decoded(label) or _decoded(path)).name
    return name if PurePosixPath(name).suffix else PureWindowsPath(_decoded(path)).name, rest[4 : 4 + size]


def _decoded(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp1252", errors="replace")
