"""The manifest beside an Edge shard: its encoder, dimensions and text analysis."""

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
    """The contents of an index folder; ``generation`` numbers the shard in use."""

    encoder: str
    dimensions: int
    analysis: dict[str, str | bool]
    generation: int


def read_manifest(folder: Path) -> Manifest | None:
    """Returns the folder's manifest, or None if it has none.

    Raises:
        IndexUnavailableError: the manifest is damaged.
    """
    path = folder / _MANIFEST
    if not path.exists():
        return None
    try:
        return Manifest(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise IndexUnavailableError(BACKEND, f"{path} is damaged; 'citewell reindex' builds the index anew") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replaces the folder's manifest atomically and waits until it is on disk."""
    draft = folder / f"{_MANIFEST}.new"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / _MANIFEST)


def check_manifest(folder: Path, found: Manifest, wanted: Manifest) -> None:
    """Raises ``ConfigurationError`` if the index differs from ``wanted`` in more than its generation."""
    if replace(found, generation=wanted.generation) == wanted:
        return
    raise ConfigurationError(
        f"The index in {folder} was made with encoder {found.encoder} ({found.dimensions} dimensions) and text "
        f"analysis {found.analysis}; set are {wanted.encoder} ({wanted.dimensions} dimensions) and {wanted.analysis}. "
        "Set CITEWELL_ENCODER__MODEL and CITEWELL_ENCODER__BACKEND back, or run 'citewell reindex'."
    )
