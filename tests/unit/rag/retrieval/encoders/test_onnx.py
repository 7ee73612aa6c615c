from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state as native
from safetensors.numpy import load
from tokenizers import Tokenizer

from rag.models.bert_graph import build_encoder
from rag.models.installed import E5, MINILM
from rag.models.onnx_session import RUNTIME_ERRORS
from rag.retrieval.encoders.onnx import OnnxEncoder
from rag.retrieval.encoders.questions_first import QuestionsFirst
from rag.text.tokens import EncoderTokens
from rag.types import FloatArray, Span
from tests.support.builders.sentences import SENTENCES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return MINILM.prepare(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> OnnxEncoder:
    return OnnxEncoder(folder)


@pytest.fixture(scope="module")
def reference() -> FloatArray:
    """What sentence-transformers makes of the same weights."""
    library = pytest.importorskip("sentence_transformers")
    model = library.SentenceTransformer(str(MINILM.source().parent), device="cpu")
    return np.asarray(model.encode(list(SENTENCES), normalize_embeddings=True, show_progress_bar=False))


@pytest.mark.slow
def test_vectors_are_those_of_sentence_transformers(encoder: OnnxEncoder, reference: FloatArray) -> None:
    assert len(SENTENCES) == len(set(SENTENCES)) == 200
    cosines = (encoder.encode(SENTENCES) * reference).sum(axis=1)
    assert cosines.min() >= 0.99
    assert cosines.mean() >= 0.997


@pytest.mark.slow
def test_the_float_graph_is_exact(folder: Path, reference: FloatArray) -> None:
    weights = load((MINILM.source().parent / "model.safetensors").read_bytes())
    session = onnxruntime.InferenceSession(
        build_encoder(weights, name="all-MiniLM-L6-v2", quantized=False).SerializeToString(),
        providers=["CPUExecutionProvider"],
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


def test_a_sentence_alone_in_its_text_has_the_vector_of_its_tokens_there(encoder: OnnxEncoder) -> None:
    text = "The pump is leaking."
    [vector], [[sentence]] = encoder.encode_with_sentences([text], [[Span(start=0, end=len(text))]])
    assert np.array_equal(vector, encoder.encode([text])[0])
    assert vector @ sentence > 0.95  # all but the two special tokens


def test_neither_company_nor_threads_change_a_vector(folder: Path, encoder: OnnxEncoder) -> None:
    texts = SENTENCES[5:150:9]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert np.array_equal(encoder.encode(texts), alone)
    assert np.array_equal(OnnxEncoder(folder, threads=1).encode(texts), alone)


def test_the_background_gives_the_same_vectors(encoder: OnnxEncoder) -> None:
    texts = (*SENTENCES[:12], "pump " * 300, "")
    assert np.array_equal(encoder.in_background().encode(texts), encoder.encode(texts))


def test_each_window_of_the_background_gives_way(encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    monkeypatch.setattr(QuestionsFirst, "give_way", lambda _: events.append("gives way"))
    encoder.encode_questions(SENTENCES[:2])
    assert events == []
    encoder.in_background().encode(SENTENCES[:3])
    assert events == ["gives way"] * 3


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


PASSAGES = (
    "The lift is inspected every six months by the maintenance company.",
    "Der Jahresurlaub beträgt dreißig Tage und ist bis Ende März zu nehmen.",
    "安全阀在压力达到六巴时开启。",
    "La cantine est ouverte de onze heures trente à quatorze heures.",
    "Отопление включают в начале октября, если температура ниже восьми градусов.",
)
QUESTIONS = (
    ("Wie oft wird der Aufzug geprüft?", 0),
    ("每年有多少天年假？", 1),
    ("At which pressure does the safety valve open?", 2),
    ("When is the canteen open?", 3),
    ("¿Cuándo se enciende la calefacción?", 4),
    ("食堂几点开门？", 3),
    ("Когда открывается предохранительный клапан?", 2),
)


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    return OnnxEncoder(E5.prepare(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize(("question", "expected"), QUESTIONS)
def test_a_question_finds_its_passage_in_another_language(
    multilingual: OnnxEncoder, question: str, expected: int
) -> None:
    cosines = multilingual.encode(PASSAGES) @ multilingual.encode_questions([question])[0]
    assert int(cosines.argmax()) == expected


def test_unlike_texts_are_not_near(multilingual: OnnxEncoder) -> None:
    """Raw vectors of this model have cosines of 0.7 and more, whatever the texts say."""
    cosines = multilingual.encode(PASSAGES) @ multilingual.encode(PASSAGES).T
    assert cosines[~np.eye(len(PASSAGES), dtype=bool)].max() < 0.5


def test_tokens_are_counted_as_the_model_reads_them(multilingual: OnnxEncoder) -> None:
    counter = EncoderTokens(multilingual.tokenizer_file)
    assert counter.count("Hello world") == 2
    assert counter.count("  Hello \n world\t") == 2
    assert counter.count("安全阀") in {2, 3}
    assert counter.count("a \ud800 b") > 0
    assert counter.count("") == 0
