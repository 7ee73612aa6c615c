"""A model trained on a collection, in a service that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.training.reranker import RerankerTraining
from ingest.upkeep.stored_chunks import stored_chunks
from rag.errors import ConfigurationError
from rag.models.folder import publish
from rag.models.installed import MINILM
from rag.models.trained import ModelKind, TrainedModels
from rag.settings import RerankerSettings, Settings, StorageSettings
from tests.support.servers.service import running_client, take_in

PUMP = b"The pump must be serviced every 6,000 hours. It stands in hall 4.\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(storage=StorageSettings(folder=tmp_path / "data"))


def promoted(settings: Settings, collection: str) -> Path:
    """An untrained model, promoted: its scores are all 0.5."""
    models = TrainedModels(settings.storage.folder)
    folder = models.next_version(ModelKind.RERANKER, collection)
    publish(folder, RerankerTraining(MINILM.source().parent, layers=1).write)
    models.promote(ModelKind.RERANKER, collection, folder)
    return folder


def test_stored_chunks_are_read_while_the_service_runs(settings: Settings, tmp_path: Path) -> None:
    with running_client(settings, tmp_path / "s.sock") as client:
        take_in(client, "pump.txt", PUMP, collection="machines")
        take_in(client, "pump.txt", PUMP.replace(b"6,000", b"7,000"), collection="machines")
        take_in(client, "leave.txt", b"Parental leave lasts twelve weeks.\n")
        [chunk] = stored_chunks(settings, "machines")
    assert "7,000" in chunk.text
    assert chunk.name == "pump.txt"
    with pytest.raises(ConfigurationError, match="holds nothing"):
        stored_chunks(settings, "nowhere")


def test_a_folder_without_documents_is_named(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="CITEWELL_STORAGE__FOLDER"):
        stored_chunks(settings, "machines")


def test_a_promoted_reranker_serves_its_collection_alone_and_a_setting_takes_it_back(
    settings: Settings, tmp_path: Path
) -> None:
    folder = promoted(settings, "machines")
    with running_client(settings, tmp_path / "s.sock") as client:
        for collection in ("machines", "default"):
            take_in(client, "pump.txt", PUMP, collection=collection)

        def reranker(collection: str) -> str:
            asked = {"query": "How often is the pump serviced?", "collection": collection}
            found = client.post("/v1/search", json=asked).raise_for_status().json()
            assert len(found["hits"]) == 1
            name: str = found["receipt"]["reranker"]
            return name

        assert (reranker("machines"), reranker("default")) == (folder.name, "best-sentence")
    back = settings.model_copy(update={"reranker": RerankerSettings(collections={"machines": ""})})
    with running_client(back, tmp_path / "t.sock") as client:
        found = client.post("/v1/search", json={"query": "pump", "collection": "machines"}).raise_for_status().json()
    assert found["receipt"]["reranker"] == "best-sentence"
