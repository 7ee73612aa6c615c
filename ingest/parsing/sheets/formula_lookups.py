"""The functions of formulas that look a value up: for the exact one only. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ingest.parsing.sheets.formula_values import Argument, NotComputable, all_values, number_of, one_value, text_of
from ingest.parsing.sheets.workbook import Value


def _looked_up(arguments: Sequence[Argument]) -> Value:
    """VLOOKUP for the exact value; the nearest one is not computed."""
    wanted, column = one_value(arguments[0]), int(number_of(one_value(arguments[2])))
    if len(arguments) < 4 or number_of(one_value(arguments[3])):  # noqa: PLR2004 - the fourth says whether it is exact
        raise NotComputable
    key = text_of(wanted).casefold()
    for row in arguments[1]:
        if row and text_of(row[0]).casefold() == key:
            return row[column - 1]
    raise NotComputable


def _position(arguments: Sequence[Argument]) -> float:
    """MATCH for the exact value; the nearest one is not computed."""
    if len(arguments) < 3 or number_of(one_value(arguments[2])):  # noqa: PLR2004 - the third says whether it is exact
        raise NotComputable
    return float(_place(one_value(arguments[0]), list(all_values(arguments[1:2]))) + 1)


def _place(wanted: Value, values: Sequence[Value]) -> int:
    key = text_of(wanted).casefold()
    found = next((at for at, value in enumerate(values) if text_of(value).casefold() == key), None)
    if found is None:
        raise NotComputable
    return found


def _at(arguments: Sequence[Argument]) -> Value:
    """INDEX of one row and column; in a single row or column, its number is enough."""
    rows, first = arguments[0], int(number_of(one_value(arguments[1])))
    second = int(number_of(one_value(arguments[2]))) if len(arguments) > 2 else 0  # noqa: PLR2004 - the column
    if len(rows) == 1 and not second:
        first, second = 1, first
    if first < 1 or second < 0:
        raise NotComputable
    return rows[first - 1][max(second, 1) - 1]


def _found_beside(arguments: Sequence[Argument]) -> Value:
    """XLOOKUP for the exact value."""
    values = list(all_values(arguments[2:3]))
    if len(arguments) > 3 or len(values) != len(list(all_values(arguments[1:2]))):  # noqa: PLR2004 - what else it can
        raise NotComputable
    return values[_place(one_value(arguments[0]), list(all_values(arguments[1:2])))]


def _found_below(arguments: Sequence[Argument]) -> Value:
    """HLOOKUP for the exact value."""
    turned = [list(column) for column in zip(*arguments[1], strict=True)]
    return _looked_up([arguments[0], turned, *arguments[2:]])


LOOKUPS: dict[str, Callable[[Sequence[Argument]], Value]] = {
    "VLOOKUP": _looked_up,
    "HLOOKUP": _found_below,
    "XLOOKUP": _found_beside,
    "MATCH": _position,
    "INDEX": _at,
}
