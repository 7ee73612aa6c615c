from pathlib import Path

import pytest

from evals.datasets.dataset import Dataset, whole_document
from evals.datasets.questions import EvalQuestion, GoldPassage, read_questions, write_questions
from evals.datasets.readers.catalogue import read_dataset, write_dataset
from rag.errors import ConfigurationError

ROWS = (
    EvalQuestion(id="a", question="How long?", answers=("five years",), tags=("warranty",)),
    EvalQuestion(id="b", question="多少天？", answerable=False, language="zh"),
)


def test_questions_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_questions(tmp_path / "q.jsonl", ROWS)
    assert read_questions(tmp_path / "q.jsonl") == ROWS


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2"),
        ('{"id": "x"}', "line 2: question: Field required"),
        ('{"id": "x", "question": "?", "kind": "y"}', "line 2: kind"),
        ('{"id": "a", "question": "?"}', "line 2: the id a is there already"),
    ],
)
def test_a_bad_line_is_named_with_what_is_wrong(line: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"id": "a", "question": "?"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=words):
        read_questions(path)


def test_an_unknown_dataset_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="sample, challenge, scifact"):
        read_dataset("nothing", Path())


def test_a_folder_is_a_dataset_with_its_passages(tmp_path: Path) -> None:
    chunk = whole_document("d1", title="Warranty", text="It lasts five years.")
    written = Dataset(name=tmp_path.name, questions=ROWS, chunks=(chunk,))
    write_dataset(tmp_path, written)
    assert read_dataset(str(tmp_path), Path()) == written


def test_a_digest_changes_with_questions_and_documents() -> None:
    chunk = whole_document("d1", title="Warranty", text="It lasts five years.")
    sets = [Dataset(name="x", questions=ROWS), Dataset(name="x", questions=ROWS[:1])]
    sets += [Dataset(name="x", questions=ROWS, chunks=(chunk,))]
    assert len({each.digest for each in sets}) == 3
    assert Dataset(name="another name", questions=ROWS).digest == sets[0].digest


def test_a_sample_is_the_same_every_time_and_keeps_the_share_that_is_answerable() -> None:
    rows = tuple(EvalQuestion(id=str(at), question="?", answerable=at % 4 != 0) for at in range(100))
    held = Dataset(name="x", questions=rows)
    sample = held.sample(20)
    assert sample == held.sample(20)
    assert [question.answerable for question in sample.questions].count(False) == 5
    assert held.sample(None) is held


def test_facts_fall_back_to_the_answers() -> None:
    assert ROWS[0].facts == (("five years",),)
    assert EvalQuestion(id="c", question="?", gold_passages=(GoldPassage(document="d"),)).facts == ()
