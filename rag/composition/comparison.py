"""Composes comparisons: what the documents say of each side, and "not stated" where they say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.answers import CitationMark, Composed, ComposedSentence, Shape
from rag.composition.definition import defines
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked, asked_for, holds
from rag.composition.phrases.wording import worded
from rag.composition.ranking import Ranked, asked_words, share_of
from rag.retrieval.units import is_question
from rag.text.words import content_words, words
from rag.types import Chunk, DocumentText, ElementKind, Span

_VERSUS = re.compile(r"\s(?:vs\.?|versus|gegenüber|contra)\s", re.IGNORECASE)
_BETWEEN = re.compile(
    r"(?:\b(?:between|compare[ds]?|comparing|diff(?:erences?)?|unterschiede?|zwischen|vergleich\w{0,2}|entre|diff[ée]rences?|diferencias?|diferenças?|differenz[ae]|comparer?|tra|confront\w|"
    r"comparar?|tussen|verschil(?:len)?|vergelijk)\b)(?:\s(?:of|between|zwischen|entre|tra|tussen|von|the|der|die|das|de|les?|la|el|los|las|il|het))*\s",
    re.IGNORECASE,
)
_AND = re.compile(r"\s(?:and|und|et|y|e|en)\s|[和与跟]", re.IGNORECASE)
_OR = re.compile(r"\s(?:with|to|from|or|mit|oder|avec|ou|con|o|com|met|of)\s", re.IGNORECASE)
_END = re.compile(r"[?？,;:.]\s|[?？]|\s[-–—]\s|\sin\s|\sfor\s|的?(?:有什么|有何)?(?:区别|差别|不同)")
_ENDS_BEFORE = re.compile(r"[,;:.]\s|\s[-–—]\s")
_LEAD = re.compile(r"(?:what(?:'s| is)?|which|is|are|the|compare|der|die|das|le|la|les|el|los|las)\s+", re.IGNORECASE)
_LONGEST_SIDE = 6
_OWN, _OTHER, _HOLDS, _FIRST, _DEFINED, _LEFT = 0.35, 0.2, 0.06, 0.1, 0.1, 0.1
"""What counts: the side's words, the other's, a value that is asked for, a beginning with the side, its definition, and
the question's other words."""
_SECOND = 0.95
"""Share of a side's best score from which on a second sentence of it is given."""
_HITS = 5
"""Passages in whose documents sections of both sides are looked for."""
_ALL = 0.8
"""Share of a side's words, other forms counting less, from which on it is named."""
_LINES = frozenset({ElementKind.LIST_ITEM, ElementKind.PARAGRAPH})
_VALUES = frozenset({Asked.AMOUNT, Asked.DATE, Asked.PERSON})
_MOST_WORDS = 80
"""Words of a section that is given for a side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A side in the question's words, and the content words that only it or only the other one has."""

    name: str
    own: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"{self.name[:1].upper()}{self.name[1:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    text: str
    mark: CitationMark
    before: str = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPlanner:
    """Puts what is said of two things side by side, where the question compares them."""

    def plan(self, material: Material) -> Composed | None:
        """Returns both sides; None where the question names none, or nothing is said of either."""
        if Asked.COMPARISON not in asked_for(material.question):
            return None
        names = sides_of(material.question)
        if names is None:
            return None
        one, two = (frozenset(content_words(name)) for name in names)
        sides = (
            _Side(name=names[0], own=tuple(sorted(one - two)), others=tuple(sorted(two - one))),
            _Side(name=names[1], own=tuple(sorted(two - one)), others=tuple(sorted(one - two))),
        )
        citing = Citing(material)
        sections = _of_sections(material, citing, sides)
        said = sections or _of_sentences(material, sides)
        if not any(said):
            return None
        sentences = _side_by_side(material.question, sides, said)
        return citing.composed(Shape.COMPARISON, sentences, certain=bool(sections))


def _side_by_side(
    question: str, sides: tuple[_Side, _Side], said: Sequence[Sequence[_Said]]
) -> Iterator[ComposedSentence]:
    nearest = next(one.mark for group in said for one in group)
    for side, group in zip(sides, said, strict=True):
        before = "" if side is sides[0] else "\n"
        if not group:
            text = f"{side.label}: {worded('not_stated', question)}."
            yield ComposedSentence(text=text, marks=(nearest,), before=before)
        for at, one in enumerate(group):
            named = at or one.text.casefold().startswith(f"{side.name.casefold()}:")
            text = one.text if named else f"{side.label}: {one.text}"
            yield ComposedSentence(text=text, marks=(one.mark,), before=one.before if at else before)


