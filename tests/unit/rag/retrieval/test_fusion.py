from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.models.calibrations import Fusion, FusionMethod
from rag.retrieval.fusion import fuse
from rag.settings import FusionSettings, RetrievalSettings
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


RRF = Fusion(method=FusionMethod.RRF)


def ids(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.chunk.chunk_id for hit in hits]


def shares(hits: tuple[Hit, ...]) -> dict[str, tuple[object, object]]:
    return {
        hit.chunk.chunk_id: (hit.dense.share if hit.dense else None, hit.bm25.share if hit.bm25 else None)
        for hit in hits
    }


def test_reciprocal_ranks_match_hand_computed_values() -> None:
    hits = fuse(Candidates(dense=side(("a", 0.9), ("b", 0.8)), bm25=side(("b", 7.0), ("c", 5.0))), RRF)
    assert ids(hits) == ["b", "a", "c"]
    assert [hit.score for hit in hits] == pytest.approx([1 / 12 + 1 / 11, 1 / 11, 1 / 12])


def test_min_max_matches_hand_computed_values() -> None:
    found = Candidates(dense=side(("a", 0.9), ("b", 0.8), ("c", 0.5)), bm25=side(("b", 8.0), ("d", 2.0)))
    hits = fuse(found, Fusion(method=FusionMethod.MIN_MAX, dense_weight=2.0))
    assert shares(hits) == {
        "b": (pytest.approx(1.5), pytest.approx(1.0)),
        "a": (pytest.approx(2.0), None),
        "d": (None, pytest.approx(0.25)),
        "c": (pytest.approx(0.0), None),
    }


def test_z_score_divides_by_the_deviation_over_all_candidates() -> None:
    found = Candidates(dense=side(("a", 0.9), ("b", 0.5)), bm25=side(("b", 6.0)))
    hits = fuse(found, Fusion(method=FusionMethod.Z_SCORE))
    # dense: 0.9 and 0.5, deviation 0.2; BM25: 6 and 0, deviation 3
    assert shares(hits) == {"b": (pytest.approx(0.0), pytest.approx(2.0)), "a": (pytest.approx(2.0), None)}


def test_calibrated_does_not_blow_up_cosines_that_are_all_alike() -> None:
    found = Candidates(dense=side(("a", 0.61), ("b", 0.60)), bm25=side(("b", 3.0), ("a", 2.9)))
    assert ids(fuse(found, Fusion(method=FusionMethod.Z_SCORE, bm25_weight=0.9))) == ["a", "b"]
    calibrated = Fusion(method=FusionMethod.CALIBRATED, bm25_weight=0.9, dense_spread=0.1)
    assert ids(fuse(found, calibrated)) == ["b", "a"]
    assert shares(fuse(found, calibrated))["a"][0] == pytest.approx(0.1)


def test_the_only_chunk_with_a_word_of_the_question_gains_by_it() -> None:
    found = Candidates(dense=side(("a", 0.50), ("b", 0.49), ("c", 0.49)), bm25=side(("c", 4.0)))
    assert ids(fuse(found, Fusion()))[0] == "c"


def test_score_is_the_sum_of_the_shares() -> None:
    found = Candidates(dense=side(("a", 0.9), ("b", 0.2)), bm25=side(("b", 6.0), ("c", 1.0)))
    for method in FusionMethod:
        for hit in fuse(found, Fusion(method=method)):
            assert hit.score == pytest.approx(sum(each.share for each in (hit.dense, hit.bm25) if each))


def test_hits_know_rank_and_score_on_both_sides() -> None:
    hits = fuse(Candidates(dense=side(("a", 0.9), ("b", 0.8)), bm25=side(("b", 7.0))), RRF)
    assert hits[0].dense == SideScore(rank=2, score=0.8, share=1 / 12)
    assert hits[0].bm25 == SideScore(rank=1, score=7.0, share=1 / 11)
    assert hits[1].bm25 is None


