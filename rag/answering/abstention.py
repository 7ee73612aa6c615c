"""Decides whether the hits can answer the question at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np

from rag.answers import AbstentionReason
from rag.retrieval.evidence import EvidenceScorer
from rag.text.words import content_words, is_mostly_cjk, words
from rag.types import Hit
from rag.verification.support import logistic

TARGET_ERROR = 0.35
"""The de of answers that may be wrong, in a set in which half of the questions have no answer."""
_COMPOUND = 5
"""The fewest characters of a word that is looked for inside of other words, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionFeatures:
    """The inputs of the decision.

    ``cosine``: that of the passage or sentence nearest to the question. ``cover``: share of the question's content
    words in the best sentence or the heading above it.
    """

    # The question's names and numbers are no feature: people write FY2022, USD or a protein's other name. They doubled
    # the wrong refusals on SciFact and FinanceBench, and made the AUC on SQuAD 2.0 better by 0.002.
    cosine: float
    cover: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionWeights:
    """A logistic model of "the hits answer the question", fitted by ``citewell eval abstention --fit``."""

    intercept: float
    cosine: float
    cover: float

    def probability(self, features: AbstentionFeatures) -> float:
        """Returns the estimated probability, in (0, 1)."""
        intercept, *weights = astuple(self)
        return logistic(intercept, weights, astuple(features))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A model with its thresholds: pairs of (share of wrong answers, threshold that kept to it), by rising share."""

    weights: AbstentionWeights
    thresholds: tuple[tuple[float, float], ...]

    def threshold(self, target_error: float) -> float:
        """Returns the threshold for a share, interpolated between the known ones.

        Above the highest known share it is that one's threshold. Below the lowest it rises to 1 for a share of 0, where
        hardly any question is answered.
        """
        shares, thresholds = zip((0.0, 1.0), *self.thresholds, strict=True)
        return float(np.interp(target_error, shares, thresholds))


SEMANTIC = Calibration(
    weights=AbstentionWeights(intercept=-4.32, cosine=5.44, cover=1.71),
    thresholds=((0.35, 0.294), (0.4, 0.197), (0.45, 0.125)),
)
"""Fitted by ``citewell eval abstention --fit`` on the training articles of SQuAD 2.0: 400 questions with an answer, 200
of its adversarial ones without, 200 asked while their article was not in the collection. No threshold kept to 30 %."""

LEXICAL = Calibration(
    weights=AbstentionWeights(intercept=-4.28, cosine=0.0, cover=16.99),
    thresholds=((0.05, 0.628), (0.1, 0.486), (0.15, 0.355), (0.2, 0.249), (0.25, 0.19), (0.3, 0.137), (0.35, 0.106)),
)
"""For Chinese, Japanese and Korean, which the default encoder does not know. Fitted with ``--lexical`` on XQuAD zh
without the test articles: 300 questions with an answer, 300 whose article was not in the collection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The estimated probability that the hits answer the question, and the reason to abstain, if there is one."""

    confidence: float
    reason: AbstentionReason | None = None


class AbstentionGate:
    """Abstains where the confidence is below the threshold that keeps the share of wrong answers at ``target_error``.

    ``threshold``, if given, replaces that threshold.
    """

    def __init__(
        self, *, scorer: EvidenceScorer, target_error: float = TARGET_ERROR, threshold: float | None = None
    ) -> None:
        self._scorer = scorer
        self._target_error = target_error
        self._threshold = threshold

    def assess(self, question: str, hits: Sequence[Hit], *, new: str = "") -> Assessment:
        """Returns whether ``hits``, of which there is at least one, answer ``question``.

        ``new`` is the part of a follow-up question that the turns before it did not ask about. The hits do not answer
        the question if they hold words of the question, but none of that part.
        """
        calibration = LEXICAL if is_mostly_cjk(question) else SEMANTIC
        confidence = calibration.weights.probability(self.features(question, hits))
        threshold = calibration.threshold(self._target_error) if self._threshold is None else self._threshold
        weak = confidence < threshold or _leaves_out(new, question, hits)
        return Assessment(confidence=confidence, reason=AbstentionReason.WEAK_SUPPORT if weak else None)

    def features(self, question: str, hits: Sequence[Hit]) -> AbstentionFeatures:
        """Returns the inputs of the decision; ``hits`` is not empty. Without an encoder the cosine is the cover."""
        evidence = self._scorer.score(question, hits)
        asked = frozenset(content_words(question))
        best = max(evidence, key=lambda item: item.score, default=None)
        cover = len(best.words) / max(1, len(asked)) if best else 0.0
        passages = [hit.dense.score for hit in hits if hit.dense is not None]
        sentences = [item.cosine for item in evidence if not math.isnan(item.cosine)]
        return AbstentionFeatures(cosine=max([*passages, *sentences], default=cover), cover=cover)


def _leaves_out(new: str, question: str, hits: Sequence[Hit]) -> bool:
    """Returns whether the hits hold words of ``question``, but none of its part ``new``."""
    # Hits that hold none of the question's words may be in another language: they are judged by their cosine alone.
    asked = {word for word in content_words(new) if not word.endswith("est")}  # "the cheapest" is in no document
    known = set(content_words(question)) - asked
    held = "\n".join(" ".join([hit.chunk.title, *hit.chunk.heading_path, hit.chunk.text]) for hit in hits).lower()
    found = frozenset(words(held))

    def holds(word: str) -> bool:
        return word in found or (len(word) >= _COMPOUND and word in held)

    return bool(asked) and not any(map(holds, asked)) and any(map(holds, known))
