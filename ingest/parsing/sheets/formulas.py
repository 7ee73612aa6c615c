"""Computes formulas whose result is not stored, as programs write them that do not calculate.

Sums, differences, products and the usual functions of tables. Whatever else a formula asks for, it is not computed:
a wrong number would be worse than the formula itself. The libraries for this (``formulas``, ``pycel``) are under the
EUPL and the GPL, and run a workbook's formulas as compiled Python.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError

from ingest.parsing.sheets.formula_functions import FUNCTIONS
from ingest.parsing.sheets.formula_values import Argument, NotComputable, joined, number_of, one_value
from ingest.parsing.sheets.workbook import Area, Sheet, SheetCell, Value, Workbook, column_number

_REFERENCE = re.compile(
    r"(?:(?P<sheet>'(?:[^']|'')+'|[^'!\[\]:]+)!)?"
    r"\$?(?P<left>[A-Z]{1,3})?\$?(?P<top>\d{1,7})?(?P<colon>:\$?(?P<right>[A-Z]{1,3})?\$?(?P<bottom>\d{1,7})?)?",
    re.IGNORECASE,
)
_PRECEDENCE = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}
_COMPUTED: dict[str, Callable[[float, float], object]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
_MAX_DEPTH = 60
_MAX_READ_CELLS = 5_000_000
_MAX_FORMULA_CHARACTERS = 8_192  # as a workbook has it
_MAX_ROW, _MAX_COLUMN = 1_048_576, 16_384


class Calculator:
    """Computes the formulas of one workbook. Each is computed once; circles and long chains are not."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._sheets = {sheet.name.casefold(): sheet for sheet in workbook.sheets}
        self._extents = {
            name: (max(sheet.rows, default=1), max((max(row, default=1) for row in sheet.rows.values()), default=1))
            for name, sheet in self._sheets.items()
        }
        self._budget = _MAX_READ_CELLS
        self._open: set[int] = set()
        self._failed: set[int] = set()

    def fill_in(self) -> Iterator[tuple[Sheet, int, int]]:
        """Computes every formula without a result, and yields the places of those that could not be."""
        for sheet in self._workbook.sheets:
            for row, cells in sheet.rows.items():
                for column, cell in cells.items():
                    if cell.formula and not self._is_computed(cell, sheet):
                        yield sheet, row, column

    def _is_computed(self, cell: SheetCell, sheet: Sheet) -> bool:
        """Computes a cell if it needs that; its formula is then gone."""
        if not cell.formula:
            return True
        if id(cell) in self._failed or id(cell) in self._open or len(self._open) > _MAX_DEPTH:
            return False
        self._open.add(id(cell))
        try:
            cell.value = _Expression(self, cell.formula, sheet).value()
        except (NotComputable, TokenizerError, ArithmeticError, ValueError, IndexError, RecursionError):
            self._failed.add(id(cell))
            return False
        finally:
            self._open.discard(id(cell))
        cell.formula = ""
        return True

    def area(self, reference: str, sheet: Sheet) -> Argument:
        """Returns the values of a reference, row by row, as far as the sheet has cells."""
        named = self._workbook.names.get(reference.casefold())
        found = _REFERENCE.fullmatch((named or reference).replace("$", ""))
        if found is None or not (found["left"] or found["top"]):
            raise NotComputable
        if found["sheet"]:
            name = found["sheet"].strip("'").replace("''", "'").casefold()
            if name not in self._sheets:
                raise NotComputable
            sheet = self._sheets[name]
        is_single = found["colon"] is None
        if is_single and not (found["left"] and found["top"]):
            raise NotComputable
        return self._values(_area(found), sheet)

    def _values(self, area: Area, sheet: Sheet) -> Argument:
        last_row, last_column = self._extents[sheet.name.casefold()]
        bottom = max(area.top, min(area.bottom, last_row))
        right = max(area.left, min(area.right, last_column))
        self._budget -= (bottom - area.top + 1) * (right - area.left + 1)
        if self._budget < 0:
            raise NotComputable
        rows: list[list[Value]] = []
        for row in range(area.top, bottom + 1):
            cells = sheet.rows.get(row, {})
            rows.append([self._value(cells.get(column), sheet) for column in range(area.left, right + 1)])
        return rows

    def _value(self, cell: SheetCell | None, sheet: Sheet) -> Value:
        if cell is None:
            return None
        if not self._is_computed(cell, sheet):
            raise NotComputable
        if cell.value in _ERRORS:
            raise NotComputable
        return cell.value


def _area(found: re.Match[str]) -> Area:
    top = int(found["top"] or 1)
    left = column_number(found["left"] or "A")
    if found["colon"] is None:
        return Area(top, left, top, left)
    bottom = int(found["bottom"] or _MAX_ROW)
    right = column_number(found["right"]) if found["right"] else _MAX_COLUMN
    return Area(min(top, bottom), min(left, right), max(top, bottom), max(left, right))


