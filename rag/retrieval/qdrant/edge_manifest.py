"""What is written beside an Edge shard, to know later what it was made for."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rag.errors import ConfigurationError, IndexUnavailableError
from rag.retrieval.qdrant.edge_shard import BACKEND

_MANIFEST = "index.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the folder holds; ``generation`` names the shard that counts."""

    encoder: str
    dimensions: int
    analysis: dict[str, str | bool]
    generation: int


def read_manifest(folder: Path) -> Manifest | None:
    """Returns the folder's manifest, None where there is none.

    Raises:
        IndexUnavailableError: it cannot be understood.
    """
    path = folder / _MANIFEST
    if not path.exists():
        return None
    try:
        return Manifest(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise IndexUnavailableError(BACKEND, f"{path} is damaged; 'citewell reindex' builds the index anew") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replaces the folder's manifest in one step, and waits until it is on the disk."""
    draft = folder / f"{_MANIFEST}.new"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / _MANIFEST)


def check_manifest(folder: Path, found: Manifest, wanted: Manifest) -> None:
    """Raises ``ConfigurationError`` unless the index can be used as wanted; the generation does not matter."""
    if replace(found, generation=wanted.generation) == wanted:
        return
    raise ConfigurationError(
        f"The index in {folder} was made with encoder {found.encoder} ({found.dimensions} dimensions) and text "
        f"analysis {found.analysis}; set are {wanted.encoder} ({wanted.dimensions} dimensions) and {wanted.analysis}. "
        "Set CITEWELL_ENCODER__MODEL and CITEWELL_ENCODER__BACKEND back, or run 'citewell reindex'."
    )
