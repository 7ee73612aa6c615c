"""Stores the uploaded files, each under the hash of its bytes, with a label for each version that has them."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter

from ingest.storage.bin import Bin
from rag.catalog.database.records import VersionLabel

_BLOCK_BYTES = 1_048_576
_INCOMING = "incoming-"
_LEFT_AFTER_SECONDS = 3_600
_LABEL = TypeAdapter(VersionLabel)
_HASH = re.compile("[0-9a-f]{64}")
_LABEL_SUFFIX = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedBlob:
    """A file on disk that is not part of the store yet."""

    path: Path
    sha256: str
    size_bytes: int


class BlobStore:
    """Paths are made of hashes only, never of a client's file name.

    ``discard`` moves a file to ``litter_bin``; ``remove`` deletes it from the store and from there.
    """

    def __init__(self, folder: Path, *, litter_bin: Bin) -> None:
        self._folder = folder
        self._litter_bin = litter_bin
        self._labels = folder / "labels"
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Returns the path for the bytes with this hash, whether they exist or not."""
        return self._folder / sha256[:2] / sha256

    @contextmanager
    def stage(self, source: BinaryIO) -> Iterator[StagedBlob]:
        """Writes the rest of ``source`` to disk; removes it when the block ends, unless ``keep`` was called."""
        digest = hashlib.sha256()
        size = 0
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=_INCOMING)
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                while block := source.read(_BLOCK_BYTES):
                    digest.update(block)
                    size += len(block)
                    target.write(block)
                target.flush()
                os.fsync(target.fileno())
            yield StagedBlob(path=path, sha256=digest.hexdigest(), size_bytes=size)
        finally:
            path.unlink(missing_ok=True)

    def keep(self, staged: StagedBlob, label: VersionLabel) -> None:
        """Moves a staged file to its place and writes its label; both are durable on return."""
        self.write_labels([label])
        final = self.path(staged.sha256)
        final.parent.mkdir(exist_ok=True)
        staged.path.replace(final)
        _sync(final.parent)
        _sync(self._folder)

    def write_labels(self, labels: Iterable[VersionLabel]) -> None:
        """Writes the labels that do not exist yet."""
        self._write([label for label in labels if not self.label_path(label.version_id).exists()])

    def replace_labels(self, labels: Iterable[VersionLabel]) -> None:
        """Writes labels in place of those that exist."""
        self._write(list(labels))

    def _write(self, labels: Sequence[VersionLabel]) -> None:
        self._labels.mkdir(exist_ok=True)
        for label in labels:
            draft = self._folder / f"{_INCOMING}{uuid.uuid4().hex}"
            with draft.open("wb") as file:
                file.write(_LABEL.dump_json(label))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.label_path(label.version_id))
        if labels:
            _sync(self._labels)

    def label_path(self, version_id: str) -> Path:
        """Returns the path for the label of a version, whether it exists or not."""
        return self._labels / f"{version_id}{_LABEL_SUFFIX}"

    def place_of(self, name: str) -> Path | None:
        """Returns the path that a file in the bin came from; None if it is neither a blob nor a label."""
        if name.endswith(_LABEL_SUFFIX):
            return self._labels / name
        return self.path(name) if _HASH.fullmatch(name) else None

    def labels(self) -> list[VersionLabel]:
        """Returns all readable labels, those of lower version numbers first."""
        return sorted(filter(None, map(_read_label, self._label_files())), key=lambda label: label.number)

    def old_labels(self) -> frozenset[str]:
        """Returns the versions whose labels are older than an hour; a younger one may belong to a running upload."""
        latest = time.time() - _LEFT_AFTER_SECONDS
        return frozenset(path.stem for path in self._label_files() if _is_older(path, latest))

    def _label_files(self) -> Iterator[Path]:
        return self._labels.glob(f"*{_LABEL_SUFFIX}")

    def remove(self, sha256: str) -> None:
        """Removes the bytes with this hash, if there are any."""
        self.path(sha256).unlink(missing_ok=True)
        self._litter_bin.remove(sha256)

    def remove_label(self, version_id: str) -> None:
        """Removes the label of a version, if there is one."""
        path = self.label_path(version_id)
        path.unlink(missing_ok=True)
        self._litter_bin.remove(path.name)

    def discard(self, sha256: str) -> None:
        """Moves the bytes with this hash to the bin."""
        self._litter_bin.put(self.path(sha256))

    def discard_label(self, version_id: str) -> None:
        """Moves the label of a version to the bin."""
        self._litter_bin.put(self.label_path(version_id))

    def hashes(self) -> frozenset[str]:
        """Returns the hashes of all files in the store; files with other names are ignored."""
        return frozenset(path.name for path in self._folder.glob("??/*") if path == self.path(path.name))

    def remove_old(self) -> None:
        """Removes files of unfinished uploads that are an hour old, and old files in the bin."""
        self._litter_bin.remove_old()
        latest = time.time() - _LEFT_AFTER_SECONDS
        for incoming in self._folder.glob(f"{_INCOMING}*"):
            if _is_older(incoming, latest):
                incoming.unlink(missing_ok=True)


def _read_label(path: Path) -> VersionLabel | None:
    try:
        return _LABEL.validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None  # its blob then counts as one without a label


def _is_older(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_ctime < moment
    except FileNotFoundError:
        return False


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
