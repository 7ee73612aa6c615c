"""The original files, in a folder, each under the hash of its bytes."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_BLOCK_BYTES = 1_048_576
_INCOMING = "incoming-"
_LEFT_AFTER_SECONDS = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedBlob:
    """A file that is written but not yet part of the store."""

    path: Path
    sha256: str
    size_bytes: int


class BlobStore:
    """Names come from content alone: what a client called its file never touches a path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Returns where the bytes with this hash lie, or would lie."""
        return self._folder / sha256[:2] / sha256

    @contextmanager
    def stage(self, source: BinaryIO) -> Iterator[StagedBlob]:
        """Writes everything left in ``source`` to disk; it is gone again at the end unless it was kept."""
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

    def keep(self, staged: StagedBlob) -> None:
        """Puts a staged file in its place, for good: it is there after a power cut."""
        final = self.path(staged.sha256)
        final.parent.mkdir(exist_ok=True)
        staged.path.replace(final)
        _sync(final.parent)
        _sync(self._folder)

    def remove(self, sha256: str) -> None:
        """Removes the bytes with this hash; if there are none, nothing happens."""
        self.path(sha256).unlink(missing_ok=True)

    def hashes(self) -> frozenset[str]:
        """Returns the hashes of all files in the store; what lies there under another name is none of ours."""
        return frozenset(path.name for path in self._folder.glob("??/*") if path == self.path(path.name))

    def sweep(self) -> None:
        """Removes what uploads that never finished left behind; a file younger than an hour may still be written."""
        latest = time.time() - _LEFT_AFTER_SECONDS
        for incoming in self._folder.glob(f"{_INCOMING}*"):
            if _is_older(incoming, latest):
                incoming.unlink(missing_ok=True)


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
