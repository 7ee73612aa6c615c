import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evals.commands.datasets import app
from evals.datasets.questions import EvalQuestion, GoldPassage, read_questions, write_questions
from evals.datasets.readers.catalogue import read_dataset
from rag.errors import ConfigurationError
from rag.settings import Settings, StorageSettings
from tests.support.servers.service import running_client, take_in

PARAGRAPH = "The Normans came from Denmark. They settled in France in the tenth century."


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def squad(path: Path) -> Path:
    question = {"question": "Where did the Normans come from?", "answers": [{"text": "Denmark"}]}
    write_json(path, {"data": [{"title": "Normans", "paragraphs": [{"context": PARAGRAPH, "qas": [question]}]}]})
    return path


def hotpotqa(folder: Path) -> Path:
    write_json(folder / "corpus.json", {"Normans": [PARAGRAPH]})
    question = {"_id": "q1", "question": "Where from?", "answer": "Denmark", "supporting_facts": [["Normans", 0]]}
    write_json(folder / "questions.json", [question])
    return folder


def beir(folder: Path) -> Path:
    write_json(folder / "corpus.jsonl", {"_id": "d1", "title": "Normans", "text": PARAGRAPH})
    write_json(folder / "queries.jsonl", {"_id": "q1", "text": "Where from?"})
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")
    return folder


@pytest.mark.parametrize(("layout", "written"), [("squad", squad), ("hotpotqa", hotpotqa), ("beir", beir)])
def test_a_layout_becomes_questions_and_a_corpus(layout: str, written: Callable[[Path], Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("convert", written(tmp_path / "source"), "--layout", layout, "--out", out)
    assert result.exit_code == 0, result.exception
    assert "1 questions and 1 documents" in result.output
    dataset = read_dataset(str(out), tmp_path)
    [question] = dataset.questions
    assert [chunk.text for chunk in dataset.chunks] == [PARAGRAPH]
    assert question.gold_passages[0].document == dataset.chunks[0].document_id
    assert "Every quote was found." in run("check", out / "questions.jsonl").output


def test_a_dataset_of_files_is_copied_with_them(tmp_path: Path) -> None:
    assert run("convert", "sample", "--out", tmp_path / "out").exit_code == 0
    copied, sample = read_dataset(str(tmp_path / "out"), tmp_path), read_dataset("sample", tmp_path)
    assert copied.questions == sample.questions
    assert [file.name for file in copied.files] == [file.name for file in sample.files]
    again = run("convert", "sample", "--out", tmp_path / "out")
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize("layout", ["squad", "hotpotqa", "beir", "financebench", "jsonl"])
def test_what_is_in_another_layout_is_refused(layout: str, tmp_path: Path) -> None:
    result = run("convert", tmp_path / "nothing", "--layout", layout, "--out", tmp_path / "out")
    assert isinstance(result.exception, ConfigurationError)
    assert "nothing" in str(result.exception)


def test_wrong_lines_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "a", "question": "Why?"}\n\n{"id": "b"}\nno\n{"id": "a", "question": "Who?"}\n')
    words = str(run("check", path).exception)
    assert f"{path}, line 3: question: Field required." in words
    assert f"{path}, line 4: the line: Invalid JSON" in words
    assert f"{path}, line 5: the id a is there already" in words
    assert "line 1:" not in words


def test_a_line_separator_within_a_text_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    questions = (EvalQuestion(id="a", question="One\u2028two\u0085three?"),)
    write_questions(path, questions)
    assert read_questions(path) == questions


def test_quotes_that_no_document_holds_are_named_and_tags_counted(tmp_path: Path) -> None:
    write_json(tmp_path / "corpus.jsonl", {"_id": "d1", "text": PARAGRAPH})
    golds = (GoldPassage(document="d1", quote="came from Denmark"), GoldPassage(document="d1", quote="from Norway"))
    question = EvalQuestion(id="a", question="Where from?", gold_passages=golds, tags=("history",))
    write_questions(tmp_path / "questions.jsonl", (question,))
    result = run("check", tmp_path / "questions.jsonl")
    assert result.exit_code == 0
    assert "a: no passage of d1 holds “from Norway”." in result.stderr
    assert "came from Denmark" not in result.output
    assert "history" in result.output
    assert "1 quotes were not found." in result.output


def test_a_file_without_questions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("\n")
    assert "holds no questions" in str(run("check", tmp_path / "questions.jsonl").exception)


def test_without_documents_the_quotes_are_not_looked_for(tmp_path: Path) -> None:
    write_questions(tmp_path / "questions.jsonl", (EvalQuestion(id="a", question="Why?"),))
    assert "not looked for" in run("check", tmp_path / "questions.jsonl").output


@pytest.mark.slow
def test_questions_are_drafted_from_a_collection_and_found_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "data", tmp_path / "drafts.jsonl"
    with running_client(Settings(storage=StorageSettings(folder=folder)), tmp_path / "api.sock") as client:
        text = b"The old house has 14 rooms on two floors. The new one has 22 rooms for all of the guests."
        take_in(client, "rooms.txt", text)
    monkeypatch.setenv("CITEWELL_STORAGE__FOLDER", str(folder))
    monkeypatch.setenv("CITEWELL_GENERATION__BACKEND", "extractive")

    drafted = run("from-corpus", "--collection", "default", "--out", out, "--questions", "5")

    assert drafted.exit_code == 0, drafted.exception
    assert {row.answers for row in read_questions(out)} == {("14",), ("22",)}
    assert "Every quote was found." in run("check", out, "--collection", "default").output
    assert "is there already" in str(run("from-corpus", "--collection", "default", "--out", out).exception)
    empty = run("from-corpus", "--collection", "nothing", "--out", tmp_path / "none.jsonl")
    assert "holds nothing" in str(empty.exception)
