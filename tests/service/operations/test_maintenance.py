"""Audit, backup and new indexes, on the real service and by the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.commands.main import app
from ingest.upkeep.reindexing import check_allowed
from rag.errors import ConfigurationError, FolderInUseError, IndexUnavailableError, ModelNotAllowedError
from rag.models.trained import ModelKind, TrainedModels
from rag.settings import Settings, StorageSettings
from tests.support.servers.service import build_ready, problem, take_in, upload, wait_for_job

QUESTION = {"question": "How many days of vacation do full-time employees get?"}


def answer(client: httpx.Client) -> dict[str, Any]:
    body: dict[str, Any] = client.post("/v1/ask", json=QUESTION).raise_for_status().json()
    return {"text": body["answer"], "sources": [source["text"] for source in body["sources"]]}


def run(folder: Path, *arguments: str) -> Any:
    """Runs a command on a data folder that no service has open; returns the JSON that it prints."""
    done = CliRunner().invoke(app, [*arguments, "--json"], env={"CITEWELL_STORAGE__FOLDER": str(folder)})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture
def restored(client: httpx.Client, handbook: str, tmp_path: Path) -> Path:
    """A data folder made from a backup of the running service."""
    assert handbook
    backup = tmp_path / "citewell.tar.gz"
    with client.stream("POST", "/v1/maintenance/backup") as response:
        assert response.raise_for_status().headers["content-type"] == "application/gzip"
        backup.write_bytes(b"".join(response.iter_bytes()))
    folder = tmp_path / "restored"
    assert run(folder, "restore", str(backup))["files"] > 5
    return folder


def test_a_service_in_order_has_no_differences(client: httpx.Client, handbook: str) -> None:
    assert handbook
    report = client.post("/v1/maintenance/audit", json={"read_everything": True}).raise_for_status().json()
    assert report["differences"] == []
    assert report["versions"] >= 1
    assert report["passages"] >= 1


def test_a_backup_of_the_running_service_gives_the_same_answers(
    client: httpx.Client, settings: Settings, restored: Path
) -> None:
    found = run(restored, "ask", QUESTION["question"])
    assert found["answer"] == answer(client)["text"]
    assert "30 days" in found["answer"]
    assert run(restored, "audit-index", "--read-everything")["differences"] == []
    assert list(settings.storage.folder.glob(".backup-*")) == []


def test_documents_are_taken_in_after_a_backup(client: httpx.Client, restored: Path) -> None:
    assert restored
    job = upload(client, "later.txt", b"The canteen opens at noon.").json()["job"]
    assert wait_for_job(client, job["id"])["state"] == "succeeded"


def test_a_damaged_index_is_named_and_built_anew_from_the_stored_documents(
    client: httpx.Client, restored: Path
) -> None:
    before = answer(client)
    for path in (restored / "index").rglob("*"):
        if path.is_file() and path.stat().st_size:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(IndexUnavailableError, match="citewell reindex"):
        run(restored, "ask", QUESTION["question"])
    rebuilt = run(restored, "reindex")
    assert (rebuilt["differences"], rebuilt["active"]["number"]) == (0, 2)
    found = run(restored, "ask", QUESTION["question"])
    assert found["answer"] == before["text"]
    assert [source["text"] for source in found["sources"]] == before["sources"]
    assert not (restored / "index").exists()


def test_a_new_index_with_another_encoder_is_compared_and_takes_over_without_a_pause(
    client: httpx.Client, handbook: str, settings: Settings
) -> None:
    pytest.importorskip("sentence_transformers")
    from tests.support.models import minilm_folder  # noqa: PLC0415 - only where the library is

    assert handbook
    before = answer(client)
    request = {
        "encoder_backend": "sentence_transformers",
        "encoder_model": str(minilm_folder()),
        "questions": [{"question": QUESTION["question"], "documents": ["handbook.md"]}, {"question": "expenses"}],
    }
    assert client.post("/v1/maintenance/index/build", json=request).status_code == 202
    assert client.post("/v1/maintenance/index/build", json=request).json()["code"] == "conflict"
    build = build_ready(client)
    assert build["state"] == "ready", build["failure"]
    comparison = build["comparison"]
    assert (comparison["questions"], comparison["hit_rate_now"], comparison["hit_rate_new"]) == (2, 1.0, 1.0)
    assert comparison["overlap"] > 0.5
    late = upload(client, "late.txt", b"The roof was mended in May.").json()["job"]
    assert wait_for_job(client, late["id"])["state"] == "succeeded"
    switched = client.post("/v1/maintenance/index/switch").raise_for_status().json()
    assert (switched["active"]["backend"], switched["build"]) == ("sentence_transformers", None)
    assert answer(client)["text"] == before["text"]
    hits = client.post("/v1/search", json={"query": "When was the roof mended?"}).json()["hits"]
    assert hits[0]["source"]["name"] == "late.txt"
    assert client.post("/v1/maintenance/audit", json={}).json()["differences"] == []
    assert (settings.storage.folder / f"index-{switched['active']['number']}").is_dir()


def test_a_build_that_fails_says_why_and_leaves_the_index_that_answers(client: httpx.Client, handbook: str) -> None:
    assert handbook
    request = {"encoder_backend": "sentence_transformers", "encoder_model": "/no/such/model"}
    assert client.post("/v1/maintenance/index/build", json=request).status_code == 202
    build = build_ready(client)
    assert build["state"] == "failed"
    assert "/no/such/model" in build["failure"]
    assert client.post("/v1/maintenance/index/switch").status_code == 409
    assert client.delete("/v1/maintenance/index/build").status_code == 204
    assert "30 days" in answer(client)["text"]


def test_a_build_names_a_document_whose_text_cannot_be_read(client: httpx.Client, settings: Settings) -> None:
    document = take_in(client, "torn.txt", b"The archive is in the cellar.")
    structure = settings.storage.folder / "extracted" / document["version_id"] / "structure.json"
    content = structure.read_bytes()
    structure.write_bytes(content[:-9])
    assert client.post("/v1/maintenance/index/build", json={}).status_code == 202
    build = build_ready(client)
    assert build["state"] == "failed"
    assert "torn.txt" in build["failure"]
    assert "citewell audit-index --read-everything --repair" in build["failure"]
    assert client.delete("/v1/maintenance/index/build").status_code == 204
    structure.write_bytes(content)


def test_models_that_the_settings_do_not_allow_are_refused_alike_whether_they_are_there_or_not(
    client: httpx.Client, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "model.onnx").write_bytes(b"")
    named = [
        *(str(tmp_path), str(tmp_path / "none"), "/etc", "someone/some-model", "../../etc", "http://127.0.0.1:9/m"),
        str(settings.storage.folder / "models"),
        f"{tmp_path}/../..",
    ]
    refusals = set()
    for model in named:
        for backend in ("onnx", "sentence_transformers"):
            request = {"encoder_backend": backend, "encoder_model": model}
            answer = client.post("/v1/maintenance/index/build", json=request)
            assert problem(answer) == (422, "model_not_allowed")
            refusals.add(answer.json()["detail"].replace(model, "MODEL"))
    [only] = refusals
    assert "CITEWELL_ENCODER__ALLOWED_MODELS" in only
    assert client.get("/v1/maintenance/index").json()["build"] is None


def test_a_trained_encoder_that_was_promoted_is_allowed(tmp_path: Path) -> None:
    trained = TrainedModels(tmp_path)
    version = trained.next_version(ModelKind.ENCODER, "default")
    version.mkdir(parents=True)
    settings = Settings(storage=StorageSettings(folder=tmp_path))
    with pytest.raises(ModelNotAllowedError):
        check_allowed(str(version), settings)
    trained.promote(ModelKind.ENCODER, "default", version)
    for model in (str(version), "BAAI/bge-m3", "all-MiniLM-L6-v2"):
        check_allowed(model, settings)


def test_a_backup_is_not_restored_into_a_service_that_runs(settings: Settings, client: httpx.Client) -> None:
    assert client.get("/healthz").status_code == 200
    with pytest.raises(FolderInUseError):
        run(settings.storage.folder, "restore", "any.tar")


def test_a_missing_backup_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        run(tmp_path / "data", "restore", str(tmp_path / "none.tar"))
