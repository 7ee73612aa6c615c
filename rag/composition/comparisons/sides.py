"""Reads the two things that a question compares. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text.words import content_words

_VERSUS = re.compile(r"\s(?:vs\.?|versus|gegenüber|contra)\s", re.IGNORECASE)
_BETWEEN = re.compile(
    r"(?:\b(?:between|compare[ds]?|comparing|diff(?:erences?)?|unterschiede?|zwischen|vergleich\w{0,2}|entre|diff[ée]rences?|diferencias?|diferenças?|differenz[ae]|comparer?|tra|confront\w|"
    r"comparar?|tussen|verschil(?:len)?|vergelijk)\b)(?:\s(?:of|between|zwischen|entre|tra|tussen|von|the|der|die|das|de|les?|la|el|los|las|il|het))*\s",
    re.IGNORECASE,
)
_AND = re.compile(r"\s(?:and|und|et|y|e|en)\s|[和与跟]", re.IGNORECASE)
_OR = re.compile(r"\s(?:with|to|from|or|mit|oder|avec|ou|con|o|com|met|of)\s", re.IGNORECASE)
_END = re.compile(
    r"[?？,;:.]\s|[?？]|\s[-–—]\s|\s(?:in|for|im|nach|dans|selon|en|nel|no|na)\s|的?(?:有什么|有何)?(?:区别|差别|不同)"
)
_ENDS_BEFORE = re.compile(r"[,;:.]\s|\s[-–—]\s")
_LEAD = re.compile(
    r"(?:what(?:'s| is)?|which|is|are|the|compare|between|der|die|das|le|la|les|el|los|las)\s+", re.IGNORECASE
)
_OF = re.compile(r"\s(?:of|in|for|von|für|bei|de|du|des|del|di|da|van)\s(?:the |der |dem |den |la |les |el |il |het )?")
_LONGEST_SIDE = 6
_YEAR = 4
"""Digits of a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A side in the question's words, and the content words that only it or only the other one has."""

    name: str
    own: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def label(self) -> str:
        """The side as a line begins with it."""
        return f"{self.name[:1].upper()}{self.name[1:]}"

    @property
    def is_year(self) -> bool:
        """Whether only a year tells it from the other."""
        return bool(self.own) and all(word.isdecimal() and len(word) == _YEAR for word in self.own)


def sides_of(question: str) -> tuple[str, str] | None:
    """Returns the two things that the question compares, in its own words; None where it does not name two."""
    text = question.strip()
    versus = _VERSUS.search(text)
    if versus is not None:
        *_, first = _ENDS_BEFORE.split(text[: versus.start()])
        second = _END.split(text[versus.end() :])[0]
    else:
        between = _BETWEEN.search(text)
        after = text[between.end() :] if between else text
        parts = next((split for pattern in (_AND, _OR) if len(split := pattern.split(after, maxsplit=1)) > 1), [after])
        if len(parts) == 1 or (between is None and not _END.search(text)):
            return None
        first, second = parts[0], _END.split(parts[1])[0]
    first, second = _trimmed(first), _trimmed(second)
    if not _OF.search(second) and len(parts_of_name := _OF.split(first, maxsplit=1)) > 1:
        first = _trimmed(parts_of_name[1])  # "the rent of the shop and the flat"
    if any(not side or len(side.split()) > _LONGEST_SIDE for side in (first, second)) or first == second:
        return None
    return first, second


def compared(question: str) -> tuple[Side, Side] | None:
    """Returns the two sides with the words that tell them apart; None where the question does not name two.

    What one side leaves out, for the other has it, is its own, too: "policy 2023 and 2025".
    """
    names = sides_of(question)
    if names is None:
        return None
    one, two = (tuple(dict.fromkeys(content_words(name))) for name in names)
    if len(two) == 1 and len(one) > 1 and two[0].isdecimal() and one[-1].isdecimal():
        names, two = (names[0], f"{names[0].rpartition(' ')[0]} {names[1]}"), (*one[:-1], *two)
    return (
        Side(name=names[0], own=_apart(one, two), others=_apart(two, one)),
        Side(name=names[1], own=_apart(two, one), others=_apart(one, two)),
    )


def _apart(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(frozenset(one) - frozenset(other)))


def _trimmed(side: str) -> str:
    side = side.strip(" \t\"'“”„?？.,")
    while match := _LEAD.match(side):
        side = side[match.end() :]
    return side
