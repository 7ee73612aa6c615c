"""Retrieval metrics over ranked ids. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def ndcg_at_k(ranked: Sequence[str], gains: Mapping[str, int], *, k: int) -> float:
    """Normalised discounted cumulative gain (Järvelin & Kekäläinen 2002), linear gains as trec_eval takes them.

    Args:
        ranked: document ids, best first, without duplicates.
        gains: relevance of each relevant document; others count 0.
        k: how many of the ranked count.

    Returns:
        A value in [0, 1]; 0.0 where no document is relevant.
    """
    found = sum(gains.get(document, 0) / math.log2(rank + 1) for rank, document in enumerate(ranked[:k], start=1))
    best = sorted((gain for gain in gains.values() if gain > 0), reverse=True)[:k]
    ideal = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(best, start=1))
    return found / ideal if ideal else 0.0


def recall_at_k(ranked: Sequence[str], gains: Mapping[str, int], *, k: int) -> float:
    """Share of the relevant documents among the first ``k``; 0.0 where none is relevant."""
    relevant = {document for document, gain in gains.items() if gain > 0}
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; ``share`` in (0, 1].

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
