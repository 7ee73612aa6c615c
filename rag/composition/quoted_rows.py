"""Says a row of a table in words where its line is quoted: ``Gate: port 5601.``, not ``Part: Gate; Port: 5601``."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answers import AnswerTable, ComposedSentence
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import joins
from rag.composition.tables.answer_rows import row_sentence, shown_rows
from rag.composition.tables.grid import Grid, grids_of
from rag.composition.tables.matching import own_columns
from rag.composition.tables.question import asked_of
from rag.retrieval.evidence import Evidence

_MOST_COLUMNS = 12
_CLEAR = 0.1
"""By so much a column's name must be nearer to the question than the others' names, for its cell to be said alone."""


class Rows:
    """The rows that are quoted in an answer."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._found: list[tuple[Grid, int]] = []
        self._columns: dict[tuple[str, ...], Sequence[int]] = {}
        self.citing = Citing(material)

    def said(self, item: Evidence) -> ComposedSentence | None:
        """Returns the row in words; None for a sentence that stands in no table, or in one without named columns."""
        grid = self._grid_at(item)
        row = grid.row_at(item.span) if grid is not None else None
        if grid is None or row is None or not all(grid.names):
            return None
        if grid.names not in self._columns:
            self._columns[grid.names] = self._nearest(grid, row)
        sentence = row_sentence(grid, row, self._columns[grid.names], self.citing)
        if sentence is not None:
            self._found.append((grid, row))
        return sentence

    def shown(self) -> tuple[AnswerTable, ...]:
        """Returns the rows said of the first table as a table."""
        if not self._found:
            return ()
        grid = self._found[0][0]
        rows = [row for other, row in self._found if other.end == grid.end and other.chunk == grid.chunk]
        return (shown_rows(grid, list(dict.fromkeys(rows)), self._columns[grid.names], self.citing),)

    def _grid_at(self, item: Evidence) -> Grid | None:
        chunk = self._material.passages[item.hit_index].hit.chunk
        document = self._material.document(chunk)
        tables = document.tables if document is not None else ()
        held = [table for table in tables if table.span.start <= item.span.start < table.span.end]
        return next(iter(grids_of(chunk, document, held[:1])), None) if document is not None else None

    def _nearest(self, grid: Grid, row: int) -> Sequence[int]:
        """Returns the column that the question names or that is clearly nearest to it, else all of them.

        A question that joins two things asks for more than one cell.
        """
        others = [column for column in range(len(grid.names)) if column != grid.key and grid.text(row, column)]
        asked = asked_of(self._material.question)
        named = [column for column in own_columns(grid, (*asked.words, *asked.concept_words)) if column in others]
        if len(others) < 2 or (joins(self._material.question) and len(others) <= _MOST_COLUMNS):  # noqa: PLR2004
            return others
        if len(named) == 1:
            return named
        cosines = self._material.scorer.likeness(self._material.question, [grid.names[column] for column in others])
        nearest, second = sorted(range(len(others)), key=lambda at: -float(cosines[at]))[:2]
        is_clear = float(cosines[nearest] - cosines[second]) >= _CLEAR or len(others) > _MOST_COLUMNS
        return [others[nearest]] if is_clear else others
