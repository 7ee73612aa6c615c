"""Retrieval metrics over ranked ids, bootstrap intervals and percentiles. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_DRAWN_AT_ONCE = 1_000_000
"""Values per draw: 16 MB with their indices."""


def ndcg_at_k(ranked: Sequence[str], gains: Mapping[str, int], *, k: int) -> float:
    """Returns normalised discounted cumulative gain (Järvelin & Kekäläinen 2002) with linear gains, as in trec_eval.

    Args:
        ranked: document ids, best first, without duplicates.
        gains: relevance of each relevant document; others count 0.
        k: number of ranked documents that count.

    Returns:
        A value in [0, 1]; 0.0 if no document is relevant.
    """
    found = sum(gains.get(document, 0) / math.log2(rank + 1) for rank, document in enumerate(ranked[:k], start=1))
    best = sorted((gain for gain in gains.values() if gain > 0), reverse=True)[:k]
    ideal = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(best, start=1))
    return found / ideal if ideal else 0.0


def recall_at_k(ranked: Sequence[str], gains: Mapping[str, int], *, k: int) -> float:
    """Returns the share of relevant documents among the first ``k``; 0.0 if none is relevant."""
    relevant = {document for document, gain in gains.items() if gain > 0}
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else 0.0


def precision_at_k(ranked: Sequence[str], gains: Mapping[str, int], *, k: int) -> float:
    """Returns the relevant share of the first ``k`` places; empty places count as not relevant."""
    return sum(gains.get(document, 0) > 0 for document in ranked[:k]) / k


def reciprocal_rank(ranked: Sequence[str], gains: Mapping[str, int], *, k: int) -> float:
    """Returns one over the rank of the first relevant document among the first ``k``; 0.0 without one."""
    return next((1 / rank for rank, document in enumerate(ranked[:k], start=1) if gains.get(document, 0) > 0), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """A mean difference with the bounds of its 95 % interval."""

    mean: float
    low: float
    high: float


def bootstrap_interval(values: Sequence[float], *, samples: int = 10_000, seed: int = 1) -> tuple[float, float]:
    """Returns the 95 % interval of the mean: percentile bootstrap (Efron & Tibshirani 1993)."""
    scores = np.asarray(values, dtype=np.float64)
    random = np.random.default_rng(seed)
    at_once = max(1, _DRAWN_AT_ONCE // scores.size)
    sizes = [min(at_once, samples - start) for start in range(0, samples, at_once)]
    means = np.concatenate([random.choice(scores, (size, scores.size)).mean(axis=1) for size in sizes])
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def paired_bootstrap(before: Sequence[float], after: Sequence[float], *, samples: int = 10_000, seed: int = 1) -> Gain:
    """Returns the mean of the paired differences and its bootstrap interval.

    Raises:
        ValueError: there are no values, or the numbers of values differ.
    """
    differences = np.subtract(after, before, dtype=np.float64)
    if not differences.size or len(before) != len(after):
        raise ValueError("values do not pair")
    low, high = bootstrap_interval(differences.tolist(), samples=samples, seed=seed)
    return Gain(mean=float(differences.mean()), low=low, high=high)


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the nearest-rank percentile; ``share`` is in (0, 1].

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
