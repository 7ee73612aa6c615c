"""Deleted documents leave no byte in the data folder or in a backup."""

from __future__ import annotations

import tarfile
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.settings import ServerSettings, Settings, StorageSettings
from tests.support.servers.service import build_ready, take_in, wait_for_purge

WORD = "periwinkle"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("service") / "data"
    return Settings(
        storage=StorageSettings(folder=folder, erase_after_seconds=0),
        server=ServerSettings(allowed_hosts=("localhost",)),
    )


def holding(folder: Path, word: str) -> list[str]:
    """Returns the files under ``folder`` that hold the word, whole or as BM25's stemmer leaves it."""
    needles = {word.encode(), word.removesuffix("le").encode()}
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [str(path.relative_to(folder)) for path in files if any(n in path.read_bytes() for n in needles)]


def wait_until_erased(client: httpx.Client, receipt_id: str) -> dict[str, Any]:
    while True:
        receipt: dict[str, Any] = client.get(f"/v1/receipts/{receipt_id}").raise_for_status().json()
        if receipt["index_files_erased_at"] is not None:
            return receipt
        time.sleep(0.05)


def unpacked_backup(client: httpx.Client, folder: Path) -> Path:
    path = folder / "citewell.tar.gz"
    with client.stream("POST", "/v1/maintenance/backup") as response:
        path.write_bytes(b"".join(response.raise_for_status().iter_bytes()))
    with tarfile.open(path) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    return folder / "unpacked"


def test_a_deleted_documents_words_leave_every_file(client: httpx.Client, settings: Settings, tmp_path: Path) -> None:
    folder = settings.storage.folder
    take_in(client, "kept.txt", b"The canteen opens at noon.")
    secret = take_in(client, "secret.md", f"# Plan {WORD}\n\nThe code word is {WORD}.".encode())
    assert {name.split("/")[0] for name in holding(folder, WORD)} >= {"blobs", "extracted", "index"}
    receipt = client.delete(f"/v1/documents/{secret['id']}").raise_for_status().json()
    erased = wait_until_erased(client, receipt["id"])
    assert erased["finished_at"] is not None
    assert all(version["index_files_erased_at"] for version in erased["versions"])
    assert holding(folder, WORD) == []
    backup = unpacked_backup(client, tmp_path)
    assert holding(backup, WORD) == []
    assert holding(backup, "canteen") != []
    found = client.post("/v1/search", json={"query": "When does the canteen open?"}).raise_for_status().json()
    assert [hit["source"]["text"] for hit in found["hits"]] == ["The canteen opens at noon."]


def test_what_an_evaluation_quotes_goes_with_its_document(client: httpx.Client, settings: Settings) -> None:
    secret = take_in(client, "secret.txt", f"The gate opens with the code word {WORD}.".encode())
    gold = {"document": "secret.txt", "quote": f"the code word {WORD}"}
    asked = {"id": "q1", "question": "Which code word opens the gate?", "gold_passages": [gold]}
    client.put("/v1/evals/datasets/mine", json={"questions": [asked]}).raise_for_status()
    run = client.post("/v1/evals", json={"questions": [asked | {"gold_passages": []}]}).raise_for_status().json()
    while client.get(run["links"]["self"]).raise_for_status().json()["state"] == "running":
        time.sleep(0.05)
    assert {name.split("/")[0] for name in holding(settings.storage.folder, WORD)} >= {"evals"}
    receipt = client.delete(f"/v1/documents/{secret['id']}").raise_for_status().json()
    wait_until_erased(client, receipt["id"])
    assert holding(settings.storage.folder, WORD) == []
    assert client.get(run["links"]["self"]).raise_for_status().json()["state"] == "finished"


def test_bytes_in_an_index_that_is_being_built_are_waited_for(client: httpx.Client, settings: Settings) -> None:
    secret = take_in(client, "secret.txt", f"The other code word is {WORD}.".encode())
    client.post("/v1/maintenance/index/build", json={}).raise_for_status()
    assert build_ready(client)["state"] == "ready"
    receipt = client.delete(f"/v1/documents/{secret['id']}").raise_for_status().json()
    assert wait_for_purge(client, receipt["id"])["index_files_erased_at"] is None
    client.delete("/v1/maintenance/index/build").raise_for_status()
    wait_until_erased(client, receipt["id"])
    assert holding(settings.storage.folder, WORD) == []
