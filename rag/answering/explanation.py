"""Says why a search found a passage of a document, or after which step it was left out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rag.answers import Receipt
from rag.retrieval.search import SearchSteps
from rag.types import Candidates, Chunk, Hit, ScoredChunk, SideScore


class Cut(StrEnum):
    """The step after which a passage was left out."""

    RETRIEVAL = "retrieval"
    DUPLICATE = "duplicate"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """How many passages the steps keep: candidates of each side, those reranked, and those that are returned."""

    candidates: int
    reranked: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassagePlace:
    """A passage with its rank and score after each step; ``rank`` is the final one.

    A rank is None where the passage is not among the first of a deep search, or where a step did not get it.
    """

    chunk: Chunk
    dense: SideScore | None
    bm25: SideScore | None
    fused: SideScore | None
    reranked: SideScore | None
    rank: int | None
    cut: Cut | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The passages of one document as a search saw them, the best first."""

    passages: tuple[PassagePlace, ...]
    cuts: Cuts
    receipt: Receipt


def places_of(own: Candidates, *, deep: Candidates, steps: SearchSteps, cuts: Cuts) -> tuple[PassagePlace, ...]:
    """Returns the places of the passages that ``own`` holds, those that were found first.

    ``own`` is a search of the document alone, ``deep`` one of all documents that returns many.
    """
    chunks = {scored.chunk.chunk_id: scored.chunk for scored in (*own.dense, *own.bm25)}
    chunks |= {hit.chunk.chunk_id: hit.chunk for hit in steps.hits if hit.chunk.document_id in _documents(own)}
    dense, bm25 = _sides(deep.dense), _sides(deep.bm25)
    fused = {hit.chunk.chunk_id: SideScore(rank=rank, score=hit.score) for rank, hit in _ranked(steps.fused)}
    reranked = {
        hit.chunk.chunk_id: SideScore(rank=rank, score=hit.rerank_score)
        for rank, hit in _ranked(steps.reranked)
        if hit.rerank_score is not None
    }
    final = {hit.chunk.chunk_id: rank for rank, hit in _ranked(steps.hits)}
    before = {hit.chunk.chunk_id: rank for rank, hit in _ranked(steps.reranked)}
    places = [
        PassagePlace(
            chunk=chunk,
            dense=dense.get(key),
            bm25=bm25.get(key),
            fused=fused.get(key),
            reranked=reranked.get(key),
            rank=final.get(key),
            cut=_cut(final.get(key), before.get(key), cuts),
        )
        for key, chunk in chunks.items()
    ]
    return tuple(sorted(places, key=_order))


def _documents(own: Candidates) -> frozenset[str]:
    return frozenset(scored.chunk.document_id for scored in (*own.dense, *own.bm25))


def _ranked(hits: Sequence[Hit]) -> enumerate[Hit]:
    return enumerate(hits, start=1)


def _sides(found: Sequence[ScoredChunk]) -> dict[str, SideScore]:
    ranked = enumerate(found, start=1)
    return {scored.chunk.chunk_id: SideScore(rank=rank, score=scored.score) for rank, scored in ranked}


def _cut(final: int | None, before: int | None, cuts: Cuts) -> Cut | None:
    if final is not None:
        return None
    if before is None:
        return Cut.RETRIEVAL
    return Cut.LIMIT if before > cuts.limit else Cut.DUPLICATE


def _order(place: PassagePlace) -> tuple[float, ...]:
    """Returns the key by which places are sorted: by the last step that a passage reached, and its rank there."""
    sides = [side.rank for side in (place.dense, place.bm25) if side is not None]
    last = (place.rank, place.fused.rank if place.fused is not None else None, min(sides, default=None))
    return tuple(float("inf") if rank is None else float(rank) for rank in last)
