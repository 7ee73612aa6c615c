"""The tables of the documents that were found, and how well a question fits each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from rag.composition.labels import apart
from rag.composition.material import Material
from rag.composition.phrases.asked import Asked as Shaped
from rag.composition.tables.grid import Grid, grids_of, joined_grids
from rag.composition.tables.matching import asked_rows, named_columns, named_words, with_periods
from rag.composition.tables.question import Asked, Operation, asked_of, stems
from rag.composition.tables.sheets import sheet_grids
from rag.composition.tables.words import HELD, is_alike, tokens, without_measures
from rag.text.spelling import likest
from rag.text.words import has_cjk
from rag.types import Chunk

_RANKS = frozenset({Operation.MAX, Operation.MIN, Operation.NEXT})
_DATES = frozenset(HELD["columns"]["date"])
_FEW = 6
"""Of a document with at most so many tables, all are looked at, not only those that were found."""
_MOST_DOCUMENTS = 8
_BEST = 3
"""A table in which one of so many best sentences stands is likely meant."""
_LIKE = 0.33
_KIND = 0.2
"""The same for what the rows are."""
_CLEAR = 0.1
_MOST_COMPARED = 120
_MOST_NAMES = 500
_SHORTEST = 5
"""Letters of a word that may be misspelt."""

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

    Tables of a document that have the same columns are also one, before each of them. Where the question compares or
    computes, sections of the same shape are one, too.
    """
    computes = not frozenset(asked.operations) <= {Operation.LIST}
    compares = computes or bool(asked.meant) or Shaped.COMPARISON in material.asked
    chunks: dict[str, list[tuple[int, Chunk]]] = {}
    hits = [*material.hits, *(hit for hit in material.found if hit not in material.hits)]
    for rank, hit in enumerate(hits):
        chunks.setdefault(hit.chunk.version_id, []).append((rank, hit.chunk))
    found: list[Candidate] = []
    for held in list(chunks.values())[:_MOST_DOCUMENTS]:
        rank, first = held[0]
        document = material.document(first)
        if document is None:
            continue
        tables = [
            table
            for table in document.tables
            if len(document.tables) <= _FEW
            or any(chunk.span.start < table.span.end and table.span.start < chunk.span.end for _, chunk in held)
        ]
        grids = [*grids_of(first, document, tables), *(sheet_grids(first, document) if compares else ())]
        if not grids:
            continue
        joined = joined_grids(grids)
        found += [
            _candidate(grid, rank, asked, material, is_joined=at < len(joined))
            for at, grid in enumerate((*joined, *grids))
        ]
    return found


def _candidate(grid: Grid, rank: int, asked: Asked, material: Material, *, is_joined: bool) -> Candidate:
    def likeness(words: str, texts: Sequence[str]) -> Sequence[float]:
        return [float(one) for one in material.scorer.likeness(words, texts)]

    asked = with_periods(_without_names(asked, grid), grid)
    asked = _in_its_words(asked, grid, _context(grid, asked.words), likeness)
    context = _context(grid, asked.words)
    asked = _of_the_last(asked, grid, context, asked_of(material.alone)) if material.alone else asked
    is_best = any(
        material.hits[item.evidence.hit_index].chunk.version_id == grid.chunk.version_id
        and grid.row_at(item.evidence.span) is not None
        for item in material.ranked[:_BEST]
    )
    context = _context(grid, asked.words)
    return Candidate(grid=grid, rank=rank, asked=asked, context=context, is_joined=is_joined, is_best=is_best)


def _without_names(asked: Asked, grid: Grid) -> Asked:
    """Returns the question read again without names of the table: "Big Ten" is not the ten biggest."""
    rest, names = f" {asked.text.casefold()} ".replace("?", " "), list[str]()
    for cell in dict.fromkeys(cell for column in grid.naming for cell in grid.column(column, rows=_MOST_NAMES)):
        said = f" {cell.casefold()} "
        if " " in cell and said in rest:
            rest = rest.replace(said, " ")
            names.append(cell)
    if not names:
        return asked
    read = asked_of(rest.strip())
    if read.operations == asked.operations and read.concepts == asked.concepts:
        return asked
    words = tuple(dict.fromkeys([*read.words, *(word for name in names for word in tokens(name))]))
    return replace(read, words=words, text=asked.text)


def _of_the_last(asked: Asked, grid: Grid, context: frozenset[str], last: Asked) -> Asked:
    """Returns a follow-up question without the row and the order of the one before, where it names others itself."""
    rows = [one for one in asked_rows(grid, last, context) if one.column == grid.key]
    if rows:
        before = frozenset[str]().union(
            *(one.words for one in asked_rows(grid, asked, context) if one.column == grid.key)
        )
        kept = frozenset[str]().union(*(one.words for one in rows)) | frozenset(last.words)
        asked = replace(asked, words=tuple(word for word in asked.words if word not in before or word in kept))
        words = [*asked.words, *(word for word in last.words if word not in asked.words)]
        asked = replace(asked, words=tuple(words))
    if _RANKS.intersection(last.operations):
        asked = replace(asked, operations=last.operations, concepts=last.concepts or asked.concepts)
    return asked


