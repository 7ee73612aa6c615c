"""Fuses the results of both retrievers into one ranked list. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from rag.models.calibrations import Fusion, FusionMethod
from rag.text.words import content_words, words
from rag.types import Candidates, Hit, ScoredChunk, SideScore

Side = Mapping[str, SideScore]
"""One retriever's scores by chunk id."""

RRF_K = 10  # the literature's 60 ranks less well on our sets
_COVERING = 5


def fuse(candidates: Candidates, chosen: Fusion, *, question: str = "") -> tuple[Hit, ...]:
    """Orders chunks by the sum of their shares from both sides, best first; ties are ordered by ``chunk_id``.

    ``SideScore.share`` is a side's part of the sum. A side that did not find a chunk, or has weight 0, adds 0; its
    chunks stay in the list. A chunk listed twice on one side keeps its better score. Empty input gives an empty result.

    A chunk that a side did not find has the score 0 there for BM25, and the lowest cosine found for dense; scores are
    measured from that. The calibrated method divides by the standard deviation over all candidates, like the z-score,
    but dense scores by at least ``dense_spread``: in a language that the encoder does not know, all candidates have
    nearly the same cosine, and the z-score would exaggerate the differences. With ``bm25_by_cover``, BM25's weight is
    multiplied by ``best_cover`` of its first passages.
    """
    bm25_weight = chosen.bm25_weight
    if chosen.bm25_by_cover:
        bm25_weight *= best_cover(question, [scored.chunk.indexed_text for scored in candidates.bm25[:_COVERING]])
    chunks = {scored.chunk.chunk_id: scored.chunk for scored in (*candidates.bm25, *candidates.dense)}
    dense, bm25 = _rank(candidates.dense), _rank(candidates.bm25)
    if chosen.method is FusionMethod.RRF:
        dense = reciprocal_ranks(dense, k=RRF_K, weight=chosen.dense_weight)
        bm25 = reciprocal_ranks(bm25, k=RRF_K, weight=bm25_weight)
    else:
        least = chosen.dense_spread if chosen.method is FusionMethod.CALIBRATED else 0.0
        lowest = min((score.score for score in dense.values()), default=0.0)
        spread = max(_spread(dense, chosen.method, absent=lowest, count=len(chunks)), least)
        dense = scaled_scores(dense, absent=lowest, spread=spread, weight=chosen.dense_weight)
        spread = _spread(bm25, chosen.method, absent=0.0, count=len(chunks))
        bm25 = scaled_scores(bm25, absent=0.0, spread=spread, weight=bm25_weight)
    hits = [
        Hit(
            chunk=chunk,
            score=sum(side[chunk_id].share for side in (dense, bm25) if chunk_id in side),
            dense=dense.get(chunk_id),
            bm25=bm25.get(chunk_id),
        )
        for chunk_id, chunk in chunks.items()
    ]
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.chunk.chunk_id)))


def best_cover(question: str, texts: Sequence[str]) -> float:
    """Returns the largest share of the question's content words that one of the texts holds; 1 for a question without.

    Low where question and texts are in different languages.
    """
    asked = frozenset(content_words(question))
    return max((len(asked.intersection(words(text))) for text in texts), default=0) / len(asked) if asked else 1.0


def reciprocal_ranks(side: Side, *, k: int, weight: float) -> Side:
    """Gives each chunk ``weight / (k + rank)``. Reciprocal rank fusion, Cormack et al. 2009."""
    return {chunk_id: _with_share(score, weight / (k + score.rank)) for chunk_id, score in side.items()}


def scaled_scores(side: Side, *, absent: float, spread: float, weight: float) -> Side:
    """Gives each chunk ``weight * (score - absent) / spread``, or 0 if ``spread`` is 0."""
    scale = weight / spread if spread > 0 else 0.0
    return {chunk_id: _with_share(score, scale * (score.score - absent)) for chunk_id, score in side.items()}


def _with_share(score: SideScore, share: float) -> SideScore:
    # ``dataclasses.replace`` takes five times as long, 400 times a search.
    return SideScore(rank=score.rank, score=score.score, share=share)


def _spread(side: Side, method: FusionMethod, *, absent: float, count: int) -> float:
    """Returns range or standard deviation over ``count`` chunks; chunks not found score ``absent``."""
    scores = [score.score for score in side.values()]
    if not scores:
        return 0.0
    if method is FusionMethod.MIN_MAX:
        return max(scores) - absent
    return float(np.std([*scores, *[absent] * (count - len(scores))]))


def _rank(found: Sequence[ScoredChunk]) -> Side:
    """Ranks by score, ignoring the order of ``found``; equal scores are ordered by ``chunk_id``."""
    best: dict[str, float] = {}
    for scored in found:
        chunk_id = scored.chunk.chunk_id
        best[chunk_id] = max(scored.score, best.get(chunk_id, scored.score))
    ordered = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return {chunk_id: SideScore(rank=rank, score=score) for rank, (chunk_id, score) in enumerate(ordered, start=1)}
