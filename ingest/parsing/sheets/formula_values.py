"""The values that formulas compute with. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ingest.parsing.displayed.numbers import general
from ingest.parsing.sheets.workbook import Value

Argument = list[list[Value]]
"""The values of an argument, row by row; a single value is one row of one."""

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


def all_values(arguments: Sequence[Argument]) -> Iterator[Value]:
    """Yields the values of all arguments."""
    return (value for argument in arguments for row in argument for value in row)


def one_value(argument: Argument) -> Value:
    """Returns the value of an argument that is one.

    Raises:
        NotComputable: it is several.
    """
    if len(argument) != 1 or len(argument[0]) != 1:
        raise NotComputable
    return argument[0][0]
