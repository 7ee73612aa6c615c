"""Rebuilds a catalogue from the blobs in a data folder whose own one is lost or damaged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingest.intake.file_types import identify
from ingest.intake.formats import MEDIA_TYPES
from ingest.opening import Storage, open_storage
from ingest.storage.belonging import assign_common_id
from rag.catalog.database.records import Upload
from rag.errors import DocumentError
from rag.settings import Settings
from rag.types import Scope

_NAME_DIGITS = 12
_UNKNOWN_COLLECTION = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Counts of adopted versions: labelled ones, blobs without a label, and blobs of unsupported types."""

    versions: int
    unnamed: int
    unreadable: int


def adopt_originals(settings: Settings) -> Adoption:
    """Queues every original that the catalogue does not know, and makes folder and catalogue belong together.

    That includes blobs in the bin. A version with a label comes back under its name and ids, in its collection; one
    without gets a name made of its hash, in the default collection. A document that was deleted just before the
    catalogue was lost may come back. An interrupted call can be repeated.

    Raises:
        FolderInUseError: a service runs on the folder.
        ConfigurationError: the catalogue cannot be opened, or the folder not be written.
    """
    with open_storage(settings, adopting=True) as storage:
        _empty_bin(storage)
        versions = _adopt_labelled(storage)
        unnamed, unreadable = _adopt_unnamed(settings, storage)
        assign_common_id(settings.storage.folder, storage.installation)
        return Adoption(versions=versions, unnamed=unnamed, unreadable=unreadable)


def _empty_bin(storage: Storage) -> None:
    """Restores blobs and labels; the audit at the service's start restores the texts of known versions."""
    for name in list(storage.litter_bin.names()):
        target = storage.blobs.place_of(name)
        if target is not None and not target.exists():
            storage.litter_bin.restore(name, target)


def _adopt_labelled(storage: Storage) -> int:
    known, held = storage.catalog.versions_in_use(), storage.blobs.hashes()
    adopted = [label for label in storage.blobs.labels() if label.version_id not in known and label.sha256 in held]
    for label in adopted:
        storage.uploads.adopt(label)
    return len(adopted)


def _adopt_unnamed(settings: Settings, storage: Storage) -> tuple[int, int]:
    scope = Scope(tenant=settings.tenant, collection=_UNKNOWN_COLLECTION)
    unnamed = unreadable = 0
    for sha256 in sorted(storage.blobs.hashes() - storage.catalog.blobs_in_use()):
        upload = _identified(storage.blobs.path(sha256), sha256)
        if upload is None:
            unreadable += 1
        else:
            storage.uploads.add(scope, upload, keep_blob=lambda label: storage.blobs.write_labels([label]))
            unnamed += 1
    return unnamed, unreadable


def _identified(path: Path, sha256: str) -> Upload | None:
    """Identifies a blob by its content; None if its type is not supported."""
    stem = f"recovered-{sha256[:_NAME_DIGITS]}"
    try:
        media_type = identify(path, stem)
    except DocumentError:
        return None
    extension = next(suffix for suffix, found in MEDIA_TYPES.items() if found == media_type)
    return Upload(name=stem + extension, media_type=media_type, sha256=sha256, size_bytes=path.stat().st_size)
