from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evals.commands.datasets import app
from evals.datasets.questions import EvalQuestion, GoldPassage, read_questions, write_questions

DRAFTS = tuple(
    EvalQuestion(
        id=f"q{number}",
        question=f"How many rooms has house {number}?",
        answers=(str(number),),
        gold_passages=(GoldPassage(document="houses.md", quote=f"House {number} has {number} rooms."),),
        tags=("draft", "cloze"),
    )
    for number in (1, 2, 3)
)


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    path = tmp_path / "drafts.jsonl"
    write_questions(path, DRAFTS)
    return path


def review(drafts: Path, typed: str) -> Result:
    out = drafts.with_name("accepted.jsonl")
    return CliRunner().invoke(app, ["review", str(drafts), "--out", str(out)], input=typed)


def test_drafts_are_accepted_edited_and_dropped(drafts: Path) -> None:
    result = review(drafts, "a\ne\nHow many rooms are there?\n2 | two\nd\n")
    assert result.exit_code == 0, result.output
    assert "House 1 has 1 rooms." in result.output
    assert "2 accepted, 1 dropped, 0 left" in result.output
    first, second = read_questions(drafts.with_name("accepted.jsonl"))
    assert first == DRAFTS[0].model_copy(update={"tags": ("accepted", "cloze")})
    assert (second.question, second.answers) == ("How many rooms are there?", ("2", "two"))


def test_a_review_goes_on_where_it_stopped(drafts: Path) -> None:
    assert "1 accepted, 1 dropped, 1 left" in review(drafts, "d\na\nq\n").output
    again = review(drafts, "a\n")
    assert "3 of 3" in again.output
    assert "1 of 3" not in again.output
    assert "2 accepted, 1 dropped, 0 left" in again.output
    assert [row.id for row in read_questions(drafts.with_name("accepted.jsonl"))] == ["q2", "q3"]


def test_what_is_no_choice_is_asked_again(drafts: Path) -> None:
    assert "1 accepted, 0 dropped, 2 left" in review(drafts, "x\na\nq\n").output


def test_accepted_questions_need_a_file_of_their_own(drafts: Path) -> None:
    result = CliRunner().invoke(app, ["review", str(drafts), "--out", str(drafts)])
    assert "file of their own" in str(result.exception)
