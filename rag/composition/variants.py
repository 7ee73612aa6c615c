"""Tells which of several like sections a question names, such as those of the models of a machine. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rag.text.words import words

Path = tuple[str, ...]


def others_than_named(question: str, paths: Iterable[Path]) -> frozenset[Path]:
    """Returns the headings, each with those above it, that are like one which the question names, but are not named.

    Headings are like each other that stand below the same one and have a word in common. A question names one of them
    by such a word and all that the others do not have.
    """
    asked = frozenset(words(question))
    below: dict[Path, set[str]] = defaultdict(set)
    for path in set(paths):
        for level, heading in enumerate(path):
            below[path[:level]].add(heading)
    others: set[Path] = set()
    for parent, headings in below.items():
        own = {heading: frozenset(words(heading)) for heading in headings}
        common = frozenset(word for word in frozenset[str]().union(*own.values()) if _count(word, own.values()) > 1)
        like = {heading: held for heading, held in own.items() if held & common}
        named = {heading for heading, held in like.items() if _is_named(held - common, held & common, asked)}
        shared = frozenset[str]().union(*(like[heading] & common for heading in named))
        others.update((*parent, heading) for heading, held in like.items() if heading not in named and held & shared)
    return frozenset(others)


def _count(word: str, held: Iterable[frozenset[str]]) -> int:
    return sum(word in one for one in held)


def _is_named(own: frozenset[str], common: frozenset[str], asked: frozenset[str]) -> bool:
    return bool(own) and own <= asked and not common.isdisjoint(asked)
