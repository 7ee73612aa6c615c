"""Tells whether what was found has counterparts of a question's words. Pure but for the encoder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.composition.phrases.asked import asking_words
from rag.composition.ranking import FUNCTIONAL, shares_of
from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.units import is_question
from rag.text.dates import dates_of
from rag.text.languages import likely_languages, small_words
from rag.text.sentences import split_sentences
from rag.text.words import STOP_WORDS, has_cjk, word_spans, words
from rag.types import Hit, Span

_LEAST_ALIKE = 0.05
_SAME = 0.8
"""Likeness of a word to itself, to a form of it, and to a compound with it, at least, whatever stands around them."""
_ALIKE = 0.65
"""Likeness of a word to its nearest one from which on it has a counterpart."""
_FRAME = re.compile(
    r"\W{0,3}(?:(?:and )?what (?:happens?|will happen|would happen) (?:if|when|to)|"
    r"(?:und )?was (?:passiert|geschieht),? (?:wenn|falls|mit)|que se passe-t-il (?:si|quand|lorsque)|"
    r"qu[ée] (?:pasa|ocurre|sucede) (?:si|cuando|con)|(?:che )?cosa succede (?:se|quando|a)|"
    r"o que acontece (?:se|quando|com)|wat gebeurt er (?:als|wanneer|met)) ",
    re.IGNORECASE,
)
"""The begin of a question that asks what follows from the rest of it."""
_LONG = 25
"""Words of a question, more than which tell a story in several sentences, of which the last one asks."""
_PART = re.compile(r"[^\W_]+")
_ACRONYM = range(3, 7)
"""Letters of a word that may be the first ones of others."""
_SHORTEST_PART = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterparts:
    """``words`` and ``missing``: see ``AbstentionFeatures``. ``is_name``: the word that is missing is a name."""

    words: float
    missing: float
    is_name: bool


def counterparts(
    question: str, hits: Sequence[Hit], texts: Sequence[str], scorer: EvidenceScorer
) -> Counterparts | None:
    """Returns how the words of the question are met by ``texts``; None where the encoder gives no vectors of words."""
    asked = telling_words(question)
    likeness = scorer.nearest_words(question, asked, texts)
    if likeness is None:
        return None
    held = _Held("\n".join(f"{hit.chunk.name}\n{hit.chunk.indexed_text}" for hit in hits))
    stated = _Held("\n".join(texts))
    left = [at for at, is_held in enumerate(held.hold(question, asked)) if not is_held]
    likeness = np.maximum(likeness, _SAME * np.array(stated.hold(question, asked), dtype=np.float32))
    shifts = scorer.shifts(question, [asked[at] for at in left])
    gaps = shifts * np.clip(_ALIKE - likeness[left], 0, 1)
    most = asked[left[int(gaps.argmax())]] if left else None
    return Counterparts(
        words=float(1 / np.mean(1 / np.clip(likeness, _LEAST_ALIKE, 1))),
        missing=float(gaps.max(initial=0.0)),
        is_name=most is not None and _is_name(question, most),
    )


def telling_words(question: str) -> list[Span]:
    """Returns the places of the words that say what is asked about, not which kind of answer is wanted."""
    spans = word_spans(question)
    left_out = STOP_WORDS | FUNCTIONAL | asking_words(question)
    small = small_words(question)
    telling = [
        span
        for span in spans
        if question[span.start : span.end].lower() not in small
        and not left_out.issuperset(words(question[span.start : span.end]))
    ]
    return telling or list(spans)


def asking_part(question: str) -> str:
    """Returns the last sentence that asks of a question that tells a story, others without "what happens if"."""
    sentences = [question[span.start : span.end] for span in split_sentences(question)]
    if len(word_spans(question)) <= _LONG or len(sentences) == 1:
        frame = _FRAME.match(question)
        return question[frame.end() :] if frame and frame.end() < len(question) else question
    return ([sentence for sentence in sentences if is_question(sentence)] or sentences)[-1]


def _is_name(question: str, span: Span) -> bool:
    """Returns whether a word is capitalised inside of a question that is not German, which capitalises all nouns."""
    begins = not question[: span.start].strip("¿¡\"'( ")
    return question[span.start].isupper() and not begins and "de" not in likely_languages(question, "LATIN")


def _is_in_date(span: Span, question: str) -> bool:
    return any(start < span.end and span.start < end for (start, end), _ in dates_of(question))


class _Held:
    """The words of a text, their parts, and the first letters of successive words."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = frozenset(words(self._text))
        parts = _PART.findall(self._text.lower())
        self._parts = frozenset(parts)
        self._initials = "".join(part[0] for part in parts)

    def hold(self, question: str, asked: Sequence[Span]) -> list[bool]:
        """Returns for each word whether the text holds it, or its date in any spelling."""
        has_dates = self._has_dates_of(question)
        return [
            (has_dates and _is_in_date(span, question)) or self._holds(question[span.start : span.end])
            for span in asked
        ]

    def _holds(self, word: str) -> bool:
        """Returns whether the text has a word, another form of it, a compound with it, or what it abbreviates."""
        low = word.lower()
        if all(shares_of(words(word), self._words)) or low in self._parts or self._joins_held(low):
            return True
        return low.isalpha() and len(low) in _ACRONYM and not has_cjk(low) and low in self._initials

    def _joins_held(self, word: str) -> bool:
        """Returns whether a word is a compound of two held ones, whatever joins them: "Gangschaltungskabel"."""
        return any(
            self._holds_form(word[:at].rstrip("-sn")) and self._holds_form(word[at:])
            for at in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1)
        )

    def _holds_form(self, part: str) -> bool:
        return len(part) >= _SHORTEST_PART and (part in self._parts or self._words.issuperset(words(part)))

    def _has_dates_of(self, question: str) -> bool:
        asked = [readings for _, readings in dates_of(question)]
        if not asked:
            return False
        held = frozenset(date for _, readings in dates_of(self._text) for date in readings)
        return all(any(_same(date, other) for date in readings for other in held) for readings in asked)


def _same(date: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    """Returns whether two dates are the same; a part that is not written, such as the year, is any."""
    return all(not own or not its or own == its for own, its in zip(date, other, strict=True))
