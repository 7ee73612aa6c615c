"""Compares rows of a table: those whose names stand in the question, with the columns that it names, or all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.answers import Composed, ComposedSentence, Shape
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked
from rag.composition.phrases.wording import worded
from rag.composition.tables.answer_rows import cell_marks, row_sentence, shown_rows
from rag.composition.tables.candidates import Candidate
from rag.composition.tables.computation import value_text
from rag.composition.tables.grid import Grid
from rag.composition.tables.matching import asked_columns, own_columns, with_periods
from rag.composition.tables.question import Operation, asked_of
from rag.composition.tables.typed_columns import ColumnKind, number_of
from rag.composition.tables.words import language_of, phrase, with_unit
from rag.text.folding import fold_forms
from rag.text.words import has_cjk

_FEWEST, _MOST = 2, 4
_MOST_COLUMNS = 12
_MARKS = "*†‡§ "
_COMPUTED = frozenset(Operation) - {Operation.LIST}
_FEW_COLUMNS = 6
"""Columns that are all said where the question has a word that none of them has."""
_SHORTEST = 2
"""Characters of a cell that names a row."""


def compared_rows(found: Sequence[Candidate], material: Material, *, is_free: bool = True) -> Composed | None:
    """Returns the rows that are compared, in the question's order; None where it compares none of one table.

    Unless ``is_free``, something is computed, and they are compared only if the word for it is a row's name: "minimum".
    """
    if Asked.COMPARISON not in material.asked:
        return None
    text = f" {' '.join(fold_forms(material.question).casefold().split())} "
    held = [
        (candidate, rows, column, rest)
        for candidate in found
        if not candidate.is_joined
        for column in _naming(candidate.grid)
        for rows, rest in (_named(candidate.grid, column, text),)
        if _FEWEST <= len(rows) <= _MOST and (is_free or not _COMPUTED.intersection(asked_of(rest).operations))
    ]
    # Rows beside which the question names columns, too, before rows alone.
    held.sort(key=lambda one: not own_columns(one[0].grid, asked_of(one[3]).words))
    composed = (_composed(candidate, rows, column, rest, material) for candidate, rows, column, rest in held)
    return next(filter(None, composed), None)


def _naming(grid: Grid) -> list[int]:
    """Returns the columns whose cells may name rows, the key first."""
    texts = [column for column, kind in enumerate(grid.kinds) if kind is ColumnKind.TEXT and column != grid.key]
    return [grid.key, *texts]


def _named(grid: Grid, column: int, text: str) -> tuple[list[int], str]:
    """Returns the rows whose cells stand in the text, in its order, and the text without them.

    Longer names go first: "A-1 Pro" is not "A-1". A cell that several rows share names none.
    """
    cells = [
        " ".join(fold_forms(grid.text(row, column)).casefold().split()).rstrip(_MARKS) for row in range(grid.row_count)
    ]
    counts = Counter(cells)
    places: dict[int, int] = {}
    for row in sorted(range(grid.row_count), key=lambda row: -len(cells[row])):
        cell = cells[row]
        at = _place(text, cell) if len(cell) >= _SHORTEST and counts[cell] == 1 else -1
        if at >= 0:
            places[row] = at
            text = text[:at] + " " * len(cell) + text[at + len(cell) :]
    return sorted(places, key=places.__getitem__), text


def _place(text: str, name: str) -> int:
    at = text.find(name)
    while at >= 0:
        around = (text[at - 1], text[at + len(name)])
        if not any(sign.isalnum() and not has_cjk(sign) for sign in around):
            return at
        at = text.find(name, at + 1)
    return -1


def _composed(candidate: Candidate, rows: Sequence[int], column: int, rest: str, material: Material) -> Composed | None:
    grid = candidate.grid
    asked = with_periods(asked_of(rest), grid)
    meant = [word for word in candidate.asked.words if word not in asked_of(material.question).words]
    named = own_columns(grid, (*asked.words, *meant)) or own_columns(grid, tuple(asked.concept_words))
    known = frozenset[str]().union(candidate.context, *named.values())
    is_part = len(grid.names) <= _FEW_COLUMNS + 1 and not known.issuperset(asked.words)
    columns = ([] if is_part else sorted(asked_columns(grid, named))) or [
        other for other in range(len(grid.names)) if other != column
    ]
    if len(columns) > _MOST_COLUMNS or not (named or candidate.is_best):
        return None
    citing = Citing(material)
    filled = [other for other in columns if any(grid.text(row, other) for row in rows)]
    said = [row_sentence(grid, row, filled, citing, named_by=column) for row in rows]
    if not filled or None in said:
        return None
    stated = [_stated(one, grid, row, filled, material) for one, row in zip(filter(None, said), rows, strict=True)]
    sentences = [replace(one, before="\n" * bool(at)) for at, one in enumerate(stated)]
    if Operation.DIFFERENCE in candidate.asked.operations and len(rows) == _FEWEST:
        sentences.extend(_difference(grid, rows, filled, citing, material))
    shown = shown_rows(grid, rows, columns, citing)
    return citing.composed(Shape.COMPARISON, sentences, tables=[shown], certain=True)


def _stated(
    sentence: ComposedSentence, grid: Grid, row: int, columns: Sequence[int], material: Material
) -> ComposedSentence:
    """Returns what is said of a row, and of which columns it has nothing."""
    empty = [grid.names[column] for column in columns if not grid.text(row, column)]
    if not empty:
        return sentence
    said = "; ".join(f"{name}: {worded('not_stated', material.question)}" for name in empty)
    return replace(sentence, text=f"{sentence.text.rstrip('.')}; {said}.")


def _difference(
    grid: Grid, rows: Sequence[int], columns: Sequence[int], citing: Citing, material: Material
) -> Iterator[ComposedSentence]:
    """Yields by how much the numbers of two rows differ."""
    parts: list[str] = []
    used: list[tuple[int, int]] = []
    for column in columns:
        cells = [grid.text(row, column) for row in rows]
        values = [value for cell in cells if (value := number_of(cell, grid.decimal)) is not None]
        units = {unit for _, unit in values}
        if len(values) < len(rows) or len(units) > 1:
            continue
        name, unit = with_unit(grid.names[column].replace("_", " "))
        apart = abs(values[0][0] - values[1][0])
        said = value_text(apart, cells, decimal=grid.decimal, unit=units.pop() or unit, is_mean=False)
        parts.append(f"{name} {said}")
        used += [(row, column) for row in rows]
    marks = cell_marks(grid, used, citing)
    if marks:
        language = language_of(material.question, grid.document.text)
        yield ComposedSentence(text=phrase(language, "difference", value="; ".join(parts)), marks=marks, before="\n")
