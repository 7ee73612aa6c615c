from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.encoders.windows import pool_windows, split_windows, token_ranges
from rag.text.folding import encodable
from rag.types import Span


@given(st.integers(min_value=0, max_value=5_000), st.integers(min_value=1, max_value=600))
def test_windows_cover_every_token_once_and_none_is_too_long(token_count: int, max_tokens: int) -> None:
    windows = split_windows(token_count, max_tokens)
    assert [token for start, end in windows for token in range(start, end)] == list(range(token_count))
    sizes = [end - start for start, end in windows]
    assert max(sizes) <= max_tokens
    assert max(sizes) - min(sizes) <= 1


def test_a_text_without_tokens_has_one_empty_window() -> None:
    assert split_windows(0, 254) == ((0, 0),)


def test_pooling_weights_windows_by_their_tokens() -> None:
    vectors = np.eye(2, dtype=np.float32)
    pooled = pool_windows(vectors, owners=[0, 0], weights=[3, 4], count=1)
    assert pooled[0] == pytest.approx([0.6, 0.8])


def test_pooling_keeps_each_text_to_its_own_windows() -> None:
    vectors = np.eye(3, dtype=np.float32)
    pooled = pool_windows(vectors, owners=[1, 0, 1], weights=[1, 1, 1], count=2)
    assert pooled[0] == pytest.approx([0, 1, 0])
    assert pooled[1] == pytest.approx([0.5**0.5, 0, 0.5**0.5])


def test_pooling_gives_an_empty_text_the_vector_of_its_empty_window() -> None:
    pooled = pool_windows(np.array([[0, 1]], dtype=np.float32), owners=[0], weights=[0], count=1)
    assert pooled[0] == pytest.approx([0, 1])


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert encodable("a \ud800 b 😀") == "a ? b 😀"


def test_tokens_belong_to_the_sentences_that_they_overlap() -> None:
    places = [(0, 3), (3, 8), (8, 9), (9, 13), (13, 14)]  # the space before a word is the word's
    spans = [Span(start=0, end=9), Span(start=10, end=14), Span(start=14, end=20), Span(start=4, end=5)]
    assert token_ranges(spans, places).tolist() == [[0, 3], [3, 5], [5, 5], [1, 2]]


def test_a_window_without_tokens_and_a_text_without_sentences_have_empty_ranges() -> None:
    assert token_ranges([Span(start=0, end=3)], []).tolist() == [[0, 0]]
    assert token_ranges([], [(0, 3)]).shape == (0, 2)
