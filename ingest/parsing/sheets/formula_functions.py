"""The functions that a formula without a stored result may call. Pure."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal

from ingest.parsing.sheets.number_formats import general, shown_number
from ingest.parsing.sheets.workbook import Value

Argument = list[list[Value]]
"""The values of an argument, row by row; a single value is one row of one."""

_CRITERION = re.compile(r"(<=|>=|<>|<|>|=)?(.*)", re.DOTALL)
_MAX_DIGITS = 15
_MAX_CHARACTERS = 32_767  # in a cell


class NotComputable(Exception):  # noqa: N818 - it is no error: the formula is shown then
    """A formula asks for something that is not computed here."""


def number_of(value: Value) -> float:
    """Returns a value as a number: an empty cell is 0.

    Raises:
        NotComputable: it is a text that is no number.
    """
    if value is None:
        return 0.0
    try:
        return float(value)
    except ValueError as error:
        raise NotComputable from error


def text_of(value: Value) -> str:
    """Returns a value as a text, as joining does."""
    if isinstance(value, bool):
        return str(value).upper()
    return "" if value is None else value if isinstance(value, str) else general(value)


def joined(values: Iterable[Value]) -> str:
    """Returns texts joined.

    Raises:
        NotComputable: the result is longer than a cell may hold.
    """
    text = "".join(map(text_of, values))
    if len(text) > _MAX_CHARACTERS:
        raise NotComputable
    return text


def _numbers(arguments: Sequence[Argument]) -> list[float]:
    """Returns the numbers in the arguments. Texts and truth values in cells do not count."""
    return [float(value) for value in _all(arguments) if isinstance(value, float | int) and not isinstance(value, bool)]


def _all(arguments: Sequence[Argument]) -> Iterator[Value]:
    return (value for argument in arguments for row in argument for value in row)


def _one(argument: Argument) -> Value:
    if len(argument) != 1 or len(argument[0]) != 1:
        raise NotComputable
    return argument[0][0]


def _product(arguments: Sequence[Argument]) -> float:
    result = 1.0
    for number in _numbers(arguments):
        result *= number
    return result


def _sum_of_products(arguments: Sequence[Argument]) -> float:
    shapes = {(len(argument), len(argument[0])) for argument in arguments}
    if len(shapes) != 1:
        raise NotComputable
    columns = [[value if not isinstance(value, str) else 0 for value in _all([argument])] for argument in arguments]
    return sum(_product([[list(values)]]) if None not in values else 0.0 for values in zip(*columns, strict=True))


def _rounded(rounding: str) -> Callable[[Sequence[Argument]], float]:
    def round_to(arguments: Sequence[Argument]) -> float:
        number = number_of(_one(arguments[0]))
        places = int(number_of(_one(arguments[1]))) if len(arguments) > 1 else 0
        if abs(places) > _MAX_DIGITS:
            raise NotComputable
        return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-places), rounding=rounding))

    return round_to


def _truths(arguments: Sequence[Argument]) -> list[bool]:
    return [bool(number_of(value)) for value in _all(arguments) if value is not None and not isinstance(value, str)]


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
    meets = _meets(_one(arguments[1]))
    tested = list(_all(arguments[:1]))
    values = list(_all(arguments[2:3])) if len(arguments) > 2 else tested  # noqa: PLR2004 - a third argument
    if len(values) < len(tested):
        raise NotComputable
    return [value for test, value in zip(tested, values, strict=False) if meets(test)]


def _modulo(arguments: Sequence[Argument]) -> float:
    number, divisor = (number_of(_one(argument)) for argument in arguments)
    return number % divisor


def _subtotal(arguments: Sequence[Argument]) -> Value:
    function = int(number_of(_one(arguments[0]))) % 100
    name = {1: "AVERAGE", 2: "COUNT", 3: "COUNTA", 4: "MAX", 5: "MIN", 6: "PRODUCT", 9: "SUM"}.get(function, "")
    return FUNCTIONS[name](arguments[1:]) if name else _fail()


def _fail() -> Value:
    raise NotComputable


def _looked_up(arguments: Sequence[Argument]) -> Value:
    """VLOOKUP for the exact value; the nearest one is not computed."""
    wanted, column = _one(arguments[0]), int(number_of(_one(arguments[2])))
    if len(arguments) < 4 or number_of(_one(arguments[3])):  # noqa: PLR2004 - the fourth says whether it is exact
        raise NotComputable
    key = text_of(wanted).casefold()
    for row in arguments[1]:
        if row and text_of(row[0]).casefold() == key:
            return row[column - 1]
    raise NotComputable


FUNCTIONS: dict[str, Callable[[Sequence[Argument]], Value]] = {
    "SUM": lambda arguments: sum(_numbers(arguments)),
    "PRODUCT": _product,
    "SUMPRODUCT": _sum_of_products,
    "AVERAGE": lambda arguments: statistics.fmean(_numbers(arguments)),
    "MEDIAN": lambda arguments: statistics.median(_numbers(arguments)),
    "MIN": lambda arguments: min(_numbers(arguments), default=0.0),
    "MAX": lambda arguments: max(_numbers(arguments), default=0.0),
    "COUNT": lambda arguments: float(len(_numbers(arguments))),
    "COUNTA": lambda arguments: float(sum(value is not None for value in _all(arguments))),
    "COUNTBLANK": lambda arguments: float(sum(value in {None, ""} for value in _all(arguments))),
    "SUMIF": lambda arguments: sum(_numbers([[_chosen_values(arguments)]])),
    "COUNTIF": lambda arguments: float(len(_chosen_values(arguments[:2]))),
    "AVERAGEIF": lambda arguments: statistics.fmean(_numbers([[_chosen_values(arguments)]])),
    "SUBTOTAL": _subtotal,
    "ABS": lambda arguments: abs(number_of(_one(arguments[0]))),
    "INT": lambda arguments: float(number_of(_one(arguments[0])) // 1),
    "MOD": _modulo,
    "SQRT": lambda arguments: number_of(_one(arguments[0])) ** 0.5 if number_of(_one(arguments[0])) >= 0 else _fail(),
    "POWER": lambda arguments: float(number_of(_one(arguments[0])) ** number_of(_one(arguments[1]))),
    "ROUND": _rounded(ROUND_HALF_UP),
    "ROUNDUP": _rounded(ROUND_UP),
    "ROUNDDOWN": _rounded(ROUND_DOWN),
    "TRUNC": _rounded(ROUND_DOWN),
    "AND": lambda arguments: all(_truths(arguments)),
    "OR": lambda arguments: any(_truths(arguments)),
    "NOT": lambda arguments: not number_of(_one(arguments[0])),
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
    "CONCATENATE": lambda arguments: joined(map(_one, arguments)),
    "CONCAT": lambda arguments: joined(_all(arguments)),
    "TEXT": lambda arguments: shown_number(number_of(_one(arguments[0])), text_of(_one(arguments[1]))),
    "LEN": lambda arguments: float(len(text_of(_one(arguments[0])))),
    "UPPER": lambda arguments: text_of(_one(arguments[0])).upper(),
    "LOWER": lambda arguments: text_of(_one(arguments[0])).lower(),
    "TRIM": lambda arguments: " ".join(text_of(_one(arguments[0])).split()),
    "VLOOKUP": _looked_up,
}
