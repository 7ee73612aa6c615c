"""Answers with cells of a table: those of the rows and columns that the question names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from rag.answers import Composed, ComposedSentence, Shape
from rag.composition.labels import day_of, told_apart
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked as Shaped
from rag.composition.phrases.asked import joins, parts_of
from rag.composition.tables.answer_rows import footnotes, row_sentence, shown_rows
from rag.composition.tables.candidates import Candidate, candidates, coverage
from rag.composition.tables.computation import computed, plans_of
from rag.composition.tables.duckdb_engine import TableEngine
from rag.composition.tables.grid import Grid
from rag.composition.tables.matching import NamedRow, asked_columns, asked_rows, missing_concepts, own_columns
from rag.composition.tables.plan import SUMS, Plan
from rag.composition.tables.question import Asked, Operation, asked_of, stems
from rag.composition.tables.row_comparison import compared_rows
from rag.composition.tables.tiers import tiers_holding
from rag.composition.tables.typed_columns import ColumnKind
from rag.composition.tables.words import tokens
from rag.text.words import numbers

_MOST_SAID = 6
_MOST_COLUMNS = 3
_FEW_COLUMNS = 3
"""A row with so few values is said as a whole."""
_WHOLE_ROW = 6
"""Of a row that is named and nothing else, so many values are said."""
_LEAST = 0.75
_LEAST_PARTLY = 0.8
_LEAST_TIER = 0.6
_ALL_PARTS = 0.9
"""The same for a question of several parts."""
_CERTAIN = 0.75
_CLEAR = 0.02
_MOST_ENCODED = 16
_SHORTEST_NAME = 3
_FIRST_WORDS = 2
"""Words of a line among which one says that it is a sum."""
_MOST_DOCUMENTS = 4
_AWAY = 0.9
"""The same where none of the best sentences stands in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    grid: Grid
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    cover: float
    score: float
    is_whole: bool
    is_tier: bool
    named_by: int | None = None


class _Fit(Protocol):
    @property
    def grid(self) -> Grid: ...
    @property
    def columns(self) -> tuple[int, ...]: ...
    @property
    def cover(self) -> float: ...


Fit = TypeVar("Fit", bound=_Fit)


class TablePlanner:
    """Computes over a table, or says the cells where the named rows and columns meet; then it shows the rows."""

    def __init__(self, engine: TableEngine) -> None:
        self._engine = engine

    def plan(self, material: Material) -> Composed | None:
        """Returns the answer; None where the question asks for no computation and names no row, or no column of it."""
        if Shaped.STEPS in material.asked:
            return None
        if Shaped.TOPIC in material.asked and not asked_of(material.question).operations:
            return None
        held = candidates(material, asked_of(material.question))
        plans = [one for one in plans_of(held, material) if not _is_stated(one, material)]
        plan = plans[0] if plans else None
        is_free = plan is None or bool(plan.choices)
        compared = compared_rows(held, material, is_free=is_free) if Shaped.COMPARISON in material.asked else None
        if compared is not None:
            return compared
        found = [one for candidate in held if not candidate.is_joined for one in _found(candidate, material)]
        best = max(found, key=lambda one: one.score, default=None)
        if best is not None and best.cover < _ALL_PARTS and joins(material.question):
            best = None
        if best is not None and len(best.rows) == 1 and Shaped.COMPARISON in material.asked:
            best = None
        if len(parts_of(material.question)) > 1:
            plan = plan if plan is not None and plan.cover >= _ALL_PARTS else None
        of_value = best is not None and best.named_by not in {None, best.grid.key, best.grid.called_by}
        if plan is not None and (
            plan.is_asked or best is None or not best.is_whole or plan.cover > best.cover or of_value
        ):
            computation = self._computed(plan, plans, material)
            if computation is not None and computation.shape is Shape.REFUSAL:
                computation = compared_rows(held, material) or computation
            if computation is not None:
                return computation
        return _looked_up(best, found, material) if best is not None else None

    def _computed(self, best: Plan, plans: Sequence[Plan], material: Material) -> Composed | None:
        citing, question = Citing(material), material.question
        same = _twins(best, (plan for plan in plans if plan.operation is best.operation), material)
        return _of_each([(plan.grid, computed(plan, citing, question, self._engine)) for plan in same])


def _looked_up(best: _Found, found: Sequence[_Found], material: Material) -> Composed | None:
    citing = Citing(material)
    return _of_each([(one.grid, _composed(one, citing)) for one in _twins(best, found, material)])


def _is_stated(plan: Plan, material: Material) -> bool:
    """Returns whether the document itself says what the table comes to, in a line that begins with such a word."""
    if plan.operation is not Operation.SUM or plan.filters or plan.by is not None or plan.of_row is not None:
        return False
    return any(
        material.hits[item.hit_index].chunk.version_id == plan.grid.chunk.version_id
        and plan.grid.row_at(item.span) is None
        and not SUMS.isdisjoint(tokens(item.text)[:_FIRST_WORDS])
        and bool(numbers(item.text))
        for item in material.evidence
    )


