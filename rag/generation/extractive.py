"""Answers with the documents' own words: the best supporting sentences, verbatim, each with its citation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence

from rag.answers import (
    AbstentionReason,
    CitationMark,
    Declined,
    GenerationEvent,
    GenerationRequest,
    TextDelta,
    WrittenBy,
)
from rag.generation.follow_up import resolve_follow_up
from rag.retrieval.evidence import Evidence, EvidenceScorer
from rag.retrieval.units import is_question
from rag.text.sentences import split_sentences
from rag.types import Span

_RELATIVE_FLOOR = 0.75
"""A further sentence must score at least this share of the best sentence's score."""
_NEW_WORD_BONUS = 0.15
"""Added to the score of a sentence that covers all words of the question that no chosen sentence covers."""


class ExtractiveGenerator:
    """Quotes up to ``max_sentences`` sentences. It needs no model server and cannot invent anything."""

    def __init__(self, *, scorer: EvidenceScorer, max_sentences: int) -> None:
        self._scorer = scorer
        self._max_sentences = max_sentences

    @property
    def name(self) -> str:
        """The name in the receipt."""
        return "extractive"

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Streams the chosen sentences, one a line, best first."""
        yield WrittenBy(generator=self.name, prompt=None)
        passages = request.passages
        evidence = await asyncio.to_thread(
            self._scorer.score,
            resolve_follow_up(request.question, request.history).text,
            [passage.hit for passage in passages],
            [passage.kept for passage in passages],
        )
        chosen = self._choose(evidence)
        if not chosen:
            yield Declined(reason=AbstentionReason.WEAK_SUPPORT)
        for position, item in enumerate(chosen):
            if position:
                yield TextDelta(text="\n")
            for before, span in _lines(item.text):
                yield TextDelta(text=before + item.text[span.start : span.end])
                place = Span(start=item.span.start + span.start, end=item.span.start + span.end)
                yield CitationMark(number=passages[item.hit_index].number, span=place)

    def _choose(self, evidence: Sequence[Evidence]) -> list[Evidence]:
        """Chooses greedily: the best sentence, then those that score well and cover further words of the question."""
        chosen: list[Evidence] = []
        candidates = [item for item in evidence if not is_question(item.text)]
        asked = frozenset[str]().union(*(item.words for item in candidates))
        while candidates and len(chosen) < self._max_sentences:
            uncovered = asked.difference(*(item.words for item in chosen)) if chosen else frozenset()
            best = max(candidates, key=lambda item: _gain(item, uncovered))
            if chosen and _gain(best, uncovered) < _RELATIVE_FLOOR * chosen[0].score:
                break
            chosen.append(best)
            candidates.remove(best)
        return chosen


def _lines(unit: str) -> Iterator[tuple[str, Span]]:
    """Yields the sentences of a unit, several for lines that belong together, each with the space before it."""
    end = 0
    for span in split_sentences(unit):
        yield unit[end : span.start], span
        end = span.end


def _gain(item: Evidence, uncovered: frozenset[str]) -> float:
    if not uncovered:
        return item.score
    return item.score + _NEW_WORD_BONUS * len(item.words & uncovered) / len(uncovered)
