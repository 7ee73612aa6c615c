"""Answers from tables of several documents that fit a question equally well, such as one workbook for each plant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from rag.answers import Composed, ComposedSentence
from rag.composition.labels import day_of, told_apart
from rag.composition.material import Material
from rag.composition.tables.grid import Grid

_MOST = 4


class _Fit(Protocol):
    @property
    def grid(self) -> Grid: ...
    @property
    def columns(self) -> tuple[int, ...]: ...
    @property
    def cover(self) -> float: ...


Fit = TypeVar("Fit", bound=_Fit)


def twins(best: Fit, others: Iterable[Fit], material: Material) -> list[Fit]:
    """Returns the best fit and, of each other document, one that covers as much in a table of the same columns.

    Only the best one where the question says which edition it means.
    """
    held = {best.grid.chunk.document_id: best}
    if not material.focus.is_explicit:
        for one in others:
            is_same = (one.grid.names, one.columns) == (best.grid.names, best.columns)
            if is_same and one.cover >= best.cover:
                held.setdefault(one.grid.chunk.document_id, one)
    return list(held.values())[:_MOST]


def of_each(answers: Sequence[tuple[Grid, Composed | None]]) -> Composed | None:
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
