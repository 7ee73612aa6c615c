"""Looks for the words that questions quote. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evals.datasets.gold import golds_in
from evals.datasets.questions import EvalQuestion, GoldPassage
from rag.types import Chunk


def quotes_not_found(
    questions: Iterable[EvalQuestion], chunks: Sequence[Chunk]
) -> tuple[tuple[EvalQuestion, GoldPassage], ...]:
    """Returns the gold passages that no chunk of their document holds, so that no search can find them."""
    by_document: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        for key in {chunk.document_id, chunk.name}:
            by_document.setdefault(key, []).append(chunk)
    return tuple(
        (question, gold)
        for question in questions
        for gold in question.gold_passages
        if not any(golds_in(chunk, (gold,)) for chunk in by_document.get(gold.document, ()))
    )
