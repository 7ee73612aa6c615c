"""Reads tags and fields out of forms and bodies."""

from __future__ import annotations

import json
from collections.abc import Mapping

from api.schemas.base import storable
from rag.catalog.collections.describing import Change
from rag.errors import WrongFieldError
from rag.fields.values import Description, fields_of, name_of, tag_of, tags_of

TAGS = "Tags: a JSON list, or text separated by commas."
FIELDS = 'Fields: a JSON object of values by name, such as `{"author": "Ada", "signed": "2024-03-01"}`.'


def read_description(tags: str, fields: str) -> Description:
    """Returns the tags and fields of an upload's form.

    Raises:
        WrongFieldError: one of them is wrong.
    """
    listed = _json(tags, "tags") if tags.lstrip().startswith("[") else tags.split(",") if tags.strip() else []
    named = _json(fields, "fields") if fields.strip() else {}
    if not isinstance(listed, list):
        raise WrongFieldError("tags", "must be a JSON list, or text separated by commas")
    if not isinstance(named, dict):
        raise WrongFieldError("fields", "must be a JSON object")
    kept = {str(name): value for name, value in named.items() if value is not None}
    return Description(tags=tags_of(each for each in listed if each != ""), fields=fields_of(kept))


def change_of(
    *,
    tags: list[str] | None = None,
    add_tags: list[str],
    remove_tags: list[str],
    fields: Mapping[str, object],
    replace_fields: bool = False,
) -> Change:
    """Returns the change that a body asks for; null removes a field.

    Raises:
        WrongFieldError: a tag or a field is wrong.
    """
    set_to = {name: value for name, value in fields.items() if value is not None}
    return Change(
        added=Description(tags=tags_of([*(tags or ()), *add_tags]), fields=fields_of(set_to)),
        removed_tags=tuple(map(tag_of, remove_tags)),
        removed_fields=tuple(name_of(name) for name, value in fields.items() if value is None),
        all_tags=tags is not None,
        all_fields=replace_fields,
    )


def _json(text: str, name: str) -> object:
    try:
        return json.loads(storable(text))
    except (ValueError, RecursionError) as error:
        raise WrongFieldError(name, "cannot be read as JSON") from error
