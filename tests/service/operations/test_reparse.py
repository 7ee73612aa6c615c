"""Documents that an older parser read are read again by the real service, and citations of the old text stay true."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import ingest.factory
from api.commands.doctor import examine
from api.commands.main import app
from ingest.parsing import PARSER_VERSION
from ingest.sandbox.sandbox import Sandbox
from rag.settings import GenerationSettings, GeneratorBackend, Settings, StorageSettings
from tests.support.servers.service import problem, running_client, take_in

FORMER = "tests.support.fakes.sandbox_parsers:FormerParser"
DOSE = b"The daily dose of Fjordin is 50 mg for adults."
QUESTION = {"question": "What is the daily dose of Fjordin?"}


@contextmanager
def service(folder: Path) -> Iterator[httpx.Client]:
    settings = Settings(
        storage=StorageSettings(folder=folder), generation=GenerationSettings(backend=GeneratorBackend.EXTRACTIVE)
    )
    with tempfile.TemporaryDirectory() as short, running_client(settings, Path(short) / "api.sock") as client:
        yield client


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose documents an older parser read: one wrongly, one well, and one that is refused today."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest.factory, "Sandbox", partial(Sandbox, parser=FORMER))
        with service(folder) as client:
            take_in(client, "dose.txt", DOSE)
            take_in(client, "gate.txt", b"The north gate opens at six.", collection="site")
            take_in(client, "stars.txt", b"* * *\n")
    with closing(sqlite3.connect(folder / "catalog.db")) as connection:
        connection.execute("UPDATE versions SET parser_version = ?", (PARSER_VERSION - 1,))
        connection.commit()
    return folder


@pytest.fixture
def folder(tmp_path: Path, filled: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "data")


def ask(client: httpx.Client) -> tuple[str, dict[str, Any]]:
    """Returns the answer and its first citation."""
    body = client.post("/v1/ask", json=QUESTION).raise_for_status().json()
    return body["answer"], body["sentences"][0]["citations"][0]


def words(client: httpx.Client, citation: dict[str, Any]) -> str:
    about = {name: citation[name] for name in ("version_id", "start", "end")}
    answer = client.get(f"/v1/documents/{citation['document_id']}/text", params=about)
    return str(answer.raise_for_status().json()["text"])


def counts(client: httpx.Client, **about: str) -> tuple[int, int, int]:
    state = client.get("/v1/maintenance/reparse", params=about).raise_for_status().json()
    return state["documents"], state["outdated"], state["in_work"]


def test_answers_and_citations_are_those_of_the_old_text_until_the_new_one_is_there(folder: Path) -> None:
    with service(folder) as client:
        answer, cited = ask(client)
        assert "503 mg" in answer
        assert counts(client) == (3, 3, 0)
        assert counts(client, collection="site") == (1, 1, 0)
        queued = client.post("/v1/maintenance/reparse")
        assert queued.status_code == 202
        assert queued.json()["parser_version"] == PARSER_VERSION
        while counts(client)[2]:
            pass
        assert counts(client) == (3, 1, 0)
        answer, new = ask(client)
        assert "50 mg" in answer
        assert (words(client, cited), words(client, new)) == (cited["quote"], new["quote"])
        assert "503 mg" in cited["quote"]
        versions = client.get(f"/v1/documents/{cited['document_id']}/versions").json()["versions"]
        assert [(each["id"], each["parser_version"]) for each in versions] == [
            (new["version_id"], PARSER_VERSION),
            (cited["version_id"], PARSER_VERSION - 1),
        ]
        refused = client.get("/v1/documents", params={"collection": "default"}).json()["documents"][1]
        assert (refused["name"], refused["state"], refused["error"]["code"]) == ("stars.txt", "ready", "no_text")
        assert client.post("/v1/maintenance/audit", json={"read_everything": True}).json()["differences"] == []
        assert problem(client.post("/v1/maintenance/reparse?collection=none")) == (404, "unknown_collection")
        assert problem(client.get("/v1/maintenance/reparse?collection=none")) == (404, "unknown_collection")


def test_the_same_bytes_are_read_again_where_an_older_parser_read_them(folder: Path) -> None:
    with service(folder) as client:
        assert take_in(client, "dose.txt", DOSE)["version_number"] == 2
        assert take_in(client, "dose.txt", DOSE)["version_number"] == 2
        assert take_in(client, "gate.txt", b"The north gate opens at six.", collection="site")["version_number"] == 1
        assert counts(client) == (3, 1, 0)


def test_the_command_says_what_was_read_again_and_what_was_refused(folder: Path) -> None:
    def run(*more: str) -> tuple[int, str]:
        environment = {"CITEWELL_STORAGE__FOLDER": str(folder), "CITEWELL_GENERATION__BACKEND": "extractive"}
        done = CliRunner().invoke(app, ["reindex", "--reparse", *more], env=environment)
        return done.exit_code, done.stdout

    status, printed = run("--collection", "site", "--json")
    assert (status, json.loads(printed)) == (
        0,
        {"parser_version": PARSER_VERSION, "read": 1, "changed": 0, "failed": [], "left": 0, "new_warnings": []},
    )
    status, printed = run("--json")
    found = json.loads(printed)
    assert (status, found["read"], found["changed"], found["left"]) == (1, 1, 1, 0)
    [refused] = found["failed"]
    assert (refused["name"], refused["collection"], refused["code"]) == ("stars.txt", "default", "no_text")
    status, printed = run()
    assert status == 1
    assert "0 documents were read again" in printed
    assert "stars.txt" in printed


def test_an_option_that_does_not_go_with_reading_again_is_refused() -> None:
    refused = CliRunner().invoke(app, ["reindex", "--reparse", "--discard"])
    assert "Leave the others out" in str(refused.exception)
    refused = CliRunner().invoke(app, ["reindex", "--collection", "site"])
    assert "add --reparse" in str(refused.exception)


@pytest.mark.parametrize(("outdated", "said"), [(0, "3, read by parser"), (2, "2 of 3 were read by an older parser")])
def test_the_doctor_says_how_many_documents_an_older_parser_read(
    outdated: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(url: str, **_: object) -> httpx.Response:
        body = {"parser_version": PARSER_VERSION, "documents": 3, "outdated": outdated, "in_work": 0}
        return httpx.Response(200, json=body, request=httpx.Request("GET", url))

    monkeypatch.setattr("api.commands.doctor.running_service_address", lambda _: "http://127.0.0.1:9")
    monkeypatch.setattr(httpx, "get", answer)
    [finding] = [
        each for each in examine(Settings(storage=StorageSettings(folder=tmp_path))) if each.part == "documents"
    ]
    assert said in finding.detail
    assert ("citewell reindex --reparse" in finding.detail) is bool(outdated)
