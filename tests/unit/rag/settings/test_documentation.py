from __future__ import annotations

from pathlib import Path

import pytest

from rag.settings import setting_descriptions
from rag.settings.documentation import toml_value

_BY_PATH = {setting.path: setting for setting in setting_descriptions()}


def test_a_setting_is_described_by_path_variable_type_and_default() -> None:
    port = _BY_PATH["server.port"]
    assert (port.variable, port.type, port.default) == ("CITEWELL_SERVER__PORT", "whole number", "8_000")
    assert (_BY_PATH["profile"].variable, _BY_PATH["profile"].default) == ("CITEWELL_PROFILE", '"cpu"')
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
        (1_000, "1_000"),
        (0.5, "0.5"),
        (Path("a") / "b", '"a/b"'),
        ('say "é"\n', '"say \\"é\\"\\n"'),
        (("a", "b"), '["a", "b"]'),
        (frozenset({"b", "a"}), '["a", "b"]'),
        ({"a b": 1, "c": None}, '{"a b" = 1}'),
    ],
)
def test_values_are_written_as_toml(value: object, written: str) -> None:
    assert toml_value(value) == written


def test_nothing_set_has_no_form_in_toml() -> None:
    with pytest.raises(TypeError, match="not set"):
        toml_value(None)
