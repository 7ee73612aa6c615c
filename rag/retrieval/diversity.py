"""Removes duplicates from the hits and spreads them over documents and contents. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from rag.text.words import content_words, numbers
from rag.types import Hit

_NEARLY = 0.8
"""Jaccard overlap of content words from which passages say nearly the same."""
_FEWEST_WORDS = 6


def collapse_duplicates(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Yields the hits but those whose text equals that of a better hit, ignoring case and white space."""
    seen: set[str] = set()
    for hit in hits:
        text = " ".join(hit.chunk.text.casefold().split())
        if text not in seen:
            seen.add(text)
            yield hit


def collapse_near_duplicates(hits: Iterable[Hit]) -> Iterator[Hit]:
    """Yields the hits but those that say nearly what a better hit of another document says, with the same figures.

    Copies of one text in many documents, such as poison, would fill the places of an answer.
    """
    kept: list[tuple[str, frozenset[str], frozenset[str]]] = []
    for hit in hits:
        words, figures = frozenset(content_words(hit.chunk.text)), numbers(hit.chunk.text)
        document = hit.chunk.document_id
        if len(words) >= _FEWEST_WORDS and any(
            document != other and figures == said and _overlap(words, held) >= _NEARLY for other, held, said in kept
        ):
            continue
        kept.append((document, words, figures))
        yield hit


def cap_per_document(hits: Iterable[Hit], *, most: int) -> Iterable[Hit]:
    """Moves a document's hits beyond the first ``most`` behind all other hits; 0 means no cap."""
    if not most:
        return hits
    seen: Counter[str] = Counter()
    within: list[Hit] = []
    beyond: list[Hit] = []
    for hit in hits:
        seen[hit.chunk.document_id] += 1
        (within if seen[hit.chunk.document_id] <= most else beyond).append(hit)
    return (*within, *beyond)


def maximal_marginal_relevance(hits: Iterable[Hit], *, share: float, limit: int) -> tuple[Hit, ...]:
    """Chooses ``limit`` hits, each with the highest ``(1 - share) / rank - share * likeness``.

    Maximal marginal relevance, Carbonell & Goldstein 1998. ``likeness`` is the largest Jaccard overlap of content words
    with a hit already chosen. ``share`` 0 keeps the order of ``hits``. Ties keep their order.
    """
    if not share:
        return tuple(islice(hits, limit))
    left = [(1 / rank, hit, frozenset(content_words(hit.chunk.text))) for rank, hit in enumerate(hits, start=1)]
    likeness = [0.0] * len(left)
    chosen: list[Hit] = []
    while left and len(chosen) < limit:
        best = max(range(len(left)), key=lambda at: (1 - share) * left[at][0] - share * likeness[at])
        _, hit, taken = left.pop(best)
        likeness.pop(best)
        chosen.append(hit)
        likeness = [max(old, _overlap(taken, each[2])) for old, each in zip(likeness, left, strict=True)]
    return tuple(chosen)


def _overlap(first: frozenset[str], second: frozenset[str]) -> float:
    either = len(first | second)
    return len(first & second) / either if either else 0.0
