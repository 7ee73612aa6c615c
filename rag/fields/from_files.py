"""Reads tags and fields out of front matter, sidecar files and file properties, which may be hostile. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime

import yaml

from rag.errors import NoSuchDayError, WrongFieldError
from rag.fields.values import (
    MOST_FIELDS,
    MOST_TAGS,
    TEXT_CHARACTERS,
    Description,
    Field,
    FieldType,
    field_of,
    fields_of,
    fold,
    tag_of,
    tags_of,
)

LARGEST_BYTES = 65_536
"""The most that a sidecar file or front matter may have."""
_DEEPEST = 8
_MOST_NODES = 4_000
_LISTS_OF_TAGS = ("tags", "tag", "keywords", "labels", "categories")
_MOST_IN_LIST = 32
_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def read_mapping(text: str, *, what: str) -> Mapping[str, object]:
    """Returns the keys and values of YAML or JSON; an empty text has none.

    Raises:
        WrongFieldError: it is no such text, too large, nested too deeply, or has anchors that are used again, by which
            a few lines become gigabytes.
    """
    if len(text) > LARGEST_BYTES:
        raise WrongFieldError(what, f"must have {LARGEST_BYTES:,} characters at most")
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else _yaml(text, what)
    except RecursionError:
        raise WrongFieldError(what, f"must not be nested more than {_DEEPEST} deep") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" from line {mark.line + 1} on" if mark is not None else ""
        raise WrongFieldError(what, f"cannot be read{place}; write YAML, 'name: value', or a JSON object") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise WrongFieldError(what, "must hold names and values, 'name: value'")
    return {str(name): value for name, value in found.items()}


def read_sidecar(text: str, name: str) -> Description:
    """Returns what a sidecar file says: ``tags`` is a list, ``fields`` an object; every other key is a field, too.

    Raises:
        WrongFieldError: the file is wrong; nothing of it holds.
    """
    found = dict(read_mapping(text, what=name))
    tags = found.pop("tags", None) or []
    fields = found.pop("fields", None) or {}
    if isinstance(tags, str):
        tags = tags.split(",")
    if not isinstance(tags, list) or not isinstance(fields, dict):
        raise WrongFieldError(name, "must have a list as 'tags' and names with values as 'fields'")
    named = {**fields, **found}
    plain = {str(key): _joined(value) for key, value in named.items() if value is not None}
    return Description(tags=tags_of(tags), fields=fields_of(plain))


def front_matter_of(
    found: Mapping[str, object], *, named_tags: frozenset[str] = frozenset(_LISTS_OF_TAGS)
) -> Description:
    """Returns what a file says about itself; the values of ``named_tags`` are tags.

    What is no tag or field is left out, as no upload waits for it. A day that the calendar does not have stays as text,
    with a remark.
    """
    tags: list[str] = []
    fields: dict[str, Field] = {}
    remarks: list[str] = []
    for name, value in found.items():
        if fold(name) in named_tags:
            tags += _tags(value)
        elif len(fields) < MOST_FIELDS and value not in (None, ""):
            with suppress(WrongFieldError):
                plain = _joined(value)
                plain = plain[:TEXT_CHARACTERS] if isinstance(plain, str) else plain
                try:
                    field = field_of(name, plain, from_file=True)
                except NoSuchDayError:
                    remarks.append(f"'{name}: {plain}' is no day of the calendar and was kept as text")
                    field = field_of(name, {"type": FieldType.TEXT, "value": plain}, from_file=True)
                fields[field.name] = field
    distinct = {fold(tag): tag for tag in reversed(tags)}
    return Description(
        tags=tuple(reversed(distinct.values()))[:MOST_TAGS], fields=tuple(fields.values()), remarks=tuple(remarks)
    )


def _tags(value: object) -> Iterable[str]:
    entries = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
    for entry in entries[:MOST_TAGS]:
        with suppress(WrongFieldError):
            yield tag_of(entry)


def _joined(value: object) -> object:
    """Returns a list of plain values as one text."""
    if isinstance(value, list) and all(isinstance(each, str | int | float | date | datetime) for each in value):
        return ", ".join(str(each) for each in value[:_MOST_IN_LIST])
    return value


def _yaml(text: str, what: str) -> object:
    depth = nodes = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise WrongFieldError(what, "must not use an anchor (*name) again; write the value out")
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, _STARTS) - isinstance(event, _ENDS)
        if depth > _DEEPEST or nodes > _MOST_NODES:
            raise WrongFieldError(what, f"must not be nested more than {_DEEPEST} deep or have {_MOST_NODES:,} values")
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a safe loader


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Takes a day that the calendar does not have, which YAML's own loader fails at, as text."""


def _time_or_text(loader: _Loader, node: yaml.ScalarNode) -> object:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return loader.construct_yaml_str(node)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _time_or_text)
