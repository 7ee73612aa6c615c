"""Finds the row of a tier that holds an amount: ``over 2 kg up to 5 kg`` for a parcel of 3 kg. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.composition.tables.grid import Grid
from rag.composition.tables.question import value_before
from rag.composition.tables.typed_columns import ColumnKind, value_of
from rag.composition.tables.words import HELD, is_alike, tokens
from rag.text.folding import fold_forms

_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*")
_DASHES = frozenset("-–—~")
_MOSTLY = 0.6
_MOST_ROWS = 60
_FEWEST = 2
_BEFORE = tuple(
    sorted(
        (
            (said, sign)
            for signs in (HELD["comparisons"]["before"], HELD["comparisons"]["tiers"])
            for sign, texts in signs.items()
            for said in (*texts, sign)
        ),
        key=lambda one: -len(one[0]),
    )
)
_AFTER = tuple((said, sign) for sign, texts in HELD["comparisons"]["after"].items() for said in texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A range of numbers, whose ends may belong to it."""

    low: float
    high: float
    has_low: bool
    has_high: bool

    def holds(self, value: float) -> bool:
        """Returns whether a value is in the range."""
        above = value >= self.low if self.has_low else value > self.low
        below = value <= self.high if self.has_high else value < self.high
        return above and below


def tier_of(cell: str, decimal: str) -> Tier | None:
    """Returns the range that a cell names; None where it names none."""
    text = fold_forms(cell).lower()
    numbers = list(_NUMBER.finditer(text))
    values = [value for match in numbers if (value := value_of(match[0], decimal)) is not None]
    if not 1 <= len(numbers) <= 2 or len(values) < len(numbers):  # noqa: PLR2004
        return None
    head, tail = text[: numbers[0].start()], text[numbers[-1].end() :]
    sign = next((sign for said, sign in _BEFORE if value_before(head.rstrip(" ~"), said)), "")
    if len(values) == 2:  # noqa: PLR2004
        middle = text[numbers[0].end() : numbers[1].start()].rstrip()
        last = next((one for said, one in _BEFORE if value_before(middle, said)), "")
        if values[0] >= values[1] or not (sign or last or _DASHES.intersection(middle)):
            return None
        return Tier(low=values[0], high=values[1], has_low=sign != ">", has_high=last != "<")
    sign = sign or (">=" if tail.startswith("+") else next((one for said, one in _AFTER if said in tail), ""))
    if sign.startswith("<"):
        return Tier(low=-math.inf, high=values[0], has_low=True, has_high=sign == "<=")
    return Tier(low=values[0], high=math.inf, has_low=sign == ">=", has_high=True) if sign.startswith(">") else None


def tiers_holding(grid: Grid, amounts: Sequence[tuple[float, str]]) -> Iterator[tuple[int, int, frozenset[str]]]:
    """Yields row, column and words of the amount for each tier that holds one of the amounts.

    The unit of an amount must stand in the column, if it has one: 50 users are no 50 kg.
    """
    if not amounts or grid.row_count > _MOST_ROWS:
        return
    for column, kind in enumerate(grid.kinds):
        if kind is not ColumnKind.TEXT:
            continue
        cells = grid.column(column)
        tiers = [tier_of(cell, grid.decimal) for cell in cells]
        if sum(tier is not None for tier in tiers) < max(_FEWEST, _MOSTLY * len(cells)):
            continue
        held = frozenset(word for text in (grid.names[column], *cells) for word in tokens(text))
        for value, unit in amounts:
            units = tokens(unit)
            if not all(any(is_alike(word, other) for other in held) for word in units):
                continue
            words = frozenset((*tokens(f"{value:g}"), *units))
            yield from (
                (row, column, words) for row, tier in enumerate(tiers) if tier is not None and tier.holds(value)
            )
