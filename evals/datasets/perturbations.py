"""Makes a dataset harder by adding passages that distract, repeat or contradict. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from random import Random

from evals.datasets.dataset import Dataset, whole_document
from evals.datasets.edits import other_of_same_kind, replaced
from evals.datasets.questions import EvalQuestion
from rag.errors import ConfigurationError
from rag.text.sentences import split_sentences
from rag.types import Chunk

_SEED = 13


class Perturbation(StrEnum):
    """The passages to add.

    ``distractors``: for each question, a passage that repeats it without an answer. ``near_duplicates``: a copy of each
    gold passage, without its last sentence unless that is gold; a copy counts for answers, not for recall.
    ``counterfactuals``: a copy of each gold passage with another answer of the same kind, which is added to the
    question's ``wrong_answers`` and measured by ``misled``.
    """

    DISTRACTORS = "distractors"
    NEAR_DUPLICATES = "near_duplicates"
    COUNTERFACTUALS = "counterfactuals"


def perturbed(dataset: Dataset, kind: Perturbation) -> Dataset:
    """Returns the dataset with more passages and with questions tagged by ``kind``; deterministic.

    Raises:
        ConfigurationError: the dataset has no passages of its own.
    """
    if not dataset.chunks:
        raise ConfigurationError(f"{dataset.name} has files; only a dataset of passages can be perturbed.")
    make = _MAKERS[kind]
    chunks = {name: chunk for chunk in dataset.chunks for name in (chunk.document_id, chunk.name)}
    draw = Random(_SEED)  # noqa: S311 - a sample, not a secret
    others = [answer for question in dataset.questions for answer in question.answers[:1]]
    added: dict[str, Chunk] = {}
    questions = []
    for question in dataset.questions:
        gold = next((chunks[each.document] for each in question.gold_passages if each.document in chunks), None)
        made, harder = make(question, gold, others, draw)
        if made is not None:
            added[made.document_id] = made
            harder = harder.model_copy(update={"tags": (*harder.tags, kind.value)})
        questions.append(harder)
    name = f"{dataset.name}+{kind.value}"
    return replace(dataset, name=name, questions=tuple(questions), chunks=(*dataset.chunks, *added.values()))


def _distract(
    question: EvalQuestion, gold: Chunk | None, others: list[str], draw: Random
) -> tuple[Chunk | None, EvalQuestion]:
    del others, draw
    text = f"{question.question} Many have asked that, and it is discussed in other places. {question.question}"
    title = gold.title if gold else ""
    return whole_document(f"distractor of {question.id}", title=title, text=text), question


def _repeat(
    question: EvalQuestion, gold: Chunk | None, others: list[str], draw: Random
) -> tuple[Chunk | None, EvalQuestion]:
    del others, draw
    if gold is None:
        return None, question
    last = split_sentences(gold.text)[-1]
    quotes = [each.quote for each in question.gold_passages]
    needed = any(quote and quote in gold.text and quote not in gold.text[: last.start] for quote in quotes)
    text = gold.text if needed else gold.text[: last.start].rstrip() or gold.text
    return whole_document(f"copy of {gold.document_id}", title=gold.title, text=text), question


def _contradict(
    question: EvalQuestion, gold: Chunk | None, others: list[str], draw: Random
) -> tuple[Chunk | None, EvalQuestion]:
    if gold is None or not question.answers:
        return None, question
    answer = question.answers[0]
    wrong = other_of_same_kind(answer, [other for other in others if other not in gold.text], draw)
    text = replaced(gold.text, answer, wrong) if wrong else gold.text
    if wrong is None or text == gold.text:
        return None, question
    misleading = whole_document(f"contradiction of {question.id}", title=gold.title, text=text)
    return misleading, question.model_copy(update={"wrong_answers": (*question.wrong_answers, wrong)})


_Made = tuple[Chunk | None, EvalQuestion]
_MAKERS: dict[Perturbation, Callable[[EvalQuestion, Chunk | None, list[str], Random], _Made]] = {
    Perturbation.DISTRACTORS: _distract,
    Perturbation.NEAR_DUPLICATES: _repeat,
    Perturbation.COUNTERFACTUALS: _contradict,
}
