"""Where files go that the catalogue does not know, for a day: it may be the catalogue that is wrong, and not they."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

_KEPT_SECONDS = 86_400


class Bin:
    """A folder. Hashes of originals, ids of versions and names of labels are all different, so that it is flat."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, path: Path) -> None:
        """Moves a file or a folder into the bin; one that is there under its name goes. A missing one is no error."""
        target = self._folder / path.name
        self._folder.mkdir(exist_ok=True)
        self.remove(path.name)
        try:
            path.rename(target)
        except FileNotFoundError:
            return
        os.utime(target)  # its day begins

    def holds(self, name: str) -> bool:
        """Returns whether something of this name lies in the bin."""
        return (self._folder / name).exists()

    def bring_back(self, name: str, target: Path) -> bool:
        """Moves what lies in the bin under a name to ``target``; returns whether there was something."""
        if not self.holds(name):
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        (self._folder / name).rename(target)
        return True

    def names(self) -> Iterator[str]:
        """Returns the names of what lies in the bin."""
        return (path.name for path in self._folder.iterdir()) if self._folder.is_dir() else iter(())

    def remove(self, name: str) -> None:
        """Removes what lies in the bin under a name; if there is nothing, nothing happens."""
        path = self._folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def remove_old(self) -> None:
        """Removes what has been there for a day."""
        latest = time.time() - _KEPT_SECONDS
        for name in list(self.names()):
            if (self._folder / name).stat().st_mtime < latest:
                self.remove(name)
