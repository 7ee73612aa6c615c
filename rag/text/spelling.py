"""Corrects a question's misspelt words by the words of texts; the only door to ``rapidfuzz`` in answering. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from rag.text.folding import fold_forms
from rag.text.words import STOP_WORDS, words

_WORD = re.compile(r"(?<![\w-])[^\W\d_]{4,32}(?![\w-])")
_REPEATED = re.compile(r"(\w)\1+")
_VOWELS = re.compile(r"[aeiouyäöüáéíóúàèìòùâêîôûãõ]+")
_LONG = 8
"""Letters from which a word may have two wrong ones."""
_MOST_WORDS = 20_000
_MOST_ASKED = 15
"""Of a longer question a few misspelt words do not matter."""


def corrected(question: str, texts: Iterable[str], *, pieces: Callable[[str], int]) -> str:
    """Returns the question with each misspelt word replaced by the word of the texts that it is most like.

    A word is misspelt if no text has it, not even inside of another word, and the encoder does not know it: ``pieces``
    counts its tokens, and a common word is one. Words with a capital letter inside the question may be names, and stay.
    """
    held = fold_forms("\n".join(texts)).lower()
    asked = [match for match in _WORD.finditer(question) if match.group().islower() or not match.start()]
    missing = [match for match in asked if (word := match.group().lower()) not in STOP_WORDS and word not in held]
    if not missing or len(asked) > _MOST_ASKED:
        return question
    counts = Counter(match.group() for match in _WORD.finditer(held))
    stems = frozenset(stem for word in counts for stem in words(word))
    vocabulary = [word for word, _ in counts.most_common(_MOST_WORDS) if word not in STOP_WORDS]
    for match in reversed(missing):
        word = match.group().lower()
        nearest = None if stems.intersection(words(word)) else likest(word, vocabulary)
        if nearest is not None and _is_misspelt(word, nearest, pieces):
            question = question[: match.start()] + nearest + question[match.end() :]
    return question


def likest(word: str, vocabulary: list[str]) -> str | None:
    """Returns the word with the fewest letters wrong, missing, added or swapped, the most frequent of equals."""
    most = 2 if len(word) >= _LONG else 1
    near = process.extract(word, vocabulary, scorer=OSA.distance, score_cutoff=most, limit=8)
    found = [(distance, at) for other, distance, at in near if other[0] == word[0]]
    return vocabulary[min(found)[1]] if found else None


def _is_misspelt(word: str, likest: str, pieces: Callable[[str], int]) -> bool:
    if _REPEATED.sub(r"\1", word) == _REPEATED.sub(r"\1", likest):
        return True
    if _VOWELS.sub("", word) == _VOWELS.sub("", likest):
        return pieces(word) > 1
    shorter, longer = sorted((word, likest), key=len)
    if len(shorter) < len(longer) and longer.startswith(shorter[:-1]):
        return False  # rather another form of the word
    return pieces(word) > 1 and pieces(word) >= pieces(likest)
