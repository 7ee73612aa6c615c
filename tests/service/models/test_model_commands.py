"""Models are connected and tried by command, against a real service and scripted model servers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.commands.main import app
from api.server import bind, serving
from evals.runs.records import RunRecord
from evals.runs.store import RunStore
from rag.errors import ConfigurationError
from rag.settings import GenerationSettings, ServerSettings, Settings, StorageSettings
from tests.support.servers.openai_server import Script, loopback_openai_server
from tests.support.servers.strange_servers import Answer, strange_server

pytestmark = pytest.mark.integration
KEY = "sk-a-very-secret-key"
WRITTEN = ["The warranty lasts 24 months", " [1]."]
QUESTIONS = (
    {"id": "q1", "question": "How long does the warranty last?", "answers": ["24 months"]},
    {"id": "q2", "question": "How much does a new lid cost?", "answers": ["EUR 9"]},
)


@pytest.fixture
def script() -> Script:
    return Script(pieces=list(WRITTEN))


@pytest.fixture
def model_server(script: Script) -> Iterator[str]:
    with loopback_openai_server(script) as url:
        yield url


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("service") / "data"
    unnamed = dict(GenerationSettings()) | {"url": "http://127.0.0.1:9/v1"}
    settings = Settings(
        storage=StorageSettings(folder=folder),
        server=ServerSettings(port=0),
        generation=GenerationSettings.model_construct(_fields_set=set(), **unnamed),
    )
    with bind(settings.server) as listener, serving(settings, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", folder


@pytest.fixture(autouse=True)
def _environment(service: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_URL", service[0])
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(service[1]))
    monkeypatch.delenv("CITEWELL_GENERATION__URL")


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, ["models", *arguments], input=typed)


def printed(*arguments: str, typed: str | None = None) -> Any:
    result = run(*arguments, "--json", typed=typed)
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_a_model_is_added_listed_tested_and_removed(model_server: str, script: Script) -> None:
    added = printed(
        "endpoints", "add", "local", "--address", model_server, "--price", "1/2 EUR", "--key", typed=f"{KEY}\n"
    )
    assert (added["model"], added["has_key"], added["currency"]) == ("tiny-model", True, "EUR")
    assert script.headers[-1]["authorization"] == f"Bearer {KEY}"
    shown = run("endpoints", "list")
    assert "local" in shown.output
    tested = run("endpoints", "test", "local")
    assert "supported" in tested.output
    assert KEY not in shown.output + tested.output + json.dumps(added)
    assert printed("endpoints", "remove", "local") == {"removed": "local"}
    assert printed("endpoints", "list")["endpoints"] == []


def test_a_wrong_server_is_said_plainly_and_not_stored() -> None:
    with strange_server(Answer(status="401 Unauthorized")) as port:
        result = run("endpoints", "add", "wrong", "--address", f"http://127.0.0.1:{port}")
    assert result.exit_code == 1
    assert "The server asks for a key." in result.stderr
    assert printed("endpoints", "list")["endpoints"] == []
    assert run("endpoints", "remove", "wrong").exit_code == 1
    assert run("endpoints", "test").exit_code == 2


def question_set(folder: Path) -> Path:
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "terms.md").write_text("# Terms\n\nThe warranty lasts 24 months. A new lid costs EUR 9.\n")
    (folder / "questions.jsonl").write_text("".join(json.dumps(each) + "\n" for each in QUESTIONS))
    return folder


def test_a_model_is_tried_beside_the_quotes_and_both_runs_are_kept(
    model_server: str, tmp_path: Path, service: tuple[str, Path]
) -> None:
    printed("endpoints", "add", "local", "--address", model_server, "--price", "1/2 EUR", "--unused")
    tried = ("try", "local", "--dataset", str(question_set(tmp_path / "set")))
    card = printed(*tried)
    assert (card["model"]["writer"], card["model"]["questions"]) == ("tiny-model", 2)
    assert (card["model"]["right"], card["model"]["wrong"]) == (1, 1)  # it says the same to every question
    assert card["model"]["cost_per_1000"] > 0
    assert card["extractive"]["right"] == 2
    assert "1 fewer of 2 questions right" in card["verdict"]
    kept: RunRecord = RunStore(service[1] / "evals").run(card["run"])
    assert (kept.model, kept.beside, kept.right) == ("tiny-model", card["beside"], 1)
    printed("endpoints", "remove", "local")


def test_what_cannot_be_tried_is_said_before_documents_are_read() -> None:
    unknown = run("try", "nobody")
    assert isinstance(unknown.exception, ConfigurationError)
    assert "citewell models endpoints add" in str(unknown.exception)
    with strange_server(Answer(b"<html>")) as port:
        wrong = run("try", "qwen", "--address", f"http://127.0.0.1:{port}")
    assert "does not speak OpenAI's interface" in str(wrong.exception)
    with strange_server(Answer(b'{"data": [{"id": "phi"}]}')) as port:
        other = run("try", "qwen", "--address", f"http://127.0.0.1:{port}")
    assert "no model named 'qwen'. It has: phi." in str(other.exception)
