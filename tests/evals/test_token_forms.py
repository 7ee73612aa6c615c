"""Late interaction and the forms of token vectors, on values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evals.token_forms import FORMS, QuestionTokens, TokenForm, asked, maxsim, principal_axes, stored
from rag.types import FloatArray

PLANE = np.eye(2, dtype=np.float32)
AS_IT_IS = TokenForm(name="as it is", dimensions=2)


def vectors(*rows: tuple[float, float]) -> FloatArray:
    return np.array(rows, dtype=np.float32)


def question(*rows: tuple[float, float]) -> QuestionTokens:
    return QuestionTokens(vectors=vectors(*rows), count=len(rows))


def test_maxsim_averages_the_best_cosine_of_each_token_of_the_question() -> None:
    passage = vectors((0.6, 0.8), (0.0, 1.0))
    assert maxsim(question((1.0, 0.0), (0.0, 1.0)), passage) == pytest.approx((0.6 + 1.0) / 2)
    assert maxsim(question((-1.0, 0.0)), passage) == pytest.approx(0.0)


def test_maxsim_of_nothing_is_zero() -> None:
    empty = np.empty((0, 2), dtype=np.float32)
    assert maxsim(QuestionTokens(vectors=empty, count=0), vectors((1.0, 0.0))) == 0.0
    assert maxsim(question((1.0, 0.0)), empty) == 0.0


def test_a_token_that_the_encoder_does_not_know_counts_nothing() -> None:
    words = asked(AS_IT_IS, ["pump", "[UNK]"], vectors((1.0, 0.0), (0.0, 1.0)), PLANE)
    passage = stored(AS_IT_IS, ["pump", "[UNK]"], vectors((1.0, 0.0), (0.0, 1.0)), PLANE)
    assert passage.tolist() == [[1.0, 0.0]]
    assert maxsim(words, passage) == pytest.approx(1 / 2)


def test_stop_words_and_punctuation_can_be_left_out() -> None:
    form = TokenForm(name="content", dimensions=2, content_only=True)
    tokens, rows = ["what", "is", "a", "pump", "##s", "?"], vectors(*[(1.0, 0.0)] * 3, *[(0.0, 1.0)] * 3)
    assert len(stored(form, tokens, rows, PLANE)) == 2
    assert asked(form, tokens, rows, PLANE).count == 2


def test_neighbours_are_pooled_in_pairs_and_the_last_may_stay_alone() -> None:
    form = TokenForm(name="pooled", dimensions=2, pooled=True)
    kept = stored(form, ["a", "b", "c"], vectors((1.0, 0.0), (0.0, 1.0), (0.0, -1.0)), PLANE)
    assert kept == pytest.approx(vectors((0.5**0.5, 0.5**0.5), (0.0, -1.0)), abs=1e-3)


def test_one_bit_keeps_the_sign_and_eight_keep_127_steps() -> None:
    rows = vectors((0.6, -0.8), (0.96, 0.28))
    signs = stored(TokenForm(name="signs", dimensions=2, bits=1), ["a", "b"], rows, PLANE)
    assert signs == pytest.approx(vectors((1, -1), (1, 1)) / 2**0.5)
    steps = stored(TokenForm(name="steps", dimensions=2, bits=8), ["a", "b"], rows, PLANE)
    assert steps[0] == pytest.approx(np.array([95, -127]) / np.hypot(95, 127))
    assert steps[1] == pytest.approx(np.array([127, 37]) / np.hypot(127, 37))


def test_the_first_axes_hold_most_of_the_vectors() -> None:
    axes = principal_axes(vectors((0.6, 0.8), (-0.6, -0.8), (0.8, -0.6), (0.6, 0.8)))
    assert abs(axes[:, 0] @ np.array([0.6, 0.8])) == pytest.approx(1.0)
    form = TokenForm(name="one", dimensions=1)
    kept = stored(form, ["a", "b"], vectors((0.6, 0.8), (-0.6, -0.8)), axes)
    assert sorted(kept.ravel().tolist()) == [-1.0, 1.0]


def test_a_passage_takes_the_bytes_of_its_form() -> None:
    rows = np.ones((10, 128), dtype=np.float32)
    sizes = {bits: TokenForm(name="", dimensions=128, bits=bits).size_bytes(rows) for bits in (16, 8, 1)}
    assert sizes == {16: 2_560, 8: 1_280, 1: 160}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_text_in_an_unknown_script_keeps_no_vectors(form: TokenForm) -> None:
    axes = np.eye(384, dtype=np.float32)
    assert stored(form, ["[UNK]"], axes[:1], axes).shape == (0, form.dimensions)
    assert len(asked(form, ["[UNK]"], axes[:1], axes).vectors) == 0