@pytest.mark.parametrize("method", FusionMethod)
def test_prefers_chunk_found_by_both_retrievers(method: FusionMethod) -> None:
    dense = side(("only-dense", 0.9), ("both", 0.8), ("last", 0.1))
    bm25 = side(("only-bm25", 9.0), ("both", 8.0), ("least", 1.0))
    assert ids(fuse(Candidates(dense=dense, bm25=bm25), Fusion(method=method)))[0] == "both"


def test_weights_decide_between_the_sides() -> None:
    candidates = Candidates(dense=side(("d", 0.9), ("x", 0.1)), bm25=side(("b", 9.0), ("y", 1.0)))
    for method in FusionMethod:
        leaning = Fusion(method=method, bm25_weight=5.0)
        assert ids(fuse(candidates, leaning))[0] == "b"
        leaning = Fusion(method=method, dense_weight=5.0)
        assert ids(fuse(candidates, leaning))[0] == "d"


def test_side_with_weight_zero_adds_nothing() -> None:
    hits = fuse(
        Candidates(dense=side(("d", 0.9)), bm25=side(("b", 9.0))),
        Fusion(method=FusionMethod.RRF, bm25_weight=0),
    )
    assert [(hit.chunk.chunk_id, hit.score) for hit in hits] == [("d", pytest.approx(1 / 11)), ("b", 0.0)]


def test_equal_sums_are_ordered_by_chunk_id() -> None:
    assert ids(fuse(Candidates(dense=side(("z", 0.9)), bm25=side(("a", 9.0))), RRF)) == ["a", "z"]


def test_chunk_named_twice_keeps_its_better_score() -> None:
    hits = fuse(Candidates(dense=side(("a", 0.2), ("b", 0.5), ("a", 0.9)), bm25=()), RRF)
    assert [(hit.chunk.chunk_id, hit.dense and hit.dense.score) for hit in hits] == [("a", 0.9), ("b", 0.5)]


def test_nothing_in_nothing_out() -> None:
    for method in FusionMethod:
        assert fuse(Candidates(dense=(), bm25=()), Fusion(method=method)) == ()


def test_a_collection_may_be_fused_in_its_own_way() -> None:
    settings = RetrievalSettings(collections={"laws": FusionSettings(method=FusionMethod.RRF)})
    calibrated = Fusion(dense_weight=1.5, bm25_by_cover=True)
    assert settings.fusion_of("laws").over(calibrated) == replace(calibrated, method=FusionMethod.RRF)
    assert settings.fusion_of("letters").over(calibrated) == calibrated


sides = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=12)
rules = st.builds(Fusion, method=st.sampled_from(FusionMethod))


@given(dense=sides, bm25=sides, rule=rules, data=st.data())
def test_result_does_not_depend_on_input_order(
    dense: list[tuple[str, float]], bm25: list[tuple[str, float]], rule: Fusion, data: st.DataObject
) -> None:
    shuffled = Candidates(dense=side(*data.draw(st.permutations(dense))), bm25=side(*data.draw(st.permutations(bm25))))
    again = fuse(Candidates(dense=side(*dense), bm25=side(*bm25)), rule)
    assert fuse(shuffled, rule) == again


@given(dense=sides, bm25=sides, rule=rules)
def test_every_chunk_comes_out_once_best_first(
    dense: list[tuple[str, float]], bm25: list[tuple[str, float]], rule: Fusion
) -> None:
    hits = fuse(Candidates(dense=side(*dense), bm25=side(*bm25)), rule)
    assert sorted(ids(hits)) == sorted({chunk_id for chunk_id, _ in (*dense, *bm25)})
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@given(dense=sides, rule=rules)
def test_one_side_alone_keeps_its_own_order(dense: list[tuple[str, float]], rule: Fusion) -> None:
    hits = fuse(Candidates(dense=side(*dense), bm25=()), rule)
    assert [hit.dense.rank for hit in hits if hit.dense is not None] == list(range(1, len(hits) + 1))
