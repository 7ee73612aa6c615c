"""Puts the passages with a code or version of the question first: an encoder hardly knows one from another. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from rag.text.folding import fold_forms
from rag.text.identifiers import Identifier, IdentifierKind, holds, identifiers
from rag.types import Hit

_FEWEST_DIGITS = 3
"""Of a code that tells where to look; shorter ones, such as "p53" or "B2", are words as others are."""
_RARE = 8
"""Passages with a code up to which it tells where to look: the name of what a document is about tells nothing."""


def exact_first(question: str, hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Returns the hits, first those with most of the question's codes that few of them have, in their order."""
    found = tuple(hits)
    codes = [one for one in identifiers(fold_forms(question)) if one.kind is IdentifierKind.CODE and _is_long(one)]
    if not codes:
        return found
    texts = [fold_forms(hit.chunk.indexed_text) for hit in found]
    holding = [[holds(text, one) for text in texts] for one in codes]
    rare = [row for row in holding if sum(row) <= _RARE]
    count = [sum(column) for column in zip(*rare, strict=True)] if rare else [0] * len(found)
    return tuple(found[at] for at in sorted(range(len(found)), key=lambda at: -count[at]))


def _is_long(code: Identifier) -> bool:
    return code.is_version or sum(map(str.isdigit, code.key)) >= _FEWEST_DIGITS
