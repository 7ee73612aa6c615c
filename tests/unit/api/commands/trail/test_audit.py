import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner, Result

from api.commands.main import app
from ingest.opening import open_catalogue
from rag.catalog.trail.chain import EventOutcome
from rag.catalog.trail.trail import Trail
from rag.settings import load_settings
from tests.support.builders.trail import event


@pytest.fixture(autouse=True)
def _trail(tmp_path: Path, migrated_catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "catalog.db").write_bytes(migrated_catalogue.read_bytes())
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(folder))
    settings = load_settings()
    with open_catalogue(settings) as database:
        trail = Trail.of(database, settings)
        trail.append([event("document.read"), event("document.deleted", actor_id="ben", outcome=EventOutcome.REFUSED)])
        trail.append([event("question.asked", text={"actor": "Anna", "question": "a\nb\tc"}, target="name:a\nb")])


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words])


def test_a_trail_that_nobody_touched_holds() -> None:
    done = run("verify")
    assert (done.exit_code, "3 rows (1 to 3)" in done.output) == (0, True)


def test_an_edited_row_is_named_and_the_command_fails(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'data' / 'catalog.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit_events SET actor_id = 'anna' WHERE number = 2"))
    engine.dispose()
    done = run("verify")
    assert done.exit_code == 1
    assert "2\tedited\tRow 2 was changed after it was written." in done.output
    found = json.loads(run("verify", "--json").output)
    assert (found["holds"], found["findings"][0]["fault"]) == (False, "edited")


def test_events_are_chosen_and_each_is_one_line() -> None:
    lines = run("list").output.splitlines()
    assert [line.split("\t")[3] for line in lines[1:]] == ["question.asked", "document.deleted", "document.read"]
    assert lines[1].endswith("name:a b")
    assert [line.split("\t")[4] for line in run("list", "--actor", "ben").output.splitlines()[1:]] == ["refused"]
    [only] = run("list", "--event", "question", "--json").output.splitlines()
    assert json.loads(only)["text"]["question"] == "a\nb\tc"


def test_an_export_is_itself_an_event_and_replaces_no_file(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    assert run("export", str(file), "--format", "ocsf").exit_code == 0
    events = [json.loads(line) for line in file.read_text().splitlines()]
    assert [each["metadata"]["event_code"] for each in events][-1] == "audit.exported"
    assert {each["class_uid"] for each in events} == {6003}
    assert run("export", str(file)).exit_code == 1
    assert len(run("export", "--until", "2025-01-01").output) == 0


def test_a_person_is_forgotten(tmp_path: Path) -> None:
    assert run("erase", "anna").exit_code == 1
    done = run("erase", "anna", "--yes", "--json")
    assert json.loads(done.output) == {"erased": 2}
    assert run("verify").exit_code == 0
    files = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("catalog.db*"))
    assert b"a\\nb\\tc" not in files


def test_old_days_are_removed() -> None:
    assert json.loads(run("prune", "--days", "1", "--yes", "--json").output) == {"removed": 0}


def test_without_a_data_folder_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path / "missing"))
    done = run("verify")
    assert "There is no catalogue" in str(done.exception)
    assert not (tmp_path / "missing").exists()
