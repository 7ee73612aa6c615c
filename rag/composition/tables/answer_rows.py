"""Says cells of a table in words, each with its place, and shows the rows that they belong to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.answers import AnswerCell, AnswerTable, CitationMark, ComposedSentence
from rag.composition.material import Citing
from rag.composition.tables.grid import Grid
from rag.composition.tables.typed_columns import number_of
from rag.composition.tables.words import GENERIC, with_unit
from rag.types import Span

_MOST_ROWS = 30
_MOST_COLUMNS = 12
_MOST_MARKS = 8
_SENTENCE_END = (".", "!", "?", "。", "…")
_NOTE_MARK = re.compile(r"([*†‡§]{1,3}|[¹²³⁴-⁹]|\[\d{1,2}\]|(?<=[^\d\s])\d\))$")
_CELL_NOTE = re.compile(r"; (Note(?: on [^:\n]{1,80})?: [^\n]{1,400})")
_LONGEST_NOTE = 400
_NOTES = 1_500
"""Characters below a table in which its notes stand."""


def cell_words(grid: Grid, row: int, column: int) -> str:
    """Returns ``weight 120 kg`` for a cell of the column ``weight (kg)``."""
    name, value = grid.names[column].replace("_", " "), grid.text(row, column)
    bare, unit = with_unit(name)
    if unit and number_of(value, ".") is not None:
        return f"{bare} {value}" if value.endswith(unit) else f"{bare} {value} {unit}"
    if not name or (len(grid.names) == 2 and name.casefold() in GENERIC):  # noqa: PLR2004
        return value
    return f"{name}: {value}" if len(value.split()) > 4 or number_of(value, ".") is None else f"{name} {value}"  # noqa: PLR2004


def row_sentence(
    grid: Grid, row: int, columns: Sequence[int], citing: Citing, *, named_by: int | None = None
) -> ComposedSentence | None:
    """Returns ``Lathe L-40: weight 120 kg.`` and the notes on cells of the row; None where no cell can be cited.

    The row is called by its cell in the column ``named_by``, else by that of the key.
    """
    name = grid.key if named_by is None else named_by
    filled = [column for column in columns if column != name and grid.text(row, column)]
    if not filled:
        return None
    is_called = name == grid.key and grid.called_by not in columns
    key = grid.called(row) if is_called else grid.text(row, name).rstrip(":： ")
    said = "; ".join(cell_words(grid, row, column) for column in filled)
    text = f"{key}: {said}" if key else said
    marks = cell_marks(grid, [(row, name), *((row, column) for column in filled)], citing)
    if not marks:
        return None
    text = text if text.endswith(_SENTENCE_END) else f"{text}."
    note = _cell_note(grid, row)
    mark = citing.mark(grid.chunk, note) if note is not None else None
    if note is not None and mark is not None:
        text, marks = f"{text} {grid.document.text[note.start : note.end]}", (*marks, mark)
    return ComposedSentence(text=text, marks=marks)


def cell_marks(grid: Grid, cells: Sequence[tuple[int, int]], citing: Citing) -> tuple[CitationMark, ...]:
    """Returns one citation for each passage that holds some of the cells: from the first of them to the last."""
    marks: dict[int, CitationMark] = {}
    for row, column in cells:
        span = grid.span(row, column)
        mark = citing.mark(grid.chunk, span) if span is not None else None
        if mark is None or mark.span is None:
            continue
        held = marks.get(mark.number, mark).span or mark.span
        start, end = min(held.start, mark.span.start), max(held.end, mark.span.end)
        marks[mark.number] = CitationMark(number=mark.number, span=Span(start=start, end=end))
    return tuple(marks.values())[:_MOST_MARKS]


def shown_rows(
    grid: Grid, rows: Sequence[int], columns: Sequence[int], citing: Citing, *, query: str = ""
) -> AnswerTable:
    """Returns the rows as a table, at most 30; with more than 12 columns only the named ones and the first."""
    every = range(len(grid.names))
    chosen = every if len(every) <= _MOST_COLUMNS else sorted({grid.key, *columns})
    if len(every) > _MOST_COLUMNS and not columns:
        chosen = every[:_MOST_COLUMNS]
    return AnswerTable(
        title=grid.title,
        header=tuple(grid.names[column] for column in chosen),
        rows=tuple(tuple(_cell(grid, row, column, citing) for column in chosen) for row in rows[:_MOST_ROWS]),
        query=query,
    )


def _cell(grid: Grid, row: int, column: int, citing: Citing) -> AnswerCell:
    span = grid.span(row, column)
    return AnswerCell(text=grid.text(row, column), mark=citing.mark(grid.chunk, span) if span is not None else None)


def footnotes(grid: Grid, cells: Sequence[tuple[int, int]], citing: Citing) -> list[ComposedSentence]:
    """Returns the notes below the table that marks in the cells or their columns' names refer to."""
    texts = [grid.text(row, column) for row, column in cells] + [grid.names[column] for _, column in cells]
    signs = dict.fromkeys(found[1] for text in texts if (found := _NOTE_MARK.search(text)))
    notes = []
    for sign in signs:
        note = next((span for span in _lines_after(grid) if _begins(grid, span, sign)), None)
        mark = citing.mark(grid.chunk, note) if note is not None else None
        if note is not None and mark is not None:
            said = grid.document.text[note.start : note.end]
            notes.append(ComposedSentence(text=said, marks=(mark,), before="\n"))
    return notes


def _cell_note(grid: Grid, row: int) -> Span | None:
    """Returns the place of the notes on cells of a row, which stand behind its last cell."""
    ends = [span.end for column in range(len(grid.names)) if (span := grid.span(row, column)) is not None]
    found = _CELL_NOTE.match(grid.document.text, max(ends)) if ends else None
    return Span(start=found.start(1), end=found.end(1)) if found else None


def _lines_after(grid: Grid) -> Iterator[Span]:
    start = grid.end
    for line in grid.document.text[start : start + _NOTES].splitlines(keepends=True):
        text = line.strip()
        if text:
            begin = start + line.index(text[0])
            yield Span(start=begin, end=begin + min(len(text), _LONGEST_NOTE))
        start += len(line)


def _begins(grid: Grid, span: Span, sign: str) -> bool:
    line = grid.document.text[span.start : span.end]
    return line.startswith((sign, f"({sign.strip('[])')})"))
