"""The functions that a formula without a stored result may call. Pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from ingest.parsing.displayed.numbers import shown_number
from ingest.parsing.sheets.formula_lookups import LOOKUPS
from ingest.parsing.sheets.formula_values import (
    Argument,
    NotComputable,
    all_values,
    joined,
    number_of,
    one_value,
    text_of,
)
from ingest.parsing.sheets.workbook import Value

_CRITERION = re.compile(r"(<=|>=|<>|<|>|=)?(.*)", re.DOTALL)
_MAX_DIGITS = 15


def _numbers(arguments: Sequence[Argument]) -> list[float]:
    """Returns the numbers in the arguments. Texts and truth values in cells do not count."""
    return [
        float(value)
        for value in all_values(arguments)
        if isinstance(value, float | int) and not isinstance(value, bool)
    ]


def _product(arguments: Sequence[Argument]) -> float:
    result = 1.0
    for number in _numbers(arguments):
        result *= number
    return result


def _sum_of_products(arguments: Sequence[Argument]) -> float:
    shapes = {(len(argument), len(argument[0])) for argument in arguments}
    if len(shapes) != 1:
        raise NotComputable
    columns = [
        [value if not isinstance(value, str) else 0 for value in all_values([argument])] for argument in arguments
    ]
    return sum(_product([[list(values)]]) if None not in values else 0.0 for values in zip(*columns, strict=True))


def _rounded(rounding: str) -> Callable[[Sequence[Argument]], float]:
    def round_to(arguments: Sequence[Argument]) -> float:
        number = number_of(one_value(arguments[0]))
        places = int(number_of(one_value(arguments[1]))) if len(arguments) > 1 else 0
        if abs(places) > _MAX_DIGITS:
            raise NotComputable
        return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), rounding=rounding))

    return round_to


def _truths(arguments: Sequence[Argument]) -> list[bool]:
    return [
        bool(number_of(value)) for value in all_values(arguments) if value is not None and not isinstance(value, str)
    ]


def _meets(criterion: Value) -> Callable[[Value], bool]:
    """Returns the test of SUMIF and COUNTIF: a value, or a comparison such as ``>=5``. Wildcards are not computed."""
    if not isinstance(criterion, str):
        wanted = number_of(criterion)
        return lambda value: isinstance(value, float | int) and value == wanted
    found = _CRITERION.fullmatch(criterion)
    operator, text = (found[1] or "=", found[2]) if found else ("=", criterion)
    try:
        limit = float(text)
    except ValueError:
        if operator not in {"=", "<>"} or "*" in text or "?" in text:
            raise NotComputable from None
        is_equal = operator == "="
        return lambda value: (text_of(value).casefold() == text.casefold()) is is_equal
    return lambda value: (
        isinstance(value, float | int)
        and {
            "=": value == limit,
            "<>": value != limit,
            "<": value < limit,
            ">": value > limit,
            "<=": value <= limit,
            ">=": value >= limit,
        }[operator]
    )


def _chosen_values(arguments: Sequence[Argument]) -> list[Value]:
    meets = _meets(one_value(arguments[1]))
    tested = list(all_values(arguments[:1]))
    values = list(all_values(arguments[2:3])) if len(arguments) > 2 else tested  # noqa: PLR2004 - a third argument
    if len(values) < len(tested):
        raise NotComputable
    return [value for test, value in zip(tested, values, strict=False) if meets(test)]


def _chosen_byall_values(arguments: Sequence[Argument], tested: int) -> list[Value]:
    """Returns the values of the first argument where all pairs of values and criteria from ``tested`` on are met."""
    pairs = arguments[tested:]
    if not pairs or len(pairs) % 2:
        raise NotComputable
    columns = [
        list(map(_meets(one_value(criterion)), all_values([values])))
        for values, criterion in zip(pairs[::2], pairs[1::2], strict=True)
    ]
    values = list(all_values(arguments[:1]))
    if any(len(column) != len(values) for column in columns):
        raise NotComputable
    return [value for value, *met in zip(values, *columns, strict=True) if all(met)]


def _part_of(text: str, start: int, count: int) -> str:
    if start < 0 or count < 0:
        raise NotComputable
    return text[start : start + count]


def _ending(arguments: Sequence[Argument]) -> str:
    text, count = text_of(one_value(arguments[0])), int(number_of(one_value(arguments[1]))) if len(arguments) > 1 else 1
    return _part_of(text, max(0, len(text) - count), count)


def _beginning(arguments: Sequence[Argument]) -> str:
    return _part_of(
        text_of(one_value(arguments[0])), 0, int(number_of(one_value(arguments[1]))) if len(arguments) > 1 else 1
    )


def _middle(arguments: Sequence[Argument]) -> str:
    start, count = (int(number_of(one_value(argument))) for argument in arguments[1:3])
    return _part_of(text_of(one_value(arguments[0])), start - 1, count)


def _joined_with(arguments: Sequence[Argument]) -> str:
    separator, skips_empty = text_of(one_value(arguments[0])), bool(number_of(one_value(arguments[1])))
    texts = [text for text in map(text_of, all_values(arguments[2:])) if text or not skips_empty]
    return joined([separator.join(texts)])


def _ranked(arguments: Sequence[Argument], *, is_largest: bool) -> float:
    numbers, place = sorted(_numbers(arguments[:1]), reverse=is_largest), int(number_of(one_value(arguments[1])))
    if place < 1:
        raise NotComputable
    return numbers[place - 1]


def _modulo(arguments: Sequence[Argument]) -> float:
    number, divisor = (number_of(one_value(argument)) for argument in arguments)
    return number % divisor


def _subtotal(arguments: Sequence[Argument]) -> Value:
    function = int(number_of(one_value(arguments[0]))) % 100
    name = {1: "AVERAGE", 2: "COUNT", 3: "COUNTA", 4: "MAX", 5: "MIN", 6: "PRODUCT", 9: "SUM"}.get(function, "")
    return FUNCTIONS[name](arguments[1:]) if name else _fail()


def _fail() -> Value:
    raise NotComputable


FUNCTIONS: dict[str, Callable[[Sequence[Argument]], Value]] = {
    **LOOKUPS,
    "SUM": lambda arguments: sum(_numbers(arguments)),
    "PRODUCT": _product,
    "SUMPRODUCT": _sum_of_products,
    "AVERAGE": lambda arguments: statistics.fmean(_numbers(arguments)),
    "MEDIAN": lambda arguments: statistics.median(_numbers(arguments)),
    "MIN": lambda arguments: min(_numbers(arguments), default=0.0),
    "MAX": lambda arguments: max(_numbers(arguments), default=0.0),
    "COUNT": lambda arguments: float(len(_numbers(arguments))),
    "COUNTA": lambda arguments: float(sum(value is not None for value in all_values(arguments))),
    "COUNTBLANK": lambda arguments: float(sum(value in {None, ""} for value in all_values(arguments))),
    "SUMIF": lambda arguments: sum(_numbers([[_chosen_values(arguments)]])),
    "COUNTIF": lambda arguments: float(len(_chosen_values(arguments[:2]))),
    "AVERAGEIF": lambda arguments: statistics.fmean(_numbers([[_chosen_values(arguments)]])),
    "SUMIFS": lambda arguments: sum(_numbers([[_chosen_byall_values(arguments, 1)]])),
    "COUNTIFS": lambda arguments: float(len(_chosen_byall_values(arguments, 0))),
    "AVERAGEIFS": lambda arguments: statistics.fmean(_numbers([[_chosen_byall_values(arguments, 1)]])),
    "MAXIFS": lambda arguments: max(_numbers([[_chosen_byall_values(arguments, 1)]]), default=0.0),
    "MINIFS": lambda arguments: min(_numbers([[_chosen_byall_values(arguments, 1)]]), default=0.0),
    "LARGE": lambda arguments: _ranked(arguments, is_largest=True),
    "SMALL": lambda arguments: _ranked(arguments, is_largest=False),
    "STDEV": lambda arguments: statistics.stdev(_numbers(arguments)),
    "STDEV.S": lambda arguments: statistics.stdev(_numbers(arguments)),
    "SUBTOTAL": _subtotal,
    "ABS": lambda arguments: abs(number_of(one_value(arguments[0]))),
    "INT": lambda arguments: float(number_of(one_value(arguments[0])) // 1),
    "MOD": _modulo,
    "SQRT": lambda arguments: (
        number_of(one_value(arguments[0])) ** 0.5 if number_of(one_value(arguments[0])) >= 0 else _fail()
    ),
    "POWER": lambda arguments: float(number_of(one_value(arguments[0])) ** number_of(one_value(arguments[1]))),
    "ROUND": _rounded(ROUND_HALF_UP),
    "ROUNDUP": _rounded(ROUND_UP),
    "ROUNDDOWN": _rounded(ROUND_DOWN),
    "TRUNC": _rounded(ROUND_DOWN),
    "AND": lambda arguments: all(_truths(arguments)),
    "OR": lambda arguments: any(_truths(arguments)),
    "NOT": lambda arguments: not number_of(one_value(arguments[0])),
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
    "CONCATENATE": lambda arguments: joined(map(one_value, arguments)),
    "CONCAT": lambda arguments: joined(all_values(arguments)),
    "TEXT": lambda arguments: shown_number(number_of(one_value(arguments[0])), text_of(one_value(arguments[1]))),
    "LEN": lambda arguments: float(len(text_of(one_value(arguments[0])))),
    "UPPER": lambda arguments: text_of(one_value(arguments[0])).upper(),
    "LOWER": lambda arguments: text_of(one_value(arguments[0])).lower(),
    "TRIM": lambda arguments: " ".join(text_of(one_value(arguments[0])).split()),
    "LEFT": _beginning,
    "RIGHT": _ending,
    "MID": _middle,
    "TEXTJOIN": _joined_with,
}
