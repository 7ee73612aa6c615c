from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rag.errors import ConfigurationError
from rag.settings import Dialect, EncoderBackend, GeneratorBackend, Tier, load_settings


def test_every_setting_has_a_default_that_needs_no_server() -> None:
    settings = load_settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.encoder.backend is EncoderBackend.ONNX
    assert settings.generation.backend is GeneratorBackend.AUTO


def test_two_underscores_lead_into_a_section(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CITEWELL_SERVER__PORT", "9000")
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path))
    monkeypatch.setenv("CITEWELL_GENERATION__BACKEND", "vllm")
    monkeypatch.setenv("CITEWELL_TENANT", "acme")
    settings = load_settings()
    assert (settings.server.port, settings.storage.folder, settings.tenant) == (9000, tmp_path, "acme")
    assert settings.generation.backend is GeneratorBackend.VLLM
    assert settings.server.host == "127.0.0.1"


def test_the_command_line_names_settings_by_path() -> None:
    settings = load_settings({"retrieval.fusion.method": "rrf", "retrieval.limit": "5"})
    assert (settings.retrieval.fusion.method, settings.retrieval.limit) == ("rrf", 5)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"limit": "5"}, "limit is no setting .*retrieval.limit=8"),
        ({"colour.red": "5"}, "colour.red is no setting"),
        ({"retrieval.lmit": "5"}, "did you mean CITEWELL_RETRIEVAL__LIMIT"),
        ({"retrieval.fusion": "rrf", "retrieval.fusion.method": "rrf"}, "cannot be set beside retrieval.fusion"),
    ],
)
def test_a_path_that_cannot_be_set_is_an_error(chosen: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        load_settings(chosen)


def test_an_unknown_name_in_a_section_is_an_error_that_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_SERVER__PROT", "9000")
    with pytest.raises(ConfigurationError, match="CITEWELL_SERVER__PROT"):
        load_settings()


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("CITEWELL_SERVR__PORT", "CITEWELL_SERVER__PORT"),
        ("CITEWELL_SERVER_PORT", "CITEWELL_SERVER__PORT"),
        ("CITEWELL__SERVER__PORT", "CITEWELL_SERVER__PORT"),
        ("citewell_storage_folder", "CITEWELL_STORAGE__FOLDER"),
        ("CITEWELL_PROFIL", "CITEWELL_PROFILE"),
        ("CITEWELL_PORT", "CITEWELL_SERVER__PORT"),
        ("CITEWELL_TENANT__NAME", "CITEWELL_TENANT"),
        ("CITEWELL_SERVER__PROT", "CITEWELL_SERVER__PORT"),
        ("CITEWELL_COLOUR", "citewell config show"),
    ],
)
def test_a_variable_that_is_no_setting_is_an_error_that_says_which_may_be_meant(
    variable: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    [line] = str(caught.value).splitlines()[1:]
    assert line.strip().upper().startswith(f"{variable.upper()}: ")
    assert meant in line.partition(":")[2]


def test_misspelt_names_and_wrong_values_are_listed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_SERVR__PORT", "9000")
    monkeypatch.setenv("CITEWELL_SERVER__PORT", "70000")
    with pytest.raises(ConfigurationError, match=r"(?s)CITEWELL_SERVR__PORT.*CITEWELL_SERVER__PORT: must be"):
        load_settings()


def test_what_a_cluster_sets_for_a_service_of_this_name_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("CITEWELL_SERVICE_PORT", "8000")
    monkeypatch.setenv("CITEWELL_SERVICE_PORT_HTTP", "8000")
    for name in ("CITEWELL_PORT", "CITEWELL_PORT_8000_TCP", "CITEWELL_WORKER_PORT"):
        monkeypatch.setenv(name, "tcp://10.0.0.1:8000")
    monkeypatch.setenv("CITEWELL_PORT_8000_TCP_ADDR", "10.0.0.1")
    assert load_settings().server.port == 8000


@pytest.mark.parametrize("pattern", ["README.md", "Makefile", "docker-compose.yml", "api/**/*.py", "evals/**/*.py"])
def test_every_variable_that_the_project_names_is_known(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in Path().glob(pattern):
        for name in re.findall(r"CITEWELL_[A-Z_]*[A-Z]", file.read_text()):
            monkeypatch.setenv(name, "")
    monkeypatch.setenv("CITEWELL_SERVER__PORT", "none")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "not known" not in str(caught.value)


def test_all_wrong_values_are_listed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_SERVER__PORT", "70000")
    monkeypatch.setenv("CITEWELL_RETRIEVAL__LIMIT", "many")
    monkeypatch.setenv("CITEWELL_INDEX__BACKEND", "paper")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()[1:]
    assert {line.strip().partition(":")[0] for line in lines} == {
        "CITEWELL_SERVER__PORT",
        "CITEWELL_RETRIEVAL__LIMIT",
        "CITEWELL_INDEX__BACKEND",
    }


def test_a_list_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_SERVER__ALLOWED_HOSTS", '["citewell.example.org", "localhost"]')
    assert load_settings().server.allowed_hosts == ("citewell.example.org", "localhost")


def test_a_list_that_is_not_json_is_an_error_that_shows_how_to_write_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_SERVER__ALLOWED_HOSTS", "citewell.example.org")
    with pytest.raises(ConfigurationError, match="as JSON"):
        load_settings()


def test_a_key_shows_neither_in_the_settings_nor_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_GENERATION__API_KEY", "very-secret")
    settings = load_settings()
    assert "very-secret" not in repr(settings)
    assert settings.generation.api_key is not None
    assert settings.generation.api_key.get_secret_value() == "very-secret"
    monkeypatch.setenv("CITEWELL_INDEX__API_KYE", "very-secret")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert "very-secret" not in str(caught.value)


def test_prompts_are_weighed_in_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_GENERATION__PROMPTS", '{"answer-v1": 0.9, "answer-v2": 0.1}')
    assert load_settings().generation.prompts == {"answer-v1": 0.9, "answer-v2": 0.1}


@pytest.mark.parametrize("weight", ["0", "-1", "NaN", "Infinity", '"much"'])
def test_a_weight_that_is_none_is_an_error(monkeypatch: pytest.MonkeyPatch, weight: str) -> None:
    monkeypatch.setenv("CITEWELL_GENERATION__PROMPTS", f'{{"answer-v1": {weight}}}')
    with pytest.raises(ConfigurationError, match="CITEWELL_GENERATION__PROMPTS"):
        load_settings()


def test_endpoints_are_a_json_list_and_their_keys_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoints = [
        {"name": "local", "url": "http://gpu:8000/v1"},
        {"name": "hosted", "url": "https://llm.example.org/v1", "api_key": "very-secret", "tier": "large"},
    ]
    monkeypatch.setenv("CITEWELL_GENERATION__ENDPOINTS", json.dumps(endpoints))
    monkeypatch.setenv("CITEWELL_GENERATION__TENANT_BUDGETS", '{"acme": {"tokens": 5}}')
    settings = load_settings()
    local, hosted = settings.generation.all_endpoints
    assert (local.name, local.tier, hosted.tier) == ("local", Tier.SMALL, Tier.LARGE)
    assert "very-secret" not in repr(settings)
    assert (settings.generation.budget_of("acme").tokens, settings.generation.budget_of("other").tokens) == (5, None)


def test_a_single_url_is_the_only_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_GENERATION__URL", "http://gpu:8000/v1")
    monkeypatch.setenv("CITEWELL_GENERATION__MODEL", "tiny")
    [endpoint] = load_settings().generation.all_endpoints
    assert (endpoint.url, endpoint.model, endpoint.dialect) == ("http://gpu:8000/v1", "tiny", Dialect.AUTO)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "a"}, "two endpoints of one name"),
        ({"url": "gpu:8000"}, "CITEWELL_GENERATION__ENDPOINTS__URL"),
        ({"prompt_price": 1, "currency": "EUR"}, "in several currencies"),
        ({"colour": "red"}, "CITEWELL_GENERATION__ENDPOINTS__COLOUR"),
    ],
)
def test_endpoints_that_cannot_be_are_an_error(
    changes: dict[str, object], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {"name": "a", "url": "http://gpu:8000/v1", "api_key": "very-secret", "prompt_price": 1}
    monkeypatch.setenv("CITEWELL_GENERATION__ENDPOINTS", json.dumps([first, {**first, "name": "b", **changes}]))
    monkeypatch.setenv("CITEWELL_GENERATION__BUDGET__MONEY", "5")
    with pytest.raises(ConfigurationError, match=words) as caught:
        load_settings()
    assert "very-secret" not in str(caught.value)
