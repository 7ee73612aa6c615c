"""Tells whether a text has a unit of what a question asks, such as kilograms for "how heavy". Pure."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

_FIRST_WITHOUT_SPACES = "\u3000"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quantity:
    asked: str
    units: str


def has_asked_unit(text: str, question: str) -> bool:
    """Returns whether the text has a unit of every quantity that the question asks for by name; True where none is."""
    return all(re.search(quantity.units, text, re.IGNORECASE) for quantity in _asked(question))


@lru_cache(maxsize=256)
def _asked(question: str) -> tuple[_Quantity, ...]:
    return tuple(quantity for quantity in _quantities() if re.search(quantity.asked, question, re.IGNORECASE))


@cache
def _quantities() -> tuple[_Quantity, ...]:
    lists = tomllib.loads(files(__package__).joinpath("units.toml").read_text("utf-8"))
    return tuple(
        _Quantity(asked=_any(map(re.escape, one["asked"]), before=r"\w"), units=_any(one["units"], before=r"[^\W\d_]"))
        for one in lists.values()
    )


def _any(expressions: list[str] | map[str], *, before: str) -> str:
    """Returns an expression for any of them, as whole words where their script has spaces."""
    parts = [
        one if one >= _FIRST_WITHOUT_SPACES else rf"(?<!{before}){one}" + (r"(?!\w)" if one[-1] not in "°%" else "")
        for one in expressions
    ]
    return "|".join(parts)
