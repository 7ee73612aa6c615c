from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.fusion import reciprocal_rank_fusion
from rag.types import Candidates, Chunk, Hit, ScoredChunk, SideScore, Span


def named(chunk_id: str) -> Chunk:
    return Chunk(
        chunk_id=chunk_id,
        document_id="document",
        version_id="version",
        ordinal=0,
        name="name",
        title="",
        media_type="text/plain",
        heading_path=(),
        page=None,
        span=Span(start=0, end=len(chunk_id)),
        text=chunk_id,
    )


def side(*scored: tuple[str, float]) -> tuple[ScoredChunk, ...]:
    return tuple(ScoredChunk(chunk=named(chunk_id), score=score) for chunk_id, score in scored)


def fuse(
    candidates: Candidates, *, k: int = 10, dense_weight: float = 1.0, bm25_weight: float = 1.0
) -> tuple[Hit, ...]:
    return reciprocal_rank_fusion(candidates, k=k, dense_weight=dense_weight, bm25_weight=bm25_weight)


def ids(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.chunk.chunk_id for hit in hits]


def test_scores_match_hand_computed_values() -> None:
    hits = fuse(Candidates(dense=side(("a", 0.9), ("b", 0.8)), bm25=side(("b", 7.0), ("c", 5.0))))
    assert ids(hits) == ["b", "a", "c"]
    assert [hit.score for hit in hits] == pytest.approx([1 / 12 + 1 / 11, 1 / 11, 1 / 12])


def test_hits_know_rank_and_score_on_both_sides() -> None:
    hits = fuse(Candidates(dense=side(("a", 0.9), ("b", 0.8)), bm25=side(("b", 7.0))))
    assert hits[0].dense == SideScore(rank=2, score=0.8)
    assert hits[0].bm25 == SideScore(rank=1, score=7.0)
    assert hits[1].bm25 is None


def test_prefers_chunk_found_by_both_retrievers() -> None:
    dense = side(("only-dense", 0.9), ("both", 0.5))
    bm25 = side(("only-bm25", 9.0), ("both", 5.0))
    assert ids(fuse(Candidates(dense=dense, bm25=bm25)))[0] == "both"


def test_weights_decide_between_the_sides() -> None:
    candidates = Candidates(dense=side(("d", 0.9)), bm25=side(("b", 9.0)))
    assert ids(fuse(candidates, bm25_weight=2.0)) == ["b", "d"]
    assert ids(fuse(candidates, dense_weight=2.0)) == ["d", "b"]


def test_side_with_weight_zero_adds_nothing() -> None:
    hits = fuse(Candidates(dense=side(("d", 0.9)), bm25=side(("b", 9.0))), bm25_weight=0.0)
    assert [(hit.chunk.chunk_id, hit.score) for hit in hits] == [("d", pytest.approx(1 / 11)), ("b", 0.0)]


def test_equal_sums_are_ordered_by_chunk_id() -> None:
    assert ids(fuse(Candidates(dense=side(("z", 0.9)), bm25=side(("a", 9.0))))) == ["a", "z"]


def test_chunk_named_twice_keeps_its_better_score() -> None:
    hits = fuse(Candidates(dense=side(("a", 0.2), ("b", 0.5), ("a", 0.9)), bm25=()))
    assert [(hit.chunk.chunk_id, hit.dense) for hit in hits] == [
        ("a", SideScore(rank=1, score=0.9)),
        ("b", SideScore(rank=2, score=0.5)),
    ]


def test_nothing_in_nothing_out() -> None:
    assert fuse(Candidates(dense=(), bm25=())) == ()


sides = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=12)
constants = st.integers(min_value=1, max_value=100)


@given(dense=sides, bm25=sides, k=constants, data=st.data())
def test_result_does_not_depend_on_input_order(
    dense: list[tuple[str, float]], bm25: list[tuple[str, float]], k: int, data: st.DataObject
) -> None:
    shuffled = Candidates(dense=side(*data.draw(st.permutations(dense))), bm25=side(*data.draw(st.permutations(bm25))))
    assert fuse(shuffled, k=k) == fuse(Candidates(dense=side(*dense), bm25=side(*bm25)), k=k)


@given(dense=sides, bm25=sides, k=constants)
def test_every_chunk_comes_out_once_best_first(
    dense: list[tuple[str, float]], bm25: list[tuple[str, float]], k: int
) -> None:
    hits = fuse(Candidates(dense=side(*dense), bm25=side(*bm25)), k=k)
    assert sorted(ids(hits)) == sorted({chunk_id for chunk_id, _ in (*dense, *bm25)})
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@given(dense=sides, k=constants)
def test_one_side_alone_keeps_its_own_order(dense: list[tuple[str, float]], k: int) -> None:
    hits = fuse(Candidates(dense=side(*dense), bm25=()), k=k)
    assert [hit.dense.rank for hit in hits if hit.dense is not None] == list(range(1, len(hits) + 1))
