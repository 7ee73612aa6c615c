from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as native
from safetensors.numpy import load
from tokenizers import Tokenizer

from rag.models.minilm_graph import build_minilm
from rag.models.onnx_export import packaged_minilm, prepare_minilm
from rag.models.onnx_session import RUNTIME_ERRORS
from rag.retrieval.encoders.onnx import OnnxEncoder
from rag.types import FloatArray
from tests.support.builders.sentences import SENTENCES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_minilm(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> OnnxEncoder:
    return OnnxEncoder(folder)


@pytest.fixture(scope="module")
def reference() -> FloatArray:
    """What sentence-transformers makes of the same weights."""
    library = pytest.importorskip("sentence_transformers")
    model = library.SentenceTransformer(str(packaged_minilm()), device="cpu")
    return np.asarray(model.encode(list(SENTENCES), normalize_embeddings=True, show_progress_bar=False))


@pytest.mark.slow
def test_vectors_are_those_of_sentence_transformers(encoder: OnnxEncoder, reference: FloatArray) -> None:
    assert len(SENTENCES) == len(set(SENTENCES)) == 200
    cosines = (encoder.encode(SENTENCES) * reference).sum(axis=1)
    assert cosines.min() >= 0.99
    assert cosines.mean() >= 0.997


@pytest.mark.slow
def test_the_float_graph_is_exact(folder: Path, reference: FloatArray) -> None:
    weights = load((packaged_minilm() / "model.safetensors").read_bytes())
    session = onnxruntime.InferenceSession(
        build_minilm(weights, quantized=False).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    for index in (0, 55, 101, 115, 135):
        input_ids = np.array([token_ids(folder, SENTENCES[index])], dtype=np.int64)
        vector = session.run(["sentence_embedding"], {"input_ids": input_ids, "attention_mask": input_ids * 0 + 1})[0]
        assert vector[0] == pytest.approx(reference[index], abs=1e-5)


def test_padding_does_not_change_a_vector(folder: Path) -> None:
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    short, long = [101, 102], token_ids(folder, "The pump hums.")

    def vectors(*rows: list[int]) -> FloatArray:
        input_ids = np.array(rows, dtype=np.int64)
        feed = {"input_ids": input_ids, "attention_mask": (input_ids != 0).astype(np.int64)}
        encoded: FloatArray = session.run(["sentence_embedding"], feed)[0]
        return encoded

    padded = vectors(long, [*short, *[0] * (len(long) - len(short))])[1]
    assert padded == pytest.approx(vectors(short)[0], abs=1e-5)


def test_a_long_text_is_the_weighted_mean_of_its_windows(encoder: OnnxEncoder) -> None:
    first, second = "pump " * 254, "garden " * 254
    mean = encoder.encode([first, second]).sum(axis=0)
    assert encoder.encode([first + second])[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-3)


def test_words_at_the_end_of_a_long_text_count(encoder: OnnxEncoder) -> None:
    filler = "The committee met and adjourned. " * 200
    plain, with_pump, pump = encoder.encode([filler, filler + "The pump is leaking. " * 40, "a leaking pump"])
    assert with_pump @ pump > plain @ pump + 0.05


def test_neither_company_nor_threads_change_a_vector(folder: Path, encoder: OnnxEncoder) -> None:
    texts = SENTENCES[5:150:9]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert np.array_equal(encoder.encode(texts), alone)
    assert np.array_equal(OnnxEncoder(folder, threads=1).encode(texts), alone)


def test_the_background_gives_the_same_vectors(encoder: OnnxEncoder) -> None:
    texts = (*SENTENCES[:12], "pump " * 300, "")
    assert np.array_equal(encoder.in_background().encode(texts), encoder.encode(texts))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority of its own")
def test_the_background_gives_way_and_the_foreground_does_not(encoder: OnnxEncoder) -> None:
    encoder.encode(SENTENCES[:4])
    encoder.in_background().encode(SENTENCES[:4])
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    assert priorities("encode-background") == {min(usual + 10, 19)}
    assert priorities("encode_") == {usual}


def priorities(thread_name: str) -> set[int]:
    """Returns the niceness of all threads whose name begins so."""
    threads = [thread for thread in threading.enumerate() if thread.name.startswith(thread_name)]
    return {os.getpriority(os.PRIO_PROCESS, thread.native_id or 0) for thread in threads}


def test_several_threads_get_the_vectors_of_one(encoder: OnnxEncoder) -> None:
    texts = SENTENCES[:40]
    expected = encoder.encode(texts)
    with ThreadPoolExecutor(4) as pool:
        vectors = np.concatenate(list(pool.map(lambda text: encoder.encode([text]), texts)))
    assert (vectors * expected).sum(axis=1).min() > 0.999


def test_every_error_of_onnx_runtime_is_translated() -> None:
    raised = {value for value in vars(native).values() if isinstance(value, type) and issubclass(value, BaseException)}
    assert raised == set(RUNTIME_ERRORS)


def token_ids(folder: Path, text: str) -> list[int]:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    return list(tokenizer.encode(text).ids)
