"""Takes in the files of a zip archive, each as a document of its own."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from ingest.intake.archives import check_contents, open_checked
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
    QueueFullError,
    QuotaReachedError,
    ReadOnlyError,
    WrongFieldError,
)
from rag.fields.from_files import LARGEST_BYTES, read_sidecar
from rag.fields.values import Description, tags_of
from rag.types import Scope

_UTF8_FLAG = 0x800
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
        self._intake = intake
        self._blobs = blobs
        self._max_bytes = max_bytes

    def unpack(
        self,
        content: BinaryIO,
        *,
        name: str,
        scope: Scope,
        description: Description,
        requester: Principal | None = None,
    ) -> Unpacked:
        """Takes in every file; ``description`` holds tags and fields for all of them.

        Raises:
            DocumentError: it is no zip archive, is encrypted, or would unpack to too much; nothing of it is kept.
            StorageFullError: there is no room left.
        """
        shown = safe_path(name)
        with self._blobs.stage(content) as staged:
            if staged.size_bytes > self._max_bytes:
                raise DocumentTooLargeError(shown, limit_bytes=self._max_bytes)
            check_contents(staged.path, shown)
            with open_checked(staged.path, shown) as archive:
                return self._take_in(archive, scope, description, requester)

    def _take_in(
        self, archive: zipfile.ZipFile, scope: Scope, description: Description, requester: Principal | None
    ) -> Unpacked:
        members = {_name_of(member): member for member in archive.infolist() if not member.is_dir()}
        skipped = [name for name in members if is_no_document(name)]
        sidecars = {about: name for name in members if (about := described_by(name)) in members}
        accepted: list[tuple[DocumentRecord, JobRecord]] = []
        refused: list[RefusedFile] = []
        for name in members.keys() - set(skipped) - set(sidecars.values()):
            try:
                said = _joined(description, _sidecar(archive, members, sidecars.get(name)))
                accept = partial(self._intake.accept, name=name, scope=scope, description=said, requester=requester)
                accepted.append(self._accept(archive, members[name], name, accept))
            except _OF_ONE_FILE as error:
                refused.append(RefusedFile(name=name, code=error.code, detail=str(error)))
        return Unpacked(
            accepted=tuple(sorted(accepted, key=lambda pair: pair[0].name)),
            refused=tuple(sorted(refused, key=lambda each: each.name)),
            skipped=tuple(skipped),
        )

    def _accept(
        self,
        archive: zipfile.ZipFile,
        member: zipfile.ZipInfo,
        name: str,
        accept: Callable[[BinaryIO], tuple[DocumentRecord, JobRecord]],
    ) -> tuple[DocumentRecord, JobRecord]:
        if member.file_size > self._max_bytes:
            raise DocumentTooLargeError(safe_path(name), limit_bytes=self._max_bytes)
        self._intake.refuse_when_full(expected_bytes=member.file_size)
        with archive.open(member) as content:
            return accept(content)  # type: ignore[arg-type]


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
