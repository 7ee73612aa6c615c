"""A second search round whose query is the best sentence found, for questions of two steps."""

from __future__ import annotations

from collections.abc import Sequence

from rag.retrieval.evidence import EvidenceScorer, quote
from rag.types import Hit

FOUND_IN_SECOND_ROUND = 10
_KEPT = 3
_WEIGHT = 0.3


class SecondRound:
    """Derives the second round's query from the first round's hits."""

    def __init__(self, scorer: EvidenceScorer) -> None:
        self._scorer = scorer

    def query(self, question: str, hits: Sequence[Hit]) -> str | None:
        """Returns the sentence of the first hit that answers the question best; None if there is none."""
        if hits and hits[0].best_sentence is not None:
            return quote(hits[0].chunk, hits[0].best_sentence)
        evidence = self._scorer.score(question, hits[:1])
        return max(evidence, key=lambda item: item.score).text if evidence else None


def join_rounds(first: Sequence[Hit], second: Sequence[Hit]) -> tuple[Hit, ...]:
    """Merges the hits of both rounds, each best first, without duplicates.

    The first three keep their places, so that a question of one step loses little; the others are ordered by
    ``1 / (1 + rank) + 0.3 / (1 + rank in the second round)``. The first hit, whose
    sentence was the second query, is left out of the second round. Ties keep their order.
    """
    kept, rest = first[:_KEPT], first[_KEPT:]
    source = {hit.chunk.chunk_id for hit in first[:1]}
    added = [hit for hit in second if hit.chunk.chunk_id not in source]
    scores = {hit.chunk.chunk_id: 1 / (1 + rank) for rank, hit in enumerate(rest, start=_KEPT + 1)}
    for rank, hit in enumerate(added, start=1):
        scores[hit.chunk.chunk_id] = scores.get(hit.chunk.chunk_id, 0.0) + _WEIGHT / (1 + rank)
    hits = {hit.chunk.chunk_id: hit for hit in (*added, *rest)}
    for hit in kept:
        hits.pop(hit.chunk.chunk_id, None)
    return (*kept, *sorted(hits.values(), key=lambda hit: -scores[hit.chunk.chunk_id]))
