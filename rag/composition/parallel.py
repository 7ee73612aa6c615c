"""Finds the sentences of a document that say the same of several things. Pure."""

from __future__ import annotations

import re

from rag.composition.material import Material
from rag.composition.ranking import Ranked
from rag.retrieval.evidence import Evidence
from rag.text.words import words
from rag.types import PROSE

_LEAST_SHARE = 0.7
"""Share of the first one's score that another sentence must have."""
_NAME = 2
"""Most words in which a name differs from another."""
_CAPITALISED = re.compile(r"\b[A-Z]\w{0,40}")


def parallel(material: Material, first: Ranked) -> list[Ranked]:
    """Returns the sentences that say the same of several things, of which the question names none; else an empty list.

    Such as "The S has a warranty of 3 years." and, in the next section, "The M has a warranty of 5 years."
    """
    others = [
        item
        for item in material.ranked
        if item.score >= _LEAST_SHARE * first.score and _is_of_another(material, first.evidence, item.evidence)
    ]
    return sorted([first, *others], key=lambda item: item.evidence.span.start) if others else []


def _is_of_another(material: Material, first: Evidence, other: Evidence) -> bool:
    """Returns whether two sentences of a document differ in the name of a thing and in figures alone."""
    elements = [material.element_of(item) for item in (first, other)]
    versions = {material.passages[item.hit_index].hit.chunk.version_id for item in (first, other)}
    if len(versions) > 1 or any(element is None or element.kind not in PROSE for element in elements):
        return False
    own, its = frozenset(words(first.text)), frozenset(words(other.text))
    if not frozenset(words(material.question)).isdisjoint(own ^ its):
        return False
    names = [_no_figures(own - its), _no_figures(its - own)]
    return len(own ^ its) > sum(map(len, names)) and all(
        1 <= len(name) <= _NAME and not name.isdisjoint(_capitalised(item.text))
        for name, item in zip(names, (first, other), strict=True)
    )


def _no_figures(held: frozenset[str]) -> frozenset[str]:
    return frozenset(word for word in held if not word[0].isdigit())


def _capitalised(text: str) -> frozenset[str]:
    return frozenset(words(" ".join(_CAPITALISED.findall(text))))
