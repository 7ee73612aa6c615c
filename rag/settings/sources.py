"""Reads settings from the environment, a TOML file and a profile."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, TomlConfigSettingsSource

from rag.errors import ConfigurationError
from rag.settings.base import PREFIX
from rag.settings.removed import split_removed

_PROFILES = Path(__file__).parent / "profiles.toml"
_ABOUT = "about"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
CONFIG_FILE = "citewell.toml"


class EnvironmentSource(EnvSettingsSource):
    """The environment variables, without those of former settings."""

    def __call__(self) -> dict[str, Any]:
        return split_removed(super().__call__())[0]


class FileSource(TomlConfigSettingsSource):
    """The TOML file, without former settings."""

    def __call__(self) -> dict[str, Any]:
        return split_removed(super().__call__())[0]


class ProfileSource(PydanticBaseSettingsSource):
    """The settings of the profile that the stronger sources name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the base's
        return self().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        name = self.current_state.get("profile") or self.settings_cls.model_fields["profile"].default
        return read_profile(str(name))


def config_file() -> Path | None:
    """Returns the file that ``CITEWELL_CONFIG`` names, else ``citewell.toml`` of the working folder if there is one.

    The variable may name the null device, to read no file.

    Raises:
        ConfigurationError: the variable names something that is no file.
    """
    if named := os.environ.get(CONFIG_VARIABLE):
        if named == os.devnull:
            return None
        if not Path(named).is_file():
            raise ConfigurationError(
                f"The configuration file {named} does not exist. Correct --config or {CONFIG_VARIABLE}, or write the "
                "file with 'citewell config example'."
            )
        return Path(named)
    return Path(CONFIG_FILE) if Path(CONFIG_FILE).is_file() else None


def file_sources(settings_cls: type[BaseSettings]) -> tuple[FileSource, ...]:
    """Returns the source that reads the configuration file; none where there is no file.

    Raises:
        ConfigurationError: the file cannot be read, or is no TOML.
    """
    file = config_file()
    if file is None:
        return ()
    try:
        return (FileSource(settings_cls, toml_file=file),)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{file} is not valid TOML: it is not UTF-8.") from error
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from error


def profile_encoders() -> frozenset[str]:
    """Returns the encoders that the profiles name."""
    profiles = tomllib.loads(_PROFILES.read_text("utf-8")).values()
    return frozenset(profile["encoder"]["model"] for profile in profiles if "model" in profile.get("encoder", {}))


def read_profile(name: str) -> dict[str, Any]:
    """Returns the settings that a profile changes, by section.

    Raises:
        ConfigurationError: there is no such profile.
    """
    profiles = tomllib.loads(_PROFILES.read_text("utf-8"))
    if name not in profiles:
        raise ConfigurationError(f"{name} is no profile. CITEWELL_PROFILE may be {', '.join(profiles)}.")
    return {section: values for section, values in profiles[name].items() if section != _ABOUT}
