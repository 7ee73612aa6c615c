from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from rag.settings import EndpointSettings, SettingDescription, Settings, load_settings, setting_descriptions
from rag.settings.example import example_file


def test_the_example_sets_nothing_as_it_is(working_folder: Path) -> None:
    (working_folder / "citewell.toml").write_text(example_file(), "utf-8")
    assert load_settings() == Settings()
    assert [name for name, table in tomllib.loads(example_file()).items() if not isinstance(table, dict)] == []


def test_the_example_uncommented_is_the_defaults(working_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    defaults = load_settings()
    text = re.sub(r"(?m)^#(?=\w+ = )", "", example_file())
    (working_folder / "citewell.toml").write_text(text, "utf-8")
    assert load_settings() == defaults
    written = {path for path, setting in _described().items() if setting.default is not None}
    assert _paths(tomllib.loads(text)) == written


def test_the_examples_can_be_used_too(working_folder: Path) -> None:
    text = re.sub(r"(?m)^#   (?=[\w\[#])", "", example_file())
    file = working_folder / "citewell.toml"
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    settings = load_settings()
    [endpoint] = settings.generation.endpoints
    assert isinstance(endpoint, EndpointSettings)
    assert (endpoint.name, endpoint.prompt_price) == ("local", 2.5)
    assert settings.storage.catalog_url is not None


def _described() -> dict[str, SettingDescription]:
    return {setting.path: setting for setting in setting_descriptions() if "[]" not in setting.path}


def _paths(values: dict[str, Any], path: str = "") -> set[str]:
    paths: set[str] = set()
    for name, value in values.items():
        is_section = isinstance(value, dict) and f"{path}{name}" not in _described()
        paths |= _paths(value, f"{path}{name}.") if is_section else {f"{path}{name}"}
    return paths
