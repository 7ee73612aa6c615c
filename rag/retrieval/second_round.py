"""A second search round whose query is the best sentence found, for questions of two steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.retrieval.evidence import EvidenceScorer, quote
from rag.types import FloatArray, Hit, Span

FOUND_IN_SECOND_ROUND = 10
KEPT_PLACES = 3
"""The first places, which the second round leaves as they are."""
_WEIGHT = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondQuery:
    """The text of the second round's query, and its vector if it was stored."""

    text: str
    vector: FloatArray | None


class SecondRound:
    """Derives the second round's query from the first round's hits."""

    def __init__(self, scorer: EvidenceScorer) -> None:
        self._scorer = scorer

    def query(self, question: str, hits: Sequence[Hit]) -> SecondQuery | None:
        """Returns the sentence of the first hit that answers the question best; None if there is none."""
        if not hits:
            return None
        best = hits[0].best_sentence
        if best is None:
            evidence = self._scorer.score(question, hits[:1])
            best = max(evidence, key=lambda item: item.score).span if evidence else None
        return SecondQuery(text=quote(hits[0].chunk, best), vector=_stored_vector(hits[0], best)) if best else None


def _stored_vector(hit: Hit, sentence: Span) -> FloatArray | None:
    if hit.sentences is None or sentence not in hit.sentences.spans:
        return None
    vector: FloatArray = hit.sentences.vectors()[hit.sentences.spans.index(sentence)]
    return vector


def join_rounds(first: Sequence[Hit], second: Sequence[Hit]) -> tuple[Hit, ...]:
    """Merges the hits of both rounds, each best first, without duplicates.

    The first three keep their places, so that a question of one step loses little; the others are ordered by
    ``1 / (1 + rank) + 0.3 / (1 + rank in the second round)``. The first hit, whose
    sentence was the second query, is left out of the second round. Ties keep their order.
    """
    kept, rest = first[:KEPT_PLACES], first[KEPT_PLACES:]
    source = {hit.chunk.chunk_id for hit in first[:1]}
    added = [hit for hit in second if hit.chunk.chunk_id not in source]
    scores = {hit.chunk.chunk_id: 1 / (1 + rank) for rank, hit in enumerate(rest, start=KEPT_PLACES + 1)}
    for rank, hit in enumerate(added, start=1):
        scores[hit.chunk.chunk_id] = scores.get(hit.chunk.chunk_id, 0.0) + _WEIGHT / (1 + rank)
    hits = {hit.chunk.chunk_id: hit for hit in (*added, *rest)}
    for hit in kept:
        hits.pop(hit.chunk.chunk_id, None)
    return (*kept, *sorted(hits.values(), key=lambda hit: -scores[hit.chunk.chunk_id]))
