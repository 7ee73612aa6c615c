from datetime import UTC, datetime

import pytest

from evals.datasets.questions import EvalQuestion
from evals.runs.card import card_of
from evals.runs.records import QuestionRecord, RunRecord, SentenceRecord

KNOWN = EvalQuestion(id="known", question="How long?", answers=("24 months",))
UNKNOWN = EvalQuestion(id="unknown", question="Why?", answerable=False)
REPLACED = "generate: The model server 'x' was not used: it is gone. The answer quotes the documents instead."


def run(model: str | None = None, *, cost: float = 0.0, currency: str | None = None) -> RunRecord:
    return RunRecord(
        run_id="r",
        tenant="t",
        dataset="d",
        dataset_digest="0",
        questions=2,
        started_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=model,
        cost=cost,
        currency=currency,
    )


def right(**more: object) -> QuestionRecord:
    record = QuestionRecord(question=KNOWN, answer="24 months.", scores={"fact_recall": 1.0})
    return record.model_copy(update={"first_token_milliseconds": 100.0, **more})


WRONG = QuestionRecord(question=KNOWN, answer="A year.", scores={"fact_recall": 0.0}, first_token_milliseconds=300.0)
REFUSED = QuestionRecord(question=KNOWN, abstention="weak_support")
RIGHTLY_REFUSED = QuestionRecord(question=UNKNOWN, abstention="weak_support")
FAILED = QuestionRecord(question=KNOWN, error="generator_failed: it is gone")
UNSUPPORTED = right(sentences=(SentenceRecord(text="24 months.", supported=False, citations=()),))


def test_each_question_is_right_wrong_refused_or_failed() -> None:
    records = [right(), WRONG, REFUSED, RIGHTLY_REFUSED, FAILED, UNSUPPORTED]
    column = card_of((run("tiny"), records), (run(), [])).model
    assert (column.questions, column.right, column.wrong, column.refused, column.failed) == (6, 3, 1, 1, 1)
    assert column.right + column.wrong + column.refused + column.failed == column.questions
    assert column.unsupported == 1


def test_the_first_word_is_a_median_and_the_cost_that_of_a_thousand_questions() -> None:
    column = card_of((run("tiny", cost=0.02, currency="EUR"), [right(), WRONG]), (run(), [right()])).model
    assert column.first_word_milliseconds == pytest.approx(200.0)
    assert (column.cost_per_1000, column.currency) == (10.0, "EUR")
    quotes = card_of((run("tiny"), [right()]), (run(), [RIGHTLY_REFUSED])).extractive
    assert (quotes.cost_per_1000, quotes.first_word_milliseconds) == (None, None)


@pytest.mark.parametrize(
    ("model", "quotes", "verdict"),
    [
        ([right(), right()], [right(), WRONG], "The model answers 1 more of 2 questions right than quoting does."),
        ([WRONG, WRONG], [right(), WRONG], "The model answers 1 fewer of 2 questions right than quoting does."),
        ([right(), WRONG], [WRONG, right()], "The model answers as many questions right as quoting does."),
        ([right(), FAILED], [WRONG, WRONG], "The model failed to answer 1 of 2 questions."),
        ([right(degraded=(REPLACED,)), right()], [WRONG, WRONG], "The model failed to answer 1 of 2 questions."),
    ],
)
def test_the_verdict_says_whether_the_model_is_worth_it(
    model: list[QuestionRecord], quotes: list[QuestionRecord], verdict: str
) -> None:
    assert card_of((run("tiny"), model), (run(), quotes)).verdict == verdict
