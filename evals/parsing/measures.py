"""Compares what was read of a document with what it says. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rapidfuzz.distance import LCSseq

Rows = tuple[tuple[str, ...], ...]
"""The texts of a table's places, row by row; a merged cell is at every place that it covers."""

# Letters of scripts without spaces between words count as words of their own.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")
_RAISED = re.compile("[\u00b2\u00b3\u00b9\u2070-\u207f]+")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_MAX_ORDERED_WORDS = 100_000
"""How far the order of a long document is compared: it takes time by the square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The words of a document in order, and its tables.

    ``tables`` is None where a reader does not give any. ``optional``: words that a reader may add, or may not.
    ``names``: the words that name rows and columns of tables; a reader may put them before each cell. ``repeated``:
    words that a reader may leave out, for they are most likely those of a merged cell, written at each place.
    """

    words: tuple[str, ...]
    tables: tuple[Rows, ...] | None = ()
    optional: Counter[str] = field(default_factory=Counter)
    names: frozenset[str] = frozenset()
    repeated: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Each is from 0 to 1; None where there is nothing to compare.

    ``recall``: the share of the document's words that were read. ``precision``: the share of the words read that are
    the document's. ``order``: 1 minus the edit distance (insertions and deletions, over both lengths) between the two
    texts, of which only words that both have count, and no names of rows and columns. ``cells``: F1 of the texts of
    table cells. ``neighbours``: F1 of pairs of cells side by side or one below the other (Göbel et al. 2012), which
    tells of cells in wrong places.
    """

    recall: float
    precision: float | None
    order: float | None
    cells: float | None
    neighbours: float | None


def words(text: str) -> tuple[str, ...]:
    """Returns the words of a text in lower case; raised numbers are words of their own."""
    if not text.isascii():
        # The normal form of 10³ is 103.
        text = unicodedata.normalize("NFKC", _RAISED.sub(r" \g<0> ", text)).translate(_INVISIBLE)
    return tuple(_WORD.findall(text.casefold()))


def score(read: Content, truth: Content) -> Scores:
    """Compares what was read with the truth, which must have words."""
    held, found = Counter(truth.words), Counter(read.words)
    common = (held & found).total()
    expected = held.total() - ((held - found) & truth.repeated).total()
    counted = found.total() - ((found - held) & truth.optional).total()
    compared = bool(truth.tables) and read.tables is not None
    tables = (read.tables or (), truth.tables or ())
    return Scores(
        recall=common / expected,
        precision=common / counted if counted else None,
        order=_order(*([word for word in each.words if word not in truth.names] for each in (read, truth))),
        cells=_f1(*map(_cells, tables)) if compared else None,
        neighbours=_f1(*map(_neighbours, tables)) if compared else None,
    )


def _order(read: Sequence[str], truth: Sequence[str]) -> float | None:
    read, truth = read[:_MAX_ORDERED_WORDS], truth[:_MAX_ORDERED_WORDS]
    common = Counter(read) & Counter(truth)
    if not common:
        return None
    first, second = ([word for word in text if word in common] for text in (read, truth))
    return LCSseq.similarity(first, second) / common.total()


def _f1(found: Iterable[Hashable], held: Iterable[Hashable]) -> float | None:
    read, truth = Counter(found), Counter(held)
    return 2 * (read & truth).total() / (read.total() + truth.total()) if truth else None


def _cells(tables: Sequence[Rows]) -> Iterator[str]:
    return (text for table in tables for row in table for cell in row if (text := " ".join(words(cell))))


def _neighbours(tables: Sequence[Rows]) -> Iterator[tuple[str, str, str]]:
    for table in tables:
        rows = [[" ".join(words(cell)) for cell in row] for row in table]
        width = max(map(len, rows), default=0)
        columns = [[row[at] for row in rows if at < len(row)] for at in range(width)]
        for direction, lines in (("right", rows), ("down", columns)):
            for line in lines:
                for first, second in pairwise(filter(None, line)):
                    if first != second:  # else most likely places of one merged cell
                        yield direction, first, second
