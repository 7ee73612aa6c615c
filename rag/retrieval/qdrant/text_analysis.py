"""How a text becomes the terms that BM25 counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")


class TextTokenizer(Enum):
    """How a text is cut into words; the values are Qdrant's names."""

    MULTILINGUAL = "multilingual"
    WORD = "word"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAnalysis:
    """What happens to a text, when it is indexed and when it is searched; words are lower-cased in any case.

    The multilingual tokenizer finds words in scripts without spaces. The stemmer is English; it leaves other scripts
    as they are.
    """

    tokenizer: TextTokenizer = TextTokenizer.MULTILINGUAL
    english_stemmer: bool = True
    english_stop_words: bool = False

    def describe(self) -> dict[str, str | bool]:
        """Returns what is stored beside an index, to tell later whether it still fits."""
        return {
            "tokenizer": self.tokenizer.value,
            "english_stemmer": self.english_stemmer,
            "english_stop_words": self.english_stop_words,
        }


PLAIN_WORDS = TextAnalysis(tokenizer=TextTokenizer.WORD, english_stemmer=False, english_stop_words=False)
"""Lower-cased words and nothing else."""


def number_terms(text: str) -> str:
    """Returns the numbers of ``text`` spelt so that they survive tokenizing, each with a space behind.

    Qdrant's multilingual tokenizer drops every term of digits alone: without this, BM25 could not tell ``Fjord 6``
    from ``Fjord 12``, nor find a version ``4.2.0``.
    """
    plain = (_THOUSANDS.sub("", match.group()) for match in _NUMBER.finditer(text))
    return "".join(f"n{re.sub(r'[.,:]', 'n', number)} " for number in plain)
