from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.retrieval.rerankers.sentence_transformers import SentenceCrossEncoder

pytest.importorskip("sentence_transformers")
pytestmark = pytest.mark.slow  # PyTorch is loaded

QUESTION = "is the pump in water ?"
TEXTS = ("the valve", "leave 1 2 3", "the pump is in water .", "water of 4", "a pump ?", "the valve 9 8", "5 6 7")


def save(folder: Path, *, labels: int = 1) -> str:
    from tests.support.fakes.tiny_cross_encoder import save_cross_encoder  # noqa: PLC0415 - imports torch

    return str(save_cross_encoder(folder, labels=labels))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> SentenceCrossEncoder:
    return SentenceCrossEncoder(save(tmp_path_factory.mktemp("cross-encoder")))


def test_a_score_does_not_depend_on_its_company(encoder: SentenceCrossEncoder) -> None:
    alone = [float(encoder.score(QUESTION, [text])[0]) for text in TEXTS]
    assert len({round(score, 4) for score in alone}) > 3
    assert all(0 <= score <= 1 for score in alone)
    assert encoder.score(QUESTION, TEXTS) == pytest.approx(alone, abs=1e-5)


def test_the_question_matters(encoder: SentenceCrossEncoder) -> None:
    assert encoder.score(QUESTION, TEXTS).tolist() != encoder.score("1 2 3", TEXTS).tolist()


def test_a_text_longer_than_the_model_reads_is_scored(encoder: SentenceCrossEncoder) -> None:
    assert encoder.score(QUESTION, ("water " * 500, "pump \ud800")).shape == (2,)


def test_no_texts_give_none(encoder: SentenceCrossEncoder) -> None:
    assert encoder.score(QUESTION, []).shape == (0,)


def test_a_missing_folder_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no such folder"):
        SentenceCrossEncoder(str(tmp_path / "absent"))


def test_a_folder_without_a_model_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        SentenceCrossEncoder(str(tmp_path))


def test_a_model_that_sorts_into_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="3 classes"):
        SentenceCrossEncoder(save(tmp_path / "classifier", labels=3))