@dataclass(slots=True)
class _Expression:
    """Reads a formula's tokens by precedence (Pratt 1973), and computes as it goes."""

    calculator: Calculator
    tokens: list[Token]
    sheet: Sheet
    at: int = 0

    def __init__(self, calculator: Calculator, formula: str, sheet: Sheet) -> None:
        if len(formula) > _MAX_FORMULA_CHARACTERS:
            raise NotComputable
        self.calculator, self.sheet, self.at = calculator, sheet, 0
        self.tokens = [token for token in Tokenizer(f"={formula}").items if token.type != Token.WSPACE]

    def value(self) -> Value:
        result = one_value(self._operation(0))
        if self.at < len(self.tokens):
            raise NotComputable
        return 0.0 if result is None else result

    def _next(self) -> Token:
        if self.at >= len(self.tokens):
            raise NotComputable
        self.at += 1
        return self.tokens[self.at - 1]

    def _peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _operation(self, least: int) -> Argument:
        left = self._operand()
        while (token := self._peek()) is not None:
            if token.type == Token.OP_POST:
                self.at += 1
                left = [[number_of(one_value(left)) / 100]]
            elif token.type == Token.OP_IN and _PRECEDENCE.get(token.value, 0) > least:
                self.at += 1
                right = self._operation(_PRECEDENCE[token.value])
                left = [[_combined(token.value, one_value(left), one_value(right))]]
            else:
                break
        return left

    def _operand(self) -> Argument:
        token = self._next()
        if token.type == Token.OP_PRE:
            number = number_of(one_value(self._operation(_PRECEDENCE["^"])))
            return [[-number if token.value == "-" else number]]
        if token.type == Token.PAREN and token.subtype == Token.OPEN:
            inside = self._operation(0)
            self._close()
            return inside
        if token.type == Token.FUNC and token.subtype == Token.OPEN:
            return self._call(token.value[:-1].upper().removeprefix("_XLFN."))
        if token.type != Token.OPERAND:
            raise NotComputable
        if token.subtype == Token.RANGE:
            return self.calculator.area(token.value, self.sheet)
        return [[_literal(token)]]

    def _call(self, name: str) -> Argument:
        if name in {"IF", "IFERROR", "IFS"}:
            return _branch(name, list(self._arguments(lazily=True)))
        if name not in FUNCTIONS:
            raise NotComputable
        return [[FUNCTIONS[name]([_done(argument) for argument in self._arguments(lazily=False)])]]

    def _arguments(self, *, lazily: bool) -> Iterator[Argument | Exception]:
        """Yields the arguments of a function; ``lazily``: in place of one that fails, why it does."""
        is_given = False
        while (token := self._next()).type != Token.FUNC or token.subtype != Token.CLOSE:
            if token.type == Token.SEP:
                if not is_given:
                    yield [[None]]
                is_given = False
                continue
            self.at -= 1
            start = self.at
            try:
                yield self._operation(0)
            except (NotComputable, ArithmeticError) as error:
                if not lazily:
                    raise
                self._skip_argument(start)
                yield error
            is_given = True

    def _skip_argument(self, start: int) -> None:
        depth = 0
        for at in range(start, len(self.tokens)):
            token = self.tokens[at]
            if depth == 0 and (token.type == Token.SEP or token.subtype == Token.CLOSE):
                self.at = at
                return
            depth += {Token.OPEN: 1, Token.CLOSE: -1}.get(token.subtype, 0)
        raise NotComputable

    def _close(self) -> None:
        token = self._next()
        if token.type != Token.PAREN or token.subtype != Token.CLOSE:
            raise NotComputable


def _literal(token: Token) -> Value:
    if token.subtype == Token.NUMBER:
        return float(token.value)
    if token.subtype == Token.LOGICAL:
        return bool(token.value.upper() == "TRUE")
    if token.subtype == Token.TEXT:
        return str(token.value)[1:-1].replace('""', '"')
    raise NotComputable


def _done(argument: Argument | Exception) -> Argument:
    if isinstance(argument, Exception):
        raise argument
    return argument


def _branch(name: str, arguments: Sequence[Argument | Exception]) -> Argument:
    if name == "IFERROR":
        is_error = isinstance(arguments[0], ArithmeticError)
        return _done(arguments[1] if is_error else arguments[0])
    if name == "IFS":
        pairs = zip(arguments[::2], arguments[1::2], strict=True)
        return next((_done(value) for test, value in pairs if number_of(one_value(_done(test)))), [[]])
    is_true = bool(number_of(one_value(_done(arguments[0]))))
    chosen = 1 if is_true else 2
    return _done(arguments[chosen]) if chosen < len(arguments) else [[is_true]]


def _combined(sign: str, left: Value, right: Value) -> Value:
    if sign == "&":
        return joined((left, right))
    if sign in _COMPARED:
        return _compared(sign, left, right)
    result = _COMPUTED[sign](number_of(left), number_of(right))
    if not isinstance(result, float):  # a root of a negative number
        raise NotComputable
    return result


def _compared(sign: str, left: Value, right: Value) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        if not (isinstance(left, str | None) and isinstance(right, str | None)):
            return sign == "<>"  # a text and a number are never equal; which is larger is not computed
        return _COMPARED[sign]((left or "").casefold(), (right or "").casefold())
    return _COMPARED[sign](number_of(left), number_of(right))
