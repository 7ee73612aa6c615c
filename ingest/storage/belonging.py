"""Checks that a data folder and a catalogue belong together, before anything in either is removed."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from ingest.storage.blobs import BlobStore
from rag.catalog.database.connection import new_id
from rag.catalog.documents import Catalog
from rag.catalog.installation import Installation
from rag.errors import FolderMismatchError

ID_FILE = "installation-id"
"""The name of the file with the installation id; the catalogue holds the same id."""


def refuse_lost_catalog(folder: Path, catalog: Path, blobs: BlobStore) -> None:
    """Refuses to make a catalogue in a folder that had one. Call it before a missing file is created.

    Raises:
        FolderMismatchError: the file is missing or empty, and the folder holds originals.
    """
    if catalog.exists() and catalog.stat().st_size:
        return
    if held := len(blobs.hashes()):
        state = "is empty" if catalog.exists() else "is missing"
        raise FolderMismatchError(str(folder), f"{catalog.name} {state}, and the folder holds {held} originals")


def ensure_belonging(folder: Path, *, installation: Installation, catalog: Catalog, blobs: BlobStore) -> None:
    """Checks that both hold the same id. If one has none, they must share a blob or be empty; then both get one id.

    Raises:
        FolderMismatchError: they do not belong together.
    """
    in_folder, in_catalog = _read(folder), installation.id()
    if in_folder is not None and in_catalog is not None:
        if in_folder != in_catalog:
            raise FolderMismatchError(str(folder), "each belongs to another installation")
        return
    held, known = blobs.hashes(), catalog.blobs_in_use()
    if (held or known) and not held & known:
        reason = f"the folder holds {len(held)} originals, the catalogue knows {len(known)}, and none is the same"
        raise FolderMismatchError(str(folder), reason)
    blobs.write_labels(catalog.labels())
    agreed = installation.set_if_absent(in_folder or new_id())
    if in_folder is None:
        _write(folder, agreed)


def rename_damaged(catalog: Path) -> Path:
    """Renames a damaged catalogue and its log, and keeps them for repair. Returns the new path."""
    number = next(number for number in count(1) if not catalog.with_name(f"{catalog.name}.damaged-{number}").exists())
    for suffix in ("-shm", "-wal", ""):
        part = catalog.with_name(f"{catalog.name}{suffix}")
        if part.exists():
            part.rename(catalog.with_name(f"{catalog.name}.damaged-{number}{suffix}"))
    return catalog.with_name(f"{catalog.name}.damaged-{number}")


def assign_common_id(folder: Path, installation: Installation) -> None:
    """Gives folder and catalogue a new common id, without any check."""
    agreed = new_id()
    installation.replace(agreed)
    _write(folder, agreed)


def _read(folder: Path) -> str | None:
    try:
        return (folder / ID_FILE).read_text("ascii").strip() or None
    except FileNotFoundError:
        return None


def _write(folder: Path, installation_id: str) -> None:
    """Writes the id. Several processes may do so: all of them write the catalogue's id."""
    draft = folder / f".{ID_FILE}-{os.getpid()}"
    with draft.open("w", encoding="ascii") as file:
        file.write(f"{installation_id}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / ID_FILE)
