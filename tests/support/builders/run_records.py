"""Builds records of questions."""

from evals.datasets.questions import EvalQuestion
from evals.runs.records import PassageRecord, QuestionRecord

ASKED = EvalQuestion(id="q1", question="How long is the warranty?", answers=("The warranty lasts two years.",))


def answered(question: EvalQuestion = ASKED) -> QuestionRecord:
    """Returns a record answered from two passages, the second with the answer."""
    shown = ("The price list.", "The warranty lasts two years.")
    return QuestionRecord(
        question=question,
        answer="The warranty lasts two years.",
        passages=tuple(_passage(number, text) for number, text in enumerate(shown, start=1)),
    )


def _passage(number: int, shown: str) -> PassageRecord:
    return PassageRecord(
        number=number,
        document_id="d1",
        name="terms.md",
        page=None,
        score=1.0,
        text=f"Before. {shown} After.",
        shown=shown,
        gold=(),
    )
