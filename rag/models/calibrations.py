"""Figures that are tuned to an encoder's vectors: the weights of fusion, abstention and support of claims."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

_FILE = Path(__file__).parent / "calibrations.toml"
_DEFAULT = "default"


class FusionMethod(StrEnum):
    RRF = "rrf"
    MIN_MAX = "min_max"
    Z_SCORE = "z_score"
    CALIBRATED = "calibrated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """How the results of both retrievers are joined; see the settings ``retrieval.fusion``."""

    method: FusionMethod = FusionMethod.CALIBRATED
    dense_weight: float = 1.0
    bm25_weight: float = 1.0
    bm25_by_cover: bool = False
    dense_spread: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionFeatures:
    """The inputs of abstention.

    ``cosine``: that of the passage or sentence nearest to the question. ``cover``: share of the question's content
    words in the best sentence or the heading above it. ``words``: how alike the question's words are to the nearest
    ones of the best sentences, as their harmonic mean: one word without a counterpart weighs much. ``missing``: how far
    the question's meaning moves without the word that is the most unlike, times how unlike that is to what was found.
    """

    # The question's names and numbers are no feature: people write FY2022, USD or a protein's other name. They doubled
    # the wrong refusals on SciFact and FinanceBench, and made the AUC on SQuAD 2.0 better by 0.002.
    cosine: float
    cover: float
    words: float = 0.0
    missing: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionWeights:
    """A logistic model of "the hits answer the question", fitted by ``citewell eval abstention --fit``."""

    intercept: float
    cosine: float
    cover: float
    words: float = 0.0
    missing: float = 0.0

    def probability(self, features: AbstentionFeatures) -> float:
        """Returns the estimated probability, in (0, 1)."""
        intercept, *weights = astuple(self)
        return _logistic(intercept, weights, astuple(features))


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionModel:
    """Weights with thresholds: pairs of (share of wrong answers, threshold that kept to it), by rising share."""

    weights: AbstentionWeights
    thresholds: tuple[tuple[float, float], ...]

    def threshold(self, target_error: float) -> float:
        """Returns the threshold for a share, interpolated between the known ones.

        Above the highest known share it is that one's threshold. Below the lowest it rises to 1 for a share of 0, where
        hardly any question is answered.
        """
        shares, thresholds = zip((0.0, 1.0), *self.thresholds, strict=True)
        return float(np.interp(target_error, shares, thresholds))


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstentionModels:
    """The models by the languages of question and passages; ``other_language`` where the two differ.

    An encoder without ``other_language`` does not find passages in other languages.
    """

    same_language: AbstentionModel
    cjk: AbstentionModel
    other_language: AbstentionModel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportFeatures:
    """The inputs of the decision whether a source supports a claim.

    ``likeness``: how alike claim and source are by the scorer, in [0, 1]. ``cover``: share of the claim's content words
    that the source or its headings hold. ``denial``: 1 where one of the two denies a word that the other affirms, or 0.
    """

    likeness: float
    cover: float
    denial: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportModel:
    """A logistic model of "the source supports the claim", which it does from the probability ``threshold`` on.

    With a cover of ``settled_cover`` and no denial the words alone decide: the likeness would hardly change anything.
    Fitted by ``citewell eval verification --fit``.
    """

    intercept: float
    likeness: float
    cover: float
    denial: float
    threshold: float
    settled_cover: float

    def probability(self, features: SupportFeatures) -> float:
        """Returns the estimated probability, in (0, 1)."""
        return _logistic(self.intercept, (self.likeness, self.cover, self.denial), astuple(features))

    def supports(self, features: SupportFeatures) -> bool:
        """Returns whether the probability reaches the threshold."""
        return self.probability(features) >= self.threshold

    def settles(self, features: SupportFeatures) -> bool:
        """Returns whether the words alone decide that the source supports the claim."""
        return features.cover >= self.settled_cover and not features.denial


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportModels:
    """``encoded`` uses the likeness of vectors, ``words_only`` is for where there is none."""

    encoded: SupportModel
    words_only: SupportModel


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderCalibration:
    """What is tuned to one encoder; ``knows_cjk``: it was trained on Chinese, Japanese and Korean.

    ``chunk_tokens`` are the tokens of a chunk, in the encoder's count.
    """

    knows_cjk: bool
    chunk_tokens: int
    fusion: Fusion
    abstention: AbstentionModels
    support: SupportModels


@cache
def calibration_of(encoder_name: str) -> EncoderCalibration:
    """Returns the figures for an encoder: its own, and the default's for what it has none of."""
    held = tomllib.loads(_FILE.read_text("utf-8"))
    return TypeAdapter(EncoderCalibration).validate_python(held[_DEFAULT] | held.get(encoder_name, {}))


def _logistic(intercept: float, weights: Iterable[float], features: Iterable[float]) -> float:
    logit = intercept + sum(weight * value for weight, value in zip(weights, features, strict=True))
    return 1 / (1 + math.exp(-logit))
