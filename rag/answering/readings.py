"""Decides by what the documents hold whether a question continues the turns before it, or begins a new topic. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rag.answers import Condensed
from rag.composition.focus import Focus
from rag.retrieval.evidence import Evidence, EvidenceScorer
from rag.retrieval.search import SearchSteps
from rag.text.words import content_words

CLEAR = 0.6
"""The confidence from which a question without a pronoun is answered on its own, whatever was said before."""

_ENOUGH = 3
"""Of so many of its own words found in one sentence, a question needs no earlier turns, whatever its pronouns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was found for a question as it was read. ``confidence`` is the gate's."""

    query: Condensed
    steps: SearchSteps
    confidence: float


def choose(alone: Reading, resolved: Reading, scorer: EvidenceScorer) -> Reading:
    """Returns the reading that the documents support.

    The best sentence for the resolved question has to have as many of the question's own words as the best sentence for
    the question alone, or else the earlier turns only lead away. If so, the better score decides. A question with a
    pronoun and few words of its own is resolved, unless both find the same sentence.
    """
    asked = frozenset(word for word in content_words(alone.query.text) if not word.isdecimal())
    first, second = _best(alone, scorer), _best(resolved, scorer)
    if first is None or second is None or not asked:
        return resolved if second is not None else alone
    own, others = first[0].words & asked, second[0].words & asked
    leans, is_fragment = resolved.query.leans, bool(resolved.query.new)
    if first[1:] == second[1:]:
        chosen = resolved if resolved.confidence > alone.confidence and len(own) < _ENOUGH else alone
        return replace(chosen, query=replace(chosen.query, agreed=asked <= own))
    if len(own) >= _ENOUGH:
        return alone
    if not own:
        return resolved if leans or is_fragment else alone
    more, is_better = len(others) - len(own), second[0].score > first[0].score
    if leans:
        return alone if len(asked) > _ENOUGH and len(own) > 1 else resolved
    return resolved if is_better and more >= (0 if is_fragment else 1) else alone


def _best(reading: Reading, scorer: EvidenceScorer) -> tuple[Evidence, str, int] | None:
    """Returns the best sentence with its version and place."""
    hits, question = reading.steps.hits, reading.query.text
    evidence = Focus(question=question, hits=hits).sharpened(scorer.score(question, hits)) if hits else []
    best = max(evidence, key=lambda item: item.score, default=None)
    return (best, hits[best.hit_index].chunk.version_id, best.span.start) if best else None
