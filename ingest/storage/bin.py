"""Keeps files that the catalogue does not know for a day, because it may be the catalogue that is wrong."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

_KEPT_SECONDS = 86_400


class Bin:
    """A flat folder: hashes of blobs, ids of versions and names of labels never collide."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, path: Path) -> None:
        """Moves a file or a folder into the bin, in place of one with its name. A missing one is no error."""
        target = self._folder / path.name
        self._folder.mkdir(exist_ok=True)
        self.remove(path.name)
        try:
            path.rename(target)
        except FileNotFoundError:
            return
        os.utime(target)  # its day begins now

    def holds(self, name: str) -> bool:
        """Returns whether the bin holds something of this name."""
        return (self._folder / name).exists()

    def restore(self, name: str, target: Path) -> bool:
        """Moves what has this name to ``target``; returns whether there was something."""
        if not self.holds(name):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        (self._folder / name).rename(target)
        return True

    def names(self) -> Iterator[str]:
        """Returns the names of all that the bin holds."""
        return (path.name for path in self._folder.iterdir()) if self._folder.is_dir() else iter(())

    def remove(self, name: str) -> None:
        """Removes what has this name; does nothing if there is nothing."""
        path = self._folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def remove_old(self) -> None:
        """Removes what has been in the bin for a day."""
        latest = time.time() - _KEPT_SECONDS
        for name in list(self.names()):
            if (self._folder / name).stat().st_mtime < latest:
                self.remove(name)
