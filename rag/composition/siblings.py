"""Tells whether the hits hold others of the kind that a question names, and not that one itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.composition.ranking import FUNCTIONAL
from rag.text.dates import dates_of
from rag.text.folding import fold_forms
from rag.text.identifiers import Identifier, IdentifierKind, holds, identifiers, is_sibling
from rag.text.sections import named_sections
from rag.text.words import STOP_WORDS, words
from rag.types import Hit

_BEFORE = 40
"""Characters before a version in which the thing stands that has it."""
_RANGE = re.compile(
    r"\+|[-–—](?=\d)| ?(?:or|and|to|through|oder|und|bis|ou|et|à|o|y|a|或|及|以上)(?!\w)", re.IGNORECASE
)
"""What follows a version that is one end of a range."""
_MODEL = re.compile(r"(?<!\w)(?=([^\W\d_]{3,30}) ([A-Z][^\W_]{0,15})(?!\w))")
"""A name with the word that tells one model from another, such as ``Gull Pro``."""
_MODELS = 2
"""Models from which on a name is one of several things."""
_NUMBERED = re.compile(r"(?<![\w.-])([^\W\d_]{3,30})[ -](\d{1,3})(?![\w%°]|[.,:/-]\d)")
"""A name with a number, such as ``Hall 3``."""


def holds_others_alone(question: str, hits: Sequence[Hit]) -> bool:
    """Returns whether the question names a code, model or numbered thing, and the hits have others of it alone."""
    text = fold_forms("\n".join(hit.chunk.indexed_text for hit in hits))
    question = fold_forms(question)
    asked = [one for one in identifiers(question) if one.kind is IdentifierKind.CODE]
    others = identifiers(text) if asked else ()
    if any(_is_other_version(one, question, others, text) for one in asked if one.is_version):
        return True
    missing = [one for one in asked if not holds(text, one)]
    if any(is_sibling(one, other) for other in others for one in missing) or _is_other_number(question, text):
        return True
    return _is_other_model(question, text)


def names_another(question: str, text: str) -> bool:
    """Returns whether a text names a numbered thing of the question's kind, such as Hall 4 for Hall 3, and not that."""
    held = _numbered(text)
    return any(name in held and number not in held[name] for name, number in _named(question))


def names_any(text: str) -> bool:
    """Returns whether a text names a numbered thing."""
    return bool(_numbered(text))


def _is_other_model(question: str, text: str) -> bool:
    """Returns whether the question names a model, such as ``Gull Max``, and the text has others of that name alone."""
    held = frozenset(words(text))
    for match in _MODEL.finditer(question):
        name, model = match[1], match[2]
        # A letter, such as that of Gull X, can stand anywhere in a text.
        if (len(model) == 1 or held.isdisjoint(words(model))) and not FUNCTIONAL.issuperset(words(name)):
            named = {name.capitalize(), name.upper()}
            models = {other[2] for other in _MODEL.finditer(text) if other[1] in named}
            if len(models) >= _MODELS and model not in models:
                return True
    return False


def _is_other_number(question: str, text: str) -> bool:
    held = _numbered(text)
    return any(
        name in held and number not in held[name] and not _has_range(name, text) for name, number in _named(question)
    )


def _named(question: str) -> Iterator[tuple[str, str]]:
    """Yields the names with a number, however they are typed; no dates and no sections."""
    left_out = named_sections(question)
    days = [place for place, _ in dates_of(question)]
    for match in _NUMBERED.finditer(question):
        is_day = any(start < match.end() and match.start() < end for start, end in days)
        name, number = match[1].lower(), match[2].lstrip("0") or "0"
        if not is_day and number not in left_out and not (FUNCTIONAL | STOP_WORDS).issuperset(words(name)):
            yield name, number


def _numbered(text: str) -> dict[str, set[str]]:
    held: dict[str, set[str]] = {}
    for match in _NUMBERED.finditer(text):
        if match[1][0].isupper():
            held.setdefault(match[1].lower(), set()).add(match[2].lstrip("0") or "0")
    return held


def _has_range(name: str, text: str) -> bool:
    return any(match[1].lower() == name and _RANGE.match(text, match.end()) for match in _NUMBERED.finditer(text))


def _is_other_version(asked: Identifier, question: str, others: Sequence[Identifier], text: str) -> bool:
    """Returns whether the thing of a version, such as Python of 3.13, has others in the text, and no range of them."""
    [*_, thing] = ("", *words(question[: asked.span.start]))
    of_thing = [
        one
        for one in others
        if one.is_version and thing and words(text[max(0, one.span.start - _BEFORE) : one.span.start])[-1:] == (thing,)
    ]
    held = any(one.key.startswith(asked.key) for one in of_thing)
    ranges = any(_RANGE.match(text, one.span.end) for one in of_thing)
    return bool(of_thing) and not held and not ranges
