"""Tells which of several like sections a question names, such as those of the models of a machine. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from rag.text.words import words

Path = tuple[str, ...]
_LETTER_A = re.compile(r"\bA\b")
"""The letter as a name: "Model A"; in lower case it is an article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """The headings, with those above them, of the sections that a question does not mean; ``words`` name the others."""

    others: frozenset[Path]
    words: frozenset[str]


def variants(question: str, paths: Iterable[Path]) -> Variants:
    """Returns the headings that are like one which the question names, but are not named.

    Headings are like each other that stand below the same one and have a word in common ("Model S" and "Model Pro"), or
    that have the same heading below them. A question names one by all its words that the others do not have, and by one
    that they have, where the same headings are not below them.
    """
    asked = frozenset(words(question)) - ({"a"} if _LETTER_A.search(question) is None else set())
    below: dict[Path, set[str]] = defaultdict(set)
    for path in set(paths):
        for level, heading in enumerate(path):
            below[path[:level]].add(heading)
    found = [_of_parent(asked, parent, headings, below) for parent, headings in below.items() if len(headings) > 1]
    others = frozenset[Path]().union(*(one.others for one in found))
    named = frozenset[str]().union(*(one.words for one in found if one.others))
    return Variants(others=others, words=named)


def _of_parent(asked: frozenset[str], parent: Path, headings: set[str], below: dict[Path, set[str]]) -> Variants:
    own = {heading: frozenset(words(heading)) for heading in headings}
    parts = {heading: below.get((*parent, heading), set()) for heading in headings}
    common = _several(own.values())
    twins = _several(parts.values())
    named = {
        heading
        for heading, held in own.items()
        if held - common and held - common <= asked and (held & common & asked or parts[heading] & twins)
    }
    shared = frozenset[str]().union(*(own[heading] & common for heading in named))
    sections = frozenset[str]().union(*(parts[heading] & twins for heading in named))
    others = [one for one in headings - named if own[one] & shared or parts[one] & sections]
    said = frozenset[str]().union(*(own[heading] for heading in named))
    return Variants(others=frozenset((*parent, heading) for heading in others), words=said)


def _several(held: Iterable[Iterable[str]]) -> frozenset[str]:
    """Returns what several of them hold."""
    counts = Counter(chain.from_iterable(set(one) for one in held))
    return frozenset(one for one, count in counts.items() if count > 1)
