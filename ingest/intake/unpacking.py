"""Takes in the files of a zip archive, each as a document of its own."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from ingest.intake.archives import check_contents, is_astray, open_checked
from ingest.intake.beside import described_by, is_no_document
from ingest.intake.file_types import safe_path
from ingest.intake.intake import Intake
from ingest.storage.blobs import BlobStore
from rag.access.principal import Principal
from rag.catalog.database.records import DocumentRecord, JobRecord
from rag.errors import (
    ConflictError,
    DocumentError,
    DocumentTooLargeError,
    NestedArchiveError,
    QueueFullError,
    QuotaReachedError,
    ReadOnlyError,
    StrayEntryError,
    WrongFieldError,
)
from rag.fields.from_files import LARGEST_BYTES, read_sidecar
from rag.fields.values import Description, tags_of
from rag.types import Scope

_UTF8_FLAG = 0x800
_ARCHIVE = ".zip"
_OF_ONE_FILE = (DocumentError, QueueFullError, WrongFieldError, ReadOnlyError, ConflictError, QuotaReachedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A file that is not taken in, and why."""

    name: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """The outcome for every file in an archive; ``skipped`` are those of systems and programs."""

    accepted: tuple[tuple[DocumentRecord, JobRecord], ...]
    refused: tuple[RefusedFile, ...]
    skipped: tuple[str, ...]


class Unpacker:
    """Unpacks archives, one file after another and nothing to a place that the archive names."""

    def __init__(self, intake: Intake, blobs: BlobStore, *, max_bytes: int) -> None:
        self.intake = intake
        self.blobs = blobs
        self.max_bytes = max_bytes

    def unpack(
        self,
        content: BinaryIO,
        *,
        name: str,
        scope: Scope,
        description: Description,
        requester: Principal | None = None,
    ) -> Unpacked:
        """Takes in every file, those of archives in the archive too; ``description`` is said of all of them.

        Raises:
            DocumentError: it is no zip archive, is encrypted, or would unpack to too much; nothing of it is kept.
            StorageFullError: there is no room left.
        """
        shown = safe_path(name)
        with self.blobs.stage(content) as staged:
            if staged.size_bytes > self.max_bytes:
                raise DocumentTooLargeError(shown, limit_bytes=self.max_bytes)
            check_contents(staged.path, shown, any_names=True)
            unpacking = _Unpacking(self, scope, requester)
            with open_checked(staged.path, shown, any_names=True) as archive:
                unpacking.take_in(archive, description)
        return unpacking.outcome()


class _Unpacking:
    """What has become of the files of one upload so far."""

    def __init__(self, unpacker: Unpacker, scope: Scope, requester: Principal | None) -> None:
        self._unpacker = unpacker
        self._scope = scope
        self._requester = requester
        self._accepted: list[tuple[DocumentRecord, JobRecord]] = []
        self._refused: list[RefusedFile] = []
        self._skipped: list[str] = []

    def outcome(self) -> Unpacked:
        """Returns what has become of them, by their names."""
        return Unpacked(
            accepted=tuple(sorted(self._accepted, key=lambda pair: pair[0].name)),
            refused=tuple(sorted(self._refused, key=lambda each: each.name)),
            skipped=tuple(self._skipped),
        )

    def take_in(self, archive: zipfile.ZipFile, description: Description, above: str = "") -> None:
        """Takes in the files of an archive; ``above`` is the name of one that stands in another, with a slash."""
        members = {_name_of(member): member for member in archive.infolist() if not member.is_dir()}
        skipped = [name for name, member in members.items() if is_no_document(name) and not is_astray(member)]
        sidecars = {about: name for name in members if (about := described_by(name)) in members}
        self._skipped += [f"{above}{name}" for name in skipped]
        for name in members.keys() - set(skipped) - set(sidecars.values()):
            shown = f"{above}{name}"
            try:
                said = _joined(description, _sidecar(archive, members, sidecars.get(name)))
                self._take_in_one(archive, members[name], shown, said, is_within=above != "")
            except _OF_ONE_FILE as error:
                self._refused.append(RefusedFile(name=shown, code=error.code, detail=str(error)))

    def _take_in_one(
        self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, said: Description, *, is_within: bool
    ) -> None:
        if is_astray(member):
            raise StrayEntryError(name)
        if not name.lower().endswith(_ARCHIVE):
            self._accepted.append(self._accept(archive, member, name, said))
            return
        if is_within:
            raise NestedArchiveError(name)
        # The check of the outer archive has counted what is in it, too.
        with (
            archive.open(member) as content,
            self._unpacker.blobs.stage(content) as staged,  # type: ignore[arg-type]
            open_checked(staged.path, name, any_names=True) as inner,
        ):
            self.take_in(inner, said, f"{name}/")

    def _accept(
        self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, said: Description
    ) -> tuple[DocumentRecord, JobRecord]:
        if member.file_size > self._unpacker.max_bytes:
            raise DocumentTooLargeError(safe_path(name), limit_bytes=self._unpacker.max_bytes)
        intake = self._unpacker.intake
        intake.refuse_when_full(expected_bytes=member.file_size)
        with archive.open(member) as content:
            return intake.accept(
                content,  # type: ignore[arg-type]
                name=name,
                scope=self._scope,
                description=said,
                requester=self._requester,
            )


def _name_of(member: zipfile.ZipInfo) -> str:
    """Returns a member's name. Many programs write UTF-8 and do not say so."""
    if member.flag_bits & _UTF8_FLAG or member.filename.isascii():
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename


def _sidecar(archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], name: str | None) -> Description:
    if name is None:
        return Description()
    if members[name].file_size > 4 * LARGEST_BYTES:
        raise WrongFieldError(name, f"must have {LARGEST_BYTES:,} characters at most")
    return read_sidecar(archive.read(members[name]).decode("utf-8", "replace"), name)


def _joined(for_all: Description, own: Description) -> Description:
    """Returns both; a field of the file itself goes before one for all."""
    fields = {field.name: field for field in (*for_all.fields, *own.fields)}
    return Description(tags=tags_of([*for_all.tags, *own.tags]), fields=tuple(fields.values()))
