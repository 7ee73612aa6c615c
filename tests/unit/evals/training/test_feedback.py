from __future__ import annotations

from pathlib import Path

import pytest

from evals.training.feedback import accepted_questions, read_feedback
from rag.errors import ConfigurationError
from tests.support.builders.chunks import chunk

CHUNKS = (chunk("The pump is green. It hums.", ordinal=1), chunk("Leave lasts twelve weeks.", ordinal=2))


def feedback(folder: Path, *lines: str) -> Path:
    path = folder / "feedback.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_an_accepted_answer_is_a_question_on_the_chunk_with_its_words(tmp_path: Path) -> None:
    line = '{"question": "How long?", "document": "document-1.txt", "quote": "twelve weeks", "rating": 1}'
    [question] = accepted_questions(read_feedback(feedback(tmp_path, line, "")), CHUNKS)
    assert (question.text, question.chunk_id) == ("How long?", CHUNKS[1].chunk_id)


def test_words_that_are_no_longer_there_give_no_question(tmp_path: Path) -> None:
    gone = '{"question": "How long?", "document": "document-1.txt", "quote": "ten weeks"}'
    elsewhere = '{"question": "How long?", "document": "other.txt", "quote": "twelve weeks"}'
    assert list(accepted_questions(read_feedback(feedback(tmp_path, gone, elsewhere)), CHUNKS)) == []


@pytest.mark.parametrize("line", ["{", '{"question": "How long?"}', "[]"])
def test_a_line_that_is_no_accepted_answer_is_named(tmp_path: Path, line: str) -> None:
    good = '{"question": "a", "document": "b", "quote": "c"}'
    with pytest.raises(ConfigurationError, match="line 2"):
        read_feedback(feedback(tmp_path, good, line))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="missing"):
        read_feedback(tmp_path / "missing.jsonl")
