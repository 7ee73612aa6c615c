from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rag.models.encoder_form import (
    EncoderForm,
    LanguageMeans,
    folder_means,
    read_form,
    read_means,
    write_form,
    write_means,
)
from rag.models.installed import E5_MEANS


def means() -> LanguageMeans:
    return LanguageMeans(
        questions=np.array([[0.8, 0, 0], [0, 0.8, 0]], np.float32),
        passages=np.array([[0.6, 0, 0], [0, 0.6, 0]], np.float32),
    )


def test_a_vector_loses_the_mean_of_its_own_language_and_has_length_one() -> None:
    vectors = np.array([[0.8, 0, 0.6], [0, 0.8, -0.6]], np.float32)
    centred = means().centred(vectors, is_question=True)
    assert centred == pytest.approx(np.array([[0, 0, 1], [0, 0, -1]]), abs=1e-6)


def test_questions_and_passages_have_their_own_means() -> None:
    vector = np.array([[0.8, 0, 0.6]], np.float32)
    assert means().centred(vector, is_question=False)[0, 0] > 0.1


def test_the_same_meaning_in_two_languages_becomes_the_same_vector() -> None:
    first, second = means().centred(np.array([[0.8, 0, 0.6], [0, 0.8, 0.6]], np.float32), is_question=True)
    assert first @ second == pytest.approx(1, abs=1e-5)


def test_no_vectors_stay_none() -> None:
    assert means().centred(np.zeros((0, 3), np.float32), is_question=True).shape == (0, 3)


def test_means_and_form_survive_a_folder(tmp_path: Path) -> None:
    form = EncoderForm(question_prefix="q: ", passage_prefix="p: ", max_tokens=7)
    write_form(tmp_path, form)
    write_means(tmp_path / "language_means.npz", means(), ("de", "en"))
    assert read_form(tmp_path) == form
    held = folder_means(tmp_path)
    assert held is not None
    assert held.questions == pytest.approx(means().questions, abs=1e-3)


def test_a_folder_without_either_is_one_of_minilm(tmp_path: Path) -> None:
    assert read_form(tmp_path).max_tokens == 254
    assert folder_means(tmp_path) is None


def test_the_shipped_means_are_those_of_thirty_languages() -> None:
    shipped = read_means(E5_MEANS)
    assert shipped.questions.shape == shipped.passages.shape == (30, 384)
