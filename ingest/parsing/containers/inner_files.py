"""Reads the files that stand in another file: attachments, members of an archive, embedded files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from ingest.intake.file_types import identify, safe_path
from ingest.intake.formats import BY_MEDIA_TYPE, Container
from ingest.parsing.blocks.assembly import Block
from ingest.parsing.blocks.joined_tables import moved
from rag.errors import (
    CorruptDocumentError,
    DocumentError,
    EmptyDocumentError,
    EncryptedDocumentError,
    NoTextError,
    TypeMismatchError,
    UnsupportedTypeError,
)
from rag.types import ElementKind, ExtractedText, Table

ReadFile = Callable[[Path, str, str, "InnerFiles"], ExtractedText]
"""Reads the file at a path, which has a name and a media type; the last argument reads the files in it."""
_MAX_DEPTH = 3
_MAX_FILES = 1_000
_MAX_BYTES = 512 * 1_048_576
_MAX_REASON_CHARACTERS = 120
_MAX_WARNINGS = 50
_SMALL_PICTURE_BYTES = 20_000


@dataclass(slots=True, kw_only=True)
class _Spent:
    """What all files in one document took so far, at every depth."""

    files: int = 0
    size_bytes: int = 0


@dataclass(slots=True, kw_only=True)
class InnerFiles:
    """Reads files that stand in a document. What it cannot read is named in ``warnings``."""

    read: ReadFile
    depth: int = 1
    warnings: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _spent: _Spent = field(default_factory=_Spent)

    def blocks(
        self, content: bytes, name: str, *, above: tuple[str, ...] = (), is_ornament: bool = False
    ) -> list[Block]:
        """Returns the blocks of a file, headed by its name below the headings ``above``; none if it cannot be read.

        Pages are those of the file.
        ``is_ornament``: it may be a logo or the like, which is passed over where it is small.
        """
        shown = safe_path(name)
        if self.depth > _MAX_DEPTH:
            self.warn(f"'{shown}' was not read: files stand in each other {self.depth} deep")
            return []
        if not self._has_room(len(content), shown):
            return []
        try:
            extracted = self._extracted(content, shown, is_ornament=is_ornament)
        except DocumentError as error:
            self.warn(_reason(error, shown))
            return []
        if extracted is None:
            return []
        for warning in extracted.warnings:
            self.warn(f"{shown}: {warning}")
        self.left_out += extracted.left_out
        head, *blocks = _below(extracted, shown, above)
        paged = zip(blocks, extracted.elements, strict=True)
        return [head, *(replace(block, page=element.page) for block, element in paged)]

    def warn(self, warning: str) -> None:
        """Adds a warning; of very many the last ones are only counted."""
        if len(self.warnings) < _MAX_WARNINGS:
            self.warnings.append(warning)
        elif len(self.warnings) == _MAX_WARNINGS:
            self.warnings.append("more of its files were not read")

    def _has_room(self, size_bytes: int, shown: str) -> bool:
        self._spent.files += 1
        self._spent.size_bytes += size_bytes
        if self._spent.files > _MAX_FILES:
            self.warn(f"files after the first {_MAX_FILES:,} were not read")
            return False
        if self._spent.size_bytes > _MAX_BYTES:
            self.warn(f"'{shown}' was not read: the files in it are too large together")
            return False
        return True

    def _extracted(self, content: bytes, name: str, *, is_ornament: bool) -> ExtractedText | None:
        with tempfile.NamedTemporaryFile(prefix="inner-") as file:
            file.write(content)
            file.flush()
            path = Path(file.name)
            media_type = _identified(path, name)
            found = BY_MEDIA_TYPE[media_type]
            if is_ornament and found.container is Container.IMAGE and len(content) < _SMALL_PICTURE_BYTES:
                return None
            deeper = InnerFiles(read=self.read, depth=self.depth + 1, _spent=self._spent)
            return self.read(path, name, media_type, deeper)


def _identified(path: Path, name: str) -> str:
    """Returns a file's media type: of its content where the name says something else."""
    try:
        return identify(path, name)
    except (UnsupportedTypeError, TypeMismatchError):
        stem = PurePosixPath(name).stem or "file"
        media_type = identify(path, stem.replace(".", "-"))
        if BY_MEDIA_TYPE[media_type].container is Container.TEXT:
            raise  # text under an unknown name may be anything
        return media_type


def _reason(error: DocumentError, name: str) -> str:
    reasons = {
        UnsupportedTypeError: "files of this type cannot be read",
        EmptyDocumentError: "it is empty",
        EncryptedDocumentError: "it is encrypted",
        TypeMismatchError: "it is not what its name says",
    }
    if isinstance(error, NoTextError):
        return f"'{name}': 1 file without text"
    if isinstance(error, CorruptDocumentError):
        return f"'{name}' was not read: {error.reason}"
    known = next((reason for kind, reason in reasons.items() if isinstance(error, kind)), "")
    return f"'{name}' was not read: {known or str(error)[:_MAX_REASON_CHARACTERS]}"


def _below(extracted: ExtractedText, name: str, above: tuple[str, ...]) -> list[Block]:
    title = () if extracted.title in {name, PurePosixPath(name).stem} else (extracted.title,)
    headed = {extracted.text[each.span.start : each.span.end] for each in extracted.elements[:3]}
    path = (*above, name, *(each for each in title if each not in headed))
    blocks = [Block(kind=ElementKind.HEADING, text=name, path=above)]
    tables = {table.span.start: table for table in extracted.tables}
    for element in extracted.elements:
        start, end = element.span.start, element.span.end
        table = tables.get(start)
        blocks.append(
            Block(
                kind=element.kind,
                text=extracted.text[start:end],
                path=(*path, *element.heading_path),
                table=_moved_out(table, name) if table is not None else None,
            )
        )
    return blocks


def _moved_out(table: Table, file: str) -> Table:
    """Returns a table of an inner file, which has no pages; its spans count from its first line."""
    name = f"{file} > {table.name}" if table.name else file
    return replace(moved(table, -table.span.start), page=None, name=name)
