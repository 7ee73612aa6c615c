"""An upload whose process dies: ``python -m tests.support.faults.intake FOLDER POINT``, content on standard input."""

from __future__ import annotations

import os
import signal
import sys
from enum import StrEnum
from pathlib import Path

from ingest.intake.intake import Intake
from ingest.storage.bin import Bin
from ingest.storage.blobs import BlobStore, StagedBlob
from rag.catalog.database.connection import Database
from rag.catalog.database.records import VersionLabel
from rag.settings import Settings, StorageSettings
from tests.support.fakes.memory_index import MemoryIndex
from tests.support.faults.workshop import SCOPE, FaultWorkshop


class Point(StrEnum):
    """The moment when the process dies: the file is written, in its place, or queued before the client is answered."""

    WRITTEN = "written"
    IN_PLACE = "in_place"
    QUEUED = "queued"


class _DyingStore(BlobStore):
    def __init__(self, folder: Path, point: Point) -> None:
        super().__init__(folder / "blobs", litter_bin=Bin(folder / "bin"))
        self._point = point

    def keep(self, staged: StagedBlob, label: VersionLabel) -> None:
        if self._point is Point.WRITTEN:
            _die()
        super().keep(staged, label)
        if self._point is Point.IN_PLACE:
            _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Uploads a file and dies at the point."""
    folder, point = Path(sys.argv[1]), Point(sys.argv[2])
    storage = FaultWorkshop(Database.open(folder / "catalog.db"), folder, MemoryIndex()).storage
    blobs = _DyingStore(folder, point)
    settings = Settings(storage=StorageSettings(folder=folder, min_free_bytes=0))
    intake = Intake(settings, uploads=storage.uploads, board=storage.board, blobs=blobs)
    intake.accept(sys.stdin.buffer, name="a.txt", scope=SCOPE)
    _die()


if __name__ == "__main__":
    main()
