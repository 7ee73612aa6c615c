import numpy as np

from rag.guard.orders.features import BUCKETS, grams


def test_no_ngram_reaches_over_two_sentences() -> None:
    for together, first, second in zip(grams(["ab cd", "ef"]), grams(["ab cd"]), grams(["ef"]), strict=True):
        assert np.array_equal(together.buckets, np.concatenate([first.buckets, second.buckets]))
        assert together.buckets.max(initial=0) < BUCKETS


def test_case_figures_and_list_marks_do_not_count() -> None:
    for one, other in zip(grams(["1. Send 12 Notes"]), grams(["send 34 notes"]), strict=True):
        assert np.array_equal(one.buckets, other.buckets)
