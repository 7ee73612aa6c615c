"""Plans a computation over a table from a question: which rows, which column, what of it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.composition.tables.candidates import Candidate, Likeness, coverage
from rag.composition.tables.duckdb_engine import Value
from rag.composition.tables.grid import Grid
from rag.composition.tables.matching import (
    NamedRow,
    asked_rows,
    missing_concepts,
    named_columns,
    own_columns,
    ranked_columns,
    series,
    shared_words,
)
from rag.composition.tables.question import Asked, Comparison, Condition, Operation
from rag.composition.tables.typed_columns import ColumnKind
from rag.composition.tables.words import HELD, is_alike, tokens, with_unit

_AGGREGATES = (Operation.DIFFERENCE, Operation.MEAN, Operation.MEDIAN, Operation.SUM)
_RANKS = (Operation.MAX, Operation.MIN, Operation.NEXT, Operation.SORT)
_TURNED = {Operation.MAX: Operation.MIN, Operation.MIN: Operation.MAX}
_LISTS = (Operation.COUNT, Operation.LIST)
_OVER_PERIODS = frozenset({Operation.SUM, Operation.MEAN, *_RANKS})
_PERIODS = frozenset(word for name in HELD["periods"]["words"] for word in tokens(name))
SUMS = frozenset(word for name in HELD["operations"]["sum"] for word in tokens(name))
"""Words that say that a number is a sum."""
_IDENTIFIERS = frozenset(HELD["identifiers"]["words"])
_UNITS = frozenset({*HELD["units"].values(), *HELD["columns_units"]["written"]})
_CLOSE = 0.95
_CLEAR = 0.02
_ROWS = frozenset(word for noun in HELD["nouns"]["rows"] for word in tokens(noun))
"""Words for the rows of any table."""
_LEAST = 0.7
_LEAST_BELOW = 0.8
_LEAST_AWAY = 0.85
_MANY = 3
"""So many of operation, conditions and a named column outweigh one word that the table lacks."""
_MOST_CHOICES = 4
_FEW = 5
_YEARS = range(1000, 2200)
_GROUPED = frozenset({Operation.SUM, Operation.MEAN})
_BY = re.compile(rf"(?<!\w)(?:{'|'.join(HELD['groups']['words'])}) ?(\w{{1,30}})", re.IGNORECASE)
"""What is computed for each of, and its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition on a column: any of several ``values`` where the sign is ``=``, one value otherwise."""

    column: int
    sign: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A computation. ``column`` is None where rows are counted or listed, else what is counted or listed of them.

    ``cover`` is how much of the question fits. ``choices`` are the columns of which one would have to be named: then
    nothing is computed. ``series`` are columns that are added up row by row, in place of ``column``; of ``of_row``
    alone, if that is given. ``by`` is the column for each value of which it is computed.
    """

    grid: Grid
    operation: Operation
    column: int | None
    filters: tuple[Filter, ...]
    top: int
    score: float
    cover: float
    choices: tuple[int, ...] = ()
    series: tuple[int, ...] = ()
    of_row: int | None = None
    by: int | None = None

    @property
    def is_asked(self) -> bool:
        """Whether the question says that something is to be computed or compared."""
        return self.operation is not Operation.LIST or any(one.sign != "=" for one in self.filters)

    @property
    def columns(self) -> tuple[int, ...]:
        """The columns of conditions and value, each once."""
        column = self.series if self.column is None else (self.column,)
        by = () if self.by is None else (self.by,)
        return tuple(dict.fromkeys([*by, *(one.column for one in self.filters), *column]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    grid: Grid
    asked: Asked
    rows: Sequence[NamedRow]
    likeness: Likeness
    context: frozenset[str]

    @property
    def left(self) -> tuple[str, ...]:
        of_rows = frozenset[str]().union(*(one.words for one in self.rows))
        return tuple(word for word in self.asked.words if word not in of_rows)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The words that neither rows, columns nor the surroundings of the table have."""
        in_columns = frozenset[str]().union(*self.named.values())
        return tuple(word for word in self.left if word not in in_columns and word not in self.context)

    @property
    def named(self) -> Mapping[int, frozenset[str]]:
        return own_columns(self.grid, self.left)

    @property
    def conditions(self) -> list[Condition]:
        """The conditions that fit the table."""
        return [condition for condition, _ in self.conditioned]

    @property
    def conditioned(self) -> list[tuple[Condition, int]]:
        """The conditions with their columns, and what is said to be missing where numbers tell; of no named row."""
        if any(one.column == self.grid.key for one in self.rows):
            return []
        of_rows = frozenset[str]().union(*(one.words for one in self.rows))
        missing = tuple(self.asked.negated)
        counts = Operation.COUNT in self.asked.operations
        given = [one for one in self.asked.conditions if not one.words & of_rows and not (counts and one.is_there)]
        given += [Condition(sign="=", columns=self.asked.negated, words=frozenset())] if missing and not given else []
        found = []
        for condition in given:
            kinds = {ColumnKind.NUMBER, ColumnKind.TRUTH} if condition.columns else {ColumnKind.NUMBER}
            kinds = {ColumnKind.NUMBER} if not condition.words else kinds
            named = named_columns(self.grid, tuple(condition.columns)) if condition.columns else self.named
            columns = [column for column in named if self.grid.kinds[column] in kinds and column != self.grid.key]
            column = _clearest(self, columns)[0]
            if column is not None:
                found.append((condition, column))
        return found

    @property
    def one_row(self) -> int | None:
        """The row that the question names, where it names one alone."""
        rows = {one.row for one in self.rows if one.column == self.grid.key}
        return rows.pop() if len(rows) == 1 else None

    @property
    def series(self) -> tuple[int, ...]:
        """The columns of periods to be added up; empty where that is not asked, or for another column.

        A mean is that of a row: of several rows it could be one of sums or one of cells.
        """
        asked = self.asked
        is_asked = Operation.SUM in asked.operations or (
            Operation.MEAN in asked.operations and self.one_row is not None
        )
        if not is_asked or not _PERIODS.isdisjoint(asked.words) or asked.comparisons:
            return ()
        words = (*self.left, *self.asked.concept_words)
        is_named = any(self.grid.kinds[column] is ColumnKind.NUMBER for column in named_columns(self.grid, words))
        return series(self.grid, words) if is_named or not (self.unknown or self.asked.further) else ()


def plan_of(candidate: Candidate, likeness: Likeness) -> Plan | None:
    """Returns the computation over a table; None where the question asks for none, or does not fit the table."""
    grid, asked = candidate.grid, candidate.asked
    rows = _certain(asked_rows(grid, asked, candidate.context), grid.key)
    reading = _Reading(grid=grid, asked=asked, rows=rows, likeness=likeness, context=candidate.context)
    operation = _operation(reading)
    if operation is None:
        return None
    filters, used, choices = _filters(reading)
    numbers = {column for column in reading.named if grid.kinds[column] is ColumnKind.NUMBER} - used
    names_number = any(
        not _identifies(grid, column) and not reading.named[column] <= _called(grid) for column in numbers
    )
    if operation is Operation.COUNT and names_number and not used:
        return None  # the number that is asked for stands in a cell
    periods = reading.series if operation in _OVER_PERIODS else ()
    column, choices = _value(reading, operation, filters, used, choices, periods)
    if not _is_complete(reading, operation, column, filters, choices, periods):
        return None
    if column is not None and operation in _TURNED and not asked.reversed_words.isdisjoint(tokens(grid.names[column])):
        operation = _TURNED[operation]
    if column is not None and operation is Operation.NEXT:
        filters += _from_today(grid, column)
    parts: dict[str, str] = {}
    if not any(one.column == grid.key for one in rows):
        parts = shared_words(grid, reading.unknown)
        filters += tuple(Filter(column=grid.key, sign="ILIKE", values=(f"%{part}%",)) for part in parts.values())
    cover = _cover(reading, operation, column, filters, parts)
    # A table below better passages must fit better, and is nothing to ask back about.
    least = _LEAST_AWAY if not candidate.is_best else _LEAST_BELOW if candidate.rank else _LEAST
    if cover < least or (choices and (candidate.rank or not candidate.is_best)):
        return None
    return Plan(
        grid=grid,
        operation=operation,
        column=column,
        filters=filters,
        top=asked.top,
        score=cover + 0.1 * len(filters) + 0.1 * candidate.is_best - 0.02 * candidate.rank - 0.5 * bool(choices),
        cover=cover,
        choices=choices,
        series=periods,
        of_row=reading.one_row if periods else None,
        by=_grouped_by(reading, operation),
    )


def _grouped_by(reading: _Reading, operation: Operation) -> int | None:
    """Returns the column whose name stands behind a word such as "by" or "per"."""
    if operation not in _GROUPED or reading.one_row is not None:
        return None
    named = [tokens(match[1]) for match in _BY.finditer(reading.asked.text)]
    grid = reading.grid
    for column, name in enumerate(grid.names):
        is_named = any(frozenset(one) & frozenset(tokens(name)) for one in named)
        if grid.kinds[column] is ColumnKind.TEXT and is_named:
            is_each_row = len(set(grid.column(column))) == grid.row_count
            return None if is_each_row and operation is Operation.MEAN else column  # "per month", a row for each
    return None


def _value(
    reading: _Reading,
    operation: Operation,
    filters: Sequence[Filter],
    used: frozenset[int],
    choices: tuple[int, ...],
    periods: tuple[int, ...],
) -> tuple[int | None, tuple[int, ...]]:
    """Returns the column that is computed or listed, and the choices where it is not clear."""
    if operation in _LISTS:
        return _listed_column(reading, filters), choices
    if choices or periods:
        return None, choices
    column, others = _value_column(reading, operation, used)
    return column, others if column is None else ()


def _is_complete(
    reading: _Reading,
    operation: Operation,
    column: int | None,
    filters: Sequence[Filter],
    choices: Sequence[int],
    periods: Sequence[int],
) -> bool:
    """Returns whether there is something to compute; "when is the next meeting" names no table's column."""
    if operation in _LISTS:
        return bool(filters or choices) or (operation is Operation.COUNT and _counts_all(reading, column))
    if operation is Operation.NEXT and column not in reading.named and Operation.LIST not in reading.asked.operations:
        return False
    return column is not None or bool(choices or periods)


def _cover(
    reading: _Reading,
    operation: Operation,
    column: int | None,
    filters: Sequence[Filter],
    parts: Mapping[str, str],
) -> float:
    """Returns how much of the question fits the table; 0 where nothing but its surroundings does."""
    asked, grid = reading.asked, reading.grid
    of_rows = [one.words for one in reading.rows]
    of_conditions = [one.words for one in reading.conditions]
    matched = frozenset[str]().union(*reading.named.values(), *of_rows, *of_conditions, parts) | (
        asked.concept_words if column is not None else frozenset()
    )
    missing = missing_concepts(grid, asked)
    cover = coverage(asked.words, matched, reading.context, missing=missing)
    is_meant = column is not None and not asked.further_words.isdisjoint(tokens(grid.names[column]))
    is_chosen = is_meant or column in reading.named
    fits = (operation is not Operation.LIST) + len(filters) + is_chosen
    if fits >= _MANY and len(reading.unknown) <= 1 and not missing:
        return max(cover, _LEAST_AWAY)
    if operation is Operation.SUM and not asked.words and _is_total(grid, column):
        return cover
    is_about = bool(reading.context) and (operation is not Operation.LIST or bool(asked.comparisons))
    return cover if not matched.isdisjoint(asked.words) or is_meant or asked.conditions or is_about else 0.0


def _certain(rows: Sequence[NamedRow], key: int) -> list[NamedRow]:
    """Returns the rows that are named by a whole cell, or by words that no other row has."""
    counts = Counter(word for one in rows for word in one.words)
    return [one for one in rows if one.whole or one.column != key or any(counts[word] == 1 for word in one.words)]


def _operation(reading: _Reading) -> Operation | None:
    asked = reading.asked
    in_key = {one.row for one in reading.rows if one.column == reading.grid.key}
    is_one = len({one.row for one in reading.rows}) == 1
    superlative = next((one for one in asked.operations if one in _RANKS), None)
    is_filtered = bool(asked.comparisons or reading.conditions)
    if superlative is not None and Operation.SUM in asked.operations and reading.series:
        return superlative  # "the highest total"
    counts = Operation.COUNT in asked.operations and superlative is None
    for operation in (Operation.COUNT,) if counts and is_filtered else (*_AGGREGATES, Operation.COUNT):
        if operation not in asked.operations or (operation is Operation.COUNT and not counts):
            continue
        if operation is Operation.DIFFERENCE and (is_one or len(in_key) == 1):
            return None
        of_cell = is_one and bool(in_key) and operation is not Operation.DIFFERENCE
        if operation is Operation.COUNT:
            of_cell = bool(in_key) or is_one
        if of_cell and not is_filtered and not (operation in _OVER_PERIODS and reading.series):
            return None  # "How many seats has the A-12?" asks for a cell, "the total for bearings" of a row, too.
        return operation
    if superlative is not None:
        # Of rows that are named, all are wanted, the first one first.
        return Operation.SORT if superlative is Operation.MAX and 1 < len(in_key) <= _FEW else superlative
    is_listed = is_filtered or (_truths(reading) and not in_key) or _is_category(reading)
    return Operation.LIST if is_listed else None


def _is_category(reading: _Reading) -> bool:
    """Returns whether the question names what several rows have in common, such as a kind or a place, and no row."""
    columns = {one.column for one in reading.rows}
    asks = Operation.LIST in reading.asked.operations and all(one.whole for one in reading.rows)
    return reading.grid.key not in columns and (0 < len(columns) < len(reading.rows) + asks)


def _truths(reading: _Reading) -> list[int]:
    """Returns the columns of truths that the question names by words that are not the table's own."""
    return [
        column
        for column, words in reading.named.items()
        if reading.grid.kinds[column] is ColumnKind.TRUTH and words - reading.context
    ]


def _called(grid: Grid) -> frozenset[str]:
    """Returns the words by which the table is called, such as those of "price list"."""
    return frozenset([*tokens(grid.title), *tokens(grid.chunk.name)])


def _counts_all(reading: _Reading, column: int | None) -> bool:
    """Returns whether the question counts the rows of the whole table, or the values of a column."""
    grid = reading.grid
    names = {*tokens(grid.names[grid.key]), *tokens(grid.names[grid.called_by]), *_called(grid)}
    is_count = reading.asked.operations[:1] == (Operation.COUNT,) and bool(reading.left)
    if not is_count or not _ROWS.issuperset(reading.unknown):
        return False
    of_rows = bool(reading.unknown) and any(word in names for word in reading.left)  # "items in the price list"
    return column is not None or of_rows or any(is_alike(reading.left[0], name) for name in names)


def _listed_column(reading: _Reading, filters: Sequence[Filter]) -> int | None:
    """Returns the column that is asked for, where its values are not those that the rows are called by."""
    grid = reading.grid
    used = {one.column for one in filters}
    named = {**named_columns(grid, reading.left[:1]), **named_columns(grid, reading.asked.words[:1])}
    named = named or dict(named_columns(grid, tuple(reading.asked.further_words)))
    texts = [column for column in named if grid.kinds[column] is ColumnKind.TEXT and column not in used]
    fits = len(texts) == 1 and texts[0] != grid.called_by
    repeats = texts == [grid.key] and len(set(grid.column(grid.key))) < grid.row_count
    return texts[0] if fits or repeats else None


def _from_today(grid: Grid, column: int) -> tuple[Filter, ...]:
    """Returns the condition that dates are not past, unless all of them are."""
    today = datetime.now(tz=UTC).date().isoformat()
    is_ahead = any(isinstance(value, str) and value >= today for value in grid.typed(column).values)
    return (Filter(column=column, sign=">=", values=(today,)),) if is_ahead else ()


def _filters(reading: _Reading) -> tuple[tuple[Filter, ...], frozenset[int], tuple[int, ...]]:
    """Returns the conditions, the columns of the comparisons, and the choices where a column is not clear."""
    grid = reading.grid
    found: list[Filter] = []
    by_column: dict[int, dict[str, None]] = {}
    for one in reading.rows:
        by_column.setdefault(one.column, {})[grid.text(one.row, one.column)] = None
    found += [Filter(column=column, sign="=", values=tuple(values)) for column, values in by_column.items()]
    used: set[int] = set()
    for comparison in reading.asked.comparisons:
        column, choices = _compared(reading, comparison)
        if column is None:
            return (), frozenset(), choices
        used.add(column)
        is_date = grid.kinds[column] is ColumnKind.DATE
        value = _date(comparison) if is_date else comparison.value
        found.append(Filter(column=column, sign=comparison.sign, values=(value,)))
    for condition, column in reading.conditioned:
        used.add(column)
        value = condition.sign == ">" if grid.kinds[column] is ColumnKind.TRUTH else 0.0
        sign = "=" if grid.kinds[column] is ColumnKind.TRUTH else condition.sign
        found.append(Filter(column=column, sign=sign, values=(value,)))
    for column in _truths(reading):
        if column not in used:
            wanted = not reading.named[column] & reading.asked.negated
            found.append(Filter(column=column, sign="=", values=(wanted,)))
    return tuple(found), frozenset(used), ()


def _date(comparison: Comparison) -> str:
    if isinstance(comparison.value, str):
        return comparison.value
    return f"{int(comparison.value)}-{'12-31' if comparison.sign in {'>', '<='} else '01-01'}"


def _compared(reading: _Reading, comparison: Comparison) -> tuple[int | None, tuple[int, ...]]:
    grid = reading.grid
    kinds = {ColumnKind.NUMBER, ColumnKind.DATE} if comparison.value in _YEARS else {ColumnKind.NUMBER}
    kinds = {ColumnKind.DATE} if isinstance(comparison.value, str) else kinds
    fitting = [column for column, kind in enumerate(grid.kinds) if kind in kinds and column != grid.key]
    fitting = [column for column in fitting if not _has_other_unit(grid, column, comparison.unit)]
    with_unit = [column for column in fitting if comparison.unit and _has_unit(grid, column, comparison.unit)]
    concepts = reading.asked.concept_words
    if comparison.value in _YEARS and not comparison.unit:
        concepts |= {word for name in HELD["columns"]["date"] for word in tokens(name)}
    meant = named_columns(grid, tuple(concepts))
    by_meaning = [column for column in with_unit or fitting if column in meant]
    dates = [column for column in fitting if grid.kinds[column] is ColumnKind.DATE]
    return _clearest(reading, by_meaning or with_unit or dates or fitting)


def _has_other_unit(grid: Grid, column: int, unit: str) -> bool:
    """Returns whether a column has units, but not the known one of a comparison."""
    held = {HELD["units"].get(one.lower(), one.lower()) for one in grid.typed(column).units}
    return unit in _UNITS and bool(held & _UNITS) and unit not in held and not _has_unit(grid, column, unit)


def _has_unit(grid: Grid, column: int, unit: str) -> bool:
    name = grid.names[column].lower()
    held = {one.lower() for one in grid.typed(column).units}
    written = {word for word, sign in HELD["units"].items() if sign == unit}
    return unit.lower() in held or any(one in name for one in {unit, *written})


def _value_column(reading: _Reading, operation: Operation, used: frozenset[int]) -> tuple[int | None, tuple[int, ...]]:
    grid, asked = reading.grid, reading.asked
    kinds = {ColumnKind.NUMBER, ColumnKind.DATE} if operation in _RANKS else {ColumnKind.NUMBER}
    kinds = {ColumnKind.DATE} if operation is Operation.NEXT else kinds
    fitting = [column for column, kind in enumerate(grid.kinds) if kind in kinds and column != grid.key]
    named = [column for column in fitting if column in reading.named]
    totals = [column for column in fitting if _is_total(grid, column)]
    if operation is Operation.SUM and len(totals) == 1 and not named:
        return totals[0], ()
    meant = [_meant(grid, concept, fitting) for concept in asked.meant]
    turning = named_columns(grid, tuple(asked.reversed_words)) if operation in _TURNED else {}
    concepts = next(filter(None, meant), [])
    both = [column for column in concepts if column in named]
    bad = [column for column in named if column in turning]
    turned = [column for column in fitting if column in turning]
    if chosen := both or bad or concepts or named:
        return _clearest(reading, chosen)
    if turned:
        return _clearest(reading, turned)
    if asked.concepts and asked.concepts != tuple(HELD["columns"]["size"]):
        return None, ()
    fitting = [
        column for column in fitting if grid.kinds[column] is ColumnKind.NUMBER and not _identifies(grid, column)
    ]
    rest = [column for column in fitting if column not in used] or fitting
    return _clearest(reading, rest)


def _is_total(grid: Grid, column: int | None) -> bool:
    """Returns whether a column is called "Total" or the like."""
    return column is not None and SUMS.issuperset(tokens(with_unit(grid.names[column])[0]) or {""})


def _meant(grid: Grid, concept: Sequence[str], fitting: Sequence[int]) -> list[int]:
    """Returns the columns that the first of a concept's words has, with which any does."""
    for said in concept:
        if columns := [column for column in fitting if column in named_columns(grid, tokens(said))]:
            return columns
    return []


def _identifies(grid: Grid, column: int) -> bool:
    """Returns whether the numbers of a column are names, such as those of orders."""
    return not _IDENTIFIERS.isdisjoint(grid.names[column].casefold().replace(".", " ").replace("_", " ").split())


def _clearest(reading: _Reading, columns: Sequence[int]) -> tuple[int | None, tuple[int, ...]]:
    """Returns the column that the question names best, else those between which it does not choose."""
    if len(columns) <= 1:
        return (columns[0] if columns else None), ()
    meant = own_columns(reading.grid, (*reading.left, *reading.asked.further_words))
    named = {column: words for column, words in meant.items() if column in columns}
    ranked = ranked_columns(reading.grid, named)
    close = [column for score, column in ranked if score >= _CLOSE * ranked[0][0]] if ranked else list(columns)
    # "Price" is meant rather than "Price with tax".
    words = {*reading.left, *reading.asked.further_words}
    exact = [
        column
        for column in close
        if words.issuperset(word for word in tokens(with_unit(reading.grid.names[column])[0]) if not word.isdecimal())
    ]
    if len(close) == 1 or len(exact) == 1:
        return (exact or close)[0], ()
    if not reading.unknown:
        return None, tuple(close) if len(close) <= _MOST_CHOICES else ()
    # "Spent" is rather like "Actual" than like "Plan": what the names share tells nothing.
    parts = [reading.grid.names[column].split() for column in close]
    shared = set(parts[0]).intersection(*parts[1:])
    own = [" ".join(word for word in part if word not in shared) for part in parts]
    cosines = reading.likeness(" ".join(reading.unknown), own)
    order = sorted(range(len(close)), key=lambda at: -float(cosines[at]))
    if float(cosines[order[0]]) - float(cosines[order[1]]) >= _CLEAR:
        return close[order[0]], ()
    return None, tuple(close) if len(close) <= _MOST_CHOICES else ()
