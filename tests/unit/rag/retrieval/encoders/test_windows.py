from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.retrieval.encoders.windows import encodable, pool_windows, split_windows


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
