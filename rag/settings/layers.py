"""The values of each source of settings, to tell which source sets one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_settings import EnvSettingsSource

from rag.settings.base import PREFIX, variable_of
from rag.settings.model import Settings
from rag.settings.removed import split_removed
from rag.settings.sources import file_sources, installed_profile, read_profile

COMMAND_LINE = "command line"
DEFAULT = "default"
Location = tuple[int | str, ...]
"""Names of sections and settings, keys of tables and places in lists, from the outside inwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The values of each source, as nested tables; the first source that holds a value wins.

    ``file`` is None where there is no file; ``from_file`` is what it says, with names that are no settings.
    ``named_profile`` is the profile that is asked for, ``profile`` the one whose settings are used: its fallback where
    its encoder is not installed.
    ``removed`` are former settings that are still set: each with the variable or file that sets it, and its path.
    """

    chosen: Mapping[str, Any]
    environment: Mapping[str, Any]
    file: Path | None
    from_file: Mapping[str, Any]
    named_profile: str
    profile: str
    removed: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, chosen: Mapping[str, Any]) -> Layers:
        """Reads the environment and the file.

        Raises:
            ConfigurationError: the file cannot be read.
            SettingsError: a variable must be JSON and is not.
        """
        environment, removed_variables = split_removed(EnvSettingsSource(Settings)())
        source = next(iter(file_sources(Settings)), None)
        file = Path(str(source.toml_file_path)) if source else None
        from_file, removed_names = split_removed(source.toml_data if source else {})
        default = Settings.model_fields["profile"].default
        named = str(environment.get("profile") or from_file.get("profile") or default)
        return cls(
            chosen=chosen,
            environment=environment,
            file=file,
            from_file=from_file,
            named_profile=named,
            profile=installed_profile(named, _merged(from_file, environment, chosen)),
            removed=(
                *((_set_variable(tuple(path.split("."))), path) for path in removed_variables),
                *((str(file), path) for path in removed_names),
            ),
        )

    def source(self, location: Location) -> str:
        """Returns what sets the value at the location: a variable, a file, ``profile NAME``, or ``default``."""
        if _holds(self.chosen, location):
            return COMMAND_LINE
        if _holds(self.environment, location):
            return _set_variable(location)
        if self.file and _holds(self.from_file, location):
            return str(self.file)
        return f"profile {self.profile}" if _holds(read_profile(self.profile), location) else DEFAULT

    def place(self, location: Location) -> str:
        """Returns how a message names the value at the location: ``citewell.toml: server.port``, or a variable."""
        holder = location
        while holder and not any(_holds(values, holder) for values in (self.chosen, self.environment, self.from_file)):
            holder = holder[:-1]  # what is missing stands nowhere, but its table does
        if self.file and holder and self.source(holder) == str(self.file):
            return f"{self.file}: {path_of(location)}"
        return variable_of(".".join(part for part in location if isinstance(part, str)))


def path_of(location: Location) -> str:
    """Returns the location as ``generation.endpoints[1].url``; places in lists count from 1."""
    path = ""
    for part in location:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def _merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the sections of all layers with their values; the last layer that holds a value wins."""
    merged: dict[str, Any] = {}
    for section, values in (item for layer in layers for item in layer.items()):
        if isinstance(values, Mapping):
            merged[section] = {**merged.get(section, {}), **values}
    return merged


def _holds(values: object, location: Location) -> bool:
    for part in location:
        if isinstance(part, int):
            if not isinstance(values, Sequence) or isinstance(values, str) or part >= len(values):
                return False
            values = values[part]
        elif isinstance(values, Mapping) and part in values:
            values = values[part]
        else:
            return False
    return True


def _set_variable(location: Location) -> str:
    """Returns the variable that sets the value: its own, the first within it, or that of a table around it."""
    names = [part for part in location if isinstance(part, str)]
    own = variable_of(".".join(names))
    known = {name.upper(): name for name in sorted(os.environ) if name.upper().startswith(PREFIX)}
    around = (variable_of(".".join(names[:end])) for end in range(len(names) - 1, 0, -1))
    within = (name for name in known if name.startswith(f"{own}__"))
    return next((known[name] for name in (own, *within, *around) if name in known), own)
