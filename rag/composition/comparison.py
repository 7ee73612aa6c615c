"""Composes comparisons: what the documents say of each side, and "not stated" where they say nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answers import CitationMark, Composed, ComposedSentence, Shape
from rag.composition.material import Material
from rag.composition.phrases.asked import Asked, asked_for, holds
from rag.composition.phrases.wording import worded
from rag.composition.ranking import Ranked, share_of
from rag.retrieval.units import is_question
from rag.text.words import content_words, words

_VERSUS = re.compile(r"\s(?:vs\.?|versus|gegenüber|contra)\s", re.IGNORECASE)
_BETWEEN = re.compile(
    r"(?:\b(?:between|compare[ds]?|comparing|diff(?:erences?)?|unterschiede?|zwischen|vergleich\w{0,2}|entre|diff[ée]rences?|diferencias?|diferenças?|differenz[ae]|comparer?|tra|confront\w|"
    r"comparar?|tussen|verschil(?:len)?|vergelijk)\b)(?:\s(?:of|between|zwischen|entre|tra|tussen|von|the|der|die|das|de|les?|la|el|los|las|il|het))*\s",
    re.IGNORECASE,
)
_AND = re.compile(
    r"\s(?:and|with|to|from|or|und|mit|oder|et|avec|ou|y|con|o|e|com|en|met|of)\s|[和与跟]", re.IGNORECASE
)
_END = re.compile(r"[?？,;:.]\s|[?？]|\s[-–—]\s|\sin\s|\sfor\s|的?(?:有什么|有何)?(?:区别|差别|不同)")
_ENDS_BEFORE = re.compile(r"[,;:.]\s|\s[-–—]\s")
_LEAD = re.compile(r"(?:what(?:'s| is)?|which|is|are|the|compare|der|die|das|le|la|les|el|los|las)\s+", re.IGNORECASE)
_LONGEST_SIDE = 6
_OWN, _OTHER, _HOLDS = 0.35, 0.2, 0.06
_SECOND = 0.9
"""Share of a side's best score from which on a second sentence of it is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPlanner:
    """Puts what is said of two things side by side, where the question compares them."""

    def plan(self, material: Material) -> Composed | None:
        """Returns both sides; None where the question names none, or nothing is said of either."""
        if Asked.COMPARISON not in asked_for(material.question):
            return None
        sides = sides_of(material.question)
        if sides is None:
            return None
        sentences = material.ranked
        said = [_said_of(material, sentences, own, other) for own, other in (sides, sides[::-1])]
        if not any(said):
            return None
        composed: list[ComposedSentence] = []
        for side, chosen in zip(sides, said, strict=True):
            label = f"{side[:1].upper()}{side[1:]}"
            before = "\n" if composed else ""
            if not chosen:
                nearest = _mark(material, next(item for group in said for item in group))
                text = f"{label}: {worded('not_stated', material.question)}."
                composed.append(ComposedSentence(text=text, marks=(nearest,), before=before))
            for at, item in enumerate(chosen):
                text = item.evidence.text if at else f"{label}: {item.evidence.text}"
                composed.append(
                    ComposedSentence(text=text, marks=(_mark(material, item),), before=" " if at else before)
                )
        return Composed(shape=Shape.COMPARISON, sentences=tuple(composed), passages=material.passages)


def sides_of(question: str) -> tuple[str, str] | None:
    """Returns the two things that the question compares, in its own words; None where it does not name two."""
    text = question.strip()
    versus = _VERSUS.search(text)
    if versus is not None:
        *_, first = _ENDS_BEFORE.split(text[: versus.start()])
        second = _END.split(text[versus.end() :])[0]
    else:
        between = _BETWEEN.search(text)
        parts = _AND.split(text[between.end() :] if between else text, maxsplit=1)
        if len(parts) == 1 or (between is None and not _END.search(text)):
            return None
        first, second = parts[0], _END.split(parts[1])[0]
    sides = (_trimmed(first), _trimmed(second))
    if any(not side or len(side.split()) > _LONGEST_SIDE for side in sides) or sides[0] == sides[1]:
        return None
    return sides


def _trimmed(side: str) -> str:
    side = side.strip(" \t\"'“”„?？.,")
    while match := _LEAD.match(side):
        side = side[match.end() :]
    return side


def _said_of(material: Material, sentences: Sequence[Ranked], side: str, other: str) -> list[Ranked]:
    """Returns the best sentence about ``side``, or two that are as good; none where nothing names it."""
    own = frozenset(content_words(side)) - frozenset(content_words(other))
    others = frozenset(content_words(other)) - frozenset(content_words(side))
    asked = asked_for(material.question)
    scored: list[tuple[float, Ranked]] = []
    for item in sentences:
        if is_question(item.evidence.text):
            continue
        chunk = material.passages[item.evidence.hit_index].hit.chunk
        held = frozenset(words(f"{' '.join(chunk.heading_path)} {item.evidence.text}"))
        named = share_of(sorted(own), held)
        if named:
            score = item.score + _OWN * named - _OTHER * share_of(sorted(others), held)
            score += _HOLDS * sum(holds(kind, item.evidence.text, material.question) for kind in asked)
            scored.append((score, item))
    scored.sort(key=lambda pair: -pair[0])
    return [item for score, item in scored[:2] if score >= _SECOND * scored[0][0]]


def _mark(material: Material, item: Ranked) -> CitationMark:
    return CitationMark(number=material.passages[item.evidence.hit_index].number, span=item.evidence.span)
