from __future__ import annotations

import os
from pathlib import Path

import pytest

from rag.settings import loading


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("CITEWELL_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CITEWELL_CONFIG", os.devnull)
    loading.warn_once.cache_clear()


@pytest.fixture
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, whose citewell.toml is read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CITEWELL_CONFIG")
    return tmp_path
