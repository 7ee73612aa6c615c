"""Computes over a table: sums, means, counts, filters, the first by a column. DuckDB runs the query that is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answers import AnswerTable, CitationMark, Composed, ComposedSentence, Shape
from rag.composition.material import Citing, Material
from rag.composition.tables.answer_rows import cell_marks, row_sentence, shown_rows
from rag.composition.tables.candidates import Candidate
from rag.composition.tables.duckdb_engine import TableEngine
from rag.composition.tables.grid import Grid
from rag.composition.tables.plan import Plan, plan_of
from rag.composition.tables.query import query_of
from rag.composition.tables.question import Asked, Operation
from rag.composition.tables.typed_columns import ColumnKind, TypedColumn
from rag.composition.tables.words import TOTALS, language_of, phrase, with_unit

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


def best_plan(found: Sequence[Candidate], asked: Asked, material: Material) -> Plan | None:
    """Returns the computation that fits best; None where the question asks for none, or fits no table."""

    def likeness(words: str, texts: Sequence[str]) -> Sequence[float]:
        return [float(one) for one in material.scorer.likeness(words, texts)]

    plans = [plan for candidate in found if (plan := plan_of(candidate, asked, likeness)) is not None]
    return max(plans, key=lambda plan: plan.score, default=None)


def computed(plan: Plan, asked: Asked, material: Material, engine: TableEngine) -> Composed | None:
    """Returns the answer; None where no row has a value."""
    return _Computation(plan, asked, Citing(material)).answer(engine)


class _Computation:
    """One computation, with what is said of it."""

    def __init__(self, plan: Plan, asked: Asked, citing: Citing) -> None:
        self._plan = plan
        self._grid = plan.grid
        self._language = language_of(asked.text, plan.grid.document.text)
        self._citing = citing

    def answer(self, engine: TableEngine) -> Composed | None:
        plan, grid = self._plan, self._grid
        if plan.choices:
            return self._refused(self._say("which", columns=_joined(grid, plan.choices)), plan.choices)
        used = sorted(
            {grid.key, *(one.column for one in plan.filters), *([plan.column] if plan.column is not None else [])}
        )
        typed = {column: grid.typed(column) for column in used}
        if plan.column is not None and len(units := typed[plan.column].units) > 1:
            said = self._say("units", name=grid.names[plan.column], units=", ".join(units))
            return self._refused(said, [plan.column])
        names = _distinct_names(grid)
        table = grid.title or "table"
        query = query_of(plan, table, names)
        records = [row for row in range(grid.row_count) if not _is_total(grid, row)]
        columns = {names[column]: _as_text(grid, column) if column == grid.key else typed[column] for column in used}
        result = engine.run(query, table=table, columns=columns, rows=records)
        match plan.operation:
            case Operation.MAX | Operation.MIN | Operation.SORT:
                return self._ranked([row[0] for row in result], query)
            case Operation.LIST:
                return self._listed([row[0] for row in result], len(records), query, is_count=False)
            case Operation.COUNT:
                return self._listed(list(result[0][1] or ()), len(records), query, is_count=True)
            case _:
                return self._aggregated(result[0][0], list(result[0][1] or ()), query)

    def _ranked(self, rows: Sequence[int], query: str) -> Composed | None:
        column = self._plan.column
        if column is None or not rows:
            return None
        said = [row_sentence(self._grid, row, [column], self._citing) for row in rows[:_MOST_SAID]]
        sentences = [replace(one, before=" " * bool(at)) for at, one in enumerate(filter(None, said))]
        return self._composed(sentences, rows, query)

    def _listed(self, rows: Sequence[int], total: int, query: str, *, is_count: bool) -> Composed | None:
        if not rows:
            filters = "; ".join(self._grid.names[one.column] for one in self._plan.filters)
            marks = self._marks([])
            return self._composed(
                [ComposedSentence(text=self._say("none", count=total, filters=filters), marks=marks)], [], query
            )
        named = ", ".join(dict.fromkeys(self._grid.text(row, self._grid.key) for row in rows[:_MOST_NAMED]))
        if len(rows) > _MOST_NAMED:
            named += ", " + self._say("more", value=len(rows) - _MOST_NAMED)
        text = self._say("count", value=len(rows), count=total, rows=named) if is_count else f"{named}."
        return self._composed([ComposedSentence(text=text, marks=self._marks(rows))], rows, query)

    def _aggregated(self, value: float | None, rows: Sequence[int], query: str) -> Composed | None:
        plan, grid = self._plan, self._grid
        if value is None or plan.column is None or not rows:
            return None
        said = _said(
            value,
            [grid.text(row, plan.column) for row in rows],
            decimal=grid.decimal,
            unit=next(iter(grid.typed(plan.column).units), ""),
            is_mean=plan.operation in {Operation.MEAN, Operation.MEDIAN},
        )
        sentences = [
            ComposedSentence(
                text=self._say(plan.operation.value, name=_bare(grid.names[plan.column]), value=said, count=len(rows)),
                marks=self._marks(rows),
            )
        ]
        if plan.operation is Operation.DIFFERENCE:
            if len(rows) < 2:  # noqa: PLR2004
                return None
            ends = [row_sentence(grid, row, [plan.column], self._citing) for row in (rows[0], rows[-1])]
            sentences += [replace(one, before=" ") for one in ends if one is not None]
        return self._composed(sentences, rows, query)

    def _marks(self, rows: Sequence[int]) -> tuple[CitationMark, ...]:
        plan = self._plan
        columns = [
            self._grid.key,
            *(one.column for one in plan.filters),
            *([plan.column] if plan.column is not None else []),
        ]
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
        tables: tuple[AnswerTable, ...] = (shown_rows(self._grid, rows, plan.columns, self._citing, query=query),)
        return Composed(
            shape=Shape.TABLE,
            sentences=tuple(sentences),
            passages=tuple(self._citing.passages),
            tables=tables,
            certain=plan.cover >= _CERTAIN,
        )

    def _refused(self, said: str, columns: Sequence[int]) -> Composed | None:
        spans = [self._grid.name_places[column] for column in columns]
        marks = [self._citing.mark(self._grid.chunk, span) for span in spans if span is not None]
        sentence = ComposedSentence(text=said, marks=tuple(mark for mark in marks if mark is not None))
        if not sentence.marks:
            return None
        passages = tuple(self._citing.passages)
        return Composed(
            shape=Shape.REFUSAL, sentences=(sentence,), passages=passages, certain=self._plan.cover >= _CERTAIN
        )

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


def _is_total(grid: Grid, row: int) -> bool:
    return grid.text(row, grid.key).casefold().rstrip(":") in TOTALS


def _as_text(grid: Grid, column: int) -> TypedColumn:
    return TypedColumn(kind=ColumnKind.TEXT, values=tuple(grid.column(column)))


def _said(value: float, cells: Sequence[str], *, decimal: str, unit: str, is_mean: bool) -> str:
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
