import math

import pytest

from evals.metrics import ndcg_at_k, paired_bootstrap, percentile, recall_at_k


def test_ndcg_of_the_ideal_order_is_one() -> None:
    assert ndcg_at_k(["a", "b"], {"a": 2, "b": 1}, k=10) == pytest.approx(1.0)


def test_ndcg_by_hand() -> None:
    # the only relevant document at rank 3: 1/log2(4) over 1/log2(2)
    assert ndcg_at_k(["x", "y", "a"], {"a": 1}, k=10) == pytest.approx(0.5)
    # gains 1 at rank 1 and 2 at rank 2, ideally the other way round
    expected = (1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3))
    assert ndcg_at_k(["b", "a"], {"a": 2, "b": 1}, k=10) == pytest.approx(expected)


def test_ndcg_counts_only_the_first_k() -> None:
    assert ndcg_at_k(["x", "a"], {"a": 1}, k=1) == 0.0


def test_no_relevant_document_gives_zero() -> None:
    assert ndcg_at_k(["x"], {}, k=10) == 0.0
    assert recall_at_k(["x"], {"a": 0}, k=10) == 0.0


def test_recall_by_hand() -> None:
    assert recall_at_k(["a", "x", "b"], {"a": 1, "b": 1}, k=2) == 0.5


def test_percentile_is_the_nearest_rank() -> None:
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 0.95) == 95.0
    assert percentile([7.0], 0.5) == 7.0
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_gain_that_every_question_has_is_certain() -> None:
    gain = paired_bootstrap([0.5] * 20, [0.75] * 20, samples=100)
    assert (gain.mean, gain.low, gain.high) == (0.25, 0.25, 0.25)


def test_a_gain_that_rests_on_one_question_may_be_none() -> None:
    gain = paired_bootstrap([0.0] * 20, [1.0, *[0.0] * 19], samples=1_000)
    assert gain.mean == pytest.approx(0.05)
    assert gain.low == 0.0
    assert gain.high > 0.1


def test_values_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="pair"):
        paired_bootstrap([], [])
