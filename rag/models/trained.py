"""Models trained on a collection: all versions in the data folder, and which of them is in use."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from rag.errors import ConfigurationError

_PROMOTED = "promoted.json"


class ModelKind(StrEnum):
    """The stage that a model serves."""

    RERANKER = "reranker"
    ENCODER = "encoder"


class TrainedModels:
    """The trained models of one data folder."""

    def __init__(self, storage_folder: Path) -> None:
        self._folder = storage_folder / "models"

    def next_version(self, kind: ModelKind, collection: str) -> Path:
        """Returns the folder of the next version, without creating it."""
        stem = f"{kind}-{_file_name(collection)}-v"
        numbers = [path.name.removeprefix(stem) for path in self._folder.glob(f"{stem}*")]
        newest = max((int(number) for number in numbers if number.isdecimal()), default=0)
        return self._folder / f"{stem}{newest + 1}"

    def promote(self, kind: ModelKind, collection: str, folder: Path) -> None:
        """Puts a version into use, from the next start of a service."""
        chosen = {name: dict(self._promoted().get(name, {})) for name in ModelKind}
        chosen[kind][collection] = folder.name
        draft = self._folder / f".{_PROMOTED}"
        draft.write_text(json.dumps(chosen, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.replace(self._folder / _PROMOTED)

    def promoted(self, kind: ModelKind) -> Mapping[str, Path]:
        """Returns the folder of the version in use, by collection.

        Raises:
            ConfigurationError: the list of versions in use cannot be read.
        """
        return {collection: self._folder / name for collection, name in self._promoted().get(kind, {}).items()}

    def _promoted(self) -> Mapping[str, Mapping[str, str]]:
        path = self._folder / _PROMOTED
        try:
            chosen: Mapping[str, Mapping[str, str]] = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{path} cannot be read ({error}). Delete it, and train again.") from error
        return chosen


def _file_name(collection: str) -> str:
    """Returns a distinct name for each collection that is safe in a file name."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", collection)
    return plain if plain == collection else f"{plain}-{hashlib.sha256(collection.encode()).hexdigest()[:8]}"
