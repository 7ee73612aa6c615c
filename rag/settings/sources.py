"""Reads settings from the environment, a TOML file and a profile."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, TomlConfigSettingsSource

from rag.errors import ConfigurationError
from rag.models.known.facts import KNOWN
from rag.settings.answering import EncoderSettings, RerankerSettings
from rag.settings.base import PREFIX
from rag.settings.choices import RerankerBackend
from rag.settings.removed import split_removed
from rag.settings.service import ModelSettings

_PROFILES = Path(__file__).parent / "profiles.toml"
_NO_SETTINGS = {"about", "fallback"}
_WITH_MODEL = {RerankerBackend.ONNX, RerankerBackend.SENTENCE_TRANSFORMERS}
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
        return read_profile(installed_profile(str(name), self.current_state))


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
    profiles = _profiles().values()
    return frozenset(profile["encoder"]["model"] for profile in profiles if "model" in profile.get("encoder", {}))


def read_profile(name: str) -> dict[str, Any]:
    """Returns the settings that a profile changes, by section.

    Raises:
        ConfigurationError: there is no such profile.
    """
    profiles = _profiles()
    if name not in profiles:
        raise ConfigurationError(f"{name} is no profile. CITEWELL_PROFILE may be {', '.join(profiles)}.")
    return {section: values for section, values in profiles[name].items() if section not in _NO_SETTINGS}


def profile_names() -> tuple[str, ...]:
    """Returns the names of the profiles."""
    return tuple(_profiles())


def profile_models(name: str) -> tuple[str, ...]:
    """Returns the models that a profile needs, the encoder first.

    Raises:
        ConfigurationError: there is no such profile.
    """
    profile = read_profile(name)
    return models_used(EncoderSettings(**profile.get("encoder", {})), RerankerSettings(**profile.get("reranker", {})))


def models_used(encoder: EncoderSettings, reranker: RerankerSettings) -> tuple[str, ...]:
    """Returns the models that the settings name, the encoder first."""
    return (encoder.model, *([reranker.model] if reranker.backend in _WITH_MODEL else []))


def installed_profile(name: str, chosen: Mapping[str, Any]) -> str:
    """Returns the profile that is used where ``name`` is asked for, given what is installed on this machine.

    ``chosen`` are the settings that go before those of the profile, by section.
    """
    folder = _section(chosen, "models").get("cache_folder") or ModelSettings().cache_folder

    def is_installed(profile: str) -> bool:
        known = KNOWN.get(profile_models(profile)[0])
        return known is None or known.is_installed(Path(folder).expanduser())

    fallback = _profiles().get(name, {}).get("fallback")
    encoder_is_chosen = "model" in _section(chosen, "encoder")
    return usable_profile(name, fallback, encoder_is_chosen=encoder_is_chosen, is_installed=is_installed)


def usable_profile(
    name: str, fallback: str | None, *, encoder_is_chosen: bool, is_installed: Callable[[str], bool]
) -> str:
    """Returns ``name``, or its ``fallback`` where the encoder of ``name`` is not installed and that of the other is.

    ``is_installed`` is asked with the name of a profile. An encoder that is chosen by itself has no fallback: where it
    is missing, loading it is an error.
    """
    if fallback is None or encoder_is_chosen or is_installed(name) or not is_installed(fallback):
        return name
    return fallback


def _section(chosen: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = chosen.get(name)
    return section if isinstance(section, Mapping) else {}  # what is no table is refused later, with its place


def _profiles() -> dict[str, Any]:
    return tomllib.loads(_PROFILES.read_text("utf-8"))
