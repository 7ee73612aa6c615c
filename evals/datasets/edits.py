"""Counterfactual edits: replaces a number, name or date, or negates a statement. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from random import Random

from rag.text.facts import claimed
from rag.text.sentences import split_sentences

_DENIABLE = re.compile(
    r"\b(is|are|was|were|has|have|had|can|could|will|would|did|does|do|may|might|must|should)\b(?! not)"
)
_YEAR = re.compile(r"\b1\d{3}\b|\b20\d{2}\b")


@cache
def kind_of(answer: str) -> str | None:
    """Returns ``date``, ``number`` or ``name``; None for any other answer."""
    facts = claimed(f"It is {answer}")
    if facts.dates or _YEAR.search(answer):
        return "date"
    if facts.numbers:
        return "number"
    return "name" if facts.names else None


def negated(sentence: str) -> str | None:
    """Returns the sentence with ``not`` after its first auxiliary; None without an auxiliary or if negated already."""
    if re.search(r"\bnot?\b|n't\b|\bnever\b|\bnor\b|\bneither\b", sentence, re.IGNORECASE):
        return None
    edited, count = _DENIABLE.subn(r"\1 not", sentence, count=1)
    return edited if count else None


def other_of_same_kind(answer: str, others: Sequence[str], draw: Random) -> str | None:
    """Returns one of ``others`` of the same kind without a common word; None if there is none."""
    kind = kind_of(answer)
    mine = set(answer.lower().split())
    fitting = [other for other in others if kind_of(other) == kind and not mine & set(other.lower().split())]
    return draw.choice(fitting) if kind and fitting else None


def replaced(text: str, answer: str, other: str) -> str:
    """Returns the text with each whole-word ``answer`` replaced by ``other``."""
    return re.sub(rf"(?<!\w){re.escape(answer)}(?!\w)", lambda _: other, text)


def sentence_containing(passage: str, answer: str) -> str | None:
    """Returns the sentence of the passage that contains the answer, or None unless exactly one does."""
    sentences = [passage[span.start : span.end] for span in split_sentences(passage)]
    holding = [sentence for sentence in sentences if answer in sentence]
    return holding[0] if len(holding) == 1 else None
