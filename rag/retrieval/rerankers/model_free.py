"""Rerankers without a model of their own: the fused order, and the evidence of each hit's best sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.retrieval.evidence import Evidence, EvidenceScorer
from rag.types import Hit


class FusedOrder:
    """Keeps the fused order."""

    @property
    def name(self) -> str:
        return "none"

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Returns ``hits``, ignoring the question."""
        del question
        return tuple(hits)


# Chosen together with the weights of the evidence. A score has at most their sum, as the cross-encoders expect.
_FUSED_WEIGHT, _EVIDENCE_WEIGHT = 0.77, 1.23


class SentenceReranker:
    """Adds up a hit's fused score, scaled to at most 1, and the score of its best sentence, in [0, 1], with weights."""

    def __init__(self, scorer: EvidenceScorer) -> None:
        self._scorer = scorer

    @property
    def name(self) -> str:
        return "best-sentence"

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Returns the same hits, best first; ties keep their order."""
        best: dict[int, Evidence] = {}
        for item in self._scorer.score(question, hits):
            if item.hit_index not in best or item.score > best[item.hit_index].score:
                best[item.hit_index] = item
        top = max((hit.score for hit in hits), default=0.0) or 1.0
        scored = [_scored(hit, hit.score / top, best.get(at)) for at, hit in enumerate(hits)]
        return tuple(sorted(scored, key=lambda hit: -(hit.rerank_score or 0.0)))


def _scored(hit: Hit, fused: float, best: Evidence | None) -> Hit:
    if best is None:
        return replace(hit, rerank_score=_FUSED_WEIGHT * fused)
    score = _FUSED_WEIGHT * fused + _EVIDENCE_WEIGHT * best.score
    return replace(hit, rerank_score=score, best_sentence=best.span)
