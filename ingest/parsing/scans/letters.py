"""Tells text from a page whose font gives wrong characters. Pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

_USUAL_SIGNS = frozenset(".,-:;()/%|$€、。，：；！？（）「」・")
_MIN_LETTERS = 60
_MIN_MARKS = 30
_MAX_MARK_SHARE = 0.45
_MAX_SURPRISE = 3.28
_MIN_VOWELS, _USUAL_VOWELS = 0.22, 0.3
_VOWELS = frozenset("aeiouyаеиоуыэюяіїєαεηιουω")
_MIN_WORDS = 0.75
_MIN_COMMON = 0.9
_MAX_ACCENTED = 0.45
_WORD = re.compile(r"[^\W\d_]{2,}")
_IDEOGRAPHS = "\u2e80"
_COMMON_SIGNS = ("gb2312", "shift_jis", "big5", "euc_kr")
_FLOOR = 0.0004
# Percent, the mean of English, German, French, Spanish, Italian, Dutch, Portuguese, Polish, Swedish and Finnish.
_FREQUENCIES = {
    "a": 9.6, "b": 1.4, "c": 3.1, "d": 4.1, "e": 13.1, "f": 1.3, "g": 1.9, "h": 2.4, "i": 8.1, "j": 1.0, "k": 2.3,
    "l": 4.6, "m": 2.9, "n": 7.8, "o": 6.3, "p": 2.3, "q": 0.4, "r": 6.3, "s": 6.3, "t": 6.7, "u": 3.7, "v": 1.7,
    "w": 1.4, "x": 0.2, "y": 1.1, "z": 1.4,
}  # fmt: skip
_SURPRISE = {letter: -math.log(max(share / 100, _FLOOR)) for letter, share in _FREQUENCIES.items()}


def looks_wrong(counts: Counter[str]) -> bool:
    """Returns whether a text's characters, counted, are probably not those that the page shows.

    Either most are signs, or its Latin letters are spread as in no European language. Short texts never look wrong.
    """
    inked = {character: count for character, count in counts.items() if not character.isspace()}
    total = sum(inked.values())
    signs = {sign: count for sign, count in inked.items() if not sign.isalnum() and sign not in _USUAL_SIGNS}
    odd = sum(signs.values())
    if total >= _MIN_MARKS and odd > _MAX_MARK_SHARE * total and not _is_leader(signs, total):
        return True
    return surprise(counts) > _MAX_SURPRISE and vowel_share(counts) < _USUAL_VOWELS


def reads_as_words(text: str) -> bool:
    """Returns whether a text, which may be short, is made of words or numbers: its font gives the characters shown."""
    inked = [character for character in text if not character.isspace()]
    letters = [character for character in inked if character.isalpha()]
    if not letters:
        return all(character.isdecimal() or character in _USUAL_SIGNS for character in inked)
    if 2 * sum(letter >= _IDEOGRAPHS for letter in letters) > len(letters):
        return sum(map(_is_common, letters)) >= _MIN_COMMON * len(letters)
    in_words = sum(map(len, _WORD.findall(text))) + sum(map(str.isdecimal, inked))
    accented = sum("\x7f" < character < "\u0370" for character in letters)
    return (
        in_words >= _MIN_WORDS * len(inked)
        and accented <= _MAX_ACCENTED * len(letters)
        and vowel_share(Counter(text)) >= _MIN_VOWELS
    )


def vowel_share(counts: Counter[str]) -> float:
    """Returns the share of vowels among the letters of alphabets, about 0.4 in European languages; 0 without any."""
    letters = {letter: count for letter, count in counts.items() if letter.isalpha() and letter < _IDEOGRAPHS}
    vowels = sum(
        count for letter, count in letters.items() if unicodedata.normalize("NFKD", letter)[0].lower() in _VOWELS
    )
    return vowels / sum(letters.values()) if letters else 0.0


def _is_common(letter: str) -> bool:
    """Returns whether a Chinese, Japanese or Korean character is one of the usual ones."""
    for code in _COMMON_SIGNS:
        try:
            if len(letter.encode(code)) <= 2:  # noqa: PLR2004 - others are composed of parts
                return True
        except UnicodeEncodeError:
            continue
    return False


def surprise(counts: Counter[str]) -> float:
    """Returns the mean surprise of a text's Latin letters, in nats; 0 if they are few, or fewer than others."""
    letters = {letter: counts[letter] + counts[letter.upper()] for letter in _SURPRISE}
    total = sum(letters.values())
    if total < max(_MIN_LETTERS, sum(count for letter, count in counts.items() if letter.isalpha()) / 2):
        return 0.0
    return sum(_SURPRISE[letter] * count for letter, count in letters.items()) / total


def _is_leader(signs: Mapping[str, int], total: int) -> bool:
    """Returns whether most signs are the same one, as in a rule of underscores."""
    sign = max(signs, key=lambda each: signs[each])
    return signs[sign] > total / 4 and sign in "_=*·•…"
