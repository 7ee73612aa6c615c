"""What Ragas is shown of a question's record, and which of its metrics that suffices for. Pure."""

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
    """A metric has no value here; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A question as Ragas sees it; what is empty is not there.

    ``retrieved_contexts`` are what the writer was shown of the passages, best first.
    """

    user_input: str
    response: str
    retrieved_contexts: tuple[str, ...]
    reference: str

    @classmethod
    def of(cls, record: QuestionRecord) -> Sample:
        """Returns what a record holds; who was not answered has no response."""
        question = record.question
        turns = (f"{turn.role.value}: {turn.content}" for turn in question.history)
        return cls(
            user_input="\n".join((*turns, question.question)),
            response="" if record.abstention is not None or record.error is not None else record.answer.strip(),
            retrieved_contexts=tuple(passage.shown for passage in record.passages if passage.shown.strip()),
            reference=reference_of(question),
        )

    def arguments(self, metric: str) -> Arguments:
        """Returns what a metric is called with."""
        held: Arguments = {
            "user_input": self.user_input,
            "response": self.response,
            "retrieved_contexts": list(self.retrieved_contexts),
            "reference": self.reference,
        }
        return {part: held[part] for part in (JUDGED | _JUDGE_FREE)[metric]}


def reference_of(question: EvalQuestion) -> str:
    """Returns a right answer: the first that is known, else the words of the documents that answer.

    A quote may only mark the row of a table; facts that the quotes do not state are named after them.
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
    """Returns the record without what an earlier scoring left."""
    kept = {"scores": _others(record.scores), "not_computed": _others(record.not_computed)}
    return record.model_copy(update=kept)


def _others(by_metric: Mapping[str, float | str]) -> dict[str, float | str]:
    return {metric: value for metric, value in by_metric.items() if not metric.startswith(PREFIX)}
