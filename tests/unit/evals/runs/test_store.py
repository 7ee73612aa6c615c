from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evals.commands.main import app
from evals.datasets.questions import EvalQuestion
from evals.runs.records import QuestionRecord, RunRecord
from evals.runs.store import RunStore
from rag.errors import ConfigurationError


def run(run_id: str, tenant: str = "t") -> RunRecord:
    return RunRecord(
        run_id=run_id,
        tenant=tenant,
        dataset="d",
        dataset_digest="0",
        questions=2,
        started_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


def record(name: str) -> QuestionRecord:
    return QuestionRecord(question=EvalQuestion(id=name, question="Wie lange?"), answer="七天", scores={"a": 0.5})


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.save(run("20261101-a"))
    store.add("20261101-a", record("q1"))
    store.add("20261101-a", record("q2"))
    assert store.run("20261101-a") == run("20261101-a")
    assert store.questions("20261101-a") == (record("q1"), record("q2"))


def test_a_line_that_a_kill_cut_off_is_left_out(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.save(run("r"))
    store.add("r", record("q1"))
    with (tmp_path / "r" / "questions.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"question": {"id": "q2"')
    assert [each.question.id for each in store.questions("r")] == ["q1"]


def test_runs_are_listed_newest_first_and_by_tenant(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    for run_id, tenant in (("20261101-a", "t"), ("20261103-b", "u"), ("20261102-c", "t")):
        store.save(run(run_id, tenant))
    assert [each.run_id for each in store.runs()] == ["20261103-b", "20261102-c", "20261101-a"]
    assert [each.run_id for each in store.runs("t")] == ["20261102-c", "20261101-a"]


def test_the_beginning_of_an_id_is_enough_where_only_one_begins_so(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    store.save(run("20261101-a"))
    store.save(run("20261101-b"))
    assert store.run("20261101-b").run_id == "20261101-b"
    with pytest.raises(ConfigurationError, match="The newest are: 20261101-b"):
        store.run("20261101")


@pytest.mark.parametrize("run_id", ["../secret", "a/b", "", ".hidden"])
def test_an_id_never_leaves_the_folder(run_id: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        RunStore(tmp_path).questions(run_id)


def test_runs_are_deleted_by_their_whole_ids_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(tmp_path))
    store = RunStore(tmp_path / "evals")
    for run_id in ("20261101-a", "20261101-b"):
        store.save(run(run_id))
    refused = CliRunner().invoke(app, ["delete", "20261101-a", "2026"])
    assert isinstance(refused.exception, ConfigurationError)
    assert len(store.runs()) == 2
    unasked = CliRunner().invoke(app, ["delete", "20261101-a"])
    assert isinstance(unasked.exception, ConfigurationError)
    assert len(store.runs()) == 2
    assert CliRunner().invoke(app, ["delete", "20261101-a", "--yes"]).exit_code == 0
    assert [each.run_id for each in store.runs()] == ["20261101-b"]
