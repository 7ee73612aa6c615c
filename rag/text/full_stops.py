"""Tells full stops from dots of abbreviations, initials and ordinals. sentencex knows most abbreviations. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sentencex

from rag.text.abbreviations import (
    ABBREVIATIONS,
    BEFORE_NUMBERS,
    BEFORE_ORDINALS,
    FUNCTION_WORDS,
    LAST_WORDS,
    NOT_AFTER_TIMES,
    NOT_UNITS,
    PARTICLES,
    TIMES,
    TITLES,
    WORDS,
)
from rag.text.languages import likely_languages, script_of

_LIST_MARK = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,5})\)?")
_NO_PART = re.compile(r"[(\[{<\"'“”„«»‹›‚‘’`*_|\u3040-\u30ff\u3400-\u9fff]")
_LETTERS_WITH_DOTS = re.compile(r"(?:[^\W\d_]{1,3}\.-?)+[^\W\d_]{1,3}")
_REFERENCE = re.compile(r"[#№+\-−±<>≤≥~]*\d|§|[A-Z](?![^\W\d_])|[A-Z]{1,4}-?\d|[IVXLC]+(?![^\W\d_])|n\.?[°º]")
_LETTERS = re.compile(r"[^\W\d_]+")
_LETTERS_OR_DIGITS = re.compile(r"\w+")
_DAY = re.compile(r"\d{1,2}\.")
_MONTHS = frozenset(
    "january february march april june july august september october november december".split()  # May is a verb, too
)
_HEAD = 40
"""Characters before a dot in which its word and the word before it are looked for."""
_SEEN = 200
"""Characters before a dot that tell the language; as many later it is told again."""
_SEEN_AGAIN = 40
"""The same where the language was not clear."""
_LONGEST_UNIT = 3
_LONGEST_ORDINAL = 2


class FullStops:
    """Judges the dots of a text, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._told_at = -_SEEN
        self._told: Sequence[str] = ()

    def ends_sentence(self, start: int, dot: int, next_word: str) -> bool:
        """Returns whether the dot ends the sentence that began at ``start``; ``next_word`` is not written small."""
        begun = self._text[max(start, dot - _HEAD) : dot]
        if not begun.strip() or _LIST_MARK.fullmatch(begun.strip()):
            return False
        if begun[-1].isspace():
            return True
        *before, word = begun.rsplit(None, 2)
        place = _Place(before=before[-1].lower() if before else "", word=_NO_PART.split(word)[-1], next=next_word)
        ends = _in_any_language(place)
        return _in_languages(place, self._languages(dot)) if ends is None else ends

    def _languages(self, end: int) -> Sequence[str]:
        if end - self._told_at >= (_SEEN if len(self._told) == 1 else _SEEN_AGAIN):
            self._told_at, self._told = end, _languages(self._text[max(0, end - _SEEN) : end])
        return self._told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The words around a dot; ``before`` is lower case, ``next`` may have marks."""

    before: str
    word: str
    next: str

    @property
    def is_letter(self) -> bool:
        return len(self.word) == 1 and self.word.isalpha()

    @property
    def abbreviation(self) -> str:
        """The word in lower case, with the letter before it: ``a. m``."""
        return f"{self.before if self.is_letter and self.before.endswith('.') else ''}{self.word.lower()}"


def _in_any_language(place: _Place) -> bool | None:
    """Returns whether the dot ends a sentence; None where the language decides."""
    short = place.abbreviation
    if short in LAST_WORDS or place.word in WORDS or _is_unit(place):
        return True
    if short in TITLES or (place.is_letter and place.next[0].isdigit()):
        return False
    if short in BEFORE_NUMBERS:
        return not _is_reference(place)
    if short in TIMES:
        return place.next.rstrip(".,;:").lower() not in NOT_AFTER_TIMES
    return None


def _in_languages(place: _Place, languages: Sequence[str]) -> bool:
    if place.word.isdigit() and _is_ordinal(place, languages):
        return False
    is_short = place.is_letter or place.abbreviation in ABBREVIATIONS or _LETTERS_WITH_DOTS.fullmatch(place.word)
    return (not is_short and _library_ends(place, languages)) or _begins_sentence(place, languages)


def _library_ends(place: _Place, languages: Sequence[str]) -> bool:
    found = _LETTERS_OR_DIGITS.match(place.next)
    follower = found.group() if found else place.next[0]
    pair = f"{place.word}. {follower[0].upper()}{follower[1:]}"
    return all(len(sentencex.segment(language, pair)) > 1 for language in languages)


def _is_unit(place: _Place) -> bool:
    """Returns whether it is the unit of a number, with a capital behind: ``5 kg. The``."""
    word = place.word
    is_short_word = len(word) <= _LONGEST_UNIT and word.isalpha() and word.islower() and word not in NOT_UNITS
    return is_short_word and place.before[-1:].isdigit() and place.next[0].isupper()


def _is_reference(place: _Place) -> bool:
    """Returns whether a number, a letter or a paragraph sign follows, or what stands before one: ``Art. No. 5``."""
    is_article = place.next in {"A", "I"} and place.word.islower()
    is_other = place.next.endswith(".") and place.next[:-1].lower() in BEFORE_NUMBERS
    return is_other or (_REFERENCE.match(place.next) is not None and not is_article)


def _is_ordinal(place: _Place, languages: Sequence[str]) -> bool:
    """Returns whether it is a day or, in German, an ordinal: ``5. 12. 2024``, ``5. March``, ``im 2. Stock``."""
    if len(place.word) > _LONGEST_ORDINAL:
        return False
    is_german = "de" in languages and place.before in BEFORE_ORDINALS and not _begins_sentence(place, ("de",))
    is_before_month = place.next.rstrip(".,;:)").lower() in _MONTHS
    return is_german or is_before_month or _DAY.fullmatch(place.next) is not None


def _begins_sentence(place: _Place, languages: Sequence[str]) -> bool:
    """Returns whether the next word is a capitalised function word, and no part of a name."""
    found = _LETTERS.match(place.next)
    if found is None or not place.next[0].isupper() or place.next[1:2] == ".":
        return False
    word = found.group().lower()
    is_name = place.is_letter and word in PARTICLES
    return not is_name and any(word in FUNCTION_WORDS.get(language, ()) for language in languages)


def _languages(text: str) -> Sequence[str]:
    letter = next((character for character in reversed(text) if character.isalpha()), "a")
    return likely_languages(text, script_of(letter))
