"""The value of every setting and what set it, fit to be shown: secrets are hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, JsonValue, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from rag.settings.documentation import fields_of, section_of, setting_descriptions, sorted_sets
from rag.settings.layers import Layers, Location, path_of
from rag.settings.model import Settings

HIDDEN = "********"
_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+@")
_ENDPOINTS = ("generation", "endpoints")
_EXPERIMENT = ("experiment", "settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingValue:
    """A setting in use.

    Attributes:
        path: name, as ``server.port`` or ``generation.endpoints[1].url``.
        value: JSON value without secrets, None where nothing is set.
        source: ``command line``, a variable, a file, ``profile NAME`` or ``default``.
        changed: whether the value differs from the default.
    """

    path: str
    value: JsonValue
    source: str
    changed: bool


def setting_values(settings: Settings, layers: Layers) -> tuple[SettingValue, ...]:
    """Returns every setting in the order of the sections; the list of endpoints stands as its entries' settings."""
    return tuple(_values(settings, (), layers))


def _values(section: BaseModel, location: Location, layers: Layers) -> Iterator[SettingValue]:
    for name, field in fields_of(type(section)):
        here = (*location, name)
        value = getattr(section, name)
        if section_of(field):
            yield from _values(value, here, layers)
        elif here == _ENDPOINTS and value:
            for number, endpoint in enumerate(value):
                yield from _values(endpoint, (*here, number), layers)
        else:
            yield SettingValue(
                path=path_of(here),
                value=_shown(here, value),
                source=layers.source(here),
                changed=_is_changed(field, value),
            )


def _is_changed(field: FieldInfo, value: object) -> bool:
    return field.is_required() or value != field.get_default(call_default_factory=True)


def _shown(location: Location, value: object) -> JsonValue:
    if isinstance(value, SecretStr):
        return HIDDEN if value.get_secret_value() else ""
    shown: JsonValue = to_jsonable_python(sorted_sets(value))
    if location == _EXPERIMENT and isinstance(shown, dict):
        return {path: HIDDEN if _may_be_secret(path) else _without_password(each) for path, each in shown.items()}
    return _without_password(shown)


def _may_be_secret(path: str) -> bool:
    secrets = {setting.path for setting in setting_descriptions() if setting.secret}
    return path in secrets or path.startswith(".".join(_ENDPOINTS))


def _without_password(value: JsonValue) -> JsonValue:
    return _PASSWORD.sub(rf"\1:{HIDDEN}@", value) if isinstance(value, str) else value
