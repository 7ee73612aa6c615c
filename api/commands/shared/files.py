"""Finds the files that a command names, and gives each the name of its document."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.intake.beside import described_by, is_no_document
from ingest.intake.file_types import safe_path
from ingest.intake.formats import MEDIA_TYPES
from rag.errors import ConfigurationError

NO_DOCUMENT = "hidden, temporary, or made by a program"
UNSUPPORTED = "unsupported type"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFile:
    """A file, and the name of its document: its path relative to the folder that the command names.

    ``in_folder`` is True where the command names a folder that holds the file, not the file. ``sidecar`` is the file
    beside it that holds its tags and fields, if there is one.
    """

    path: Path
    name: str
    in_folder: bool = False
    sidecar: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file or folder below a named folder that is left out: it is no document, or of an unsupported type."""

    path: Path
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFiles:
    """The files found, sorted by path within each folder, and those left out."""

    files: Sequence[NamedFile]
    skipped: Sequence[Skipped]


def find_files(paths: Sequence[Path]) -> FoundFiles:
    """Returns the named files, and the files below the named folders.

    Raises:
        ConfigurationError: a path does not exist, there is no file at all, or two would be the same document.
    """
    found = _sorted(entry for path in paths for entry in _below(path))
    if not found.files and not found.skipped:
        raise ConfigurationError("There are no files to take in. Name files, or folders that hold some.")
    return found


def files_of(folder: Path) -> FoundFiles:
    """Returns the files below a folder. Links that lead out of it are left out without a word.

    Raises:
        ConfigurationError: it is no folder, or two files would be the same document.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder {folder}. Check the path.")
    return _sorted(_below(folder))


def _below(path: Path) -> Iterator[NamedFile | Skipped]:
    if path.is_dir():
        yield from sorted(_walk(path), key=lambda entry: entry.path)
    elif path.exists():
        yield NamedFile(path=path, name=safe_path(path.name))
    else:
        raise ConfigurationError(f"There is no file or folder {path}. Check the path.")


def _walk(folder: Path) -> Iterator[NamedFile | Skipped]:
    root = folder.resolve()
    for place, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(place) / name
            inner = path.relative_to(folder).as_posix()
            if is_no_document(name):
                yield Skipped(path=path, name=inner, reason=NO_DOCUMENT)
            elif path.is_file() and path.resolve().is_relative_to(root):  # a link may lead anywhere
                if path.suffix and path.suffix.lower() not in MEDIA_TYPES:
                    yield Skipped(path=path, name=inner, reason=UNSUPPORTED)
                else:
                    yield NamedFile(path=path, name=safe_path(inner), in_folder=True)
        folders[:] = [name for name in folders if not is_no_document(name)]  # os.walk then skips them


def _sorted(entries: Iterable[NamedFile | Skipped]) -> FoundFiles:
    listed = list(entries)
    files = _distinct(entry for entry in listed if isinstance(entry, NamedFile))
    by_name = {file.name: file for file in files}
    sidecars = {about: file for file in files if (about := described_by(file.name)) in by_name}
    of_others = {file.name for file in sidecars.values()}
    files = [
        replace(file, sidecar=sidecars[file.name].path) if file.name in sidecars else file
        for file in files
        if file.name not in of_others
    ]
    return FoundFiles(files=files, skipped=[entry for entry in listed if isinstance(entry, Skipped)])


def _distinct(files: Iterable[NamedFile]) -> list[NamedFile]:
    """Drops repeated files.

    Raises:
        ConfigurationError: two files have one name: they would be versions of one document.
    """
    by_name: dict[str, NamedFile] = {}
    for file in files:
        first = by_name.setdefault(file.name, file)
        if first.path.resolve() != file.path.resolve():
            raise ConfigurationError(
                f"{first.path} and {file.path} would both be the document '{file.name}'. Name the folder that holds "
                "both, or take them in one after the other into two collections."
            )
    return list(by_name.values())
