"""Decides whether what was found can answer the question at all."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.context.evidence import EvidenceScorer
from rag.types import AbstentionReason, Hit
from rag.words import content_words, words

_NAME = re.compile(r"(?<!^)(?<![.!?]\s)\b[A-Z][\w-]+|\b[\w-]*\d[\w-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What the decision rests on; each lies in [0, 1].

    ``cosine``: of the best sentence. ``cover``: share of the question's content words in the best hits' sentences
    with their headings. ``names_missing``: share of the question's names, codes and numbers that no hit holds.
    """

    cosine: float
    cover: float
    names_missing: float


class AbstentionGate:
    """A logistic model over lexical and semantic support; below ``threshold`` the service does not answer."""

    def __init__(self, *, scorer: EvidenceScorer, threshold: float) -> None:
        self._scorer = scorer
        self._threshold = threshold

    def assess(self, question: str, hits: Sequence[Hit]) -> AbstentionReason | None:
        """Returns why ``hits``, at least one, should not be used to answer ``question``; None if they should."""
        weak = support_probability(self.signals(question, hits)) < self._threshold
        return AbstentionReason.WEAK_SUPPORT if weak else None

    def signals(self, question: str, hits: Sequence[Hit]) -> Signals:
        """Returns the inputs of the decision; ``hits`` must not be empty."""
        evidence = self._scorer.score(question, hits)
        asked = frozenset(content_words(question))
        cover = max((len(item.words) for item in evidence), default=0) / max(1, len(asked))
        found = frozenset[str]().union(*(words(hit.chunk.indexed_text) for hit in hits))
        names = frozenset(word for name in _NAME.findall(question) for word in words(name)) & asked
        return Signals(
            cosine=max((item.cosine for item in evidence if not math.isnan(item.cosine)), default=cover),
            cover=cover,
            names_missing=len(names - found) / len(names) if names else 0.0,
        )


def support_probability(signals: Signals) -> float:
    """Returns the logistic model's value. Weights: ``python -m benchmarks.abstention`` fits them."""
    logit = -4.0 + 6.0 * signals.cosine + 3.0 * signals.cover - 2.5 * signals.names_missing
    return 1 / (1 + math.exp(-logit))
