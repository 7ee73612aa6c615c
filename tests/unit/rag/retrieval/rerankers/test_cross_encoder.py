from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from rag.models.pair_form import PairForm
from rag.retrieval.rerankers.cross_encoder import CrossEncoderReranker, reading_window
from rag.retrieval.rerankers.model_free import FusedOrder
from rag.stages import Reranker
from rag.types import FloatArray, Hit, Span
from tests.support.builders.chunks import chunk

QUESTION = "is the pump in water ?"


class LengthScorer:
    """Longer texts are better; reading one takes ten milliseconds of a clock of its own."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.read: list[str] = []

    @property
    def name(self) -> str:
        return "length"

    def score(self, question: str, texts: Sequence[str]) -> FloatArray:
        assert question
        self.read.extend(texts)
        self.seconds += 0.01 * len(texts)
        return np.array([min(len(text.strip()), 100) / 100 for text in texts], dtype=np.float32)


def hits(count: int) -> list[Hit]:
    """The longest comes last; fused scores fall."""
    return [
        Hit(chunk=chunk("x" * (number + 1), ordinal=number), score=1 - number / count, dense=None, bm25=None)
        for number in range(count)
    ]


class FindingFirst:
    """Finds that the first sentence of every hit is the best, and gives each hit a score of 0."""

    @property
    def name(self) -> str:
        return "first"

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        assert question
        return tuple(
            replace(hit, rerank_score=0.0, best_sentence=Span(start=hit.chunk.span.start, end=hit.chunk.span.start + 1))
            for hit in hits
        )


def reranker(
    scorer: LengthScorer,
    *,
    first: Reranker | None = None,
    weight: float = 1.0,
    settled_places: int = 100,
    window_words: int = 0,
    budget_milliseconds: float = 1_000,
    form: PairForm | None = None,
) -> CrossEncoderReranker:
    return CrossEncoderReranker(
        scorer,
        first=first or FusedOrder(),
        form=form or PairForm(weight=weight),
        places=settled_places,
        window_words=window_words,
        budget_milliseconds=budget_milliseconds,
        clock=lambda: scorer.seconds,
    )


def places(ranked: Sequence[Hit]) -> list[int]:
    return [hit.chunk.ordinal for hit in ranked]


def test_the_models_score_decides_and_the_fused_one_is_kept() -> None:
    ranked = reranker(LengthScorer()).rerank(QUESTION, hits(6))
    assert places(ranked) == [5, 4, 3, 2, 1, 0]
    assert {hit.chunk.ordinal: hit.score for hit in ranked} == {hit.chunk.ordinal: hit.score for hit in hits(6)}


def test_a_small_weight_leaves_the_order_to_fusion() -> None:
    assert places(reranker(LengthScorer(), weight=0.01).rerank(QUESTION, hits(6))) == [0, 1, 2, 3, 4, 5]


def test_the_budget_is_kept_and_what_was_not_read_stays_behind() -> None:
    scorer = LengthScorer()
    ranked = reranker(scorer, budget_milliseconds=100).rerank(QUESTION, hits(12))
    assert scorer.seconds <= 0.1
    assert places(ranked) == [7, 6, 5, 4, 3, 2, 1, 0, 8, 9, 10, 11]
    assert [hit.rerank_score is None for hit in ranked] == [False] * 8 + [True] * 4


def test_the_first_few_are_read_even_without_time() -> None:
    assert places(reranker(LengthScorer(), budget_milliseconds=1).rerank(QUESTION, hits(6))) == [3, 2, 1, 0, 4, 5]


def test_the_same_pair_is_read_once() -> None:
    scorer = LengthScorer()
    same = reranker(scorer)
    first = same.rerank(QUESTION, hits(5))
    again = same.rerank(QUESTION, hits(6))
    assert [hit.rerank_score for hit in again[1:]] == [hit.rerank_score for hit in first]
    assert len(scorer.read) == 6
    same.rerank("Another question?", hits(5))
    assert len(scorer.read) == 11


def test_what_there_was_no_time_for_is_read_the_next_time() -> None:
    short = reranker(LengthScorer(), budget_milliseconds=50)
    assert [hit.rerank_score is None for hit in short.rerank(QUESTION, hits(8))].count(True) == 4
    assert [hit.rerank_score is None for hit in short.rerank(QUESTION, hits(8))].count(True) == 0


def test_reading_ends_when_the_first_places_can_no_longer_change() -> None:
    scorer = LengthScorer()
    ranked = reranker(scorer, weight=0.1, settled_places=2).rerank(QUESTION, hits(40))
    assert len(scorer.read) == 8
    assert places(ranked)[:2] == places(reranker(LengthScorer(), weight=0.1).rerank(QUESTION, hits(40)))[:2]


def test_what_can_still_change_is_read() -> None:
    scorer = LengthScorer()
    assert places(reranker(scorer, weight=0.9, settled_places=2).rerank(QUESTION, hits(40)))[:2] == [39, 38]
    assert len(scorer.read) == 40


def test_the_model_reads_around_the_best_sentence_where_one_was_found() -> None:
    scorer = LengthScorer()
    text = "One two three. Four five six. Seven eight nine."
    hit = Hit(chunk=chunk(text, title="Numbers"), score=1.0, dense=None, bm25=None)
    reranker(scorer, first=FindingFirst(), window_words=6).rerank(QUESTION, [hit])
    reranker(scorer, window_words=6).rerank(QUESTION, [hit])
    reranker(scorer, first=FindingFirst()).rerank(QUESTION, [hit])
    whole = hit.chunk.indexed_text
    assert scorer.read == ["Numbers\nOne two three. Four five six.", whole, whole]


def test_what_the_first_ranking_gave_counts_beside_the_model() -> None:
    one = Hit(chunk=chunk("x" * 50), score=1.0, dense=None, bm25=None)
    [ranked] = reranker(LengthScorer(), first=FindingFirst(), weight=0.5).rerank(QUESTION, [one])
    assert ranked.rerank_score == pytest.approx(0.25, abs=0.01)


def test_ties_keep_the_order_they_came_in() -> None:
    same = [Hit(chunk=chunk("same", ordinal=n), score=1.0, dense=None, bm25=None) for n in range(5)]
    assert places(reranker(LengthScorer()).rerank(QUESTION, same)) == [0, 1, 2, 3, 4]


def test_no_hits_give_none() -> None:
    assert reranker(LengthScorer()).rerank(QUESTION, []) == ()


@pytest.mark.parametrize("count", [0, 3])
def test_fused_order_returns_the_hits_as_they_are(count: int) -> None:
    assert FusedOrder().rerank(QUESTION, hits(count)) == tuple(hits(count))
    assert FusedOrder().name == "none"


TEXT = "Alpha one two. Beta one two. Gamma one two. Delta one two."


def window_of(word: str, *, words: int) -> str:
    whole = chunk(TEXT, title="Letters")
    start = whole.span.start + TEXT.index(word)
    return reading_window(whole, Span(start=start, end=start + len(word)), words=words)


@pytest.mark.parametrize(
    ("word", "words", "expected"),
    [
        ("Beta", 3, "Beta one two."),
        ("Beta", 1, "Beta one two."),
        ("Beta", 6, "Beta one two. Gamma one two."),
        ("Beta", 9, "Alpha one two. Beta one two. Gamma one two."),
        ("Delta", 6, "Gamma one two. Delta one two."),
        ("Alpha", 100, TEXT),
    ],
)
def test_whole_sentences_around_the_best_one(word: str, words: int, expected: str) -> None:
    assert window_of(word, words=words) == f"Letters\n{expected}"


def test_a_chunk_without_a_sentence_is_read_whole() -> None:
    blank = chunk("  ", title="Blank")
    assert reading_window(blank, blank.span) == "Blank\n  "


class ScoringFirst:
    """Gives the hits falling scores, with ``margin`` between them."""

    def __init__(self, margin: float) -> None:
        self._margin = margin

    @property
    def name(self) -> str:
        return "falling"

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        assert question
        return tuple(replace(hit, rerank_score=1 - at * self._margin) for at, hit in enumerate(hits))


@pytest.mark.parametrize(("margin", "expected"), [(0.1, [3, 2, 1, 0]), (0.3, [0, 1, 2, 3])])
def test_the_model_is_asked_only_where_the_first_two_are_close(margin: float, expected: list[int]) -> None:
    first = ScoringFirst(margin)
    ranked = reranker(LengthScorer(), first=first, form=PairForm(open_margin=0.2)).rerank(QUESTION, hits(4))
    assert places(ranked) == expected
    assert (ranked == first.rerank(QUESTION, hits(4))) == (margin > 0.2)


def test_a_model_that_reads_a_few_leaves_the_others_behind_them() -> None:
    scorer = LengthScorer()
    assert places(reranker(scorer, form=PairForm(reads=3)).rerank(QUESTION, hits(6))) == [2, 1, 0, 3, 4, 5]
    assert len(scorer.read) == 3


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("年假需要提前多久申请？", "x"),
        ("Wie lange ist die Frist für den Antrag?", "x"),
        ("Who?", "年假需要提前两周申请。"),
    ],
)
def test_an_english_model_is_not_asked_about_other_languages(question: str, text: str) -> None:
    scorer = LengthScorer()
    found = [Hit(chunk=chunk(text + "x" * at, ordinal=at), score=1, dense=None, bm25=None) for at in range(3)]
    assert places(reranker(scorer, form=PairForm(is_english=True)).rerank(question, found)) == [0, 1, 2]
    assert scorer.read == []
    assert places(reranker(scorer, form=PairForm(is_english=True)).rerank(QUESTION, hits(3))) == [2, 1, 0]


def test_nothing_found_is_nothing_to_ask_about() -> None:
    assert reranker(LengthScorer(), form=PairForm(open_margin=0.2, is_english=True)).rerank(QUESTION, []) == ()
