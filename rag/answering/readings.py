"""Decides by what the documents hold whether a question continues the turns before it, or begins a new topic. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answers import Condensed
from rag.composition.focus import Focus
from rag.composition.material import both_ways
from rag.composition.ranking import asked_words, share_of
from rag.retrieval.evidence import Evidence, EvidenceScorer, heading_of
from rag.retrieval.search import SearchSteps
from rag.text.words import words

CLEAR = 0.6
"""The confidence from which a question without a pronoun is answered on its own, whatever was said before."""

_LATER = 0.05
"""What each further way to complete a question has to be better than the one before."""
_SAID = 0.5
"""Share of the last answer's words that a hit holds which it was taken from."""
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
    asked = frozenset(word for word in asked_words(alone.query.text) if not word.isdecimal())
    first, second = _best(alone, scorer), _best(resolved, scorer)
    if first is None or second is None or not asked:
        return resolved if second is not None else alone
    own, others = first[0].words & asked, second[0].words & asked
    leans, is_fragment = resolved.query.leans, bool(resolved.query.new)
    if first[1:] == second[1:]:
        continues = leans or (is_fragment and resolved.confidence > alone.confidence)
        chosen = resolved if continues and len(own) < _ENOUGH else alone
        return replace(chosen, query=replace(chosen.query, agreed=asked <= own))
    if len(own) >= _ENOUGH:
        return alone
    if not own:
        return resolved if leans or is_fragment else alone
    more, is_better = len(others) - len(own), second[0].score > first[0].score
    if leans:
        return alone if len(asked) > _ENOUGH and len(own) > 1 else resolved
    return resolved if is_better and more >= (0 if is_fragment else 1) else alone


def best_of(alone: Reading | None, completed: Sequence[Reading], scorer: EvidenceScorer) -> Reading:
    """Returns the reading that the documents support, of a question alone and of those that complete it."""
    resolved = completed[0]
    if len(completed) > 1:
        resolved = max(completed, key=lambda one: _support(one, scorer) - _LATER * completed.index(one))
    if alone is not None:
        return choose(alone, resolved, scorer)
    return replace(resolved, query=replace(resolved.query, agreed=_is_said_again(resolved)))


def _is_said_again(reading: Reading) -> bool:
    """Returns whether a hit holds the last answer: a question with no words of its own is about that."""
    said = asked_words(reading.query.said)
    held = [frozenset(words(hit.chunk.indexed_text)) for hit in reading.steps.hits]
    return any(share_of(said, one) >= _SAID for one in held) if said else False


def _support(reading: Reading, scorer: EvidenceScorer) -> float:
    """Returns how many of the question's own words its best sentence has, and how well the reading is supported."""
    best = _best(reading, scorer)
    if best is None:
        return 0.0
    held = words(f"{heading_of(reading.steps.hits[best[0].hit_index].chunk)} {best[0].text}")
    return share_of(asked_words(reading.query.alone), frozenset(held)) + reading.confidence


def _best(reading: Reading, scorer: EvidenceScorer) -> tuple[Evidence, str, int] | None:
    """Returns the best sentence with its version and place."""
    hits, question = reading.steps.hits, reading.query.text
    scored = scorer.score(question, hits) if hits else []
    if hits and reading.query.alone and reading.query.is_joined:
        scored = both_ways(scored, scorer.score(reading.query.alone, hits))
    evidence = Focus(question=question, hits=hits).sharpened(scored)
    best = max(evidence, key=lambda item: item.score, default=None)
    return (best, hits[best.hit_index].chunk.version_id, best.span.start) if best else None
