"""Words of tables and of questions about them, and the phrases of answers. Pure."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.text.abbreviations import FUNCTION_WORDS as WORDS_BY_LANGUAGE
from rag.text.words import STOP_WORDS, has_cjk, words

_FILE = Path(__file__).parent / "words.toml"
HELD: Mapping[str, Any] = tomllib.loads(_FILE.read_text("utf-8"))


_FILLERS = frozenset(HELD["fillers"]["words"])
_MARKERS = {language: frozenset(texts) for language, texts in HELD["markers"].items()}
GENERIC = frozenset(HELD["generic"]["words"])
TRUTHS = {word: truth == "true" for truth, texts in HELD["truths"].items() for word in texts}
TOTALS = frozenset(HELD["totals"]["words"])
FUNCTION_WORDS = frozenset[str]().union(*(WORDS_BY_LANGUAGE[language] for language in _MARKERS)) | STOP_WORDS
_UNITS = frozenset(HELD["columns_units"]["written"])
_IN_BRACKETS = re.compile(r"(?<!\s)\s{0,4}[(\[]([^()\[\]]{1,12})[)\]]\s{0,4}$")
_AT_END = re.compile(r"(?<=[^\s,_])[ ,_]{1,2}([^\s,_]{1,8})$")
_LETTERS = re.compile(r"[^\W\d_]+")
_SEEN = 2_000
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CODE = re.compile(r"(?<![^\W_])([^\W\d_]{1,5})[-_/](?!\d\d[-_]\d\d(?!\d))(?=(\d))\2")
_ELISION = re.compile(r"(?<![^\W_])(?:[cdjlmnst]|qu)['’](?=[^\W\d_])", re.IGNORECASE)
_CJK_GLUE = frozenset("的是了在有和与及吗呢几个多少什么哪请问中里")
_MEASURES = "个家艘辆名张款件条台座所种位本" + "".join(_CJK_GLUE)
_ACCENTS = {code: base for code in range(0xC0, 0x250) if (base := unicodedata.normalize("NFD", chr(code))[0]).isascii()}


def phrase(language: str, said: str, /, **values: object) -> str:
    """Returns a phrase of an answer in a language, in English where the language has none."""
    held = HELD["phrases"].get(language, HELD["phrases"]["en"])
    return str(held[said]).format(**values)


def with_unit(name: str) -> tuple[str, str]:
    """Returns a column's name without the unit at its end, in brackets or bare, and that unit; empty where is none."""
    if bracketed := _IN_BRACKETS.search(name):
        return name[: bracketed.start()], bracketed[1]
    bare = _AT_END.search(name)
    return (name[: bare.start()], bare[1]) if bare and bare[1] in _UNITS else (name, "")


def tokens(text: str) -> tuple[str, ...]:
    """Returns the words of a text, stemmed, without accents; ``unitPrice`` is two, ``L-40`` one."""
    spaced = _ELISION.sub(" ", _CODE.sub(r"\1\2", _CAMEL.sub(" ", text)))
    return words(spaced.translate(_ACCENTS))


def content(text: str) -> tuple[str, ...]:
    """Returns the words that can name something, each once."""
    bare = [part for part in text.split() if part.strip(".,:;!?\"'()") not in _FILLERS]
    left = " ".join(part for part in bare if part.strip(".,:;!?\"'()") not in FUNCTION_WORDS)
    return tuple(dict.fromkeys(word for word in tokens(left) if word not in _FILLERS and not _is_glue(word)))


def without_measures(text: str) -> str:
    """Returns a text without the Chinese measure words and particles at its ends."""
    return text.strip(_MEASURES)


def is_code(text: str) -> bool:
    """Returns whether a text is a code such as ``SC-30`` or ``4711``: one word with a figure."""
    return not any(sign.isspace() for sign in text) and any(sign.isdigit() for sign in text)


def _is_glue(word: str) -> bool:
    return has_cjk(word) and any(character in _CJK_GLUE for character in word)


def plain(text: str) -> str:
    """Returns the text in lower case and without accents, of the same length where that is possible."""
    return text.lower().translate(_ACCENTS)


_CLEAR = 3
"""Small words by which a document's language leads English where it is clear: names and headings have few."""


def language_of(question: str, document: str) -> str:
    """Returns the language of a question; where its words do not tell, that of the document."""
    if has_cjk(question):
        return "zh"
    asked, held = _language_scores(question), _language_scores(document[:_SEEN])
    spoken = {language: count if count >= held["en"] + _CLEAR else 0 for language, count in held.items()}
    return max(asked, key=lambda language: (asked[language], spoken[language], language == "en"))


def _language_scores(text: str) -> Mapping[str, int]:
    found = [word for word in _LETTERS.findall(text.lower()) if len(word) > 1]
    return {
        language: sum((word in WORDS_BY_LANGUAGE[language]) + 2 * (word in markers) for word in found)
        for language, markers in _MARKERS.items()
    }


def is_alike(word: str, other: str) -> bool:
    """Returns whether two stemmed words are forms of one, or the second is a compound with the first."""
    if word == other:
        return True
    if has_cjk(word) or has_cjk(other) or not word.isalpha() or not other.isalpha():
        return False
    shared = next(
        (at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), min(len(word), len(other))
    )
    longest = max(len(word), len(other))
    return (
        (shared >= 4 and shared >= 0.75 * longest)  # noqa: PLR2004
        or (len(word) >= 3 and other.startswith(word) and len(other) >= len(word) + 3)  # noqa: PLR2004
        or (len(word) >= 4 and other.startswith(word))  # noqa: PLR2004
        or (len(word) >= 5 and word in other)  # noqa: PLR2004
    )
