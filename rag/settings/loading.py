"""Reads the settings, and says in plain words what is wrong with them."""

from __future__ import annotations

import logging
import os
import re
import stat
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from rag.errors import ConfigurationError
from rag.settings.base import PREFIX, variable_of
from rag.settings.documentation import section_of, setting_descriptions
from rag.settings.layers import Layers
from rag.settings.model import Settings
from rag.settings.removed import fixed_value
from rag.settings.sources import profile_models
from rag.text.validation_messages import words_for

_LOG = logging.getLogger(__name__)
_OTHER_VARIABLES = re.compile(
    r"CITEWELL_(URL|API_KEY|DATA|CONFIG)"  # options of the command line
    r"|CITEWELL_(FAULT|TEST)_\w+"  # read by the tests
    # Kubernetes sets these in every container beside a service whose name begins with citewell.
    r"|CITEWELL_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)"
)
"""Variables with our prefix that are not settings."""
_CLUSTER_ADDRESS = re.compile(r"(tcp|udp|sctp)://.+")
_NUMBERS = {"number", "whole number"}
_TABLES = {"dict_type", "model_type", "model_attributes_type"}


def load_settings(chosen: Mapping[str, str] | None = None) -> Settings:
    """Reads the settings from ``chosen``, the environment, the file, the profile and the defaults: the first wins.

    A setting of an older version that is fixed now is named in a warning and ignored, so that an upgraded service
    starts.

    Args:
        chosen: values of the command line, by path as in ``retrieval.limit``.

    Raises:
        ConfigurationError: a value is wrong, a name is unknown, or the file cannot be read; all faults are listed.
    """
    nested = _nested(chosen or {})
    try:
        layers = Layers.read(nested)
        faults = [*_unknown_variables(os.environ), *_unknown_sections(layers), *_booleans_for_numbers(layers)]
        settings = Settings(**nested)
    except ValidationError as error:
        faults += [_fault_words(layers, fault) for fault in error.errors()]
        raise _refusal(faults) from None  # pydantic's own words show values, which may be secrets
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        raise ConfigurationError(
            f"A setting whose name begins with {variable_of(field[1] if field else '')} must be JSON and is not. "
            "Write a list as JSON, for example CITEWELL_SERVER__ALLOWED_HOSTS='[\"citewell.example.org\"]'."
        ) from error
    if faults:
        raise _refusal(faults)
    for warning in (*_ignored(layers), *_readable_secrets(layers), *_fallback(layers)):
        warn_once(warning)
    return settings


def _refusal(faults: list[str]) -> ConfigurationError:
    return ConfigurationError("These settings are wrong:\n  " + "\n  ".join(faults))


@cache
def warn_once(warning: str) -> None:
    """Logs the warning, but not again: some commands read the settings several times."""
    _LOG.warning(warning)


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """Yields a fault for each variable with our prefix that belongs to no section and sets nothing beside them."""
    for variable, value in sorted(environment.items()):
        name = variable.upper()
        if not name.startswith(PREFIX) or _OTHER_VARIABLES.fullmatch(name):
            continue
        path = _path_of_variable(variable)
        if not _is_known(path) and not (name.endswith("_PORT") and _CLUSTER_ADDRESS.fullmatch(value)):
            yield f"{variable}: {_unknown_variable(path)}"


def _unknown_sections(layers: Layers) -> Iterator[str]:
    """Yields a fault for each name in the file that is neither a section nor a setting beside them."""
    for name in layers.from_file:
        if name not in Settings.model_fields:
            yield f"{layers.file}: {name}: {_unknown_path(name)}"


def _booleans_for_numbers(layers: Layers) -> Iterator[str]:
    """Yields a fault for each number in the file that is true or false, which pydantic would read as 1 or 0."""
    for setting in setting_descriptions() if layers.file else ():
        value: Any = layers.from_file
        for name in setting.path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, bool) and setting.type in _NUMBERS:
            yield f"{layers.file}: {setting.path}: must be a {setting.type}"


def _path_of_variable(variable: str) -> str:
    return variable.upper().removeprefix(PREFIX).lower().replace("__", ".")


