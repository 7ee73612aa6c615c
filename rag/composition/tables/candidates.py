"""The tables of the documents that were found, and how well a question fits each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.composition.material import Material
from rag.composition.tables.grid import Grid, grids_of, joined_grids
from rag.composition.tables.words import is_alike, tokens
from rag.types import Chunk

_FEW = 6
"""Of a document with at most so many tables, all are looked at, not only those that were found."""
_MOST_DOCUMENTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A table with the rank of its best passage, from 0, and the words of the question that its surroundings have."""

    grid: Grid
    rank: int
    context: frozenset[str]
    is_joined: bool


def candidates(material: Material, words: Sequence[str]) -> list[Candidate]:
    """Returns the tables of the best passages' documents, in the order of the passages.

    Tables of a document that have the same columns are also one, before each of them.
    """
    chunks: dict[str, list[tuple[int, Chunk]]] = {}
    for rank, passage in enumerate(material.passages):
        chunk = passage.hit.chunk
        chunks.setdefault(chunk.version_id, []).append((rank, chunk))
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
            Candidate(grid=grid, rank=rank, context=_context(grid, words), is_joined=at < len(joined))
            for at, grid in enumerate((*joined, *grids))
        ]
    return found


def _context(grid: Grid, words: Sequence[str]) -> frozenset[str]:
    """Returns the words that stand in the document's name and title, the headings, the table's title or the key."""
    texts = [grid.chunk.name, grid.document.title, grid.title, grid.names[grid.key], *grid.headings]
    around = frozenset(word for text in texts for word in tokens(text))
    return frozenset(word for word in words if any(is_alike(word, other) for other in around))


def coverage(words: Sequence[str], *parts: Collection[str]) -> float:
    """Returns the share of the words that are in some of the parts; 1 without words."""
    covered = frozenset[str]().union(*parts)
    return sum(word in covered for word in words) / len(words) if words else 1.0
