from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.bm25 import bm25_scores


def test_scores_equal_the_formula_worked_by_hand() -> None:
    scores = bm25_scores("leave", ["parental leave", "annual leave leave policy", "pump"])
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))
    mean_length = (2 + 4 + 1) / 3
    first = idf * 1 * 2.5 / (1 + 1.5 * (0.25 + 0.75 * 2 / mean_length))
    second = idf * 2 * 2.5 / (2 + 1.5 * (0.25 + 0.75 * 4 / mean_length))
    assert scores == pytest.approx([first, second, 0.0])


def test_a_word_in_every_text_does_not_hurt() -> None:
    scores = bm25_scores("pump pressure", ["pump pressure", "pump noise", "pump colour"])
    assert (scores > 0).all()
    assert scores.argmax() == 0


def test_one_text_alone_scores_above_zero_when_it_matches() -> None:
    assert bm25_scores("pump", ["The pump."])[0] > 0


def test_word_forms_match_each_other() -> None:
    assert bm25_scores("What does it cost?", ["It costs ten euros.", "It is blue."]).argmax() == 0


def test_chinese_words_match_without_spaces() -> None:
    assert bm25_scores("年假怎么申请", ["年假需要提前两周申请。", "水泵每年保养一次。"]).argmax() == 0


def test_stop_words_count_only_when_there_is_nothing_else() -> None:
    texts = ["what is the", "pump"]
    assert bm25_scores("what is the pump", texts)[0] == 0
    assert bm25_scores("what is the", texts)[0] > 0


@pytest.mark.parametrize(("query", "texts"), [("pump", []), ("", ["pump"]), ("pump", ["", "  "]), ("?!", ["pump"])])
def test_nothing_to_match_gives_zeros(query: str, texts: list[str]) -> None:
    scores = bm25_scores(query, texts)
    assert scores.shape == (len(texts),)
    assert scores.dtype == np.float32
    assert not scores.any()


@given(st.text(max_size=40), st.lists(st.text(max_size=60), max_size=8))
def test_scores_are_finite_and_never_negative(query: str, texts: list[str]) -> None:
    scores = bm25_scores(query, texts)
    assert np.isfinite(scores).all()
    assert (scores >= 0).all()


@given(st.permutations(["pump pressure", "pump noise", "leave policy", "pressure gauge", "年假申请"]))
def test_a_text_scores_the_same_wherever_it_stands(texts: list[str]) -> None:
    scores = dict(zip(texts, bm25_scores("pump pressure", texts), strict=True))
    assert max(scores, key=lambda text: scores[text]) == "pump pressure"
    assert scores["leave policy"] == 0