def _is_known(path: str) -> bool:
    section, nested, _ = path.partition(".")
    field = Settings.model_fields.get(section)
    return field is not None and (not nested or section_of(field) is not None)


def _fault_words(layers: Layers, fault: Mapping[str, Any]) -> str:
    location = fault["loc"]
    place = layers.place(location)
    is_variable = place.startswith(PREFIX)
    if fault["type"] == "extra_forbidden":
        path = ".".join(part for part in location if isinstance(part, str))
        return f"{place}: {_unknown_variable(path) if is_variable else _unknown_path(path)}"
    if fault["type"] in _TABLES and not is_variable:
        return f"{place}: must be a table"
    return f"{place}: {words_for(fault)}"


def _unknown_variable(path: str) -> str:
    near = _nearest(path)
    return f"is not known; did you mean {variable_of(near)}?" if near else _not_known()


def _unknown_path(path: str) -> str:
    near = _nearest(path)
    return f"is not known; did you mean {near}?" if near else _not_known()


def _not_known() -> str:
    return "is not known; 'citewell config show' lists all settings"


def _nearest(path: str) -> str | None:
    """Returns the setting or section whose name is most like the path, or ends with it."""
    known = [setting.path.replace("[]", "") for setting in setting_descriptions()]
    if "." not in path:
        known += [name for name, field in Settings.model_fields.items() if section_of(field)]
    near = get_close_matches(path, known, n=1) or [name for name in known if name.endswith(f".{path}")]
    return near[0] if near else None


def _ignored(layers: Layers) -> Iterator[str]:
    """Yields a warning for each setting of an older version that is still set."""
    for place, path in layers.removed:
        name = place if place.upper() == variable_of(path) else f"{place}: {path}"
        yield f"{name} is ignored: its value is fixed at {fixed_value(path)} now. Remove it."


def fallback_notice(layers: Layers) -> str | None:
    """Returns which profile is used in place of the one asked for, why, and what to do; None where it is that one."""
    named, used = layers.named_profile, layers.profile
    if named == used:
        return None
    return (
        f"The profile {used} is used in place of {named}, whose encoder {profile_models(named)[0]} is not installed. "
        f"'citewell models install {named}' fetches it; without a network it says what to copy where. "
        f"To keep {used}, set CITEWELL_PROFILE={used}."
    )


def _fallback(layers: Layers) -> Iterator[str]:
    if notice := fallback_notice(layers):
        yield notice


def _readable_secrets(layers: Layers) -> Iterator[str]:
    """Yields a warning where the file holds secrets and lets other users of the machine read them."""
    if layers.file is None or os.name != "posix" or not layers.file.stat().st_mode & stat.S_IROTH:
        return
    secrets = {setting.path for setting in setting_descriptions() if setting.secret}
    if held := sorted(secrets & set(_paths(layers.from_file))):
        yield (
            f"{layers.file} holds secrets ({', '.join(held)}) and can be read by other users of this machine. "
            f"Run 'chmod 600 {layers.file}'."
        )


def _paths(values: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for name, value in values.items():
        here = f"{path}{name}"
        yield here
        if isinstance(value, dict):
            yield from _paths(value, f"{here}.")
        elif isinstance(value, list):
            for entry in value:
                yield from _paths(entry, f"{here}[].") if isinstance(entry, dict) else ()


def _nested(chosen: Mapping[str, str]) -> dict[str, Any]:
    """Returns ``{"a.b": "1"}`` as ``{"a": {"b": "1"}}``."""
    sections: dict[str, Any] = {}
    for path, value in chosen.items():
        section, _, name = path.partition(".")
        if not name or section not in Settings.model_fields:
            raise ConfigurationError(
                f"{path} is no setting ({_unknown_variable(path)}). Write it as section.name, for example "
                "retrieval.limit=8."
            )
        if fixed := fixed_value(path):
            raise ConfigurationError(f"{path} cannot be set: its value is fixed at {fixed}.")
        *tables, last = name.split(".")
        table = sections.setdefault(section, {})
        for each in tables:
            table = table.setdefault(each, {})
            if not isinstance(table, dict):
                raise ConfigurationError(f"{path} cannot be set beside {path.rpartition('.')[0]}. Set one of the two.")
        table[last] = value
    return sections
