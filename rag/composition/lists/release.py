"""Composes what changed in a release: all that a list of changes has below its heading."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag.answers import Composed, Shape
from rag.composition.lists.blocks import BlockKind
from rag.composition.lists.listing import composed_list
from rag.composition.lists.near_blocks import NearBlock, near_blocks
from rag.composition.material import Material
from rag.composition.phrases.asked import VALUES, Asked
from rag.composition.ranking import asked_words
from rag.text.words import words
from rag.types import ElementKind

_DIGITS = re.compile(r"\d+")
_CHANGES = frozenset(
    words("changes changed änderungen geändert changements cambios modifiche mudanças wijzigingen 变更")
)
"""Words of headings that a question after all changes of a release has, too."""


@dataclass(frozen=True, slots=True)
class ReleasePlanner:
    """Gives all changes of the release that the question names, or of the newest one where it asks for that."""

    def plan(self, material: Material) -> Composed | None:
        """Returns the changes; None where the question asks for none, or for a part of them."""
        asks = Asked.CHANGES in material.asked and material.asked.isdisjoint(VALUES)
        release = _release(material) if asks else None
        composed = composed_list(material, release, Shape.LIST) if release is not None else None
        return composed and replace(composed, certain=True)


def _release(material: Material) -> NearBlock | None:
    """Returns the release of which all changes are asked for: the one named, or the newest where that is asked for.

    None where the question has a word of a heading below it, such as "fixed": then it asks for a part.
    """
    focus = material.focus
    found = list(near_blocks(material, {BlockKind.RELEASE}))
    if focus.wants_newest and not focus.identifiers:
        found.sort(key=lambda place: [int(number) for number in _DIGITS.findall(place.path[-1])], reverse=True)
    else:
        found = [place for place in found if focus.codes_above(place.path)]
    if not found:
        return None
    document, path = found[0].document, found[0].path
    below = [
        document.text[element.span.start : element.span.end]
        for element in document.elements
        if element.kind is ElementKind.HEADING and element.heading_path[: len(path)] == path
    ]
    parts = frozenset(words(" ".join(below))) - _CHANGES
    return found[0] if parts.isdisjoint(asked_words(material.question)) else None
