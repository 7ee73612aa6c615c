from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.settings import load_settings, setting_descriptions
from rag.settings.layers import Layers
from rag.settings.values import HIDDEN, SettingValue, setting_values

pytestmark = pytest.mark.usefixtures("working_folder")


def read(**chosen: str) -> dict[str, SettingValue]:
    nested = {path.replace("__", "."): value for path, value in chosen.items()}
    layers = Layers.read({"server": {"port": chosen["server__port"]}} if chosen else {})
    return {value.path: value for value in setting_values(load_settings(nested), layers)}


def test_every_setting_is_shown_and_comes_from_the_defaults() -> None:
    values = read()
    assert list(values) == [setting.path for setting in setting_descriptions() if "[]" not in setting.path]
    assert {value.source for value in values.values()} == {"default"}
    assert not any(value.changed for value in values.values())
    assert values["index.api_key"].value is None
    assert values["storage.folder"].value == "data"


def test_each_value_names_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("citewell.toml").write_text("profile = 'gpu'\nserver.port = 1\nretrieval.limit = 5\ncache.answers = true\n")
    monkeypatch.setenv("citewell_retrieval__limit", "6")
    monkeypatch.setenv("CITEWELL_GENERATION", '{"model": "tiny"}')
    monkeypatch.setenv("CITEWELL_GENERATION__TENANT_BUDGETS__ACME__TOKENS", "5")
    values = read(server__port="9000")
    sources = {path: (value.source, value.changed) for path, value in values.items()}
    assert sources["server.port"] == ("command line", True)
    assert sources["retrieval.limit"] == ("citewell_retrieval__limit", True)
    assert sources["generation.model"] == ("CITEWELL_GENERATION", True)
    assert sources["generation.url"] == ("default", False)
    assert sources["generation.tenant_budgets"] == ("CITEWELL_GENERATION__TENANT_BUDGETS__ACME__TOKENS", True)
    assert sources["profile"] == ("citewell.toml", True)
    assert sources["cache.answers"] == ("citewell.toml", False)
    assert sources["encoder.device"] == ("profile gpu", True)
    assert sources["server.host"] == ("default", False)


def test_secrets_are_hidden_wherever_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = {"name": "a", "url": "https://user:very-secret@llm.example.org/v1", "api_key": "very-secret"}
    experiment = {"generation.api_key": "very-secret", "generation.url": "http://u:very-secret@gpu/v1"}
    monkeypatch.setenv("CITEWELL_GENERATION__ENDPOINTS", json.dumps([endpoint]))
    monkeypatch.setenv("CITEWELL_EXPERIMENT__SETTINGS", json.dumps(experiment))
    monkeypatch.setenv("CITEWELL_INDEX__API_KEY", "very-secret")
    monkeypatch.setenv("CITEWELL_STORAGE__CATALOG_URL", "postgresql://citewell:very-secret@db/citewell")
    monkeypatch.setenv("CITEWELL_JUDGE__API_KEY", "")
    values = read()
    assert "very-secret" not in repr(values)
    assert values["index.api_key"].value == values["storage.catalog_url"].value == HIDDEN
    assert values["judge.api_key"].value == ""
    assert values["generation.endpoints[1].api_key"].value == HIDDEN
    assert values["generation.endpoints[1].url"].value == f"https://user:{HIDDEN}@llm.example.org/v1"
    assert values["experiment.settings"].value == {
        "generation.api_key": HIDDEN,
        "generation.url": f"http://u:{HIDDEN}@gpu/v1",
    }


def test_endpoints_are_shown_one_by_one() -> None:
    Path("citewell.toml").write_text("[[generation.endpoints]]\nname = 'a'\nurl = 'http://a/v1'\nlanguages=['en','de']")
    values = read()
    assert "generation.endpoints" not in values
    assert values["generation.endpoints[1].name"].source == "citewell.toml"
    assert values["generation.endpoints[1].languages"].value == ["de", "en"]
    assert (values["generation.endpoints[1].tier"].source, values["generation.endpoints[1].tier"].changed) == (
        "default",
        False,
    )
