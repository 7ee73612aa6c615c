"""Extractive context compression: keeps the sentences that bear on the question, verbatim, within a token budget."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.retrieval.evidence import Evidence, SentenceScorer
from rag.retrieval.units import is_question, sentence_spans
from rag.stages import Tokenizer
from rag.text.words import content_words
from rag.types import Context, Hit, Passage, Span

_DUPLICATE_OVERLAP = 0.9
"""Jaccard overlap of content words from which two sentences say the same."""
_CELL_BORDER = " | "
_REFERS_BACK = re.compile(
    r"(it|its|they|their|this|these|those|that|such|he|she|however|therefore|in that case|otherwise|instead|also)\b"
    r"|[它其这该此]|但|因此|否则|此外",
    re.IGNORECASE,
)


class SentenceCompressor:
    """Chooses the sentences with the best evidence until the budget is used up."""

    def __init__(self, *, scorer: SentenceScorer, tokenizer: Tokenizer, budget_tokens: int) -> None:
        self._scorer = scorer
        self._tokenizer = tokenizer
        self._budget_tokens = budget_tokens

    def compress(self, question: str, hits: Sequence[Hit]) -> Context:
        """Returns the hits that kept a sentence, in their order.

        A sentence that refers to the one before it ("It ...", "However ...") or answers it is kept together with that
        one, a row of a table with the table's first row. A sentence that repeats a better one is left out.
        """
        evidence = self._scorer.score(question, hits)
        tokens = {(item.hit_index, item.span): self._tokenizer.count(item.text) for item in evidence}
        chosen: set[tuple[int, Span]] = set()
        seen: list[frozenset[str]] = []
        left = self._budget_tokens
        for item in sorted(evidence, key=lambda item: (-item.score, item.hit_index, item.span)):
            words = frozenset(content_words(item.text))
            if any(_overlap(words, other) >= _DUPLICATE_OVERLAP for other in seen):
                continue
            wanted = {(other.hit_index, other.span) for other in _with_neighbour(evidence, item)} - chosen
            cost = sum(tokens[key] for key in wanted)
            if cost > left and chosen:
                continue
            chosen |= wanted
            seen.append(words)
            left -= cost
        return Context(
            passages=_passages(hits, chosen),
            tokens_before=sum(tokens.values()),
            tokens_after=sum(tokens[key] for key in chosen),
        )


class WholePassages:
    """Keeps whole hits, best first, as many as fit the budget, but at least one."""

    def __init__(self, *, tokenizer: Tokenizer, budget_tokens: int) -> None:
        self._tokenizer = tokenizer
        self._budget_tokens = budget_tokens

    def compress(self, question: str, hits: Sequence[Hit]) -> Context:  # noqa: ARG002 - the order is already by question
        """Returns the first hits that fit."""
        sizes = [self._tokenizer.count(hit.chunk.text) for hit in hits]
        fitting, used = 0, 0
        for size in sizes:
            if fitting and used + size > self._budget_tokens:
                break
            fitting, used = fitting + 1, used + size
        chosen = {
            (index, span)
            for index, hit in enumerate(hits[:fitting])
            for span in (hit.sentences.spans if hit.sentences else sentence_spans(hit.chunk))
        }
        return Context(passages=_passages(hits, chosen), tokens_before=sum(sizes), tokens_after=used)


def _with_neighbour(evidence: Sequence[Evidence], item: Evidence) -> list[Evidence]:
    """Returns the sentence and, if it cannot be understood alone, the one that it needs; ``evidence`` in text order."""
    siblings = [other for other in evidence if other.hit_index == item.hit_index]
    position = siblings.index(item)
    before = siblings[position - 1] if position else None
    if before is None:
        return [item]
    if _CELL_BORDER in item.text:
        while position and _CELL_BORDER in siblings[position - 1].text:
            position -= 1
        return [siblings[position], item]
    return [before, item] if _REFERS_BACK.match(item.text) or is_question(before.text) else [item]


def _passages(hits: Sequence[Hit], chosen: set[tuple[int, Span]]) -> tuple[Passage, ...]:
    kept = [(hit, tuple(sorted(span for at, span in chosen if at == index))) for index, hit in enumerate(hits)]
    with_text = [(hit, spans) for hit, spans in kept if spans]
    return tuple(Passage(number=number, hit=hit, kept=spans) for number, (hit, spans) in enumerate(with_text, start=1))


def _overlap(first: frozenset[str], second: frozenset[str]) -> float:
    either = len(first | second)
    return len(first & second) / either if either else 0.0
