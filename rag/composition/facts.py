"""Composes an answer of the sentence that answers best, verbatim, usually alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rag.answers import CitationMark, Composed, ComposedSentence, Shape
from rag.composition.material import Material
from rag.composition.parallel import parallel
from rag.composition.phrases.asked import Asked, asked_for, holds, parts_of
from rag.composition.quoted_rows import Rows
from rag.composition.ranking import Ranked
from rag.retrieval.evidence import Evidence
from rag.retrieval.units import is_question
from rag.text.identifiers import Identifier
from rag.text.sentences import split_sentences
from rag.text.words import content_words, has_cjk, words
from rag.types import ElementKind, Passage, Span

_RELATIVE_FLOOR = 0.9
"""A further sentence must score at least this share of the best sentence's score."""
_GOES_ON = 0.07
"""Added to the score of a further sentence that continues the best one."""
_NEW_WORDS = 0.15
"""Added to the score of a sentence that covers all words of the question that no chosen one covers."""
_OF_PART, _HOLDS = 0.5, 0.05
_MOST_WORDS = 60
"""Words of an answer, from which on no further sentence is added."""
_VALUES = frozenset({Asked.AMOUNT, Asked.DATE, Asked.PLACE, Asked.REASON})
_NEAR = 4
"""Sentences after the best one in which a value is looked for that it does not hold."""
_SAME = 0.6
"""Share of a sentence's words that an earlier one has, from which on it adds nothing."""
_BLANK_LINE = "\n\n"
_REFERS_BACK = re.compile(
    r"(?:(?:it|its|they|their|this|these|those|he|she|er|sie|es|dies\w{0,2}|il|elle|ils|elles|cela|esto|esta|este|ella|"
    r"questo|questa|isso|isto|dit|deze)\b|[它其这该此])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPlanner:
    """Quotes the best sentence, and up to ``max_sentences`` where others answer as well and say something else."""

    max_sentences: int

    def plan(self, material: Material) -> Composed | None:
        """Returns the answer; None where no sentence states anything."""
        chosen = self._choose(material)
        if not chosen:
            return None
        rows = Rows(material)
        sentences: list[ComposedSentence] = []
        for item in _understandable(material, _with_value(material, chosen)):
            row = rows.said(item)
            if row is None:
                sentences += _quoted(item, material.passages[item.hit_index], first=not sentences)
            elif all(row.text != other.text for other in sentences):
                sentences.append(replace(row, before="\n" if sentences else ""))
        return rows.citing.composed(Shape.FACT, sentences, tables=rows.shown())

    def _choose(self, material: Material) -> list[Ranked]:
        """Chooses the best sentence, the best ones for further parts of the question, then others that score well."""
        candidates = material.ranked
        chosen = list(candidates[:1])
        if chosen and (of_several := parallel(material, chosen[0])):
            return of_several
        parts = parts_of(material.question)
        for part in parts[: self.max_sentences] if len(parts) > 1 else ():
            fitting = [item for item in candidates if _is_about(part, item, chosen[0])]
            best = max(fitting, key=lambda item: _answers(part, item), default=None)
            is_new = best is not None and best not in chosen and len(chosen) < self.max_sentences
            if best is not None and is_new and _adds(best, chosen):
                chosen.append(best)
        has_value = not material.asked.isdisjoint(_VALUES) and not _missing(material, chosen)
        codes = _codes_above(material, chosen[0]) if chosen else frozenset[Identifier]()
        left = [
            item if has_value else replace(item, score=item.score + _nearness(material, chosen[0], item))
            for item in candidates
            if item not in chosen and (not codes or codes <= _codes_above(material, item))
        ]
        asked = frozenset[str]().union(*(item.evidence.words for item in candidates))
        while left and len(chosen) < self.max_sentences:
            uncovered = asked.difference(*(item.evidence.words for item in chosen))
            best = max(left, key=lambda item: _gain(item, uncovered))
            if _gain(best, uncovered) < _RELATIVE_FLOOR * chosen[0].score:
                break
            left.remove(best)
            if _adds(best, chosen):
                chosen.append(best)
        return chosen


def _is_about(part: str, item: Ranked, first: Ranked) -> bool:
    """Returns whether a sentence has words of the part of a question, or a value and stands in the same passage."""
    if _share_of(part, item):
        return True
    in_passage = item.evidence.hit_index == first.evidence.hit_index
    return in_passage and any(holds(kind, item.evidence.text, part) for kind in asked_for(part))


def _codes_above(material: Material, item: Ranked) -> frozenset[Identifier]:
    return material.focus.codes_above(material.chunk_of(item.evidence).heading_path)


def _nearness(material: Material, first: Ranked, item: Ranked) -> float:
    """Returns what is added to the score of a sentence for where it stands: readers expect the rest of a paragraph."""
    if first.evidence.hit_index != item.evidence.hit_index:
        return 0.0
    chunk = material.passages[item.evidence.hit_index].hit.chunk
    start, end = first.evidence.span.end - chunk.span.start, item.evidence.span.start - chunk.span.start
    return _GOES_ON if start <= end and _BLANK_LINE not in chunk.text[start:end] else 0.0


def _answers(part: str, item: Ranked) -> float:
    held = sum(holds(kind, item.evidence.text, part) for kind in asked_for(part))
    return item.score + _OF_PART * _share_of(part, item) + _HOLDS * held


def _share_of(part: str, item: Ranked) -> float:
    asked = frozenset(content_words(part))
    return len(asked & item.evidence.words) / len(asked) if asked else 0.0


def _gain(item: Ranked, uncovered: frozenset[str]) -> float:
    if not uncovered:
        return item.score
    return item.score + _NEW_WORDS * len(item.evidence.words & uncovered) / len(uncovered)


def _adds(item: Ranked, chosen: Sequence[Ranked]) -> bool:
    """Returns whether a sentence fits the length of an answer and says something that the chosen ones do not."""
    said = frozenset[str]().union(*(content_words(other.evidence.text) for other in chosen))
    own = frozenset(content_words(item.evidence.text))
    size = sum(_size(other.evidence.text) for other in (*chosen, item))
    return size <= _MOST_WORDS and len(own - said) >= (1 - _SAME) * len(own)


def _size(text: str) -> int:
    return len(words(text) if has_cjk(text) else text.split())


def _with_value(material: Material, chosen: Sequence[Ranked]) -> list[Ranked]:
    """Returns the sentences, or the first one with one near it that holds the value that it lacks."""
    first, evidence = chosen[0], material.evidence
    missing = _missing(material, chosen)
    if not missing or len(parts_of(material.question)) > 1:
        return list(chosen)
    for at in range(first.at + 1, min(first.at + 1 + _NEAR, len(evidence))):
        item = evidence[at]
        if item.hit_index == first.evidence.hit_index and all(
            holds(kind, item.text, material.question) for kind in missing
        ):
            return [first, replace(first, at=at, evidence=item)]
    return list(chosen)


def _missing(material: Material, chosen: Sequence[Ranked]) -> list[Asked]:
    """Returns the kinds of values that are asked for, and that no chosen sentence holds."""
    return [
        kind
        for kind in material.asked & _VALUES
        if not any(holds(kind, item.evidence.text, material.question) for item in chosen)
    ]


def _understandable(material: Material, chosen: Sequence[Ranked]) -> Iterator[Evidence]:
    """Yields the sentences, one that begins with "It" after the one before it, and code after its introduction."""
    evidence = material.evidence
    given = {item.at for item in chosen}
    for item in chosen:
        before = evidence[item.at - 1] if item.at else None
        follows = before is not None and before.hit_index == item.evidence.hit_index and not is_question(before.text)
        if before is not None and follows and _REFERS_BACK.match(item.evidence.text) and item.at - 1 not in given:
            given.add(item.at - 1)
            yield before
        yield item.evidence
        after = evidence[item.at + 1] if item.at + 1 < len(evidence) else None
        if after is not None and item.at + 1 not in given and _introduces_code(material, item.evidence, after):
            given.add(item.at + 1)
            yield after


def _introduces_code(material: Material, item: Evidence, after: Evidence) -> bool:
    if not item.text.rstrip().endswith((":", "：")) or after.hit_index != item.hit_index:
        return False
    element = material.element_of(after)
    return element is not None and element.kind is ElementKind.CODE and _size(after.text) <= _MOST_WORDS


def _quoted(item: Evidence, passage: Passage, *, first: bool) -> Iterator[ComposedSentence]:
    """Yields the sentences of a unit, several for lines that belong together, each with the space before it."""
    end = 0
    for span in split_sentences(item.text):
        before = item.text[end : span.start] if end else "" if first else "\n"
        place = Span(start=item.span.start + span.start, end=item.span.start + span.end)
        mark = CitationMark(number=passage.number, span=place)
        yield ComposedSentence(text=item.text[span.start : span.end], marks=(mark,), before=before)
        end = span.end
