from __future__ import annotations

import gc
import sys
from pathlib import Path

import numpy as np
import pytest

from rag.errors import EncoderError, ModelError
from rag.models.installed import MINILM
from rag.retrieval.encoders.sentence_transformers import SentenceTransformerEncoder
from rag.text.tokens import EncoderTokens

pytestmark = pytest.mark.slow  # PyTorch is loaded

FOLDER = str(MINILM.source().parent)


@pytest.fixture(scope="module")
def encoder() -> SentenceTransformerEncoder:
    pytest.importorskip("sentence_transformers")
    return SentenceTransformerEncoder(FOLDER)


def test_limits_come_from_the_model(encoder: SentenceTransformerEncoder) -> None:
    assert (encoder.name, encoder.dimensions, encoder.max_tokens) == (FOLDER, 384, 254)


def test_the_tokenizer_file_counts_what_the_model_reads(encoder: SentenceTransformerEncoder) -> None:
    assert EncoderTokens(encoder.tokenizer_file).count("The pump is leaking.") == 5
    assert EncoderTokens(encoder.tokenizer_file).count("pump " * 600) == 600


def test_the_tokenizer_file_goes_with_the_encoder() -> None:
    pytest.importorskip("sentence_transformers")
    short_lived = SentenceTransformerEncoder(FOLDER)
    path = short_lived.tokenizer_file
    del short_lived
    gc.collect()
    assert not path.exists()


def test_a_long_text_is_the_weighted_mean_of_its_windows(encoder: SentenceTransformerEncoder) -> None:
    first, second = "pump " * 254, "garden " * 254
    mean = encoder.encode([first, second]).sum(axis=0)
    assert encoder.encode([first + second])[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_a_long_text_without_spaces_is_read_whole(encoder: SentenceTransformerEncoder) -> None:
    plain, ending, question = encoder.encode(["水" * 400, "水" * 400 + "山" * 200, "山山山"])
    assert ending @ question > plain @ question


def test_a_word_too_long_to_tokenise_does_not_stop_it(encoder: SentenceTransformerEncoder) -> None:
    assert np.isfinite(encoder.encode(["x" * 20_000])).all()


def test_a_missing_folder_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no such folder"):
        SentenceTransformerEncoder(str(tmp_path / "absent"))


def test_a_folder_without_a_model_is_a_model_error(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        SentenceTransformerEncoder(str(tmp_path))


def test_a_device_that_is_not_there_is_a_model_error() -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(ModelError, match="device"):
        SentenceTransformerEncoder(FOLDER, device="no-such-device")


def test_a_missing_package_is_a_model_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(ModelError, match=r"pip install 'citewell\[transformers\]'"):
        SentenceTransformerEncoder(FOLDER)


def test_a_failure_while_encoding_is_an_encoder_error() -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(EncoderError):
        SentenceTransformerEncoder(FOLDER, batch_size=0).encode(["pump"])


def test_prefixes_are_put_in_front_and_counted(encoder: SentenceTransformerEncoder) -> None:
    prefixed = SentenceTransformerEncoder(FOLDER, question_prefix="query: ", passage_prefix="passage: ")
    assert prefixed.max_tokens == encoder.max_tokens - 2
    question, passage = prefixed.encode_questions(["pump"]), prefixed.encode(["pump"])
    expected = encoder.encode(["query: pump", "passage: pump"])
    np.testing.assert_allclose(np.concatenate([question, passage]), expected, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_questions(["pump"]), encoder.encode(["pump"]), atol=1e-6)
