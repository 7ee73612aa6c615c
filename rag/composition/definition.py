"""Composes definitions: the sentence that says what a term means, alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.answers import Composed, Shape
from rag.composition.material import Material, quoted
from rag.composition.phrases.asked import Asked, asked_for, term_of

_LONGEST_TERM = 50
_LEAST_SHARE = 0.5
"""Share of the best sentence's score that a defining one must have."""
_BEFORE = re.compile(
    r"(?:(?:an?|the|der|die|das|eine?|unter|la|le|les|une?|el|los|las|il|lo|uma?|os?|de|het|een)\s|l['’])?[\"'“„«»*_]{0,3}",
    re.IGNORECASE,
)
"""What may stand before the term in a sentence that defines it."""
_DEFINES = re.compile(
    r"(?:e?[ns])?[\"'”“»’*_)]{0,3}\s{0,2}(?:\([^()]{1,60}\)\s{0,2})?"
    r"(?:[:=–—]|(?:is|are|means?|refers? to|stands? for|denotes?|describes?|ist|sind|bedeutet|bezeichnet|versteht man|"
    r"heißt|est|sont|désigne|signifie|es|son|significa|è|sono|é|são|zijn|betekent)\b|是|指)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionPlanner:
    """Quotes the sentence that defines the term whose meaning is asked for."""

    def plan(self, material: Material) -> Composed | None:
        """Returns that sentence; None where the question asks for something else, or no sentence defines the term."""
        term = term_of(material.question)
        if not 1 < len(term) <= _LONGEST_TERM or asked_for(material.question) - {
            Asked.DEFINITION,
            Asked.SUMMARY,
            Asked.BRIEF,
        }:
            return None
        sentences = material.ranked
        least = _LEAST_SHARE * sentences[0].score if sentences else 0.0
        for item in sentences:
            if item.score >= least and defines(item.evidence.text, term):
                passage = material.passages[item.evidence.hit_index]
                return Composed(
                    shape=Shape.FACT,
                    sentences=(quoted(item.evidence, passage),),
                    passages=material.passages,
                    certain=True,
                )
        return None


def defines(sentence: str, term: str) -> bool:
    """Returns whether a sentence says what ``term``, in lower case, is or means, or what it abbreviates."""
    text = sentence.casefold()
    at = text.find(term.casefold())
    if text.rstrip().endswith((":", "：")):
        return False
    if at >= 0 and _BEFORE.fullmatch(text, 0, at) and _DEFINES.match(text, at + len(term)):
        return True
    return f"({term.casefold()})" in text