def _of_sections(material: Material, citing: Citing, sides: tuple[_Side, _Side]) -> list[list[_Said]]:
    """Returns what stands in two sections, each under a heading of its side, otherwise under the same headings.

    Empty where there are none. The best two have most of the question's other words.
    """
    left = [word for word in asked_words(material.question) if word not in {*sides[0].own, *sides[1].own}]
    best: tuple[float, list[list[_Said]]] = (0.0, [])
    chunks = {passage.hit.chunk.version_id: passage.hit.chunk for passage in material.passages[:_HITS]}
    for chunk in chunks.values():
        document = material.document(chunk)
        if document is None:
            continue
        sections = _sections(document, material.question, left)
        for path in sections:
            for other in _parallels(path, sections, sides):
                both = (sections[path], sections[other])
                texts = [" ".join(document.text[span.start : span.end] for span in group) for group in both]
                score = 1 + sum(share_of(left, frozenset(words(f"{' '.join(path)} {text}"))) for text in texts)
                if score > best[0] and max(len(text.split()) for text in texts) <= _MOST_WORDS:
                    best = (score, [_cited(citing, chunk, document.text, group) for group in both])
    return best[1]


def _sections(document: DocumentText, question: str, left: Sequence[str]) -> dict[tuple[str, ...], list[Span]]:
    """Returns the items and paragraphs under each heading.

    Where the question asks for a value, they are those that hold one, and of these those with its other words, if any.
    """
    asked = asked_for(question) & _VALUES
    found: dict[tuple[str, ...], list[Span]] = {}
    for element in document.elements:
        text = document.text[element.span.start : element.span.end]
        if element.kind in _LINES and all(holds(kind, text, question) for kind in asked):
            found.setdefault(element.heading_path, []).append(element.span)
    return {path: _narrowed(document.text, spans, left) if asked else spans for path, spans in found.items()}


def _narrowed(text: str, spans: list[Span], left: Sequence[str]) -> list[Span]:
    return [span for span in spans if share_of(left, frozenset(words(text[span.start : span.end])))] or spans


def _parallels(
    path: tuple[str, ...], sections: Iterable[tuple[str, ...]], sides: tuple[_Side, _Side]
) -> Iterator[tuple[str, ...]]:
    """Yields the paths that name the second side where ``path`` names the first, and are the same otherwise."""
    first, second = sides
    for place in (at for at, heading in enumerate(path) if _names(heading, path, first)):
        for other in sections:
            same = len(other) == len(path) and all(at == place or other[at] == path[at] for at in range(len(path)))
            if same and _names(other[place], other, second):
                yield other


def _names(heading: str, path: tuple[str, ...], side: _Side) -> bool:
    """Returns whether the heading has a word of the side and not all of the other one, and the path all of the side."""
    held = frozenset(words(heading))
    return (
        share_of(side.own, held) > 0
        and share_of(side.others, held) < _ALL
        and share_of(side.own, frozenset(words(" ".join(path)))) >= _ALL
    )


def _cited(citing: Citing, chunk: Chunk, text: str, spans: Sequence[Span]) -> list[_Said]:
    marks = [(span, citing.mark(chunk, span)) for span in spans]
    return [_Said(text=text[span.start : span.end], mark=mark, before="\n") for span, mark in marks if mark is not None]


def sides_of(question: str) -> tuple[str, str] | None:
    """Returns the two things that the question compares, in its own words; None where it does not name two."""
    text = question.strip()
    versus = _VERSUS.search(text)
    if versus is not None:
        *_, first = _ENDS_BEFORE.split(text[: versus.start()])
        second = _END.split(text[versus.end() :])[0]
    else:
        between = _BETWEEN.search(text)
        after = text[between.end() :] if between else text
        parts = next((split for pattern in (_AND, _OR) if len(split := pattern.split(after, maxsplit=1)) > 1), [after])
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


def _of_sentences(material: Material, sides: tuple[_Side, _Side]) -> list[list[_Said]]:
    """Returns the best sentence about each side, or two that are as good; none for a side that nothing names."""
    given: set[int] = set()
    said = []
    for side in sides:
        scored = [(score, item) for item in material.ranked if (score := _score(material, item, side))]
        scored.sort(key=lambda pair: -pair[0])
        good = [item for score, item in scored if score >= _SECOND * scored[0][0]]
        chosen = [item for item in good[:3] if item.at not in given][:2] or good[:1]
        given |= {item.at for item in chosen}
        said.append([_Said(text=item.evidence.text, mark=_mark(material, item)) for item in chosen])
    return said


def _score(material: Material, item: Ranked, side: _Side) -> float:
    """Returns how well a sentence tells of a side; 0 where it does not name it."""
    text = item.evidence.text
    path = material.chunk_of(item.evidence).heading_path
    held = frozenset(words(f"{' '.join(path)} {text}"))
    named = share_of(side.own, held)
    if not named or is_question(text) or not frozenset(content_words(text)) - frozenset(side.own):
        return 0.0
    begins = share_of(side.own, frozenset(content_words(text)[: len(side.own) + 1])) >= _ALL
    asked = sum(holds(kind, text, material.question) for kind in asked_for(material.question))
    left = [word for word in asked_words(material.question) if word not in {*side.own, *side.others}]
    return (
        item.score
        + _OWN * named
        - _OTHER * len(held.intersection(side.others)) / max(1, len(side.others))
        + _HOLDS * asked
        + _FIRST * begins
        + _DEFINED * defines(text, side.name)
        + _LEFT * share_of(left, frozenset(words(text)))
    )


def _mark(material: Material, item: Ranked) -> CitationMark:
    return CitationMark(number=material.passages[item.evidence.hit_index].number, span=item.evidence.span)
