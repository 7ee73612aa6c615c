"""Compares rows of a table: those whose names stand in the question, with the columns that it names, or all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from rag.answers import Composed, Shape
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked
from rag.composition.tables.answer_rows import row_sentence, shown_rows
from rag.composition.tables.candidates import Candidate
from rag.composition.tables.grid import Grid
from rag.composition.tables.matching import asked_columns, own_columns, with_periods
from rag.composition.tables.question import asked_of
from rag.composition.tables.typed_columns import ColumnKind
from rag.text.folding import fold_forms
from rag.text.words import has_cjk

_FEWEST, _MOST = 2, 4
_MOST_COLUMNS = 12
_MARKS = "*†‡§ "
_SHORTEST = 2
"""Characters of a cell that names a row."""


def compared_rows(found: Sequence[Candidate], material: Material) -> Composed | None:
    """Returns the rows that are compared, in the question's order; None where it compares none of one table."""
    if Asked.COMPARISON not in material.asked:
        return None
    text = f" {' '.join(fold_forms(material.question).casefold().split())} "
    for candidate in found:
        grid = candidate.grid
        if candidate.is_joined:
            continue
        texts = [column for column, kind in enumerate(grid.kinds) if kind is ColumnKind.TEXT and column != grid.key]
        for column in (grid.key, *texts):
            rows, rest = _named(grid, column, text)
            if _FEWEST <= len(rows) <= _MOST:
                return _composed(candidate, rows, column, rest, material)
    return None


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
    columns = sorted(asked_columns(grid, named)) or [other for other in range(len(grid.names)) if other != column]
    if len(columns) > _MOST_COLUMNS or not (named or candidate.is_best):
        return None
    citing = Citing(material)
    said = [row_sentence(grid, row, columns, citing, named_by=column) for row in rows]
    sentences = [replace(one, before="\n" * bool(at)) for at, one in enumerate(filter(None, said))]
    if len(sentences) < len(rows):
        return None
    shown = shown_rows(grid, rows, columns, citing)
    return citing.composed(Shape.COMPARISON, sentences, tables=[shown], certain=True)
