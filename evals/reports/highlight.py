"""Marks words in a passage: those of gold quotes, and those that an answer cites. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup, escape


def highlighted(text: str, gold: Sequence[str], cited: Sequence[str]) -> Markup:
    """Returns the text, escaped, with ``<mark>`` around what was found; gold goes before cited where both would."""
    kinds = [""] * len(text)
    for kind, quotes in (("cited", cited), ("gold", gold)):
        for quote in quotes:
            for match in _places(text, quote):
                kinds[match.start() : match.end()] = [kind] * (match.end() - match.start())
    parts, start = [], 0
    for at in range(1, len(text) + 1):
        if at == len(text) or kinds[at] != kinds[start]:
            parts.append(_marked(text[start:at], kinds[start]))
            start = at
    return Markup("").join(parts)


def _places(text: str, quote: str) -> Sequence[re.Match[str]]:
    """White space in the text may fall otherwise than in the quote."""
    letters = "".join(quote.split())
    return list(re.finditer(r"\s*".join(map(re.escape, letters)), text, re.IGNORECASE)) if letters else ()


def _marked(text: str, kind: str) -> Markup:
    if not kind:
        return escape(text)
    return Markup('<mark class="{}">{}</mark>').format(kind, text)
