"""Locks a data folder for the one process that owns it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path

from rag.errors import FolderInUseError, UnusableFolderError

_NAME = "owner.json"


class FolderLock:
    """A lock that is held from ``acquire`` to ``release``; the system frees it when the process dies."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Locks the folder, and creates it if it does not exist.

        Raises:
            FolderInUseError: another process owns it.
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
        """Writes this process's id and the address of its API into the folder."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, json.dumps({"pid": os.getpid(), "url": url}).encode(), 0)

    def release(self) -> None:
        """Unlocks the folder. Idempotent."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """Removes the lock's file from a folder that no process owns."""
        self._path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The owner of a folder as its lock's file names it."""

    pid: int | None
    url: str | None

    @property
    def description(self) -> str:
        """A description for error messages."""
        process = f"process {self.pid}" if self.pid else "another process"
        return f"{process} (serving {self.url})" if self.url else process


def read_owner(folder: Path) -> Owner:
    """Returns the owner that the folder names; that process may have ended."""
    try:
        content = json.loads((folder / _NAME).read_text() or "{}")
    except (OSError, ValueError):
        content = {}
    return Owner(pid=content.get("pid"), url=content.get("url"))


def current_owner(folder: Path) -> Owner | None:
    """Returns the process that owns the folder now; None where no process does."""
    lock = FolderLock(folder)
    if not folder.is_dir():
        return None
    try:
        lock.acquire()
    except FolderInUseError:
        return read_owner(folder)
    lock.release()
    return None


def running_service_address(folder: Path) -> str | None:
    """Returns the address of the service that owns the folder now; None where no process does."""
    owner = current_owner(folder)
    return owner.url if owner else None
