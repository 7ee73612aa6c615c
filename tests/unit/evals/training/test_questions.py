from __future__ import annotations

from pathlib import Path

import pytest

from evals.training.questions import Part, TrainingQuestion, accepted_questions, drawn_part, is_held_out, read_feedback
from rag.errors import ConfigurationError
from tests.support.builders.chunks import chunk

TEXT = (
    "The pump must be serviced every six thousand hours. Use only oil of the kind named on the plate. "
    "The filter is changed at the same time as the oil."
)
CHUNKS = (chunk("The pump is green. It hums.", ordinal=1), chunk("Leave lasts twelve weeks.", ordinal=2))


def drawn(text: str = TEXT, *, heading: tuple[str, ...] = (), asked: tuple[TrainingQuestion, ...] = ()) -> Part:
    return drawn_part([chunk(text, title="Pump manual", heading_path=heading)], asked)


def test_a_sentence_is_taken_out_of_the_chunk_that_it_is_to_find() -> None:
    part = drawn()
    [question], [left] = part.questions, part.corpus
    assert question.text in TEXT
    assert question.text not in left.text
    assert question.chunk_id == left.chunk_id
    assert len(left.text) == left.span.end - left.span.start
    assert sorted(f"{left.text} {question.text}".split()) == sorted(TEXT.split())


def test_the_same_corpus_gives_the_same_questions() -> None:
    assert drawn() == drawn()


def test_a_heading_is_a_question_if_it_says_something() -> None:
    texts = [question.text for question in drawn(heading=("Maintenance", "Changing the oil filter")).questions]
    assert texts[0] == "Pump manual: Changing the oil filter"
    assert len(drawn(heading=("Introduction",)).questions) == 1


def test_a_chunk_of_few_sentences_keeps_them() -> None:
    part = drawn("The pump must be serviced every six thousand hours. Use only oil.")
    assert part.questions == ()
    assert part.corpus[0].text.startswith("The pump")


def test_a_chunk_that_answers_what_was_asked_stays_whole() -> None:
    asked = TrainingQuestion(text="How often?", chunk_id=chunk(TEXT).chunk_id)
    part = drawn(asked=(asked,))
    assert part.questions == (asked,)
    assert part.corpus[0].text == TEXT


def test_about_a_fifth_is_held_out_and_always_the_same() -> None:
    names = [f"document {number}" for number in range(500)]
    held_out = [name for name in names if is_held_out(name)]
    assert 70 <= len(held_out) <= 130
    assert held_out == [name for name in names if is_held_out(name)]
    assert set(held_out) < {name for name in names if is_held_out(name, share=0.5)}


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
