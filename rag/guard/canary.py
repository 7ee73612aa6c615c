"""Knows a model's instructions again in what it writes: word by word, spaced out, backwards, encoded."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rag.guard.orders.encodings import other_forms

_GRAM = 8
_RUN = 20
"""Letters in a row that make a leak."""
_ORDINARY = ("the sources do not answer the question",)
"""What instructions and answers may both say."""


def letters_of(text: str) -> str:
    """Returns the letters of a text alone, small: what is left whatever stands between them."""
    return "".join(filter(str.isalpha, unicodedata.normalize("NFKC", text).casefold()))


class Secrets:
    """Texts that must not leave, among them the canary; ``canary`` is a word made of random letters."""

    def __init__(self, texts: Iterable[str], canary: str = "") -> None:
        self.canary = canary
        grams: set[str] = set()
        for text in (*texts, canary):
            plain = letters_of(text)
            for form in (plain, plain[::-1], codecs.encode(plain, "rot13")):
                grams.update(_grams(form))
        for text in _ORDINARY:
            grams.difference_update(_grams(letters_of(text)))
        self._grams = frozenset(grams)

    def with_texts(self, texts: Sequence[str]) -> Secrets:
        """Returns these and further texts."""
        more = Secrets(texts)
        joined = Secrets((), self.canary)
        joined._grams = self._grams | more._grams
        return joined

    def holds(self, gram: str) -> bool:
        """Returns whether eight letters stand in a secret."""
        return gram in self._grams


@dataclass(slots=True, kw_only=True)
class LeakWatch:
    """Reads one answer as it is written. ``public`` are the letters of what may be said: passages and question."""

    secrets: Secrets
    public: str = ""
    _tail: str = field(default="", init=False)
    _run: int = field(default=0, init=False)

    def read(self, text: str) -> bool:
        """Adds text; returns whether it leaks, or goes on with a leak."""
        leaked = self._read_letters(letters_of(text))
        return leaked or self.is_told_in(text)

    def is_told_in(self, sentence: str) -> bool:
        """Returns whether a whole sentence says a secret in another form."""
        return any(_stands_alone(self.secrets, self.public, form) for form in other_forms(sentence))

    @property
    def is_close(self) -> bool:
        """Whether the last letters stand in a secret, so that the next ones may complete a leak."""
        return self._run > 0

    def _read_letters(self, letters: str) -> bool:
        leaked = False
        for letter in letters:
            self._tail = (self._tail + letter)[-_RUN:]
            if self.secrets.holds(self._tail[-_GRAM:]):
                self._run = self._run + 1 if self._run else _GRAM
                leaked = leaked or (self._run >= _RUN and self._tail not in self.public)
            else:
                self._run = 0
        return leaked


def _stands_alone(secrets: Secrets, public: str, text: str) -> bool:
    watch = LeakWatch(secrets=secrets, public=public)
    return watch._read_letters(letters_of(text))  # noqa: SLF001 - the same class


def _grams(letters: str) -> set[str]:
    return {letters[at : at + _GRAM] for at in range(len(letters) - _GRAM + 1)}
