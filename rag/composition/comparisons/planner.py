"""Composes comparisons: what the documents say of each side, and "not stated" where they say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.answers import CitationMark, Composed, ComposedSentence, Shape
from rag.composition.comparisons.editions import compared_editions
from rag.composition.comparisons.sides import Side, compared
from rag.composition.comparisons.superlatives import superlative
from rag.composition.definition import defines
from rag.composition.labels import apart
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked, asked_for, asking_words, holds
from rag.composition.phrases.wording import worded
from rag.composition.ranking import Ranked, asked_words, share_of
from rag.retrieval.units import is_question
from rag.text.sentences import split_sentences
from rag.text.words import content_words, words
from rag.types import PROSE, Chunk, DocumentText, Span

_CONTRAST = re.compile(
    r"\b(?:whereas|while|unlike|in contrast|instead of|rather than|compared (?:to|with)|but|contrairement|tandis que|"
    r"alors que|mais|während|im gegensatz|hingegen|dagegen|aber|mientras|a diferencia|pero|mentre|invece|enquanto|"
    r"ao contrário|terwijl|echter)\b|而|则|不同于",
    re.IGNORECASE,
)
_OWN, _OTHER, _HOLDS, _FIRST, _DEFINED, _LEFT = 0.35, 0.2, 0.06, 0.1, 0.1, 0.1
"""What counts: the side's words, the other's, a value that is asked for, a beginning with the side, its definition, and
the question's other words."""
_SECOND = 0.95
"""Share of a side's best score from which on a second sentence of it is given."""
_LOOKED_AT = 8
"""Sentences, best first, among which one that contrasts both sides is looked for."""
_HITS = 5
"""Passages in whose documents sections of both sides are looked for."""
_ALL = 0.8
"""Share of a side's words, other forms counting less, from which on it is named."""
_VALUES = frozenset({Asked.AMOUNT, Asked.DATE, Asked.PERSON})
_MOST_WORDS, _OPENING_WORDS = 80, 30
"""Words of a section that is given whole for a side, and of the beginning of a longer one."""
_ELSEWHERE = 0.05
"""What counts against a section of another document."""
_TERSE = 0.1
"""What counts for a heading that has few words beside its side."""
_NEXT = 0.75
"""The same for a sentence that is given because the best one was given for the other side."""


_Place = tuple[str, tuple[str, ...]]
"""The version and the headings of a section."""


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
        asked = asked_for(material.question)
        editions = None if asked.isdisjoint({Asked.COMPARISON, Asked.CHANGES}) else compared_editions(material)
        sides = compared(material.question) if Asked.COMPARISON in asked else None
        if editions is not None or sides is None:
            return editions or superlative(material)
        citing = Citing(material)
        sections = _of_sections(material, citing, sides)
        contrast = None if sections else _contrast(material, sides)
        if contrast is not None:
            return citing.composed(Shape.COMPARISON, [contrast])
        said = sections or _of_sentences(material, sides)
        if not any(said):
            return None
        sentences = _side_by_side(material.question, sides, said)
        return citing.composed(Shape.COMPARISON, sentences, certain=bool(sections))


