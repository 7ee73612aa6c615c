"""Decides whether what was found can answer the question at all."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from rag.answers import AbstentionReason
from rag.context.evidence import EvidenceScorer
from rag.types import Hit
from rag.words import content_words, is_mostly_cjk, words

_NAME = re.compile(r"(?<!^)(?<![.!?]\s)\b[A-Z][\w-]+|(?<![\w-])(?:[^\W\d]|-)*+\d[\w-]*")
_BEST_SENTENCES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What the decision rests on.

    ``dense``: cosine of the best passage. ``cosine``: that of the best sentence. ``missing``: share of the question's
    content words in none of the passages that hold the best sentences. ``names_missing``: share of its names, codes
    and numbers in none of the hits.
    """

    dense: float
    cosine: float
    missing: float
    names_missing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportWeights:
    """A logistic model of "the hits answer the question", fitted by ``citewell eval abstention``."""

    intercept: float
    dense: float
    cosine: float
    missing: float
    names_missing: float

    def probability(self, signals: Signals) -> float:
        """Returns the estimated probability, in (0, 1)."""
        intercept, *weights = astuple(self)
        logit = intercept + sum(weight * value for weight, value in zip(weights, astuple(signals), strict=True))
        return float(1 / (1 + math.exp(-logit)))


SEMANTIC = SupportWeights(intercept=-4.05, dense=3.54, cosine=4.50, missing=-1.23, names_missing=-1.24)
"""Fitted on SQuAD 2.0, half of whose unanswerable questions were its own adversarial ones and half were asked while
their article was not in the collection. AUC 0.80 by cross-validation."""

LEXICAL = SupportWeights(intercept=8.36, dense=0.0, cosine=0.0, missing=-13.58, names_missing=-3.70)
"""For Chinese, Japanese and Korean, which the default encoder does not know. Fitted on XQuAD zh (``--lexical``)
against questions whose article was not in the collection. AUC 0.94 by cross-validation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """``confidence`` is the estimated probability that the hits answer; ``reason`` says why they are not used."""

    confidence: float
    reason: AbstentionReason | None = None


class AbstentionGate:
    """Below ``threshold`` the service does not answer."""

    def __init__(self, *, scorer: EvidenceScorer, threshold: float) -> None:
        self._scorer = scorer
        self._threshold = threshold

    def assess(self, question: str, hits: Sequence[Hit]) -> Assessment:
        """Judges whether ``hits``, at least one, answer ``question``."""
        weights = LEXICAL if is_mostly_cjk(question) else SEMANTIC
        confidence = weights.probability(self.signals(question, hits))
        weak = confidence < self._threshold
        return Assessment(confidence=confidence, reason=AbstentionReason.WEAK_SUPPORT if weak else None)

    def signals(self, question: str, hits: Sequence[Hit]) -> Signals:
        """Returns the inputs of the decision; ``hits`` must not be empty.

        Without an encoder the lexical cover stands in for what it would have said.
        """
        evidence = sorted(self._scorer.score(question, hits), key=lambda item: -item.score)
        asked = frozenset(content_words(question))
        best = {item.hit_index for item in evidence[:_BEST_SENTENCES]}
        missing = len(asked - _words_of([hits[index] for index in best])) / max(1, len(asked))
        names = frozenset(word for name in _NAME.findall(question) for word in words(name)) & asked
        encoded = [item.cosine for item in evidence if not math.isnan(item.cosine)]
        dense = [hit.dense.score for hit in hits if hit.dense is not None]
        lexical = [1 - missing] if evidence else []
        return Signals(
            dense=max(dense or lexical, default=0.0),
            cosine=max(encoded or lexical, default=0.0),
            missing=missing,
            names_missing=len(names - _words_of(hits)) / max(1, len(names)),
        )


def _words_of(hits: Sequence[Hit]) -> frozenset[str]:
    return frozenset[str]().union(*(words(hit.chunk.indexed_text) for hit in hits))
