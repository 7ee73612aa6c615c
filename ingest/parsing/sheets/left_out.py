"""Says what of a workbook is not in its text, and why. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ingest.parsing.displayed.numbers import general
from ingest.parsing.sheets.visible import VisibleSheet, is_hidden_column
from ingest.parsing.sheets.workbook import Sheet, SheetCell, Workbook, column_label

_MAX_NAMED = 20

Shown = Callable[[SheetCell], str]


@dataclass(slots=True, kw_only=True)
class LeftOut:
    """The warnings, and the texts that were left out on purpose."""

    warnings: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add_hidden_sheets(self, workbook: Workbook, shown: Shown) -> None:
        """Adds the sheets that are not shown."""
        hidden = [sheet for sheet in workbook.sheets if sheet.is_hidden]
        if hidden:
            names = _named(f"'{sheet.name}'" for sheet in hidden)
            self.warnings.append(f"{_count(len(hidden), 'hidden sheet')} left out: {names}")
        self.texts += [text for sheet in hidden for text in _all_texts(sheet, shown)]

    def add_hidden_cells(self, sheet: Sheet, visible: VisibleSheet, shown: Shown) -> None:
        """Adds the cells of a shown sheet that are not."""
        rows = frozenset(row for row in sheet.hidden_rows if sheet.rows.get(row))
        used = {column for cells in sheet.rows.values() for column in cells}
        columns = frozenset(column for column in used if is_hidden_column(sheet, column))
        unseen: list[str] = []
        beneath: list[str] = []
        for row, cells in sheet.rows.items():
            seen = visible.cells.get(row, {})
            for column, cell in cells.items():
                if column in seen:
                    continue
                text = shown(cell)
                if row in rows or column in columns:
                    self.texts += [text, cell.note]
                elif (row, column) in visible.covered:
                    beneath += filter(None, [text, cell.note])
                elif not text:
                    unseen += filter(None, [_raw(cell)])
        self.texts += [*unseen, *beneath]
        self._warn(len(rows), "hidden row", sheet, _named(map(str, sorted(rows))))
        self._warn(len(columns), "hidden column", sheet, _named(map(column_label, sorted(columns))))
        self._warn(len(unseen), "cell", sheet, "their format hides them")
        self._warn(len(beneath), "cell", sheet, "merged cells hide them")

    def _warn(self, number: int, noun: str, sheet: Sheet, why: str) -> None:
        if number:
            self.warnings.append(f"{_count(number, noun)} of sheet '{sheet.name}' left out: {why}")

    def add_formulas(self, unsolved: Iterable[tuple[Sheet, int, int]], count: int) -> None:
        """Adds formulas whose result the file does not hold: those that were computed, out of ``count``, and others."""
        places = [f"{sheet.name}!{column_label(column)}{row}" for sheet, row, column in unsolved]
        self.warnings += [f"formula without stored result in {place}" for place in places[:_MAX_NAMED]]
        if len(places) > _MAX_NAMED:
            self.warnings.append(f"{len(places) - _MAX_NAMED:,} more formulas without stored result")
        computed = count - len(places)
        if computed:
            results = "1 result of a formula" if computed == 1 else f"{computed:,} results of formulas"
            self.warnings.append(f"{results} computed, because the file stores none")


def _all_texts(sheet: Sheet, shown: Shown) -> Iterator[str]:
    for cells in sheet.rows.values():
        for cell in cells.values():
            yield shown(cell)
            yield cell.note
    yield from (block.text for block in sheet.drawn)


def _raw(cell: SheetCell) -> str:
    if cell.value is None or isinstance(cell.value, str):
        return cell.value or ""
    return general(float(cell.value))


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number:,} {noun}s"


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - _MAX_NAMED
    return ", ".join(listed[:_MAX_NAMED]) + (f" and {more:,} more" if more > 0 else "")
