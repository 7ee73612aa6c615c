"""Joins what the two retrievers found into one list."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Candidates, Chunk, Hit, ScoredChunk, SideScore


def reciprocal_rank_fusion(
    candidates: Candidates, *, k: int, dense_weight: float, bm25_weight: float
) -> tuple[Hit, ...]:
    """Orders chunks by the weighted sum of their reciprocal ranks, ``weight / (k + rank)``.

    Reciprocal rank fusion, Cormack et al. 2009. Ranks count from 1 and follow the scores, not the order of the input;
    equal scores are ordered by ``chunk_id``, and so are equal sums. A chunk named twice on one side keeps its better
    score. A side with weight 0 adds nothing to the sum, but its chunks stay in the list. Empty in, empty out.
    """
    dense = _rank(candidates.dense)
    bm25 = _rank(candidates.bm25)
    chunks = {scored.chunk.chunk_id: scored.chunk for scored in (*candidates.bm25, *candidates.dense)}

    def fuse(chunk_id: str, chunk: Chunk) -> Hit:
        on_dense, on_bm25 = dense.get(chunk_id), bm25.get(chunk_id)
        score = _share(on_dense, k=k, weight=dense_weight) + _share(on_bm25, k=k, weight=bm25_weight)
        return Hit(chunk=chunk, score=score, dense=on_dense, bm25=on_bm25)

    hits = [fuse(chunk_id, chunk) for chunk_id, chunk in chunks.items()]
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.chunk.chunk_id)))


def _rank(side: Sequence[ScoredChunk]) -> dict[str, SideScore]:
    best: dict[str, float] = {}
    for scored in side:
        chunk_id = scored.chunk.chunk_id
        best[chunk_id] = max(scored.score, best.get(chunk_id, scored.score))
    ordered = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return {chunk_id: SideScore(rank=rank, score=score) for rank, (chunk_id, score) in enumerate(ordered, start=1)}


def _share(side: SideScore | None, *, k: int, weight: float) -> float:
    return 0.0 if side is None else weight / (k + side.rank)
