"""Dates of birth: dates behind words that say so. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.guard.personal.finding import Finding
from rag.settings.protection.personal_data import PersonalKind
from rag.text.dates import dates_of
from rag.types import Span

_WORDS = re.compile(
    r"\bdate of birth|\bd\.?o\.?b\b|\bborn\b|\bbirth ?(?:day|date)|\bgeboren|\bgeb\.|geburts(?:datum|tag)|\bnée? le|"
    r"date de naissance|fecha de nacimiento|\bnacid[oa] el|data di nascita|\bnat[oa] il|data de nascimento|"
    r"\bnascid[oa]|geboortedatum|出生|生日",
    re.IGNORECASE,
)
_STEMS = "birth born dob d.o.b gebor geb. geburt né naissance nac nasc nat 出生 生日".split()
"""One of these is part of each; to look for them first is faster."""
_SHORT_DATE = re.compile(r"(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2}(?:\d{2})?(?!\d)")
_BEHIND = 45
"""Characters behind the words in which the date stands."""


def find_birth_dates(text: str) -> Iterator[Finding]:
    """Yields the first date behind each word of birth; a year alone is none."""
    folded = text.lower()
    if not any(stem in folded for stem in _STEMS):
        return
    for match in _WORDS.finditer(text):
        begin = match.end()
        window = text[begin : begin + _BEHIND]
        places = [place for place, readings in dates_of(window) if any(day for _, _, day in readings)]
        places += [short.span() for short in _SHORT_DATE.finditer(window)]
        if places:
            start, end = min(places)
            yield Finding(kind=PersonalKind.BIRTH_DATE, span=Span(start=begin + start, end=begin + end))