def _in_its_words(asked: Asked, grid: Grid, context: frozenset[str], likeness: Likeness) -> Asked:
    """Returns the question with words of the table in place of those that it lacks and that mean the same.

    So a question finds a table in another language, and ``countries`` finds ``nation``.
    """
    known = {*context, *named_words(grid, asked.words)}
    for condition in asked.conditions:
        known |= condition.words
    known |= frozenset[str]().union(*named_columns(grid, asked.words).values())
    unknown = [word for word in asked.words if word not in known]
    if not unknown:
        return asked
    around = [grid.names[grid.key], grid.title, grid.document.title, *grid.headings]
    around = list(dict.fromkeys([*around, *(word for text in around for word in text.split() if word.isalpha())]))
    cells = _cells(grid)
    texts = list(dict.fromkeys(filter(None, [*around, *(name.replace("_", " ") for name in grid.names), *cells])))
    spoken = dict(asked.spoken)
    # A part of a Chinese run that the table has leaves nothing to be found of the rest.
    partly = {spoken.get(word) for word in asked.words if word in known and has_cjk(word)}
    unknown = [word for word in unknown if spoken.get(word) not in partly]
    asked, unknown = _spelt(asked, unknown, texts)
    said = list(dict.fromkeys(spoken.get(word, word) for word in unknown))
    names = [text for text in texts if text not in cells]
    of_columns = frozenset[str]().union(*(stems(concept) for concept in asked.meant if _DATES.isdisjoint(concept)))
    means_more = bool(known - context) or bool(named_columns(grid, tuple(of_columns)))
    for phrase in dict.fromkeys([" ".join(said), *said]):
        replaced = [word for word in unknown if spoken.get(word, word) in phrase.split() and word in asked.words]
        if not replaced:
            continue
        is_kind = means_more and bool(asked.operations) and replaced == [asked.words[0]]
        found = _nearest(without_measures(phrase), names, likeness, kinds=around if is_kind else ())
        found = found or _nearest(without_measures(phrase), cells, likeness)
        if found:
            words = [word for word in asked.words if word not in replaced]
            asked = replace(asked, words=tuple(dict.fromkeys([*tokens(found), *words])))
    return asked


def _nearest(phrase: str, texts: Sequence[str], likeness: Likeness, *, kinds: Sequence[str] = ()) -> str:
    """Returns the text that means the same as a phrase, one of ``kinds`` also if it is less like; empty for none."""
    if len(texts) < 2:  # noqa: PLR2004
        return ""
    cosines = likeness(phrase, texts)
    order = sorted(range(len(texts)), key=lambda at: -cosines[at])
    best = texts[order[0]]
    others = [at for at in order[1:] if texts[at] not in best and best not in texts[at]]
    is_clear = cosines[order[0]] >= _LIKE and (not others or cosines[order[0]] - cosines[others[0]] >= _CLEAR)
    return best if is_clear or (best in kinds and cosines[order[0]] >= _KIND) else ""


def _spelt(asked: Asked, unknown: Sequence[str], texts: Sequence[str]) -> tuple[Asked, list[str]]:
    """Returns the question with misspelt words as the table writes them, and the words that are still unknown."""
    held = [word for word in dict.fromkeys(word for text in texts for word in tokens(text)) if word.isalpha()]
    meant = {word: likest(word, held) for word in unknown if len(word) >= _SHORTEST and word.isascii()}
    words = tuple(dict.fromkeys(meant.get(word) or word for word in asked.words))
    return replace(asked, words=words), [word for word in unknown if not meant.get(word)]


def _cells(grid: Grid) -> list[str]:
    """Returns the cells that name rows or what several of them have in common; none where these are many."""
    cells = list(dict.fromkeys(cell for column in grid.naming for cell in grid.column(column) if cell))
    return cells if len(cells) <= _MOST_COMPARED else []


def _context(grid: Grid, words: Sequence[str]) -> frozenset[str]:
    """Returns the words that stand in the document's name and title, the headings, the table's title or the key."""
    called = [grid.chunk.name, grid.document.title]
    texts = [*called, *map(apart, called), grid.title, grid.names[grid.key], *grid.headings]
    around = frozenset(word for text in texts for word in tokens(text))
    return frozenset(word for word in words if any(is_alike(word, other) for other in around))


def coverage(words: Sequence[str], *parts: Collection[str], missing: int = 0) -> float:
    """Returns the share of the words that are in some of the parts, with so many more missing; 1 without words."""
    covered = frozenset[str]().union(*parts)
    return sum(word in covered for word in words) / (len(words) + missing) if words or missing else 1.0
