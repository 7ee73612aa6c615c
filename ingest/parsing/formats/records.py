"""Finds what tells one record of a list from the others, so that its parts can say where they belong. Pure."""

from __future__ import annotations

from collections.abc import Mapping

_MAX_FIELDS = 2
_MAX_CHARACTERS = 40
_NAMES = frozenset("id key code sku number no ticket reference ref name title label".split())
_NAME_ENDS = ("_id", "-id", "Id", "ID", "_no", "_name", "Name", "_code", "Code", "_number", "Number")


def identified(path: tuple[str, ...], fields: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the names above what is nested in a record, the last one with the fields that identify it.

    These are its first short ones that are called so (``id``, ``order_no``, ``name``), or else the first short one.
    """
    short = {key: text for key, text in fields.items() if 0 < len(text) <= _MAX_CHARACTERS and "\n" not in text}
    named = [key for key in short if key.casefold() in _NAMES or key.endswith(_NAME_ENDS)]
    told = "; ".join(f"{key}: {short[key]}" for key in (named or list(short)[:1])[:_MAX_FIELDS])
    if not told:
        return path
    return (*path[:-1], f"{path[-1]} ({told})") if path else (f"({told})",)
