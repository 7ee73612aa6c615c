from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ConfigurationError
from rag.settings import load_settings, setting_descriptions
from rag.settings.removed import FIXED


@pytest.mark.parametrize("path", FIXED)
def test_a_setting_that_is_fixed_now_is_no_setting(path: str) -> None:
    assert path not in {setting.path for setting in setting_descriptions()}


def test_a_variable_of_a_fixed_setting_is_ignored_and_named_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CITEWELL_GENERATION__BREAKER_SECONDS", "60")
    monkeypatch.setenv("CITEWELL_GENERATION__MODEL", "tiny")
    assert load_settings().generation.model == "tiny"
    load_settings()
    assert caplog.messages == [
        "CITEWELL_GENERATION__BREAKER_SECONDS is ignored: its value is fixed at 10 seconds now. Remove it."
    ]


def test_a_fixed_setting_in_the_file_or_in_json_is_ignored(
    working_folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (working_folder / "citewell.toml").write_text(
        "ingestion.max_attempts = 9\n[retrieval.collections.laws]\nmethod = 'rrf'\nrrf_k = 60\n"
    )
    monkeypatch.setenv("CITEWELL_RETRIEVAL__FUSION", '{"method": "rrf", "rrf_k": 60}')
    settings = load_settings()
    assert settings.retrieval.fusion == settings.retrieval.fusion_of("laws")
    assert caplog.messages == [
        "CITEWELL_RETRIEVAL__FUSION: retrieval.fusion.rrf_k is ignored: its value is fixed at 10 now. Remove it.",
        "citewell.toml: ingestion.max_attempts is ignored: its value is fixed at 3 now. Remove it.",
        "citewell.toml: retrieval.collections.laws.rrf_k is ignored: its value is fixed at 10 now. Remove it.",
    ]


def test_a_fixed_setting_on_the_command_line_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"retrieval\.fusion\.rrf_k cannot be set: .* 10"):
        load_settings({"retrieval.fusion.rrf_k": "60"})
