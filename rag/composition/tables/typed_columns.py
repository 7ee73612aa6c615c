"""Reads the cells of a column as numbers with a unit, dates or truths. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from rag.composition.tables.words import TRUTHS, with_unit
from rag.text.facts import stated

_MOSTLY = 0.8
"""The share of the filled cells that must be of a kind."""
_EMPTY = frozenset({"", "-", "–", "—", "n/a", "na", "k.a.", "none", "null", "?", "…", "..."})
_NUMBER = re.compile(
    r"(?P<before>(?:US)?[$€£¥₹]|EUR|USD|GBP|CHF|)\s?(?P<sign>[+\-−]?)(?P<digits>\d[\d.,'’ \u00a0\u202f]*|[.,]\d+)"
    r"(?P<mark>[*†‡¹²³]{0,2})\s?(?P<unit>(?:[^\W\d]|[%‰°/²³µ€$£¥₹.])[^\d]{0,18})?(?P<note>\(?\[?\d?[)\]]|[*†‡]+)?"
)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")
_DOTTED = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+")
_WITH_COMMA = re.compile(r"(?<![\d.,])\d{1,9},(?:\d{1,2}|\d{4,9})(?![\d.,])|(?<=\d)\.\d{3},\d")
_WITH_POINT = re.compile(r"(?<![\d.,])\d{0,9}\.(?:\d{1,2}|\d{4,9})(?![\d.,])|(?<=\d),\d{3}\.\d")
_SPACES = dict.fromkeys(map(ord, "'’ \u00a0\u202f"))
_SEEN = 20_000
_MONTHS = 12


class ColumnKind(Enum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedColumn:
    """The values of a column: numbers, ISO dates, truths or texts; None for an empty or unreadable cell.

    ``units`` are those of the numbers, the most frequent first; the column's name counts where the cells have none.
    """

    kind: ColumnKind
    values: tuple[float | str | bool | None, ...]
    units: tuple[str, ...] = ()


def decimal_sign(text: str) -> str:
    """Returns ``,`` for a text whose numbers have decimal commas, else ``.``."""
    seen = text[:_SEEN]
    return "," if len(_WITH_COMMA.findall(seen)) > len(_WITH_POINT.findall(seen)) else "."


def typed_column(
    name: str, cells: Sequence[str], *, decimal: str, kinds: Collection[ColumnKind] = frozenset(ColumnKind)
) -> TypedColumn:
    """Returns the column's values, of that kind of ``kinds`` that most of its filled cells have, else as texts."""
    filled = [cell for cell in cells if cell.casefold() not in _EMPTY]
    needed = _MOSTLY * len(filled)
    if filled and ColumnKind.TRUTH in kinds:
        truths = [TRUTHS.get(cell.casefold()) for cell in cells]
        if _count(truths) >= len(filled):
            return TypedColumn(kind=ColumnKind.TRUTH, values=tuple(truths))
    if filled and ColumnKind.DATE in kinds:
        dates = _dates(cells)
        if _count(dates) >= needed:
            return TypedColumn(kind=ColumnKind.DATE, values=tuple(dates))
    if filled and ColumnKind.NUMBER in kinds:
        by_cell = {cell: number_of(cell, decimal) for cell in set(cells)}
        read = [by_cell[cell] for cell in cells]
        if _count(read) >= needed:
            units = Counter(unit for unit in (found[1] for found in read if found) if unit)
            named = with_unit(name)[1]
            known = tuple(unit for unit, _ in units.most_common()) or ((named,) if named else ())
            values = tuple(found[0] if found else None for found in read)
            return TypedColumn(kind=ColumnKind.NUMBER, values=values, units=known)
    return TypedColumn(kind=ColumnKind.TEXT, values=tuple(cell or None for cell in cells))


def number_of(cell: str, decimal: str) -> tuple[float, str] | None:
    """Returns number and unit of a cell that holds nothing else; None for others."""
    if cell.isdecimal() and cell.isascii():
        return float(cell), ""
    match = _NUMBER.fullmatch(cell.strip().lstrip("~≈<>±≤≥"))
    if match is None:
        return None
    digits = match["digits"].strip()
    value = value_of(digits.rstrip(".,"), decimal)
    if value is None:
        return None
    unit = (match["unit"] or match["before"] or "").strip().rstrip(".")
    return (-value if match["sign"] in {"-", "−"} else value), unit


def value_of(digits: str, decimal: str) -> float | None:
    """Returns the value of figures; three of them after another sign than ``decimal`` are thousands."""
    plain = digits.translate(_SPACES)
    comma, point = plain.rfind(","), plain.rfind(".")
    if plain != digits and not _GROUPED.match(digits):
        return None
    if comma >= 0 and point >= 0:
        thousands = "." if comma > point else ","
        plain = plain.replace(thousands, "").replace(",", ".")
    elif comma >= 0 or point >= 0:
        sign = "," if comma >= 0 else "."
        grouped = bool(_GROUPED.fullmatch(plain)) and not plain.startswith("0")
        is_thousands = plain.count(sign) > 1 or (grouped and sign != decimal)
        plain = plain.replace(sign, "" if is_thousands else ".")
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _dates(cells: Sequence[str]) -> list[str | None]:
    month_first = any(
        int(match[2]) > _MONTHS for cell in cells if "/" in cell and (match := _DOTTED.fullmatch(cell)) is not None
    )
    by_cell = {cell: date_of(cell, month_first=month_first) for cell in set(cells)}
    return [by_cell[cell] for cell in cells]


def date_of(cell: str, *, month_first: bool = False) -> str | None:
    """Returns the ISO date of a cell that holds nothing else, None for others."""
    if iso := _ISO.fullmatch(cell):
        return _iso(int(iso[1]), int(iso[2]), int(iso[3]))
    if dotted := _DOTTED.fullmatch(cell):
        first, second = int(dotted[1]), int(dotted[2])
        return _iso(int(dotted[3]), *((first, second) if month_first else (second, first)))
    if not 8 <= len(cell) <= 24 or not any(c.isdigit() for c in cell) or not any(c.isalpha() for c in cell):  # noqa: PLR2004
        return None
    dates = [one for one in stated(cell).dates if all(one)]
    return _iso(*dates[0]) if len(dates) == 1 else None


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _count(values: Sequence[object]) -> int:
    return sum(value is not None for value in values)
