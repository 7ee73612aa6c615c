"""The card of a model: what its answers to a question set were worth, beside the extractive ones. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from evals.runs.records import QuestionRecord, RunRecord
from evals.runs.scoring import is_right


@dataclass(frozen=True, slots=True, kw_only=True)
class CardColumn:
    """One writer's answers. Each question is right, wrong or refused; ``failed`` are those without an answer.

    ``refused`` counts refusals of questions that have an answer: to refuse one without is right. ``unsupported`` counts
    the answers with a sentence that no passage supports, ``quoted`` those that the documents' words replaced because
    the model failed. ``first_word_milliseconds`` is the median; ``cost_per_1000`` is None without a price.
    """

    writer: str
    questions: int
    right: int
    wrong: int
    refused: int
    failed: int
    unsupported: int
    quoted: int
    first_word_milliseconds: float | None
    cost_per_1000: float | None
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model's answers beside those that quote, to the same questions."""

    model: CardColumn
    extractive: CardColumn

    @property
    def verdict(self) -> str:
        """What the card says, in a sentence."""
        gained = self.model.right - self.extractive.right
        if self.model.quoted or self.model.failed:
            lost = self.model.quoted + self.model.failed
            return f"The model failed to answer {lost} of {self.model.questions} questions."
        if gained > 0:
            return f"The model answers {gained} more of {self.model.questions} questions right than quoting does."
        if gained < 0:
            return f"The model answers {-gained} fewer of {self.model.questions} questions right than quoting does."
        return "The model answers as many questions right as quoting does."


def card_of(
    model: tuple[RunRecord, Sequence[QuestionRecord]], extractive: tuple[RunRecord, Sequence[QuestionRecord]]
) -> ModelCard:
    """Returns the card of two runs of the same questions."""
    return ModelCard(
        model=_column(model[0].model or "model", *model), extractive=_column("quotes of the documents", *extractive)
    )


def _column(writer: str, run: RunRecord, records: Sequence[QuestionRecord]) -> CardColumn:
    right = [is_right(record) for record in records]
    refused = [record.abstention is not None and record.question.answerable for record in records]
    failed = [record.error is not None for record in records]
    words = [record.first_token_milliseconds for record in records if record.first_token_milliseconds is not None]
    priced = run.currency is not None and bool(records)
    return CardColumn(
        writer=writer,
        questions=len(records),
        right=sum(right),
        wrong=len(records) - sum(right) - sum(refused) - sum(failed),
        refused=sum(refused),
        failed=sum(failed),
        unsupported=sum(any(not each.supported for each in record.sentences) for record in records),
        quoted=sum(_was_quoted(record) for record in records) if run.model else 0,
        first_word_milliseconds=median(words) if words else None,
        cost_per_1000=1_000 * run.cost / len(records) if priced else None,
        currency=run.currency,
    )


def _was_quoted(record: QuestionRecord) -> bool:
    """Returns whether the model could not write, and the documents were quoted in its place."""
    return any(
        reason.startswith("generate: ") and "quotes the documents instead" in reason for reason in record.degraded
    )
