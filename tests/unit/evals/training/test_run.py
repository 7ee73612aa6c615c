from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.numpy import load_file
from sentence_transformers import CrossEncoder

from evals.training.questions import Part
from evals.training.reading_groups import ReadingGroup, reading_groups
from evals.training.reranker import WEIGHTS, RerankerTraining, calibrated_weight, combined_reciprocal_rank
from evals.training.run import train_encoder, train_reranker
from rag.errors import ConfigurationError, ModelError
from rag.factory import build_encoder, build_reranker
from rag.models.bert_graph import build_cross_encoder
from rag.models.folder import publish, verify
from rag.models.installed import MINILM
from rag.models.trained import ModelKind, TrainedModels
from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.rerankers.onnx import OnnxCrossEncoder
from rag.settings import EncoderSettings, RerankerBackend, RerankerSettings, Settings
from rag.types import Hit
from tests.support.builders.training import machine_park

pytestmark = pytest.mark.slow  # PyTorch is loaded, and trains

QUESTION = "How often is the pump serviced?"
TEXTS = (
    "The pump in Oslo was built in 1950. It is serviced every 2 weeks.",
    "Leave.",
    "The crane is red. " * 60,
)


def quiet(_step: str, _done: int, _total: int) -> None:
    return


@pytest.fixture(scope="module")
def reranker_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder with a head of chance, so that its scores differ."""
    made = RerankerTraining(MINILM.source().parent, layers=2)
    torch.manual_seed(5)
    torch.nn.init.normal_(made.model.classifier.weight, std=0.5)
    made.model.train(mode=False)
    folder = tmp_path_factory.mktemp("models") / "reranker-machines-v1"
    publish(folder, made.write)
    return folder


def test_the_graph_scores_as_the_model_does(reranker_folder: Path, tmp_path: Path) -> None:
    def write_float(into: Path) -> None:
        weights = load_file(reranker_folder / "model.safetensors")
        onnx.save(build_cross_encoder(weights, quantized=False), str(into / "model.onnx"))
        shutil.copyfile(reranker_folder / "tokenizer.json", into / "tokenizer.json")

    publish(tmp_path / "float", write_float)
    expected = CrossEncoder(str(reranker_folder), max_length=128).predict([(QUESTION, text) for text in TEXTS])
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(OnnxCrossEncoder(tmp_path / "float").score(QUESTION, TEXTS), expected, atol=1e-4)
    quantised = OnnxCrossEncoder(reranker_folder).score(QUESTION, TEXTS)
    assert quantised.dtype == np.float32
    np.testing.assert_allclose(quantised, expected, atol=0.05)


def test_a_pairs_score_does_not_depend_on_its_company(reranker_folder: Path) -> None:
    model = OnnxCrossEncoder(reranker_folder, threads=1)
    together = model.score(QUESTION, TEXTS)
    assert [float(model.score(QUESTION, [text])[0]) for text in TEXTS] == [float(score) for score in together]
    assert model.score(QUESTION, []).shape == (0,)


def test_a_damaged_model_is_refused(reranker_folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in reranker_folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        OnnxCrossEncoder(copy)


def test_a_service_uses_the_trained_model_that_the_settings_name(reranker_folder: Path) -> None:
    settings = Settings(
        reranker=RerankerSettings(
            backend=RerankerBackend.ONNX, model=str(reranker_folder), weight=1.0, budget_milliseconds=60_000
        )
    )
    part = machine_park()
    hits = [Hit(chunk=one, score=1.0, dense=None, bm25=None) for one in part.corpus[:6]]
    reranker = build_reranker(settings, EvidenceScorer(build_encoder(settings.encoder, settings.models)))
    ranked = reranker.rerank(part.questions[0].text, hits)
    assert reranker.name == "reranker-machines-v1"
    scores = [hit.rerank_score or 0.0 for hit in ranked]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 6


async def test_groups_hold_the_right_passage_among_wrong_ones() -> None:
    part = machine_park()
    few = Part(corpus=part.corpus, questions=(part.questions[0], part.questions[-1]))
    first, unanswered = await reading_groups(few, Settings(), on_progress=quiet)
    assert first.right == 0
    assert "pump in Oslo" in first.texts[0]
    assert len(first.texts) == Settings().reranker.candidates
    assert first.document == "pump-Oslo"
    assert unanswered.right is None


async def test_another_passage_that_says_the_answer_is_no_wrong_one() -> None:
    part = machine_park()
    asked = replace(part.questions[0], answers=("1950",))
    [group] = await reading_groups(Part(corpus=part.corpus, questions=(asked,)), Settings(), on_progress=quiet)
    assert sum("1950" in text for text in group.texts) == 1


async def test_a_reranker_is_trained_judged_and_kept_with_its_card(tmp_path: Path) -> None:
    folder = TrainedModels(tmp_path).next_version(ModelKind.RERANKER, "machines")
    trained = await train_reranker(
        [machine_park()],
        Settings(),
        folder,
        data="the collection machines",
        in_use=None,
        epochs=0.2,
        layers=1,
        on_progress=quiet,
    )
    verify(folder)
    assert OnnxCrossEncoder(folder).form.weight == trained.weight
    assert 0 < trained.now <= 1
    assert trained.is_better == (trained.gain.low > 0)
    assert json.loads((folder / "evaluation.json").read_text("utf-8"))["held_out"] == trained.held_out > 0
    card = (folder / "README.md").read_text("utf-8")
    assert "reranker-machines-v1" in card
    assert f"seed {trained.schedule.seed}" in card
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


async def test_an_encoder_is_adapted_judged_and_kept(tmp_path: Path) -> None:
    folder = TrainedModels(tmp_path).next_version(ModelKind.ENCODER, "machines")
    trained = await train_encoder(
        machine_park(), Settings(), folder, data="the collection machines", epochs=0.5, on_progress=quiet
    )
    adapted = build_encoder(EncoderSettings(model=str(folder)), Settings().models)
    assert adapted.name == folder.name
    assert trained.metric.startswith("nDCG@10")
    assert 0 < trained.now <= 1
    assert 0 < trained.new <= 1
    base = EncoderSettings(model="all-MiniLM-L6-v2")
    before = build_encoder(base, Settings().models).encode([QUESTION])
    assert 0.3 < float((adapted.encode([QUESTION]) @ before.T)[0, 0]) < 0.9999


async def test_too_few_questions_are_refused(tmp_path: Path) -> None:
    part = machine_park()
    few = Part(corpus=part.corpus, questions=part.questions[:10])
    with pytest.raises(ConfigurationError, match="--feedback"):
        await train_encoder(few, Settings(), tmp_path / "v1", data="x", epochs=1, on_progress=quiet)


def group(*scores: float) -> ReadingGroup:
    return ReadingGroup(question="?", document="d", texts=tuple("abc"[: len(scores)]), scores=scores, right=0)


def test_the_reciprocal_rank_joins_both_scores() -> None:
    three = group(0.5, 0.6, 0.2)
    assert combined_reciprocal_rank(three, [1.0, 0.0, 0.0], weight=0.0) == 0.5
    assert combined_reciprocal_rank(three, [1.0, 0.0, 0.0], weight=0.2) == 1.0
    assert combined_reciprocal_rank(three, [0.0, 1.0, 1.0], weight=0.5) == pytest.approx(1 / 3)


def test_a_model_that_does_not_help_gets_no_weight() -> None:
    groups = [group(0.6, 0.5, 0.2)] * 3
    assert calibrated_weight(groups, [[0.0, 1.0, 1.0]] * 3) == 0.0
    assert calibrated_weight([group(0.5, 0.6, 0.2)], [[1.0, 0.0, 0.0]]) in WEIGHTS[1:]
