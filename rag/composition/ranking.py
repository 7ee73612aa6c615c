"""Ranks the sentences of the passages by how well they answer, for quoting. Pure but for the encoder.

A passage is found by all of its words; which of its sentences answers is told by its meaning together with the heading
above it, by the question's rarer words, and by whether it holds what was asked for: a number, a place, a reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rag.composition.phrases.asked import Asked, holds
from rag.composition.phrases.synonyms import synonyms_of
from rag.retrieval.evidence import Evidence, EvidenceScorer, heading_of
from rag.retrieval.units import is_question
from rag.text.abbreviations import FUNCTION_WORDS
from rag.text.languages import languages_differ
from rag.text.words import content_words, words
from rag.types import Chunk, FloatArray

_ENCODED = 6
"""Sentences that are encoded, with title and heading: those that are best by their stored vectors."""
_ESTIMATE = 0.85
"""The likeness of another sentence with title and heading, as a share of that of its stored vector."""
_LONGEST = 500
_HEADING_SHARE = 0.8
"""What a word of the question counts that stands in the heading above the sentence."""
_BEFORE_SHARE = 0.5
"""What it counts that stands in the sentence before."""
_LIKENESS, _ALONE, _COVER, _RANK, _HOLDS = 0.45, 0.2, 0.22, 0.03, 0.06
"""Weights of: the cosine below title and heading, that of the sentence alone, the words, the rank, what is asked for.

Searched with SQuAD 2.0's training articles and XQuAD (Chinese, and English questions on Chinese passages).
"""
_PART_LIKENESS, _PART_COVER = 0.55, 0.15
"""The same for parts of documents, such as lists."""
_RULER = re.compile(r"\|[ :]{0,9}-{3}")
_DIGIT = re.compile(r"\d")
_CELL = " | "
_FOREIGN_COVER = 0.3
"""The least share of the question's words that a sentence in another language counts as having."""
_SHORTEST_STEM = 5
_ALIKE = 0.8
FUNCTIONAL = frozenset(words(" ".join(word for group in FUNCTION_WORDS.values() for word in group)))
"""Words of the languages of the encoder that say nothing alone, stemmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A sentence with its score as an answer; ``at`` is its place in the material's evidence."""

    at: int
    evidence: Evidence
    score: float
    cover: float


def ranked(
    question: str,
    chunks: Sequence[Chunk],
    evidence: Sequence[Evidence],
    scorer: EvidenceScorer,
    *,
    asked: frozenset[Asked],
    known: frozenset[str] = frozenset(),
) -> list[Ranked]:
    """Returns the sentences that state something, best first; ties in reading order.

    ``chunks`` are those of the sentences, with the headings above each; ``asked`` is what sentences should hold, and
    ``known`` are words of the question that they need not, for they name the section.
    """
    if not evidence:
        return []
    cover = _cover(question, evidence, chunks, known)
    rank = np.array([1 / math.log2(item.hit_index + 2) for item in evidence], dtype=np.float32)
    expected = asked - {Asked.QUANTITY, Asked.MONEY}  # both are amounts
    held = np.array([sum(holds(kind, item.text, question) for kind in expected) for item in evidence], dtype=np.float32)
    stored = np.nan_to_num([item.cosine for item in evidence], nan=0.0).astype(np.float32)
    rest = _COVER * cover + _RANK * rank + _HOLDS * held
    first = np.argsort(-((_LIKENESS + _ALONE) * stored + rest), kind="stable")[:_ENCODED]
    likeness = _ESTIMATE * stored
    likeness[first] = _likeness(question, scorer, [(chunks[at], evidence[at].text) for at in first.tolist()])
    scores = _LIKENESS * likeness + _ALONE * stored + rest
    order = [int(at) for at in np.argsort(-scores, kind="stable") if _states(evidence[at].text, chunks[at])]
    return [Ranked(at=at, evidence=evidence[at], score=float(scores[at]), cover=float(cover[at])) for at in order]


def _states(text: str, chunk: Chunk) -> bool:
    """Returns whether a sentence says something: it is no question, no row of names, and more than the headings."""
    above = (chunk.title, *chunk.heading_path)
    if _RULER.search(text) or (text.count(_CELL) > 1 and not _DIGIT.search(text)):
        return False
    return not is_question(text) and (text in above or not frozenset(words("\n".join(above))).issuperset(words(text)))