def _side_by_side(
    question: str, sides: tuple[Side, Side], said: Sequence[Sequence[_Said]]
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


def _of_sections(material: Material, citing: Citing, sides: tuple[Side, Side]) -> list[list[_Said]]:
    """Returns what stands in two sections, each under a heading of its side, otherwise under the same headings.

    Empty where there are none. The best two have most of the question's other words.
    """
    left = [word for word in asked_words(material.question) if word not in {*sides[0].own, *sides[1].own}]
    best: tuple[float, list[list[_Said]]] = (0.0, [])
    chunks = {passage.hit.chunk.version_id: passage.hit.chunk for passage in material.passages[:_HITS]}
    documents = {chunk.version_id: document for chunk in chunks.values() if (document := material.document(chunk))}
    sections = {
        (version_id, path): spans
        for version_id, document in documents.items()
        for path, spans in _sections(document, material.question, left).items()
    }
    for first in sections:
        for second in _parallels(first, sections, sides):
            both = (first, second)
            texts = [" ".join(documents[one[0]].text[span.start : span.end] for span in sections[one]) for one in both]
            is_far = first[0] != second[0]
            beside = frozenset(left).difference(words(first[1][-1]), asking_words(material.question))
            if is_far and (beside or max(len(text.split()) for text in texts) > _MOST_WORDS):
                continue
            score = 1 + sum(
                share_of(left, frozenset(words(f"{' '.join(path)} {text}")))
                for (_, path), text in zip(both, texts, strict=True)
            )
            score += _TERSE / len(first[1][-1].split()) - _ELSEWHERE * is_far
            if score > best[0]:
                short = [_opening(documents[one[0]].text, sections[one]) for one in both]
                best = (
                    score,
                    [
                        _cited(citing, chunks[one[0]], documents[one[0]].text, group)
                        for one, group in zip(both, short, strict=True)
                    ],
                )
    return best[1]


def _opening(text: str, spans: Sequence[Span]) -> list[Span]:
    """Returns the places of a section, or, where it is long, those of its first sentences."""
    if sum(len(text[span.start : span.end].split()) for span in spans) <= _MOST_WORDS:
        return list(spans)
    opening: list[Span] = []
    room = _OPENING_WORDS
    for span in spans:
        for one in split_sentences(text[span.start : span.end]):
            room -= len(text[span.start + one.start : span.start + one.end].split())
            if opening and room < 0:
                return opening
            opening.append(Span(start=span.start + one.start, end=span.start + one.end))
    return opening


def _sections(document: DocumentText, question: str, left: Sequence[str]) -> dict[tuple[str, ...], list[Span]]:
    """Returns the items and paragraphs under each heading.

    Where the question asks for a value, they are those that hold one, and of these those with its other words, if any.
    """
    asked = asked_for(question) & _VALUES
    found: dict[tuple[str, ...], list[Span]] = {}
    for element in document.elements:
        text = document.text[element.span.start : element.span.end]
        if element.kind in PROSE and all(holds(kind, text, question) for kind in asked):
            found.setdefault(element.heading_path, []).append(element.span)
    return {path: _narrowed(document.text, spans, left) if asked else spans for path, spans in found.items()}


def _narrowed(text: str, spans: list[Span], left: Sequence[str]) -> list[Span]:
    return [span for span in spans if share_of(left, frozenset(words(text[span.start : span.end])))] or spans


def _parallels(section: _Place, sections: Iterable[_Place], sides: tuple[Side, Side]) -> Iterator[_Place]:
    """Yields the sections that name the second side where ``section`` names the first, and are called the same else.

    Those of another document count where the document's own heading names the side.
    """
    (version_id, path), (first, second) = section, sides
    for place in (at for at, heading in enumerate(path) if _names(heading, path, first)):
        for other_id, other in sections:
            same = len(other) == len(path) and all(at == place or other[at] == path[at] for at in range(len(path)))
            is_near = other_id == version_id or place == 0
            if same and is_near and _names(other[place], other, second):
                yield other_id, other


def _names(heading: str, path: tuple[str, ...], side: Side) -> bool:
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


def _of_sentences(material: Material, sides: tuple[Side, Side]) -> list[list[_Said]]:
    """Returns the best sentence about each side, or two that are as good; none for a side that nothing names."""
    given: set[int] = set()
    said = []
    for side in sides:
        scored = [(score, item) for item in material.ranked if (score := _score(material, item, side))]
        scored.sort(key=lambda pair: -pair[0])
        good = [item for score, item in scored if score >= _SECOND * scored[0][0]]
        others = [item for score, item in scored if item.at not in given and score >= _NEXT * scored[0][0]]
        chosen = [item for item in good[:3] if item.at not in given][:2] or others[:1] or good[:1]
        given |= {item.at for item in chosen}
        said.append([_Said(text=item.evidence.text, mark=_mark(material, item)) for item in chosen])
    return said


def _score(material: Material, item: Ranked, side: Side) -> float:
    """Returns how well a sentence tells of a side; 0 where it does not name it."""
    text = item.evidence.text
    chunk = material.chunk_of(item.evidence)
    above = frozenset(words(" ".join([*chunk.heading_path, chunk.title, apart(chunk.name)])))
    held = above | frozenset(words(text))
    named = share_of(side.own, above if side.is_year else held)
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


def _contrast(material: Material, sides: tuple[Side, Side]) -> ComposedSentence | None:
    """Returns a sentence that sets both sides against each other, if there is one among the best."""
    for item in material.ranked[:_LOOKED_AT]:
        held = frozenset(words(item.evidence.text))
        if all(share_of(side.own, held) >= _ALL for side in sides) and _CONTRAST.search(item.evidence.text):
            return ComposedSentence(text=item.evidence.text, marks=(_mark(material, item),))
    return None
