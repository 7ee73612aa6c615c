"""Converts a question's record for Ragas, and chooses the metrics that apply. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evals.datasets.gold import facts_stated
from evals.datasets.questions import EvalQuestion
from evals.runs.records import QuestionRecord
from rag.text.words import is_mostly_cjk

PREFIX = "ragas/"
_CONTEXT = ("user_input", "reference", "retrieved_contexts")
JUDGED = {
    "faithfulness": ("user_input", "response", "retrieved_contexts"),
    "answer_relevancy": ("user_input", "response"),
    "context_precision": _CONTEXT,
    "context_recall": _CONTEXT,
    "factual_correctness": ("response", "reference"),
    "noise_sensitivity": ("user_input", "response", "reference", "retrieved_contexts"),
}
_JUDGE_FREE = {
    "semantic_similarity": ("response", "reference"),
    "string_similarity": ("response", "reference"),
}
_BY_VECTORS = frozenset({"answer_relevancy", "semantic_similarity"})
Arguments = dict[str, str | list[str]]


class NotComputedError(Exception):
    """A metric has no value; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A question in the form of Ragas; an empty field is missing.

    ``retrieved_contexts`` are the compressed passages given to the generator, best first.
    """

    user_input: str
    response: str
    retrieved_contexts: tuple[str, ...]
    reference: str

    @classmethod
    def of(cls, record: QuestionRecord) -> Sample:
        """Returns the sample of a record; an abstention has no response."""
        question = record.question
        turns = (f"{turn.role.value}: {turn.content}" for turn in question.history)
        return cls(
            user_input="\n".join((*turns, question.question)),
            response="" if record.abstention is not None or record.error is not None else record.answer.strip(),
            retrieved_contexts=tuple(passage.shown for passage in record.passages if passage.shown.strip()),
            reference=reference_of(question),
        )

    def arguments(self, metric: str) -> Arguments:
        """Returns a metric's arguments."""
        held: Arguments = {
            "user_input": self.user_input,
            "response": self.response,
            "retrieved_contexts": list(self.retrieved_contexts),
            "reference": self.reference,
        }
        return {part: held[part] for part in (JUDGED | _JUDGE_FREE)[metric]}


def reference_of(question: EvalQuestion) -> str:
    """Returns a right answer: the first known one, else the gold quotes.

    Facts that the quotes do not state are added, because a quote may only mark the row of a table.
    """
    if not question.answerable:
        return ""
    if question.answers:
        return question.answers[0]
    quotes = [gold.quote for gold in question.gold_passages if gold.quote]
    missing = [group[0] for group in question.facts if not facts_stated("\n".join(quotes), (group,))]
    return "\n".join((*quotes, *missing))


def metrics_for(sample: Sample, *, judged: bool, english_vectors: bool) -> tuple[str, ...]:
    """Returns the metrics that apply, by name.

    Args:
        sample: the question.
        judged: whether there is a judge.
        english_vectors: whether the encoder reads no Chinese; then its cosines say nothing of it.
    """
    chinese = is_mostly_cjk(sample.user_input) or is_mostly_cjk(sample.response)
    known = JUDGED | _JUDGE_FREE if judged else _JUDGE_FREE
    return tuple(
        metric
        for metric in known
        if all(sample.arguments(metric).values()) and not (metric in _BY_VECTORS and chinese and english_vectors)
    )


def without_ragas(record: QuestionRecord) -> QuestionRecord:
    """Returns the record without Ragas' earlier scores."""
    kept = {"scores": _others(record.scores), "not_computed": _others(record.not_computed)}
    return record.model_copy(update=kept)


def _others(by_metric: Mapping[str, float | str]) -> dict[str, float | str]:
    return {metric: value for metric, value in by_metric.items() if not metric.startswith(PREFIX)}
