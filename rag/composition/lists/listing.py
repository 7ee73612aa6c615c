"""Composes lists and steps: all items of the list that the question means, with the sentence that introduces them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag.answers import CitationMark, Composed, ComposedSentence, Shape
from rag.composition.lists.blocks import BlockKind
from rag.composition.lists.near_blocks import AskedWords, NearBlock, near_blocks
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import VALUES, Asked, asked_for, holds
from rag.composition.ranking import Ranked, asked_words, share_of, shares_of
from rag.retrieval.evidence import heading_of
from rag.retrieval.units import is_question
from rag.text.sentences import split_sentences
from rag.text.words import words
from rag.types import Chunk, DocumentText, ElementKind, Span

_LONGEST = 500
"""Characters of a block that are encoded at most."""
_CANDIDATES = 8
"""Blocks that are encoded at most."""
_SHORT_WORDS = 80
"""Words of a list that is given although the question asks for none."""
_MOST_WORDS = {Shape.STEPS: 250, Shape.LIST: 120}
"""Words of a list from which on each item is given by its first sentence."""
_LIKENESS, _COVER, _BEST = 0.55, 0.2, 0.4
"""What likeness, the share of the question's words, and the score of the best sentence count."""
_LEAST_SHARE = 0.85
"""Share of the best sentence's score that a list must have; all of it where that sentence lists several things."""
_SAME_HEADING = 0.6
"""Share of the question's words from which on a heading asks the same."""
_LEAST_WORDS = 2
"""Words of the question that the headings of a list must have where the question asks for none."""
_OVERVIEWS = frozenset({BlockKind.HEADINGS, BlockKind.COLUMN})
"""Kinds of lists whose introduction is no reason to give them."""
_SAME_QUESTION = 0.7
"""Cosine from which on two questions are nearly the same."""
_KINDS = {
    Shape.STEPS: {
        BlockKind.NUMBERED: 0.05,
        BlockKind.COMMANDS: 0.06,
        BlockKind.INTRODUCED: 0.05,
        BlockKind.LIST: 0.04,
        BlockKind.BELOW_ITEM: 0.04,
        BlockKind.PARAGRAPH: 0.0,
    },
    Shape.LIST: {
        BlockKind.NUMBERED: 0.04,
        BlockKind.LIST: 0.05,
        BlockKind.BELOW_ITEM: 0.0,
        BlockKind.HEADINGS: 0.0,
        BlockKind.COLUMN: 0.0,
        BlockKind.INTRODUCED: 0.0,
    },
}
"""What the kind of a block adds to its score; other kinds do not fit the shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    place: NearBlock
    best: float
    cover: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlanner:
    """Gives the whole list of the right section where the question asks for steps or for several things."""

    def plan(self, material: Material) -> Composed | None:
        """Returns the list; None where the question asks for none, or a sentence answers better."""
        sentences = material.ranked
        if not sentences:
            return None
        asked = _asked(material, sentences[0])
        shape = Shape.STEPS if Asked.STEPS in asked else Shape.LIST
        element = material.element_of(sentences[0].evidence)
        is_item = element is not None and element.kind is ElementKind.LIST_ITEM
        if shape is Shape.LIST and not is_item and _is_behind_the_question(material, sentences[0]):
            return None
        places = list(_fitting(material, asked, shape))
        asking = AskedWords.of(material, places)
        found = _candidates(material, asking, places)
        candidates = sorted(found, key=lambda item: -item.cover - item.best)[:_CANDIDATES]
        if not candidates:
            return None
        scores = _scores(material, candidates, _KINDS[shape])
        best = max(range(len(candidates)), key=scores.__getitem__)
        chosen = candidates[best]
        is_paragraph = chosen.place.block.kind is BlockKind.PARAGRAPH
        is_said = is_paragraph and _is_behind_the_question(material, sentences[0])  # the first sentence in a FAQ
        is_other = bool(asking.weights) and not chosen.cover and sentences[0].cover > 0
        if is_said or is_other or _lacks_code(material, chosen.place):
            return None
        least = _least_score(material, asking, sentences[0], chosen)
        is_told = any(tells(material, sentences[0], chosen.place) for tells in (_introduces, _answers_heading))
        if shape is Shape.LIST and scores[best] < least and not is_told:
            return None
        return composed_list(material, chosen.place, shape)


def _fitting(material: Material, asked: frozenset[Asked], shape: Shape) -> Iterator[NearBlock]:
    """Yields the blocks that may be the list; only those that the best sentences tell of where none is asked for."""
    sentences, places = material.ranked, list(near_blocks(material, _KINDS[shape]))
    is_asked = not asked.isdisjoint({Asked.STEPS, Asked.LIST})
    is_plain = asked.isdisjoint(VALUES) and not material.alone
    for place in [place for place in places if material.focus.codes_above(place.path)] or places:
        if not is_asked:
            is_told = is_plain and (
                _holds_best(material, place, sentences)
                or _is_named(material, place.path)
                or _answers_heading(material, sentences[0], place)
            )
            is_short = len(place.text.split()) <= _SHORT_WORDS
            fits = is_short and (is_told or _introduces(material, sentences[0], place))
        else:
            is_list = place.block.kind is not BlockKind.INTRODUCED and not _is_outline(material, place)
            fits = shape is Shape.STEPS or is_list
        if fits:
            yield place


def _asked(material: Material, best: Ranked) -> frozenset[Asked]:
    """Returns what the question asks for, or the heading above the best sentence where that asks the same."""
    heading = heading_of(material.chunk_of(best.evidence))
    own = material.asked
    if is_question(heading) and not own & VALUES:
        held = share_of(asked_words(material.question), frozenset(words(heading)))
        return own | asked_for(heading) if held >= _SAME_HEADING else own
    return own


def _scores(material: Material, candidates: Sequence[_Candidate], kinds: Mapping[BlockKind, float]) -> list[float]:
    texts = [
        f"{item.place.chunk.title}. {' > '.join(item.place.path[-2:])}: {item.place.text}"[:_LONGEST]
        for item in candidates
    ]
    likeness = np.clip(material.scorer.likeness(material.question, texts), 0, 1)
    return [
        _LIKENESS * float(like) + _COVER * item.cover + _BEST * item.best + kinds[item.place.block.kind]
        for item, like in zip(candidates, likeness, strict=True)
    ]


def _least_score(material: Material, asked: AskedWords, best: Ranked, chosen: _Candidate) -> float:
    """Returns the score that a list must have, by that of the best sentence as a block of its own."""
    cover = asked.cover(material.chunk_of(best.evidence).heading_path, best.evidence.text)
    like = max(0.0, best.evidence.cosine) if not math.isnan(best.evidence.cosine) else 0.0
    lists = holds(Asked.LIST, best.evidence.text, material.question) and not chosen.place.has(material, best)
    share = 1.0 if lists else _LEAST_SHARE
    return share * (_LIKENESS * like + _COVER * cover + _BEST * best.score)


def _candidates(material: Material, asked: AskedWords, found: Sequence[NearBlock]) -> Iterator[_Candidate]:
    scores: dict[str, list[tuple[int, float]]] = {}
    for item in material.ranked:
        version_id = material.passages[item.evidence.hit_index].hit.chunk.version_id
        scores.setdefault(version_id, []).append((item.evidence.span.start, item.score))
    for place in found:
        held = scores.get(place.chunk.version_id, [])
        best = max((score for start, score in held if place.block.has(start)), default=0.0)
        yield _Candidate(place=place, best=best, cover=asked.cover(place.path, place.said))


def _lacks_code(material: Material, place: NearBlock) -> bool:
    """Returns whether a sentence has the code that the question names, and the list does not."""
    path = [*place.path, place.text]
    held = material.focus.codes_above(path)
    return any(not material.focus.codes_above([item.text]) <= held for item in material.evidence)


def _is_outline(material: Material, place: NearBlock) -> bool:
    """Returns whether a list is that of a document's sections, and the question has more words than its title."""
    if place.block.kind is not BlockKind.HEADINGS or len(place.path) > 1:
        return False
    return share_of(asked_words(material.question), frozenset(words(f"{' '.join(place.path)} {place.said}"))) < 1