def _found(candidate: Candidate, material: Material) -> list[_Found]:
    grid, asked = candidate.grid, candidate.asked
    rows = asked_rows(grid, asked, candidate.context)
    if not rows:
        return []
    of_rows = frozenset[str]().union(*(one.words for one in rows))
    left = [word for word in asked.words if word not in of_rows]
    named = _named(grid, left, asked)
    in_columns = frozenset[str]().union(*named.values())
    cover = coverage(asked.words, of_rows, in_columns, candidate.context, missing=missing_concepts(grid, asked))
    is_whole = all(one.whole for one in rows)
    around = [word for word in left if word not in candidate.context]
    columns = _chosen(grid, named, around, asked, material)
    if not named and len(columns) > 1 and not _is_keyed(grid, rows):
        return []
    is_tier = is_whole and next(tiers_holding(grid, asked.amounts), None) is not None
    least = _LEAST_TIER if is_tier else _LEAST if is_whole else _LEAST_PARTLY
    if not columns or cover < (least if candidate.is_best else _AWAY) or not (named or candidate.is_best):
        return []
    places = tuple(dict.fromkeys(one.row for one in rows))
    score = cover + 0.2 * is_whole + 0.2 * bool(named) + 0.1 * _is_keyed(grid, rows) + 0.1 * candidate.is_best
    score -= 0.02 * candidate.rank
    by = {one.column for one in rows}
    # A cell that several rows share, such as a city, is no name of a row.
    named_by = by.pop() if len(by) == 1 and len(places) == 1 else None
    return [
        _Found(
            grid=grid,
            rows=places,
            columns=columns,
            cover=cover,
            score=score,
            is_whole=is_whole,
            is_tier=is_tier,
            named_by=named_by,
        )
    ]


def _is_keyed(grid: Grid, rows: Sequence[NamedRow]) -> bool:
    return all(one.column == grid.key for one in rows)


def _named(grid: Grid, words: Sequence[str], asked: Asked) -> dict[int, frozenset[str]]:
    """Returns the columns that the words name, else those that it means (``how heavy``); of two parts both."""
    named = own_columns(grid, words)
    if named and not joins(asked.text):
        return named
    for concept in asked.meant:
        meant = own_columns(grid, tuple(stems(concept)))
        if meant.keys().isdisjoint(named):
            named |= {column: meant[column] for column in asked_columns(grid, meant)[:1]}
    return named


def _chosen(
    grid: Grid, named: dict[int, frozenset[str]], left: Sequence[str], asked: Asked, material: Material
) -> tuple[int, ...]:
    """Returns the columns that the question names, best first; those nearest in meaning where it has no word of any."""
    others = [column for column in range(len(grid.names)) if column != grid.key]
    columns = asked_columns(grid, named)
    if asked.wants_date:
        dates = [column for column in others if grid.kinds[column] is ColumnKind.DATE]
        columns = tuple(column for column in columns if column in dates) or columns
        if dates and not set(columns) & set(dates):
            return tuple(dates) if len(dates) == 1 else _nearest(grid, dates, material)
    if columns:
        return columns if len(columns) <= _MOST_COLUMNS else _nearest(grid, columns, material)
    if not left and len(others) <= _WHOLE_ROW:
        return tuple(others)
    if len(others) <= _FEW_COLUMNS and (not left or not any(grid.names[column] for column in others)):
        return tuple(others)
    return _nearest(grid, others, material) if left else ()


def _nearest(grid: Grid, columns: Sequence[int], material: Material) -> tuple[int, ...]:
    columns = [column for column in columns if len(grid.names[column]) >= _SHORTEST_NAME]
    if not 1 < len(columns) <= _MOST_ENCODED:
        return ()
    cosines = material.scorer.likeness(material.question, [grid.names[column] for column in columns])
    order = sorted(range(len(columns)), key=lambda at: -float(cosines[at]))
    if float(cosines[order[0]] - cosines[order[1]]) < _CLEAR:
        return ()
    return (columns[order[0]],)


def _composed(found: _Found, citing: Citing) -> Composed | None:
    grid = found.grid
    sentences = [
        row_sentence(grid, row, found.columns, citing, named_by=found.named_by) for row in found.rows[:_MOST_SAID]
    ]
    said = [replace(sentence, before=" " * bool(at)) for at, sentence in enumerate(filter(None, sentences))]
    if not said:
        return None
    cells = [(row, column) for row in found.rows[:_MOST_SAID] for column in (grid.key, *found.columns)]
    return citing.composed(
        Shape.TABLE,
        [*said, *footnotes(grid, cells, citing)],
        tables=[shown_rows(grid, found.rows, found.columns, citing)],
        certain=found.cover >= (_LEAST_TIER if found.is_tier else _CERTAIN if found.is_whole else 1.0),
    )


def _twins(best: Fit, others: Iterable[Fit], material: Material) -> list[Fit]:
    """Returns the best fit and, of each other document, one that covers as much in a table of the same columns.

    Only the best one where the question says which edition it means.
    """
    held = {best.grid.chunk.document_id: best}
    if not material.focus.is_explicit:
        for one in others:
            is_same = (one.grid.names, one.columns) == (best.grid.names, best.columns)
            if is_same and one.cover >= best.cover:
                held.setdefault(one.grid.chunk.document_id, one)
    return list(held.values())[:_MOST_DOCUMENTS]


def _of_each(answers: Sequence[tuple[Grid, Composed | None]]) -> Composed | None:
    """Returns the answers as one, each under the name of its document, the newest first; once where all say the same.

    Their passages are those of the last one: they are numbered together.
    """
    held = [(grid.chunk, answer) for grid, answer in answers if answer is not None]
    if len({tuple(one.text for one in answer.sentences) for _, answer in held}) <= 1:
        return held[0][1] if held else None
    held.sort(key=lambda one: day_of(one[0]), reverse=True)
    names = told_apart([chunk for chunk, _ in held])
    sentences: list[ComposedSentence] = []
    for name, (_, answer) in zip(names, held, strict=True):
        first, *rest = answer.sentences
        sentences += [replace(first, text=f"{name}: {first.text}", before="\n" * bool(sentences)), *rest]
    return replace(
        held[0][1],
        sentences=tuple(sentences),
        tables=tuple(table for _, answer in held for table in answer.tables),
        passages=max((answer.passages for _, answer in held), key=len),
        certain=all(answer.certain for _, answer in held),
    )
