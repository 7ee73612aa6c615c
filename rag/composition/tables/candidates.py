"""The tables of the documents that were found, and how well a question fits each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from rag.composition.material import Material
from rag.composition.tables.grid import Grid, grids_of, joined_grids
from rag.composition.tables.matching import named_columns, named_words, with_periods
from rag.composition.tables.question import Asked
from rag.composition.tables.words import is_alike, tokens
from rag.types import Chunk

_FEW = 6
"""Of a document with at most so many tables, all are looked at, not only those that were found."""
_MOST_DOCUMENTS = 8
_BEST = 3
"""A table in which one of so many best sentences stands is likely meant."""
_LIKE = 0.4
_CLEAR = 0.1
_MOST_COMPARED = 120

Likeness = Callable[[str, Sequence[str]], Sequence[float]]
"""The likeness of texts with some words of the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A table with the rank of its best passage, from 0, and the words of the question that its surroundings have.

    ``asked`` is the question in the words of the table. ``is_best``: one of the best sentences stands in the table.
    """

    grid: Grid
    rank: int
    asked: Asked
    context: frozenset[str]
    is_joined: bool
    is_best: bool


def candidates(material: Material, asked: Asked) -> list[Candidate]:
    """Returns the tables of the found passages' documents, in the order of the passages.

    Tables of a document that have the same columns are also one, before each of them.
    """
    chunks: dict[str, list[tuple[int, Chunk]]] = {}
    hits = [*material.hits, *(hit for hit in material.found if hit not in material.hits)]
    for rank, hit in enumerate(hits):
        chunks.setdefault(hit.chunk.version_id, []).append((rank, hit.chunk))
    found: list[Candidate] = []
    for held in list(chunks.values())[:_MOST_DOCUMENTS]:
        rank, first = held[0]
        document = material.document(first)
        if document is None or not document.tables:
            continue
        tables = [
            table
            for table in document.tables
            if len(document.tables) <= _FEW
            or any(chunk.span.start < table.span.end and table.span.start < chunk.span.end for _, chunk in held)
        ]
        grids = grids_of(first, document, tables)
        joined = joined_grids(grids)
        found += [
            _candidate(grid, rank, asked, material, is_joined=at < len(joined))
            for at, grid in enumerate((*joined, *grids))
        ]
    return found


def _candidate(grid: Grid, rank: int, asked: Asked, material: Material, *, is_joined: bool) -> Candidate:
    def likeness(words: str, texts: Sequence[str]) -> Sequence[float]:
        return [float(one) for one in material.scorer.likeness(words, texts)]

    asked = with_periods(asked, grid)
    asked = _in_its_words(asked, grid, _context(grid, asked.words), likeness)
    is_best = any(
        material.hits[item.evidence.hit_index].chunk.version_id == grid.chunk.version_id
        and grid.row_at(item.evidence.span) is not None
        for item in material.ranked[:_BEST]
    )
    context = _context(grid, asked.words)
    return Candidate(grid=grid, rank=rank, asked=asked, context=context, is_joined=is_joined, is_best=is_best)


def _in_its_words(asked: Asked, grid: Grid, context: frozenset[str], likeness: Likeness) -> Asked:
    """Returns the question with words of the table in place of those that it lacks and that mean the same.

    So a question finds a table in another language, and ``countries`` finds ``nation``.
    """
    known = {*context, *named_words(grid, asked.words), *asked.further_words}
    for condition in asked.conditions:
        known |= condition.words
    known |= frozenset[str]().union(*named_columns(grid, asked.words).values())
    unknown = [word for word in asked.words if word not in known]
    if not unknown:
        return asked
    texts = _texts(grid)
    spoken = dict(asked.spoken)
    for said in dict.fromkeys(spoken.get(word, word) for word in unknown):
        replaced = [word for word in unknown if spoken.get(word, word) == said]
        cosines = likeness(said, texts)
        order = sorted(range(len(texts)), key=lambda at: -cosines[at])
        if len(order) < 2 or cosines[order[0]] < _LIKE or cosines[order[0]] - cosines[order[1]] < _CLEAR:  # noqa: PLR2004
            continue
        words = [word for word in asked.words if word not in replaced]
        asked = replace(asked, words=tuple(dict.fromkeys([*words, *tokens(texts[order[0]])])))
    return asked


def _texts(grid: Grid) -> list[str]:
    """Returns the names of the columns, and the cells that name rows or what several of them have in common."""
    cells = dict.fromkeys(cell for column in grid.naming for cell in grid.column(column) if cell)
    names = dict.fromkeys(name.replace("_", " ") for name in grid.names if name)
    return [*names, *(cells if len(cells) + len(names) <= _MOST_COMPARED else ())]


def _context(grid: Grid, words: Sequence[str]) -> frozenset[str]:
    """Returns the words that stand in the document's name and title, the headings, the table's title or the key."""
    texts = [grid.chunk.name, grid.document.title, grid.title, grid.names[grid.key], *grid.headings]
    around = frozenset(word for text in texts for word in tokens(text))
    return frozenset(word for word in words if any(is_alike(word, other) for other in around))


def coverage(words: Sequence[str], *parts: Collection[str]) -> float:
    """Returns the share of the words that are in some of the parts; 1 without words."""
    covered = frozenset[str]().union(*parts)
    return sum(word in covered for word in words) / len(words) if words else 1.0