def relevance(question: str, parts: Sequence[tuple[Chunk, tuple[str, ...], str]], scorer: EvidenceScorer) -> FloatArray:
    """Returns how well parts of documents, each with its headings and its text, answer the question."""
    headings = [path[-1] if path else chunk.title for chunk, path, _ in parts]
    texts = [
        f"{chunk.title}. {heading}: {text}"[:_LONGEST]
        for (chunk, _, text), heading in zip(parts, headings, strict=True)
    ]
    likeness = np.clip(scorer.likeness(question, texts), 0, 1)
    asked = asked_words(question)
    cover = np.zeros(len(parts), dtype=np.float32)
    if asked:
        own = np.array([shares_of(asked, frozenset(words(text))) for _, _, text in parts])
        above = np.array([shares_of(asked, frozenset(words(heading))) for heading in headings])
        cover = np.maximum(own, above).mean(axis=1)
    scores: FloatArray = (_PART_LIKENESS * likeness + _PART_COVER * cover).astype(np.float32)
    return scores


def _likeness(question: str, scorer: EvidenceScorer, sentences: Sequence[tuple[Chunk, str]]) -> FloatArray:
    texts = [f"{chunk.title}. {heading_of(chunk)}: {text}"[:_LONGEST] for chunk, text in sentences]
    return np.clip(scorer.likeness(question, texts), 0, 1)


def _cover(question: str, evidence: Sequence[Evidence], chunks: Sequence[Chunk], known: frozenset[str]) -> FloatArray:
    """Returns the share of the question's words that each sentence has, rare ones counting more."""
    asked = asked_words(question)
    asked = [word for word in asked if word not in known] or asked
    if not asked:
        return np.zeros(len(evidence), dtype=np.float32)
    own = np.array([shares_of(asked, frozenset(words(item.text))) for item in evidence], dtype=np.float32)
    above = np.array([shares_of(asked, frozenset(words(f"{heading_of(chunk)} {chunk.name}"))) for chunk in chunks])
    held_by = (np.maximum(own, above) > 0).sum(axis=0)
    weights = np.log(1 + (len(evidence) - held_by + 0.5) / (held_by + 0.5))
    before = np.zeros_like(own)
    follows = [last.hit_index == item.hit_index for last, item in pairwise(evidence)]
    before[1:] = own[:-1] * np.array(follows, dtype=np.float32)[:, None]
    shares = np.maximum(np.maximum(own, _HEADING_SHARE * above), _BEFORE_SHARE * before)
    total = float(weights.sum())
    covered: FloatArray = (shares @ weights / total if total else shares.mean(axis=1)).astype(np.float32)
    differs = {text: languages_differ(question, text) for text in {chunk.text for chunk in chunks}}
    foreign = [differs[chunk.text] for chunk in chunks]
    return np.where(foreign, np.maximum(covered, _FOREIGN_COVER), covered)


def asked_words(question: str) -> list[str]:
    """Returns the question's content words that say something, in order, each once."""
    found = list(dict.fromkeys(content_words(question)))
    return [word for word in found if word not in FUNCTIONAL] or found


def share_of(asked: Sequence[str], held: frozenset[str]) -> float:
    """Returns the share of the words that are held, one in another form counting less; 0 for no words."""
    return sum(shares_of(asked, held)) / len(asked) if asked else 0.0


def shares_of(asked: Sequence[str], held: frozenset[str]) -> list[float]:
    """Returns 1 for each word that is held, less where another form of it is, and 0 for the others."""
    return [1.0 if word in held else _ALIKE if _is_held(word, held) else 0.0 for word in asked]


def _is_held(word: str, held: frozenset[str]) -> bool:
    """Returns whether a synonym is held, or a word that begins as ``word`` does or, as compounds, has it inside."""
    if not held.isdisjoint(synonyms_of(word)):
        return True
    if len(word) < _SHORTEST_STEM:
        return False
    stem = word[: max(_SHORTEST_STEM, len(word) * 3 // 4)]
    return any(len(other) >= _SHORTEST_STEM and (other.startswith(stem) or word in other) for other in held)
