"""Computes over a table: sums, means, counts, filters, the first by a column. DuckDB runs the query that is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rag.answers import CitationMark, Composed, ComposedSentence, Shape
from rag.composition.material import Citing, Material
from rag.composition.tables.answer_rows import cell_marks, row_sentence, shown_rows
from rag.composition.tables.candidates import Candidate
from rag.composition.tables.duckdb_engine import NUMBER, TableEngine, identifier, literal
from rag.composition.tables.grid import Grid
from rag.composition.tables.plan import Filter, Plan, plan_of
from rag.composition.tables.question import Operation
from rag.composition.tables.typed_columns import ColumnKind, TypedColumn
from rag.composition.tables.words import language_of, phrase, with_unit

_MOST_NAMED = 20
_MOST_SAID = 10
_MOST_CITED = 30
_CERTAIN = 0.75
_POINT_DECIMALS = re.compile(r"\.(\d{1,20})\D{0,20}$")
_COMMA_DECIMALS = re.compile(r",(\d{1,20})\D{0,20}$")
_THOUSANDS_BEFORE_POINT = re.compile(r"\d([, '’\u00a0\u202f])\d{3}")
_THOUSANDS_BEFORE_COMMA = re.compile(r"\d([. '’\u00a0\u202f])\d{3}")
_DECIMALS = {".": _POINT_DECIMALS, ",": _COMMA_DECIMALS}
_THOUSANDS = {".": _THOUSANDS_BEFORE_POINT, ",": _THOUSANDS_BEFORE_COMMA}
_MEAN_DECIMALS = 2


def plans_of(found: Sequence[Candidate], material: Material) -> list[Plan]:
    """Returns the computations that fit the question, best first; none where it asks for none, or fits no table."""

    def likeness(words: str, texts: Sequence[str]) -> Sequence[float]:
        return [float(one) for one in material.scorer.likeness(words, texts)]

    plans = [plan for candidate in found if (plan := plan_of(candidate, likeness)) is not None]
    return sorted(plans, key=lambda plan: -plan.score)


def computed(plan: Plan, citing: Citing, question: str, engine: TableEngine) -> Composed | None:
    """Returns the answer; None where no row has a value."""
    return _Computation(plan, citing, question).answer(engine)


class _Computation:
    """One computation, with what is said of it."""

    def __init__(self, plan: Plan, citing: Citing, question: str) -> None:
        self._plan = plan
        self._grid = plan.grid
        self._language = language_of(question, plan.grid.document.text)
        self._citing = citing

    def answer(self, engine: TableEngine) -> Composed | None:
        plan, grid = self._plan, self._grid
        if plan.choices:
            return self._refused(self._say("which", columns=_joined(grid, plan.choices)), plan.choices)
        used = sorted({grid.key, *plan.columns})
        typed = {column: grid.typed(column) for column in used}
        units = list(dict.fromkeys(unit for column in self._values for unit in typed[column].units))
        if len(units) > 1:
            said = self._say("units", name=self._name, units=", ".join(units))
            return self._refused(said, self._values)
        names = _distinct_names(grid)
        table = grid.title or "table"
        query = _query_of(plan, table, names)
        records = [row for row in range(grid.row_count) if row not in grid.totals]
        columns = {
            names[column]: _as_text(grid, column) if column in {grid.key, plan.by} else typed[column] for column in used
        }
        result = engine.run(query, table=table, columns=columns, rows=records)
        match plan.operation:
            case Operation.MAX | Operation.MIN | Operation.NEXT | Operation.SORT:
                return self._ranked([(row[0], row[2]) for row in result], query)
            case Operation.LIST:
                return self._listed([row[0] for row in result], len(records), query, is_count=False)
            case Operation.COUNT:
                return self._listed(list(result[0][1] or ()), len(records), query, is_count=True)
            case _:
                return (
                    self._grouped(result, query)
                    if plan.by is not None
                    else self._aggregated(result[0][0], result[0][1], query)
                )

    @property
    def _values(self) -> tuple[int, ...]:
        """The columns of the values."""
        return self._plan.series if self._plan.column is None else (self._plan.column,)

    @property
    def _name(self) -> str:
        return ", ".join(_bare(self._grid.names[column]) for column in self._values)

    def _ranked(self, found: Sequence[tuple[int, Any]], query: str) -> Composed | None:
        rows = [row for row, _ in found]
        if not self._values or not rows:
            return None
        said = [
            self._of_row(row, "sum_of_row", value)
            if self._plan.series
            else row_sentence(self._grid, row, self._values, self._citing)
            for row, value in found[:_MOST_SAID]
        ]
        sentences = [replace(one, before=" " * bool(at)) for at, one in enumerate(filter(None, said))]
        return self._composed(sentences, rows, query)

    def _of_row(self, row: int, key: str, value: float) -> ComposedSentence:
        """Returns what the columns of periods come to in a row."""
        grid = self._grid
        said = self._number(value, [grid.text(row, column) for column in self._values], is_mean=key == "mean_of_row")
        marks = cell_marks(grid, [(row, column) for column in (grid.key, *self._values)], self._citing)
        text = self._say(key, row=grid.called(row), name=self._name, value=said)
        return ComposedSentence(text=text, marks=marks)

    def _number(self, value: float, cells: Sequence[str], *, is_mean: bool) -> str:
        unit = next((unit for column in self._values for unit in self._grid.typed(column).units), "")
        return value_text(value, cells, decimal=self._grid.decimal, unit=unit, is_mean=is_mean)

    def _listed(self, rows: Sequence[int], total: int, query: str, *, is_count: bool) -> Composed | None:
        if not rows:
            filters = "; ".join(self._grid.names[one.column] for one in self._plan.filters)
            marks = self._marks([])
            return self._composed(
                [ComposedSentence(text=self._say("none", count=total, filters=filters), marks=marks)], [], query
            )
        column = self._plan.column
        held = list(
            dict.fromkeys(self._grid.called(row) if column is None else self._grid.text(row, column) for row in rows)
        )
        named = ", ".join(held[:_MOST_NAMED])
        if len(held) > _MOST_NAMED:
            named += ", " + self._say("more", value=len(held) - _MOST_NAMED)
        if is_count and column is not None:
            text = self._say("count_of", value=len(held), name=self._name, rows=named)
        elif is_count:
            text = self._say("count", value=len(rows), count=total, rows=named)
        else:
            text = f"{named}." if column is None else f"{self._name}: {named}."
        return self._composed([ComposedSentence(text=text, marks=self._marks(rows))], rows, query)

    def _aggregated(self, value: float | None, found: Sequence[int] | None, query: str) -> Composed | None:
        plan, grid, rows = self._plan, self._grid, list(found or ())
        if value is None or not self._values or not rows:
            return None
        if plan.of_row is not None:
            return self._composed([self._of_row(rows[0], f"{plan.operation}_of_row", value)], rows, query)
        cells = [grid.text(row, column) for row in rows for column in self._values]
        said = self._number(value, cells, is_mean=plan.operation in {Operation.MEAN, Operation.MEDIAN})
        text = self._say(plan.operation.value, name=self._name, value=said, count=len(rows))
        sentences = [ComposedSentence(text=text, marks=self._marks(rows))]
        if plan.operation is Operation.DIFFERENCE:
            if len(rows) < 2:  # noqa: PLR2004
                return None
            ends = [row_sentence(grid, row, self._values, self._citing) for row in (rows[0], rows[-1])]
            sentences += [replace(one, before=" ") for one in ends if one is not None]
        return self._composed(sentences, rows, query)

    def _grouped(self, found: Sequence[tuple[Any, ...]], query: str) -> Composed | None:
        """Says the value of each group of rows."""
        plan, grid = self._plan, self._grid
        said: list[ComposedSentence] = []
        for name, value, rows in found:
            cells = [grid.text(row, column) for row in rows for column in self._values]
            number = self._number(value, cells, is_mean=plan.operation is Operation.MEAN)
            text = self._say(f"{plan.operation}_of_row", row=name, name=self._name, value=number)
            said.append(ComposedSentence(text=text, marks=self._marks(rows), before="\n" * bool(said)))
        return self._composed(said[:_MOST_NAMED], [row for _, _, rows in found for row in rows], query)

    def _marks(self, rows: Sequence[int]) -> tuple[CitationMark, ...]:
        columns = [self._grid.key, *self._plan.columns]
        cells = [(row, column) for row in rows[:_MOST_CITED] for column in dict.fromkeys(columns)]
        if rows:
            return cell_marks(self._grid, cells, self._citing)
        spans = [self._grid.name_places[column] for column in dict.fromkeys(columns)]
        marks = [self._citing.mark(self._grid.chunk, span) for span in spans if span is not None]
        return tuple(mark for mark in marks if mark is not None)

    def _composed(self, sentences: Sequence[ComposedSentence], rows: Sequence[int], query: str) -> Composed | None:
        if not sentences or not any(sentence.marks for sentence in sentences):
            return None
        plan = self._plan
        shown = shown_rows(self._grid, rows, plan.columns, self._citing, query=query)
        return self._citing.composed(Shape.TABLE, sentences, tables=[shown], certain=plan.cover >= _CERTAIN)

    def _refused(self, said: str, columns: Sequence[int]) -> Composed | None:
        spans = [self._grid.name_places[column] for column in columns]
        marks = [self._citing.mark(self._grid.chunk, span) for span in spans if span is not None]
        sentence = ComposedSentence(text=said, marks=tuple(mark for mark in marks if mark is not None))
        if not sentence.marks:
            return None
        return self._citing.composed(Shape.REFUSAL, [sentence], certain=self._plan.cover >= _CERTAIN)

    def _say(self, said: str, /, **values: object) -> str:
        return phrase(self._language, said, **values)


def _joined(grid: Grid, columns: Sequence[int]) -> str:
    return "; ".join(grid.names[column] for column in columns)


def _bare(name: str) -> str:
    return with_unit(name)[0].replace("_", " ")


def _distinct_names(grid: Grid) -> list[str]:
    names: list[str] = []
    for at, name in enumerate(grid.names, start=1):
        held = name or f"column {at}"
        names.append(held if held.casefold() not in {one.casefold() for one in names} else f"{held} {at}")
    return names


def _as_text(grid: Grid, column: int) -> TypedColumn:
    return TypedColumn(kind=ColumnKind.TEXT, values=tuple(grid.column(column)))


def value_text(value: float, cells: Sequence[str], *, decimal: str, unit: str, is_mean: bool) -> str:
    """Returns a number as the cells write theirs: decimals, a mean with two at least, thousands and unit."""
    fraction = [len(match[1]) for cell in cells if (match := _DECIMALS[decimal].search(cell))]
    decimals = max(fraction, default=0)
    text = f"{value:,.{max(decimals, _MEAN_DECIMALS) if is_mean else decimals}f}"
    if is_mean and not decimals:
        text = text.rstrip("0").rstrip(".")
    grouped = next((match[1] for cell in cells if (match := _THOUSANDS[decimal].search(cell))), "")
    text = text.replace(",", "\0").replace(".", decimal).replace("\0", grouped)
    if not unit:
        return text
    if any(cell.startswith(unit) for cell in cells[:1]):
        return f"{unit}{text}"
    return f"{text}%" if unit == "%" else f"{text} {unit}"


def _query_of(plan: Plan, table: str, names: Sequence[str]) -> str:
    """Returns the computation as SQL. ``names`` are those of the columns, each another."""
    key = identifier(names[plan.grid.key])
    column = identifier(names[plan.column]) if plan.column is not None else _added(plan, names)
    conditions = [_condition(one, names) for one in plan.filters]
    if column:
        conditions.append(f"{column} IS NOT NULL")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    source = f"FROM {identifier(table)}{where}"
    number = identifier(NUMBER)
    match plan.operation:
        case Operation.SUM | Operation.MEAN | Operation.MEDIAN:
            function = {Operation.SUM: "sum", Operation.MEAN: "avg", Operation.MEDIAN: "median"}[plan.operation]
            by = identifier(names[plan.by]) if plan.by is not None else ""
            grouped = f" GROUP BY {by} ORDER BY min({number})" if by else ""
            return (
                f"SELECT {f'{by}, ' * bool(by)}{function}({column}), list({number} ORDER BY {number}) {source}{grouped}"
            )
        case Operation.DIFFERENCE:
            return f"SELECT max({column}) - min({column}), list({number} ORDER BY {column} DESC) {source}"
        case Operation.COUNT:
            counted = f"DISTINCT {column}" if column else "*"
            return f"SELECT count({counted}), list({number} ORDER BY {number}) {source}"
        case Operation.LIST:
            return f"SELECT {number}, {column or key} {source} ORDER BY {number}"
        case Operation.SORT:
            return f"SELECT {number}, {key}, {column} {source} ORDER BY {column} DESC, {number}"
        case Operation.MAX | Operation.MIN | Operation.NEXT:
            order = "DESC" if plan.operation is Operation.MAX else "ASC"
            return (
                f"SELECT {number}, {key}, {column} {source} QUALIFY rank() OVER (ORDER BY {column} {order}) <= "
                f"{plan.top} ORDER BY {column} {order}, {number}"
            )


def _added(plan: Plan, names: Sequence[str]) -> str:
    """Returns the sum of the columns of periods; of one row alone, their mean where that is asked for."""
    is_mean = plan.operation is Operation.MEAN and plan.of_row is not None
    cells = ", ".join(identifier(names[column]) for column in plan.series)
    return f"{'list_avg' if is_mean else 'list_sum'}([{cells}])" if cells else ""


def _condition(one: Filter, names: Sequence[str]) -> str:
    column = identifier(names[one.column])
    if len(one.values) > 1:
        return f"{column} IN ({', '.join(map(literal, one.values))})"
    return f"{column} {one.sign} {literal(one.values[0])}"
