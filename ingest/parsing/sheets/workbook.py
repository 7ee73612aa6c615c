"""A workbook as its file has it, before its cells are text. Rows and columns count from 1."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ingest.parsing.blocks.assembly import Block
from ingest.parsing.displayed.numbers import GENERAL

Value = bool | float | str | None
MAX_CELLS = 2_000_000
"""More cells than can be indexed."""
MAX_CHARACTERS = 200_000_000
"""In all cells: some files name the same long text many times."""


class Address(NamedTuple):
    """The place of a cell."""

    row: int
    column: int

    @property
    def label(self) -> str:
        """The place as people write it: B7."""
        return f"{column_label(self.column)}{self.row}"


class Area(NamedTuple):
    """A rectangle of cells, its ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(slots=True)
class SheetCell:
    """``text``: what the file itself says is shown. ``formula``: only where no result of it is stored."""

    value: Value = None
    code: str = GENERAL
    text: str | None = None
    formula: str = ""
    note: str = ""


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A sheet: the cells that hold something, row by row, and what lies over them.

    ``drawn`` is what its text boxes, pictures, charts and embedded files say. ``is_coloured``: the colours of cells
    depend on what they hold.
    """

    name: str
    is_hidden: bool = False
    rows: dict[int, dict[int, SheetCell]] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    tables: list[Area] = field(default_factory=list)
    drawn: list[Block] = field(default_factory=list)
    is_coloured: bool = False

    def cell(self, row: int, column: int) -> SheetCell:
        """Returns the cell at a place, made if there is none."""
        return self.rows.setdefault(row, {}).setdefault(column, SheetCell())


@dataclass(slots=True, kw_only=True)
class Workbook:
    """The sheets of a file in their order.

    ``is_1904``: days count from 1904. ``names``: what formulas call areas. ``struck``: texts in cells that are struck
    out, and in no cell.
    """

    sheets: list[Sheet] = field(default_factory=list)
    title: str = ""
    struck: list[str] = field(default_factory=list)
    is_1904: bool = False
    names: dict[str, str] = field(default_factory=dict)


def column_label(column: int) -> str:
    """Returns a column as people write it: 28 is AB."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """Returns the number of a column: AB is 28."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
