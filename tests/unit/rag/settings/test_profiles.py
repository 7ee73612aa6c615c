from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from rag.errors import ConfigurationError
from rag.settings import EncoderBackend, RerankerBackend, Settings, load_settings


@pytest.mark.parametrize("name", tomllib.loads((resources.files("rag.settings") / "profiles.toml").read_text("utf-8")))
def test_every_profile_is_made_of_settings_that_exist(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_PROFILE", name)
    assert load_settings().profile == name


def test_the_default_profile_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    default = Settings()
    monkeypatch.setenv("CITEWELL_PROFILE", "cpu")
    assert load_settings() == default


def test_a_profile_names_models_and_what_is_set_goes_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_PROFILE", "gpu")
    monkeypatch.setenv("CITEWELL_ENCODER__DEVICE", "cuda:1")
    monkeypatch.setenv("CITEWELL_RERANKER__BACKEND", "none")
    chosen = load_settings()
    assert (chosen.encoder.backend, chosen.encoder.device) == (EncoderBackend.SENTENCE_TRANSFORMERS, "cuda:1")
    assert chosen.encoder.revision
    assert chosen.reranker.backend is RerankerBackend.NONE


def test_an_unknown_profile_is_named_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_PROFILE", "huge")
    with pytest.raises(ConfigurationError, match=r"huge is no profile.*multilingual"):
        load_settings()
