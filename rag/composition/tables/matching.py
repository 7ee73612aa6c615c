"""Finds the rows and columns of a table that a question names."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.composition.tables.grid import Grid
from rag.composition.tables.question import Asked, stems
from rag.composition.tables.tiers import tiers_holding
from rag.composition.tables.typed_columns import ColumnKind
from rag.composition.tables.words import HELD, TOTALS, content, is_alike, plain, tokens
from rag.text.dates import without_part_of_year

_LONGEST_NAME = 80
"""Characters of a cell that can name its row."""
_MOST_PLACES = 4_000
"""A word that stands in more places of a table names no row."""
_SHORTEST_PROBE = 5
_MOST_ROWS = 400
_RARE = 3
"""Rows that share a word which tells one from another."""
_PART = 0.5
_CLOSE = 0.85
"""Columns that score at least this share of the best one's score are named as well."""
_OF_ROWS = (tuple(HELD["columns"]["population"]),)
"""What also names the rows: people live in a town, and are its rows."""
_SHORTEST, _LONGEST = 3, 4
"""Letters of an abbreviation."""
_PERIOD = re.compile(r"(?<!\d)((?:19|20)?\d\d)[ _–—-]((?:19|20)?\d\d)(?!\d)")
_CODE = re.compile(r"([^\W\d_]{1,5})(\d.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRow:
    """A row that the question names by a cell, with the question's words; ``whole``: these are all of the cell's."""

    row: int
    column: int
    words: frozenset[str]
    whole: bool


def with_periods(asked: Asked, grid: Grid) -> Asked:
    """Returns the question with ranges of years as names of columns write them: ``00_14`` for ``2000-14``."""
    held = {(match[1][-2:], match[2][-2:]): match for name in grid.names for match in _PERIOD.finditer(name)}
    named = [held[period] for period in asked.periods if period in held]
    if not named:
        return asked
    ends = {part for match in named for part in (match[1][-2:], match[2][-2:])}
    rest = [one for one in asked.comparisons if not isinstance(one.value, float) or f"{one.value:.0f}"[-2:] not in ends]
    words = [word for match in named for word in tokens(match[0])]
    return replace(asked, words=(*asked.words, *words), comparisons=tuple(rest))


def named_words(grid: Grid, words: Sequence[str]) -> frozenset[str]:
    """Returns the words that some cell of texts has."""
    columns = [column for column, kind in enumerate(grid.kinds) if kind is ColumnKind.TEXT or column == grid.key]
    found: set[str] = set()
    for (row, column), shared in _found(grid, words, columns).items():
        left = shared - found
        held = tokens(plain(grid.text(row, column))) if left else ()
        found.update(word for word in left if any(_is_form(word, other) for other in held))
    return frozenset(found)


def named_columns(grid: Grid, words: Collection[str]) -> Mapping[int, frozenset[str]]:
    """Returns the columns whose names have some of the words, each with those."""
    found: dict[int, frozenset[str]] = {}
    for column, name in enumerate(grid.names):
        held = tokens(name)
        shared = frozenset(
            word for word in words if any(is_alike(word, other) or _shortens(other, word) for other in held)
        )
        if shared:
            found[column] = shared
    return found


def _shortens(short: str, word: str) -> bool:
    """Returns whether ``short`` abbreviates a word, as ``pts`` does ``point`` and ``pop`` does ``population``."""
    if not (_SHORTEST <= len(short) <= _LONGEST and len(word) > len(short) and short[0] == word[0]):
        return False
    letters = iter(word + "s")
    return word.startswith(short) or (
        not any(vowel in short[1:] for vowel in "aeiou") and all(letter in letters for letter in short)
    )


def own_columns(grid: Grid, words: Collection[str]) -> dict[int, frozenset[str]]:
    """As ``named_columns``, without the key and the words of its name: "order" of ``Order`` is not ``Order date``."""
    named = dict(named_columns(grid, words))
    of_key = named.pop(grid.key, frozenset())
    return {column: shared - of_key for column, shared in named.items() if shared - of_key}


def series(grid: Grid, words: Collection[str]) -> tuple[int, ...]:
    """Returns the columns of numbers that go through a year (Q1 to Q4, the months), in their order.

    Those alone that ``words`` name, if they name several. Empty where words name one of them, or another number, and
    where the table has a column of totals. Years are left out: what is counted at their ends, such as inhabitants,
    has no sum.
    """
    numbers = [column for column, kind in enumerate(grid.kinds) if kind is ColumnKind.NUMBER and column != grid.key]
    by_shape: dict[str, list[int]] = defaultdict(list)
    for column in numbers:
        shape = without_part_of_year(grid.names[column])
        if shape is not None:
            by_shape[shape].append(column)
    periods = max(by_shape.values(), key=len, default=[])
    held = {column: shared for column, shared in named_columns(grid, words).items() if column in numbers}
    named = sorted(asked_columns(grid, held))
    chosen = named or periods
    has_totals = any(not TOTALS.isdisjoint(grid.names[column].casefold().split()) for column in numbers)
    is_series = len(chosen) > 1 and set(chosen) <= set(periods) and not has_totals
    return tuple(chosen) if is_series else ()


def shared_words(grid: Grid, words: Sequence[str]) -> dict[str, str]:
    """Returns the words in the names of some rows but not of all (``Lathe L-40``), each with what these share."""
    found: dict[str, set[int]] = defaultdict(set)
    for (row, column), shared in _found(grid, words, [grid.key]).items():
        held = tokens(plain(grid.text(row, column)))
        for word in shared:
            if any(_is_form(word, other) for other in held):
                found[word].add(row)
    parts: dict[str, str] = {}
    for word, rows in found.items():
        cells = [grid.text(row, grid.key).lower() for row in rows]
        part = word if all(word in cell for cell in cells) else word[:-1]
        if 1 < len(rows) < grid.row_count and len(part) > 1 and all(part in cell for cell in cells):
            parts[word] = part
    return parts


def ranked_columns(grid: Grid, named: Mapping[int, frozenset[str]]) -> list[tuple[float, int]]:
    """Returns the columns with a score, best first: words that few names have count most, then names without others."""
    counts = Counter(word for words in named.values() for word in words)
    scored = [
        (
            sum(1 / counts[word] for word in words) + 0.2 * len(words) / max(1, len(set(tokens(grid.names[column])))),
            column,
        )
        for column, words in named.items()
    ]
    return sorted(scored, key=lambda one: (-one[0], one[1]))


def missing_concepts(grid: Grid, asked: Asked) -> int:
    """Returns how many things the question means that the table has no column for; 0 for one of names and values."""
    if len(grid.names) <= 2:  # noqa: PLR2004
        return 0
    return sum(not named_columns(grid, tuple(stems(concept))) for concept in asked.further if concept not in _OF_ROWS)


def asked_columns(grid: Grid, named: Mapping[int, frozenset[str]]) -> tuple[int, ...]:
    """Returns the columns that are asked for: the one that the words name best, then those of the words left."""
    chosen: list[int] = []
    while named:
        ranked = ranked_columns(grid, named)
        best = [column for score, column in ranked if score >= _CLOSE * ranked[0][0]]
        chosen += best
        covered = frozenset[str]().union(*(named[column] for column in best))
        named = {column: words - covered for column, words in named.items() if words - covered}
    return tuple(chosen)


def asked_rows(grid: Grid, asked: Asked, context: Collection[str]) -> list[NamedRow]:
    """Returns the rows that a question names, by tiers that hold an amount of it, or by cells.

    Words of the table's surroundings name no row alone, but as the whole of what it is called by.
    """
    tiers = [
        NamedRow(row=row, column=column, words=words, whole=True)
        for row, column, words in tiers_holding(grid, asked.amounts)
    ]
    columns = {one.column for one in tiers}
    named = [one for one in named_rows(grid, asked.words) if one.whole and one.column not in columns] if tiers else []
    rows = {one.row for one in named}
    chosen = [one for one in tiers if one.row in rows] or tiers
    if len({one.row for one in chosen}) != 1:
        called = {grid.key, grid.called_by}
        found = named_rows(grid, asked.words)
        return [one for one in found if (one.whole and one.column in called) or not one.words <= frozenset(context)]
    return [*chosen, *(one for one in named if one.row == chosen[0].row)]


def named_rows(grid: Grid, words: Sequence[str]) -> list[NamedRow]:
    """Returns the rows named by a cell of which the question has every word, else by rare words of their names.

    A cell's words are looked for in the cells of all columns of texts, but rare words in those of the key alone.
    """
    # The first column may hold numbers that are names, such as error codes.
    columns = [column for column, kind in enumerate(grid.kinds) if kind is ColumnKind.TEXT or column in {0, grid.key}]
    found = _found(grid, words, columns)
    whole: list[NamedRow] = []
    partly: list[NamedRow] = []
    for (row, column), shared in found.items():
        text = grid.text(row, column)
        if len(text) > _LONGEST_NAME:
            continue
        held = content(plain(text)) or tokens(plain(text))
        matched = frozenset(word for word in shared if any(_is_form(word, other) for other in held))
        if not matched:
            continue
        is_whole = all(any(_is_form(word, other) for word in matched) for other in held)
        (whole if is_whole else partly).append(NamedRow(row=row, column=column, words=matched, whole=is_whole))
    in_key = _rarest(grid, [one for one in partly if one.column == grid.key])
    if whole:
        chosen = _largest(whole, grid.key)
        rows = {one.row for one in chosen}
        both = [one for one in in_key if one.row in rows and not any(one.words & other.words for other in chosen)]
        kept = {one.row for one in both}
        return [one for one in chosen if one.row in kept] + both if both else chosen
    return in_key or _rarest(grid, [one for one in partly if one.column != grid.key and one.column in grid.naming])


def _is_form(word: str, other: str) -> bool:
    """As ``is_alike``, but no compound: ``land`` is not ``Landau``."""
    return plain(word) == plain(other) or (
        is_alike(word, other) and abs(len(word) - len(other)) < 3 and word[:1] == other[:1]  # noqa: PLR2004
    )


def _largest(rows: Sequence[NamedRow], key: int) -> list[NamedRow]:
    """Leaves out what is named by fewer words than another: ``York`` beside ``New York``; names of rows come first."""
    by_words = {one.words for one in rows}
    kept = [one for one in rows if not any(one.words < other for other in by_words)]
    in_key = [one for one in kept if one.column == key]
    of_key = frozenset[str]().union(*(one.words for one in in_key))
    others = [one for one in kept if one.column != key and not one.words & of_key]
    named = [*in_key, *others]
    by_column: dict[int, set[int]] = defaultdict(set)
    for one in named:
        by_column[one.column].add(one.row)
    # "The castle in Q2" is the row that both cells name.
    both = set.intersection(*by_column.values()) if by_column else set()
    chosen = [one for one in named if one.row in both] or named
    return sorted(chosen, key=lambda one: (one.row, one.column))


def _rarest(grid: Grid, rows: Sequence[NamedRow]) -> list[NamedRow]:
    """Returns the rows with the rarest words; all of those that share a cell, such as a place."""
    texts = [(one.column, grid.text(one.row, one.column)) for one in rows]
    words = dict(zip(texts, (one.words for one in rows), strict=True))
    counts = Counter(word for shared in words.values() for word in shared)
    scored = {text: sum(1 / counts[word] for word in shared) for text, shared in words.items()}
    best = max(scored.values(), default=0.0)
    chosen = {text for text, score in scored.items() if best >= _PART and math.isclose(score, best)}
    found = [one for one, text in zip(rows, texts, strict=True) if text in chosen]
    is_key = all(one.column == grid.key for one in found)
    return found if len(chosen) == 1 or (is_key and len(found) <= _RARE) else []


def _found(grid: Grid, words: Sequence[str], columns: Sequence[int]) -> Mapping[tuple[int, int], frozenset[str]]:
    """Returns the cells of the columns that may have some of the words, with those."""
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    if not columns or not grid.row_count:
        return {}
    places = grid.places[:, columns]
    inline = places[:, :, 0] >= 0
    flat = np.flatnonzero(inline & (places[:, :, 1] > places[:, :, 0]))
    starts, ends = places[:, :, 0].ravel()[flat], places[:, :, 1].ravel()[flat]
    if not np.all(starts[1:] >= starts[:-1]):
        order = np.argsort(starts, kind="stable")
        flat, starts, ends = flat[order], starts[order], ends[order]
    begin, end = (int(starts[0]), int(ends.max())) if len(starts) else (0, 0)
    text = plain(grid.document.text[begin:end])
    if len(text) != end - begin:
        text = "".join(low if len(low := plain(letter)) == 1 else letter for letter in grid.document.text[begin:end])
    for word in words:
        probe = plain(word)
        probe = probe[:-1] if len(probe) >= _SHORTEST_PROBE and probe.isalpha() and probe.isascii() else probe
        at = np.fromiter(_places(text, probe), dtype=np.int64) + begin
        cells = np.searchsorted(starts, at, side="right") - 1
        cells = np.unique(cells[(cells >= 0) & (at < ends[cells])])
        rows, held = np.divmod(flat[cells], len(columns))
        for row, column in zip(rows.tolist(), held.tolist(), strict=True):
            found[row, columns[column]].add(word)
    for row, column in np.argwhere(~inline)[:_MOST_ROWS].tolist() if grid.texts[1:] else ():
        named = tokens(plain(grid.text(row, columns[column])))
        found[row, columns[column]].update(word for word in words if any(_is_form(word, other) for other in named))
    return {cell: frozenset(shared) for cell, shared in found.items() if shared}


def _places(text: str, probe: str) -> Iterator[int]:
    """Yields where a word stands; letters with figures also with a sign between (``l40``, ``l-40``)."""
    code = _CODE.fullmatch(probe)
    spellings = [probe, *(f"{code[1]}{sign}{code[2]}" for sign in "-_/ ")] if code is not None else [probe]
    for spelling in spellings:
        at, seen = text.find(spelling), 0
        while at >= 0 and seen < _MOST_PLACES:
            yield at
            seen += 1
            at = text.find(spelling, at + len(spelling))
