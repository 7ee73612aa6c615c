"""Describes every setting, for the documentation and for a ``citewell.toml`` to begin with."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from rag.settings.base import PREFIX
from rag.settings.model import Settings

_WIDTH = 100
_EXAMPLE = "#   "
_HEAD = """\
# Settings of Citewell. It reads this file as citewell.toml in the working folder, or from the path that
# 'citewell --config FILE' or the variable CITEWELL_CONFIG names. Environment variables go before it.
# A line '#name = value' holds the default, '#   name = value' an example: uncomment it and change the value.
"""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONG_NUMBER = 100_000  # from here on digits are grouped, as 67_108_864
_PLAIN: dict[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    SecretStr: "secret",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingDescription:
    """One setting.

    Attributes:
        path: name in ``citewell.toml``, as ``server.port``; settings of each endpoint have the path
            ``generation.endpoints[].url``.
        variable: environment variable; for settings of an endpoint that of the whole list, which is JSON.
        type: kind of value in words, as ``whole number`` or ``one of edge, qdrant``.
        default: as ``citewell.toml`` writes it; None where nothing is set, or where a value must be given.
        description: what the setting does, with its unit.
        secret: whether the value must not be shown.
        example: a value as ``citewell.toml`` writes it, where there is no default to show.
    """

    path: str
    variable: str
    type: str
    default: str | None
    description: str
    secret: bool
    example: str | None


def setting_descriptions() -> tuple[SettingDescription, ...]:
    """Returns every setting in the order of the sections; those of an endpoint follow the list of endpoints."""
    return tuple(_described(Settings, "", ""))


def example_file() -> str:
    """Returns the file's text: TOML that sets nothing until a line is uncommented."""
    settings = [setting for setting in setting_descriptions() if "[]" not in setting.path]
    sections = list(dict.fromkeys(_section(setting) for setting in settings))
    return "\n".join([_HEAD, *(_section_text(name, settings) for name in sections)])


def toml_value(value: object) -> str:
    """Returns the value as TOML writes it.

    Raises:
        TypeError: the value is None, which TOML cannot say.
    """
    return _toml(to_jsonable_python(sorted_sets(value)))


def sorted_sets(value: object) -> object:
    """Returns a set as a sorted list, any other value as it is."""
    return sorted(value) if isinstance(value, set | frozenset) else value


def _toml(value: object) -> str:
    if isinstance(value, dict):
        entries = (f"{_key(key)} = {_toml(entry)}" for key, entry in value.items() if entry is not None)
        return f"{{ {', '.join(entries)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if value is None:
        raise TypeError("TOML has no form for what is not set")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:_}" if abs(value) >= _LONG_NUMBER else str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON's texts are TOML's, but for DEL


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name)


def fields_of(model: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    """Returns the model's fields by name: its own first, then inherited ones, so that an endpoint's name leads."""
    return sorted(model.model_fields.items(), key=lambda item: item[0] not in model.__annotations__)


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """Returns the section that the field holds, or None for a setting."""
    return _model(field.annotation)


def _described(model: type[BaseModel], path: str, variable: str) -> Iterator[SettingDescription]:
    for name, field in fields_of(model):
        here = f"{path}{name}"
        its_variable = variable or f"{PREFIX}{here.replace('.', '__')}".upper()
        if section := section_of(field):
            yield from _described(section, f"{here}.", variable)
            continue
        yield SettingDescription(
            path=here,
            variable=its_variable,
            type=_type_words(field.annotation),
            default=_default(field),
            description=field.description or "",
            secret=_holds_secret(field.annotation),
            example=toml_value(field.examples[0]) if field.examples else None,
        )
        if entry := _entry(field.annotation):
            yield from _described(entry, f"{here}[].", its_variable)


def _default(field: FieldInfo) -> str | None:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    value = extra.get("shown_default", field.get_default(call_default_factory=True))
    return None if value is None or field.is_required() else toml_value(value)


def _model(kind: object) -> type[BaseModel] | None:
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _entry(kind: object) -> type[BaseModel] | None:
    """Returns the model of a list's entries, or None where it is no list of models."""
    return _model(get_args(kind)[0]) if get_origin(kind) is tuple else None


def _holds_secret(kind: object) -> bool:
    return kind is SecretStr or SecretStr in get_args(kind)


def _type_words(kind: object) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _type_words(arguments[0])
    if origin in {Union, types.UnionType}:
        return " or ".join(_type_words(argument) for argument in arguments if argument is not type(None))
    if origin in {tuple, frozenset}:
        return f"list of {_many(arguments[0])}"
    if origin is dict:
        return f"table from name to {_type_words(arguments[1])}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f"one of {', '.join(str(member.value) for member in kind)}"
    return "table" if _model(kind) else _PLAIN[kind]


def _many(kind: object) -> str:
    return "tables" if _model(kind) else {"text": "texts"}.get(_type_words(kind), _type_words(kind))


def _section(setting: SettingDescription) -> str:
    return setting.path.rpartition(".")[0]


def _section_text(section: str, settings: Sequence[SettingDescription]) -> str:
    # TOML allows the lines of a table no more once another table, or a list of tables, has begun.
    blocks = ["\n".join(_setting_lines(setting)) for setting in settings if _section(setting) == section]
    head = f"[{section}]\n" if section else ""
    return head + "\n\n".join([*blocks, *_list_blocks(section)]) + "\n"


def _setting_lines(setting: SettingDescription) -> Iterator[str]:
    yield from _comment(setting.description)
    if setting.default is None:
        yield "# Not set by default."
        yield f"{_EXAMPLE}{_last_name(setting)} = {setting.example}"
    else:
        yield f"#{_last_name(setting)} = {setting.default}"


def _list_blocks(section: str) -> Iterator[str]:
    """Yields an entry of each list of tables in the section."""
    entries = [setting for setting in setting_descriptions() if setting.path.startswith(f"{section}.")]
    entries = [setting for setting in entries if "[]." in setting.path]
    for name, group in groupby(entries, key=lambda setting: setting.path.partition("[]")[0]):
        lines = [f"# In place of the line '{name.rpartition('.')[2]} = []', such a table for each:"]
        lines.append(f"{_EXAMPLE}[[{name}]]")
        for setting in group:
            lines += _comment(setting.description, mark=f"{_EXAMPLE}# ")
            lines.append(f"{_EXAMPLE}{_last_name(setting)} = {setting.default or setting.example}")
        yield "\n".join(lines)


def _last_name(setting: SettingDescription) -> str:
    return setting.path.rpartition(".")[2]


def _comment(text: str, mark: str = "# ") -> list[str]:
    return wrap(text, _WIDTH, initial_indent=mark, subsequent_indent=mark, break_on_hyphens=False)