def _is_behind_the_question(material: Material, best: Ranked) -> bool:
    """Returns whether the best sentence follows nearly the question that is asked, as in a FAQ."""
    chunk = material.passages[best.evidence.hit_index].hit.chunk
    before = material.evidence[best.at - 1].text if best.at else ""
    is_answer = is_question(before) or is_question(heading_of(chunk))
    return is_answer and best.evidence.cosine >= _SAME_QUESTION


def _answers_heading(material: Material, best: Ranked, place: NearBlock) -> bool:
    """Returns whether the best sentence stands in the list below a question, as in a FAQ."""
    return bool(place.path) and is_question(place.path[-1]) and place.has(material, best)


def _is_named(material: Material, path: tuple[str, ...]) -> bool:
    """Returns whether the headings have a code of the question, or all its words, at least two."""
    if material.focus.codes_above(path):
        return True
    shares = shares_of(asked_words(material.question), frozenset(words(" ".join(path))))
    return len(shares) >= _LEAST_WORDS and all(shares)


def _holds_best(material: Material, place: NearBlock, sentences: Sequence[Ranked]) -> bool:
    """Returns whether the best sentence and another of the best three stand in the list, which is introduced."""
    inside = [place.has(material, other) for other in sentences[:3]]
    return place.block.lead is not None and inside[0] and sum(inside) > 1


def _introduces(material: Material, best: Ranked, place: NearBlock) -> bool:
    lead = None if place.block.kind in _OVERVIEWS else place.block.lead
    return lead is not None and place.has(material, best) and best.evidence.span.start <= lead.start


def composed_list(material: Material, chosen: NearBlock, shape: Shape) -> Composed | None:
    """Returns the answer that gives a block's parts; None where none of them can be cited."""
    citing = Citing(material)
    block, document = chosen.block, chosen.document
    is_long = len(chosen.text.split()) > _MOST_WORDS[shape]
    sentences: list[ComposedSentence] = []
    for part in block.spans:
        span = _first_sentence(document.text, part) if is_long else part
        marks = tuple(_marks(citing, chosen.chunk, document, span))
        if marks:
            text = document.text[span.start : span.end]
            sentences.append(ComposedSentence(text=text, marks=marks, before="\n" if sentences else ""))
    if not sentences:
        return None
    return citing.composed(shape, sentences)


def _first_sentence(text: str, part: Span) -> Span:
    """Returns the first sentence of a part, without a number that stands alone."""
    spans = split_sentences(text[part.start : part.end])
    return Span(start=part.start + spans[0].start, end=part.start + spans[0].end) if spans else part


def _marks(citing: Citing, chunk: Chunk, document: DocumentText, span: Span) -> Iterator[CitationMark]:
    """Yields the citation of a place; of its sentences, where it reaches over the border of two chunks."""
    whole = citing.mark(chunk, span)
    if whole is not None:
        yield whole
        return
    for part in split_sentences(document.text[span.start : span.end]):
        mark = citing.mark(chunk, Span(start=span.start + part.start, end=span.start + part.end))
        if mark is not None:
            yield mark
