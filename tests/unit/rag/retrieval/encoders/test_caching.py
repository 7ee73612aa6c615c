from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rag.errors import EncoderError
from rag.retrieval.encoders.caching import CACHE_OWNER, CachingEncoder
from tests.support.fakes.hash_encoder import FailingEncoder, HashEncoder

TEXTS = ["pump", "valve", "filter"]


def test_vectors_are_those_of_the_encoder_behind_in_the_order_asked() -> None:
    encoder = CachingEncoder(HashEncoder(), capacity=10)
    encoder.encode(["valve"])
    vectors = encoder.encode([*TEXTS, "pump"])
    np.testing.assert_array_equal(vectors, HashEncoder().encode([*TEXTS, "pump"]))


def test_a_text_is_encoded_once_even_if_named_twice() -> None:
    behind = HashEncoder()
    encoder = CachingEncoder(behind, capacity=10)
    encoder.encode(["pump", "valve", "pump"])
    encoder.encode(["valve", "filter"])
    assert behind.encoded == ["pump", "valve", "filter"]


def test_the_text_used_longest_ago_is_forgotten_first() -> None:
    behind = HashEncoder()
    encoder = CachingEncoder(behind, capacity=2)
    encoder.encode(["pump", "valve"])
    encoder.encode(["pump"])
    encoder.encode(["filter"])
    behind.encoded.clear()
    encoder.encode(["pump"])
    encoder.encode(["valve"])
    assert behind.encoded == ["valve"]


def test_questions_are_remembered_beside_passages_and_not_crowded_out_by_them() -> None:
    behind = HashEncoder()
    encoder = CachingEncoder(behind, capacity=2)
    encoder.encode_questions(["pump"])
    encoder.encode(TEXTS)
    behind.encoded.clear()
    encoder.encode_questions(["pump"])
    assert behind.encoded == []


def test_hits_and_misses_are_counted_for_questions_and_for_passages() -> None:
    encoder = CachingEncoder(HashEncoder(), capacity=2)
    encoder.encode(TEXTS)
    encoder.encode(["filter", "pump"])
    for _ in range(3):
        encoder.encode_questions(["pump"])
    passages, questions = encoder.passage_counts, encoder.question_counts
    assert (passages.hits, passages.misses, passages.evictions, passages.entries) == (1, 4, 2, 2)
    assert (questions.hits, questions.misses, questions.entries) == (2, 1, 1)
    encoder.clear()
    assert (passages.entries, questions.entries) == (0, 0)


def test_more_texts_than_it_remembers_are_all_encoded() -> None:
    encoder = CachingEncoder(HashEncoder(), capacity=1)
    np.testing.assert_array_equal(encoder.encode(TEXTS), HashEncoder().encode(TEXTS))


def test_no_texts_give_no_rows() -> None:
    vectors = CachingEncoder(HashEncoder(dimensions=5), capacity=1).encode([])
    assert vectors.shape == (0, 5)
    assert vectors.dtype == np.float32


def test_changing_a_result_does_not_change_what_is_remembered() -> None:
    encoder = CachingEncoder(HashEncoder(), capacity=10)
    encoder.encode(["pump"])[:] = 0
    np.testing.assert_array_equal(encoder.encode(["pump"]), HashEncoder().encode(["pump"]))


def test_a_failure_passes_through() -> None:
    with pytest.raises(EncoderError):
        CachingEncoder(FailingEncoder(), capacity=10).encode(["pump"])


def test_it_describes_the_encoder_behind() -> None:
    behind = HashEncoder(dimensions=7)
    encoder = CachingEncoder(behind, capacity=1)
    assert (encoder.name, encoder.dimensions, encoder.max_tokens) == ("hash", 7, behind.max_tokens)
    assert encoder.tokenizer_file == behind.tokenizer_file


def test_threads_may_share_it() -> None:
    encoder = CachingEncoder(HashEncoder(), capacity=3)
    questions = [[f"text {first + offset}" for offset in range(3)] for first in range(40)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(encoder.encode, questions))
    for question, vectors in zip(questions, answers, strict=True):
        np.testing.assert_array_equal(vectors, HashEncoder().encode(question))


def test_a_vector_that_one_tenant_has_is_encoded_for_another_one() -> None:
    encoder = CachingEncoder(HashEncoder(), capacity=10)
    for tenant, misses in (("acme", 1), ("acme", 1), ("globex", 2)):
        token = CACHE_OWNER.set(tenant)
        encoder.encode_questions(["pump"])
        CACHE_OWNER.reset(token)
        assert encoder.question_counts.misses == misses
