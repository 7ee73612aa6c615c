"""Composes lists and steps: all items of the list that the question means, with the sentence that introduces them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.answers import CitationMark, Composed, ComposedSentence, Shape
from rag.composition.blocks import Block, BlockKind, blocks
from rag.composition.material import Citing, Material
from rag.composition.phrases.asked import Asked, asked_for
from rag.composition.ranking import Ranked, heading_of, relevance
from rag.retrieval.units import is_question
from rag.text.sentences import split_sentences
from rag.types import Chunk, DocumentText, Span

_HITS = 5
"""Passages whose lists are looked at."""
_CANDIDATES = 8
"""Blocks that are encoded at most."""
_SHORT_WORDS = 80
"""Words of a list that is given although the question asks for none."""
_MOST_WORDS = {Shape.STEPS: 250, Shape.LIST: 120}
"""Words of a list from which on each item is given by its first sentence."""
_LEAST_SHARE = 0.8
"""Share of the best score that a sentence of the list must have."""
_BEST_SHARE = 0.5
"""What the score of a block's best sentence counts."""
_SAME_QUESTION = 0.7
"""Cosine from which on two questions are nearly the same."""
_KINDS = {
    Shape.STEPS: {
        BlockKind.NUMBERED: 0.08,
        BlockKind.COMMANDS: 0.06,
        BlockKind.LIST: 0.04,
        BlockKind.BELOW_ITEM: 0.04,
        BlockKind.PARAGRAPH: 0.0,
    },
    Shape.LIST: {BlockKind.NUMBERED: 0.04, BlockKind.LIST: 0.05},
}
"""What the kind of a block adds to its score; other kinds do not fit the shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    block: Block
    document: DocumentText
    chunk: Chunk
    best: float

    @property
    def text(self) -> str:
        span = self.block.span
        return self.document.text[span.start : span.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlanner:
    """Gives the whole list of the right section where the question asks for steps or for several things."""

    def plan(self, material: Material) -> Composed | None:
        """Returns the list; None where the question asks for none, or a sentence answers better."""
        asked = asked_for(material.question)
        shape = Shape.STEPS if Asked.STEPS in asked else Shape.LIST
        sentences = material.ranked
        if sentences and _is_behind_the_question(material, sentences[0]):
            return None
        found = [item for item in _candidates(material, sentences, _KINDS[shape]) if item.best]
        if asked.isdisjoint({Asked.STEPS, Asked.LIST}):
            found = [item for item in found if _is_short(item) and _holds_best(material, item, sentences)]
        candidates = sorted(found, key=lambda item: -item.best)[:_CANDIDATES]
        if not candidates:
            return None
        likeness = relevance(
            material.question,
            [(item.chunk, item.block.heading_path, item.text) for item in candidates],
            material.scorer,
        )
        scores = [
            float(like) + _BEST_SHARE * item.best + _KINDS[shape][item.block.kind]
            for item, like in zip(candidates, likeness, strict=True)
        ]
        best = max(range(len(candidates)), key=lambda at: scores[at])
        if shape is Shape.LIST and candidates[best].best < _LEAST_SHARE * sentences[0].score:
            return None
        return _composed(material, candidates[best], shape)


def _candidates(
    material: Material, sentences: Sequence[Ranked], kinds: Mapping[BlockKind, float]
) -> Iterator[_Candidate]:
    seen: set[tuple[str, Span]] = set()
    for passage in material.passages[:_HITS]:
        chunk = passage.hit.chunk
        document = material.document(chunk)
        if document is None:
            continue
        for block in blocks(document):
            if block.kind not in kinds or block.span.end <= chunk.span.start or chunk.span.end <= block.span.start:
                continue
            if (chunk.version_id, block.span) in seen:
                continue
            seen.add((chunk.version_id, block.span))
            inside = [
                item.score
                for item in sentences
                if material.passages[item.evidence.hit_index].hit.chunk.version_id == chunk.version_id
                and block.span.start <= item.evidence.span.start < block.span.end
            ]
            yield _Candidate(block=block, document=document, chunk=chunk, best=max(inside, default=0.0))


def _is_behind_the_question(material: Material, best: Ranked) -> bool:
    """Returns whether the best sentence follows nearly the question that is asked, as in a FAQ."""
    chunk = material.passages[best.evidence.hit_index].hit.chunk
    before = material.evidence[best.at - 1].text if best.at else ""
    is_answer = is_question(before) or is_question(heading_of(chunk))
    return is_answer and best.evidence.cosine >= _SAME_QUESTION


def _is_short(item: _Candidate) -> bool:
    return len(item.text.split()) <= _SHORT_WORDS


def _holds_best(material: Material, item: _Candidate, sentences: Sequence[Ranked]) -> bool:
    """Returns whether the best sentence introduces the list, or two of the best three stand in it, introduced."""
    if item.block.lead is None:
        return False
    inside = [_is_inside(material, item, other) for other in sentences[:3]]
    introduces = inside[0] and sentences[0].evidence.span.start <= item.block.lead.start
    return introduces or (inside[0] and sum(inside) > 1)


def _is_inside(material: Material, item: _Candidate, other: Ranked) -> bool:
    span, chunk = item.block.span, material.passages[other.evidence.hit_index].hit.chunk
    return chunk.version_id == item.chunk.version_id and span.start <= other.evidence.span.start < span.end


def _composed(material: Material, chosen: _Candidate, shape: Shape) -> Composed | None:
    citing = Citing(material)
    block, document = chosen.block, chosen.document
    is_long = len(chosen.text.split()) > _MOST_WORDS[shape]
    parts = [*([block.lead] if block.lead else []), *block.parts]
    sentences: list[ComposedSentence] = []
    for part in parts:
        span = _first_sentence(document.text, part) if is_long else part
        marks = tuple(_marks(citing, chosen.chunk, document, span))
        if marks:
            text = document.text[span.start : span.end]
            sentences.append(ComposedSentence(text=text, marks=marks, before="\n" if sentences else ""))
    if not sentences:
        return None
    return Composed(shape=shape, sentences=tuple(sentences), passages=tuple(citing.passages))


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
