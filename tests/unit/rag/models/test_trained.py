from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ConfigurationError
from rag.models.trained import ModelKind, TrainedModels


def test_versions_count_up_by_kind_and_collection(tmp_path: Path) -> None:
    models = TrainedModels(tmp_path)
    first = models.next_version(ModelKind.RERANKER, "hand_book-2")
    assert first.name == "reranker-hand_book-2-v1"
    first.mkdir(parents=True)
    (first.parent / "reranker-hand_book-2-v10").mkdir()
    assert models.next_version(ModelKind.RERANKER, "hand_book-2").name == "reranker-hand_book-2-v11"
    assert models.next_version(ModelKind.ENCODER, "hand_book-2").name == "encoder-hand_book-2-v1"
    assert models.next_version(ModelKind.RERANKER, "other").name == "reranker-other-v1"


def test_collections_whose_names_differ_in_signs_only_have_folders_of_their_own(tmp_path: Path) -> None:
    models = TrainedModels(tmp_path)
    names = {models.next_version(ModelKind.RERANKER, name).name for name in ("a b", "a/b", "a_b")}
    assert len(names) == 3


def test_the_promoted_version_is_the_last_one_promoted(tmp_path: Path) -> None:
    models = TrainedModels(tmp_path)
    assert models.promoted(ModelKind.RERANKER) == {}
    for name in ("one", "two"):
        folder = models.next_version(ModelKind.RERANKER, name)
        folder.mkdir(parents=True)
        models.promote(ModelKind.RERANKER, name, folder)
    newer = models.next_version(ModelKind.RERANKER, "one")
    models.promote(ModelKind.RERANKER, "one", newer)
    assert TrainedModels(tmp_path).promoted(ModelKind.RERANKER) == {
        "one": newer,
        "two": tmp_path / "models" / "reranker-two-v1",
    }
    assert models.promoted(ModelKind.ENCODER) == {}


def test_a_damaged_register_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "promoted.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="Delete it"):
        TrainedModels(tmp_path).promoted(ModelKind.RERANKER)
