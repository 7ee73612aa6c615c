"""Whether verification tells what a gold passage says from what it does not. Pure but for the checker."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evals.datasets.edits import denied
from evals.datasets.gold import golds_in, span_of
from evals.datasets.questions import EvalQuestion
from rag.retrieval.evidence import sentence_spans
from rag.types import Chunk, Passage
from rag.verification.checker import SupportChecker

_NUMBER = re.compile(r"(?<![A-Za-z0-9_.,])\d{1,4}(?![A-Za-z0-9_]|[.,]\d)")


def checked_claims(checker: SupportChecker, question: EvalQuestion, passages: Sequence[Passage]) -> dict[str, float]:
    """Has the sentences of the gold passages that were shown checked, as they are and with a number or verb changed.

    Returns:
        ``claims_supported``: share of the sentences that are called supported; ``edits_refused``: share of the changed
        ones that are not. Neither where no gold passage was shown, or nothing in it could be changed.
    """
    reading = checker.over(passages)
    claims = [claim for passage in passages for claim in _gold_sentences(question, passage)]
    edits = [edit for edit in map(altered, claims) if edit is not None]
    scores = {}
    for name, texts, wanted in (("claims_supported", claims, True), ("edits_refused", edits, False)):
        if texts:
            verdicts = [reading.check(0, text, ()).supported for text in texts]
            scores[name] = verdicts.count(wanted) / len(verdicts)
    return scores


def altered(sentence: str) -> str | None:
    """Returns the sentence with its last number another, else denied; None where neither can be done."""
    numbers = list(_NUMBER.finditer(sentence))
    if not numbers:
        return denied(sentence)
    last = numbers[-1]
    return f"{sentence[: last.start()]}{int(last[0]) + 3}{sentence[last.end() :]}"


def _gold_sentences(question: EvalQuestion, passage: Passage) -> list[str]:
    """Returns the sentences of the passage in which its gold quotes begin."""
    chunk: Chunk = passage.hit.chunk
    golds = [question.gold_passages[at] for at in golds_in(chunk, question.gold_passages)]
    starts = {span.start for gold in golds if (span := span_of(gold.quote, chunk)) is not None}
    return [
        passage.quote(span) for span in sentence_spans(chunk) if any(span.start <= start < span.end for start in starts)
    ]
