"""Compares a claim with a stretch of a passage, by words and meaning. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag.answers import CheckedFact, FactKind
from rag.models.calibrations import SupportFeatures
from rag.text.facts import Claimed, Stated, claimed, fact_places, stated
from rag.text.languages import likely_languages
from rag.text.words import STOP_WORDS, words
from rag.types import Span

_REACH = 3
"""How many content words after a negation it denies."""
_NEGATIONS = frozenset("not no never none neither nor without cannot".split())
_NUMBERING = re.compile(r"[\s>]{0,20}\(?\d{1,3}[.)]\s")
_CHINESE_NEGATION = re.compile(r"[不没无未]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The content words of a text, and those of them that a negation denies."""

    content: frozenset[str]
    denied: frozenset[str]


def wording(text: str) -> Wording:
    content: set[str] = set()
    denied: set[str] = set()
    reach = 0
    for word in words(text):
        if word in _NEGATIONS or word.endswith("n't") or _CHINESE_NEGATION.match(word):
            reach = _REACH
        elif word not in STOP_WORDS:
            content.add(word)
            if reach:
                denied.add(word)
                reach -= 1
    return Wording(content=frozenset(content), denied=frozenset(denied))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence that needs support."""

    text: str
    wording: Wording
    facts: Claimed

    @classmethod
    def of(cls, text: str) -> Claim:
        """Analyses the sentence."""
        return cls(text=text, wording=wording(text), facts=claimed(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One or two sentences of a passage that may support a claim; ``above`` are the words of title and headings."""

    text: str
    wording: Wording
    facts: Stated
    above: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Source:
        """Analyses the text, without headings."""
        return cls(text=text, wording=wording(text), facts=stated(text), above=frozenset())

    def under(self, heading: Source) -> Source:
        """Returns the same text with title and headings."""
        return replace(self, facts=self.facts | heading.facts, above=heading.wording.content)

    def __add__(self, other: Source) -> Source:
        """Returns both texts, one after the other."""
        return Source(
            text=f"{self.text} {other.text}",
            wording=Wording(
                content=self.wording.content | other.wording.content, denied=self.wording.denied | other.wording.denied
            ),
            facts=self.facts | other.facts,
            above=self.above | other.above,
        )

    def shared(self, claim: Claim) -> int:
        """Returns how many of the claim's content words the text or its headings hold."""
        return len(claim.wording.content & (self.wording.content | self.above))


def support_features(claim: Claim, source: Source, *, likeness: float = 0.0) -> SupportFeatures:
    """Compares claim and source; ``likeness`` is the scorer's."""
    wanted = len(claim.wording.content)
    return SupportFeatures(
        likeness=likeness,
        cover=source.shared(claim) / wanted if wanted else 0.0,
        denial=float(_contradict(claim.wording, source.wording)),
    )


def checked_facts(text: str, cited: Stated, passages: Stated) -> tuple[CheckedFact, ...]:
    """Returns the facts of a sentence: numbers and dates are looked up in ``cited``, names in ``passages``, too.

    Names that were found are left out of German, in which every noun looks like one.
    """
    facts: list[CheckedFact] = []
    is_german = tuple(likely_languages(text, "LATIN")) == ("de",)
    numbering = _NUMBERING.match(text)
    for span, fact in fact_places(text):
        if numbering is not None and span.end <= numbering.end():
            continue
        kind = FactKind.DATE if fact.dates else FactKind.NUMBER if fact.numbers else FactKind.NAME
        found = cited.holds_figures(fact) and not (cited | passages).missing_names(fact)
        if kind is FactKind.NAME and found and is_german:
            continue
        last = facts[-1] if facts else None
        # The words of one name are one fact.
        same = last is not None and (last.kind, last.found) == (kind, found) == (FactKind.NAME, found)
        if last is not None and same and text[last.span.end : span.start] in {" ", "-"}:
            facts[-1] = replace(last, span=Span(start=last.span.start, end=span.end))
        else:
            facts.append(CheckedFact(span=span, kind=kind, found=found))
    return tuple(facts)


def _contradict(claim: Wording, source: Wording) -> bool:
    """Returns whether one of the two denies a word of both, and the other does not."""
    shared = claim.content & source.content
    return bool(claim.denied & shared) != bool(source.denied & shared)
