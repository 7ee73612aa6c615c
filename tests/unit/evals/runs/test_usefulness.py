from __future__ import annotations

import pytest

from evals.datasets.questions import EvalQuestion, GoldPassage
from evals.runs.records import QuestionRecord, SentenceRecord
from evals.runs.usefulness import count_words, usefulness_of

FILLER = "Nothing of this was asked by anyone at all. "


def record(
    answer: str, *facts: str, tags: tuple[str, ...] = (), abstention: str | None = None, quote: str = ""
) -> QuestionRecord:
    question = EvalQuestion(
        id="q",
        question="?",
        gold_facts=tuple((fact,) for fact in facts),
        gold_passages=(GoldPassage(document="d", quote=quote),),
        tags=tags,
    )
    sentences = tuple(SentenceRecord(text=f"{part}.", supported=True, citations=()) for part in answer.split(". "))
    return QuestionRecord(question=question, answer=answer, abstention=abstention, sentences=sentences)


def test_a_complete_answer_at_once_without_padding_is_useful() -> None:
    assert usefulness_of(record("It is six months.", "six months", tags=("one-sentence",))) == {
        "complete": 1.0,
        "wasted_words": 0.0,
        "right_at_once": 1.0,
        "usefulness": 1.0,
    }


def test_an_answer_that_comes_late_is_half_as_useful() -> None:
    late = record(f"{FILLER * 5}It is six months.", "six months", tags=("one-sentence",))
    assert usefulness_of(late) | {"usefulness": 0.5, "right_at_once": 0.0, "wasted_words": 0.0} == usefulness_of(late)


def test_words_beyond_three_times_the_need_are_wasted() -> None:
    long = record(f"It is six months. {FILLER * 10}", "six months")
    assert usefulness_of(long) == {"complete": 1.0, "wasted_words": 94.0 - 60.0, "usefulness": 0.5}


def test_a_long_quote_or_many_facts_need_more_words() -> None:
    assert usefulness_of(record(f"six months {FILLER * 10}", "six months", quote="word " * 40))["wasted_words"] == 0
    facts = tuple(f"fact{number}" for number in range(5))
    assert usefulness_of(record(" ".join(facts) + " word" * 120, *facts))["wasted_words"] == 5


@pytest.mark.parametrize(("answer", "in_order"), [("first, then second, first", 1.0), ("second, then first", 0.0)])
def test_steps_are_given_in_order(answer: str, in_order: float) -> None:
    assert usefulness_of(record(answer, "first", "second", tags=("steps",)))["in_order"] == in_order


def test_an_incomplete_or_refused_answer_is_of_no_use() -> None:
    assert usefulness_of(record("It is five months.", "six months"))["usefulness"] == 0.0
    refused = usefulness_of(record("", "six months", abstention="weak_support", tags=("one-sentence",)))
    assert refused == {"complete": 0.0, "right_at_once": 0.0, "usefulness": 0.0}


@pytest.mark.parametrize(("abstention", "usefulness"), [("weak_support", 1.0), (None, 0.0)])
def test_a_question_without_an_answer_is_to_be_refused(abstention: str | None, usefulness: float) -> None:
    question = EvalQuestion(id="q", question="?", answerable=False)
    assert usefulness_of(QuestionRecord(question=question, abstention=abstention)) == {"usefulness": usefulness}


def test_without_facts_nothing_is_said() -> None:
    assert usefulness_of(record("It is six months.")) == {}


def test_an_ideograph_is_a_word() -> None:
    assert count_words("保修期 is 五 years") == 6
