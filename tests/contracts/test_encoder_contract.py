"""What every encoder must do. Runs on the fake, on ONNX Runtime and on sentence-transformers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rag.models.onnx_export import packaged_minilm, prepare_minilm
from rag.retrieval.encoders.onnx import OnnxEncoder
from rag.retrieval.encoders.sentence_transformers import SentenceTransformerEncoder
from rag.stages import Encoder
from tests.support.fakes.hash_encoder import HashEncoder

TEXTS = ("The pump is leaking.", "年假需要提前两周申请。", "", "   ", "a \ud800 b", "pump " * 300, "x = 3.14", "😀")


@pytest.fixture(scope="module", params=["hash", "onnx", "sentence_transformers"])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    if request.param == "hash":
        return HashEncoder()
    if request.param == "onnx":
        return OnnxEncoder(prepare_minilm(tmp_path_factory.mktemp("cache")))
    pytest.importorskip("sentence_transformers")
    return SentenceTransformerEncoder(str(packaged_minilm()))


def test_vectors_are_float32_with_length_one(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    vectors = encoder.encode([])
    assert vectors.shape == (0, encoder.dimensions)
    assert vectors.dtype == np.float32


def test_a_text_has_the_same_vector_alone_and_in_company(encoder: Encoder) -> None:
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.999


def test_order_of_texts_is_order_of_rows(encoder: Encoder) -> None:
    forward, backward = encoder.encode(TEXTS), encoder.encode(TEXTS[::-1])
    assert (forward * backward[::-1]).sum(axis=1).min() > 0.999


def test_the_same_words_are_nearer_than_others(encoder: Encoder) -> None:
    question, near, far = encoder.encode(["leaking pump", "The pump is leaking.", "Annual leave is thirty days."])
    assert question @ near > question @ far


def test_the_end_of_a_long_text_is_not_cut_off(encoder: Encoder) -> None:
    filler = "garden tulip " * encoder.max_tokens
    plain, ending, question = encoder.encode([filler, filler + "pump valve " * encoder.max_tokens, "pump valve"])
    assert ending @ question > plain @ question + 0.05


def test_several_threads_get_the_vectors_of_one(encoder: Encoder) -> None:
    expected = encoder.encode(TEXTS)
    with ThreadPoolExecutor(3) as pool:
        vectors = list(pool.map(encoder.encode, [TEXTS] * 3))
    assert all((vector * expected).sum(axis=1).min() > 0.999 for vector in vectors)


def test_limits_and_name_are_told(encoder: Encoder) -> None:
    assert encoder.name
    assert encoder.dimensions > 0
    assert encoder.max_tokens > 0
