from __future__ import annotations

from evals.training.questions import Part, TrainingQuestion, drawn_part, is_held_out
from tests.support.builders.chunks import chunk

TEXT = (
    "The pump must be serviced every six thousand hours. Use only oil of the kind named on the plate. "
    "The filter is changed at the same time as the oil."
)


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
