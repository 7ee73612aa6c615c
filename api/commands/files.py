"""Which files a command is about, and what each is called in its collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.sources import safe_path
from rag.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFile:
    """A file, and the name of its document: the way to it from the folder that was named."""

    path: Path
    name: str


def find_files(paths: Sequence[Path]) -> list[NamedFile]:
    """Returns the files named, and those below the folders named, sorted; hidden ones are left out.

    Raises:
        ConfigurationError: a path does not exist, there is no file at all, or two would be the same document.
    """
    files = _distinct(file for path in paths for file in _below(path))
    if not files:
        raise ConfigurationError("There are no files to take in. Name files, or folders that hold some.")
    return files


def files_of(folder: Path) -> list[NamedFile]:
    """Returns the files below a folder, sorted; hidden ones and links that lead out of it are left out.

    Raises:
        ConfigurationError: it is no folder, or two files would be the same document.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder {folder}. Check the path.")
    return _distinct(_below(folder))


def _below(path: Path) -> Iterator[NamedFile]:
    if path.is_dir():
        root = path.resolve()
        for file in sorted(found for found in path.rglob("*") if found.is_file()):
            inner = file.relative_to(path)
            hidden = any(part.startswith(".") for part in inner.parts)
            if not hidden and file.resolve().is_relative_to(root):  # a link may lead anywhere
                yield NamedFile(path=file, name=safe_path(inner.as_posix()))
    elif path.exists():
        yield NamedFile(path=path, name=safe_path(path.name))
    else:
        raise ConfigurationError(f"There is no file or folder {path}. Check the path.")


def _distinct(files: Iterable[NamedFile]) -> list[NamedFile]:
    """Drops what was named twice. Two files under one name would be versions of one document, whichever came last."""
    by_name: dict[str, NamedFile] = {}
    for file in files:
        first = by_name.setdefault(file.name, file)
        if first.path.resolve() != file.path.resolve():
            raise ConfigurationError(
                f"{first.path} and {file.path} would both be the document '{file.name}'. Name the folder that holds "
                "both, or take them in one after the other into two collections."
            )
    return list(by_name.values())
