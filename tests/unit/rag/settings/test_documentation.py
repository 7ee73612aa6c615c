from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from rag.settings import EndpointSettings, SettingDescription, Settings, load_settings, setting_descriptions
from rag.settings.documentation import example_file, toml_value

_UNITS = {
    "bytes",
    "characters",
    "connections",
    "days",
    "followers",
    "jobs",
    "milliseconds",
    "passages",
    "questions",
    "seconds",
    "sentences",
    "threads",
    "tokens",
    "turns",
}
_SYNONYMS = {"followers": "clients that follow", "passages": "chunks"}
_LEAST_WORDS = 5
_BY_PATH = {setting.path: setting for setting in setting_descriptions()}


def test_a_setting_is_described_by_path_variable_type_and_default() -> None:
    port = _BY_PATH["server.port"]
    assert (port.variable, port.type, port.default) == ("CITEWELL_SERVER__PORT", "whole number", "8000")
    assert (_BY_PATH["profile"].variable, _BY_PATH["profile"].default) == ("CITEWELL_PROFILE", '"multilingual"')
    assert _BY_PATH["index.backend"].type == "one of edge, qdrant"
    assert _BY_PATH["retrieval.fusion.method"].variable == "CITEWELL_RETRIEVAL__FUSION__METHOD"
    assert _BY_PATH["server.allowed_hosts"].type == "list of texts"


def test_a_secret_is_marked_and_what_is_not_set_has_no_default() -> None:
    secrets = {path for path, setting in _BY_PATH.items() if setting.secret}
    assert {"storage.catalog_url", "generation.api_key", "generation.endpoints[].api_key"} <= secrets
    assert _BY_PATH["storage.catalog_url"].default is None
    assert _BY_PATH["generation.endpoints[].name"].default is None


def test_settings_of_an_endpoint_belong_to_the_variable_of_the_list() -> None:
    assert _BY_PATH["generation.endpoints[].url"].variable == "CITEWELL_GENERATION__ENDPOINTS"


@pytest.mark.parametrize("cache", [None, "/elsewhere"])
def test_defaults_are_the_same_on_every_machine(cache: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if cache:
        monkeypatch.setenv("XDG_CACHE_HOME", cache)
    [folder] = [setting for setting in setting_descriptions() if setting.path == "models.cache_folder"]
    assert folder.default == '"~/.cache/citewell"'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (1_000, "1000"),
        (67_108_864, "67_108_864"),
        (0.5, "0.5"),
        (Path("a") / "b", '"a/b"'),
        ('say "é"\n', '"say \\"é\\"\\n"'),
        (("a", "b"), '["a", "b"]'),
        (frozenset({"b", "a"}), '["a", "b"]'),
        ({}, "{}"),
        ({"laws": {"method": "rrf"}}, '{ laws = { method = "rrf" } }'),
        ({"a b": 1, "c": None}, '{ "a b" = 1 }'),
    ],
)
def test_values_are_written_as_toml(value: object, written: str) -> None:
    assert toml_value(value) == written


def test_nothing_set_has_no_form_in_toml() -> None:
    with pytest.raises(TypeError, match="not set"):
        toml_value(None)


@pytest.mark.parametrize("setting", setting_descriptions(), ids=lambda setting: setting.path)
def test_every_setting_is_described_in_sentences_that_name_its_unit(setting: SettingDescription) -> None:
    text = setting.description
    sentences = re.split(r"(?<=[.])\s", text)
    assert text[:1].isupper() or text[:1] == "'", text
    assert text.endswith(".")
    assert len(sentences) <= 3
    assert len(text.split()) >= _LEAST_WORDS
    unit = setting.path.rpartition(".")[2].rpartition("_")[2]
    if unit in _UNITS:
        assert _SYNONYMS.get(unit, unit) in text.lower()


@pytest.mark.parametrize("setting", setting_descriptions(), ids=lambda setting: setting.path)
def test_a_setting_without_a_default_has_an_example(setting: SettingDescription) -> None:
    assert setting.default is not None or setting.example is not None


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
    written = {path for path, setting in _plain().items() if setting.default is not None}
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


def _plain() -> dict[str, SettingDescription]:
    return {setting.path: setting for setting in setting_descriptions() if "[]" not in setting.path}


def _paths(values: dict[str, Any], path: str = "") -> set[str]:
    paths: set[str] = set()
    for name, value in values.items():
        is_section = isinstance(value, dict) and f"{path}{name}" not in _plain()
        paths |= _paths(value, f"{path}{name}.") if is_section else {f"{path}{name}"}
    return paths
