"""One process owns a data folder: the lock that says which."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from rag.errors import FolderInUseError, UnusableFolderError

_NAME = "owner.json"


class FolderLock:
    """Held from ``acquire`` to ``release``; the system lets it go when the process dies."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Takes the folder, and creates it where there is none.

        Raises:
            FolderInUseError: another process has it.
            UnusableFolderError: it cannot be made or written.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise UnusableFolderError(str(self._path.parent), error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            owner = read_owner(self._path.parent)
            raise FolderInUseError(str(self._path.parent), owner.description) from error
        self._descriptor = descriptor
        self.announce(None)

    def announce(self, url: str | None) -> None:
        """Writes into the folder who owns it, and where its API listens."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps({"pid": os.getpid(), "url": url}).encode(), 0)

    def release(self) -> None:
        """Gives the folder back. Idempotent."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Removes what a lock left in a folder that nobody owns."""
        self._path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a folder, as far as the folder says."""

    pid: int | None
    url: str | None

    @property
    def description(self) -> str:
        """For an error message."""
        process = f"process {self.pid}" if self.pid else "another process"
        return f"{process} (serving {self.url})" if self.url else process


def read_owner(folder: Path) -> Owner:
    """Returns what the folder says of its owner; it may be gone already."""
    try:
        content = json.loads((folder / _NAME).read_text() or "{}")
    except (OSError, ValueError):
        content = {}
    return Owner(pid=content.get("pid"), url=content.get("url"))


def running_service_address(folder: Path) -> str | None:
    """Returns the address of the service that owns the folder now; None where no process does."""
    lock = FolderLock(folder)
    if not folder.is_dir():
        return None
    try:
        lock.acquire()
    except FolderInUseError:
        return read_owner(folder).url
    lock.release()
    return None
