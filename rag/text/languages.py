"""Tells the languages of texts by script and function words, at little cost. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

import stop_words

from rag.text.abbreviations import FUNCTION_WORDS, LANGUAGES_OF_SCRIPTS

_LETTERS = re.compile(r"[^\W\d_]+")
_LANGUAGES_OF = {
    word: [language for language, others in FUNCTION_WORDS.items() if word in others]
    for words in FUNCTION_WORDS.values()
    for word in words
}
_SEEN = 400
"""Characters that tell the language of a text."""
_JAPANESE = "HIRAGANA"
_CLEAR = 2
"""Function words by which a language leads where it is clear."""


@lru_cache(maxsize=256)
def small_words(text: str) -> frozenset[str]:
    """Returns the words that say nothing alone, in the languages other than English that the text is most likely in."""
    found = frozenset(_LETTERS.findall(text.lower()))
    counts = {language: len(found & small) for language, small in _small_words().items()}
    most = max(1, *counts.values())
    likely = [language for language, count in counts.items() if count == most and language != "english"]
    return frozenset[str]().union(*(_small_words()[language] for language in likely))


def spoken_language(text: str, among: Iterable[str]) -> str | None:
    """Returns the one of some languages (ISO 639-1) of which the text has most small words; None if unclear."""
    found = _LETTERS.findall(text.lower())
    known = {code: _small_words()[stop_words.LANGUAGE_MAPPING[code]] for code in among}
    counts = Counter({code: sum(word in small for word in found) for code, small in known.items()})
    (best, most), *others = counts.most_common(2)
    return best if most >= _CLEAR and all(count < most for _, count in others) else None


@lru_cache(maxsize=1)
def _small_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(stop_words.get_stop_words(language)) for language in stop_words.AVAILABLE_LANGUAGES}


def script_of(letter: str) -> str:
    """Returns the name of a letter's script, as Unicode has it: ``LATIN``, ``CJK``, ``CYRILLIC``."""
    return "LATIN" if letter.isascii() else unicodedata.name(letter, "").partition(" ")[0]


def likely_languages(text: str, script: str) -> Sequence[str]:
    """Returns the language that script and function words tell, or several where they do not tell one from another."""
    known = LANGUAGES_OF_SCRIPTS.get(script, ("en",))
    if len(known) == 1:
        return known
    counts = _counts(text)
    most = max(counts.values(), default=0)
    return tuple(language for language, count in counts.items() if count == most) or known


def has_function_words(text: str) -> bool:
    """Returns whether a word of the text is one that tells a language written in Latin letters."""
    return bool(_counts(text))


def languages_differ(question: str, passage: str) -> bool:
    """Returns whether the two are clearly in different languages; a name, a number or two words tell none."""
    scripts = _script(question[:_SEEN]), _script(passage[:_SEEN])
    if "" in scripts:
        return False
    if scripts[0] != scripts[1]:
        return True
    # A single letter in a question is rather a part of a name, such as E-1120.
    asked, held = _counts(question[:_SEEN], least=2), _counts(passage[:_SEEN])
    best = max(asked.values(), default=0), max(held.values(), default=0)
    if not best[0] or not best[1]:
        return False
    # The passage is the longer one. Where it has hardly a word of the question's language, it is in another.
    spoken = [language for language, count in asked.items() if count == best[0]]
    return all(held[language] + _CLEAR <= best[1] and 2 * held[language] <= best[1] for language in spoken)


def can_be_english(text: str) -> bool:
    """Returns whether most letters are Latin, and no other language leads by function words; "die" alone is no lead."""
    begin = text[:_SEEN]
    counts = _counts(begin)
    return _script(begin) in {"", "LATIN"} and max(counts.values(), default=0) < counts["en"] + _CLEAR


def is_latin(text: str) -> bool:
    """Returns whether most letters are Latin, or there are none."""
    return _script(text[:_SEEN]) in {"", "LATIN"}


@lru_cache(maxsize=1_024)
def _script(text: str) -> str:
    """Returns the script of most letters, empty without letters; Chinese characters beside kana are Japanese."""
    letters = (letter for letter in text if letter.isalpha())
    counts = Counter(map(script_of, letters))
    if counts[_JAPANESE]:
        counts[_JAPANESE] += counts.pop("CJK", 0) + counts.pop("KATAKANA", 0)
    return max(counts, key=lambda script: counts[script], default="")


def _counts(text: str, *, least: int = 1) -> Counter[str]:
    found = (_LANGUAGES_OF.get(word, ()) for word in _LETTERS.findall(text.lower()) if len(word) >= least)
    return Counter(chain.from_iterable(found))
