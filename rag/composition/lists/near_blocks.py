"""Finds the blocks near the passages that were found, and how many of the question's words they have. Pure."""

from __future__ import annotations

import math
import operator
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rag.composition.lists.blocks import Block, BlockKind, blocks
from rag.composition.material import Material
from rag.composition.ranking import Ranked, asked_words, shares_of
from rag.text.languages import languages_differ
from rag.text.words import words
from rag.types import Chunk, DocumentText, Span

_HITS = 5
"""Passages near which blocks are looked for."""
_NEAR = 8000
"""Characters before and after a passage in which blocks are looked for."""
_OWN = 0.6
"""What a word of the question counts in a block; in a heading above it, 1."""
_ALONE = 2
"""What a word of a follow-up question counts against one of the question before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearBlock:
    """A block of a document; ``chunk`` is one of that document."""

    block: Block
    document: DocumentText
    chunk: Chunk

    @property
    def path(self) -> tuple[str, ...]:
        """The headings above the block."""
        return self.block.heading_path

    @property
    def text(self) -> str:
        """The block's lines."""
        return "\n".join(self.document.text[span.start : span.end] for span in self.block.spans)

    @property
    def said(self) -> str:
        """The lines whose words tell what the block is about: one heading of several tells of what stands below it."""
        lead = self.block.lead
        if self.block.kind is BlockKind.HEADINGS:
            return self.document.text[lead.start : lead.end] if lead else ""
        return self.text

    def has(self, material: Material, sentence: Ranked) -> bool:
        """Returns whether a sentence stands in the block."""
        chunk = material.passages[sentence.evidence.hit_index].hit.chunk
        return chunk.version_id == self.chunk.version_id and self.block.has(sentence.evidence.span.start)


def near_blocks(material: Material, kinds: Container[BlockKind]) -> Iterator[NearBlock]:
    """Yields the blocks near the passages that were found first, in their documents, each once."""
    chunks: dict[str, list[Chunk]] = {}
    for passage in material.passages[:_HITS]:
        chunks.setdefault(passage.hit.chunk.version_id, []).append(passage.hit.chunk)
    for group in chunks.values():
        document = material.document(group[0])
        for block in blocks(_near(document, [chunk.span for chunk in group])) if document else ():
            path = block.heading_path
            if document and block.kind in kinds and not material.is_of_other(path) and not material.is_beside(path):
                yield NearBlock(block=block, document=document, chunk=group[0])


def _near(document: DocumentText, found: Sequence[Span]) -> DocumentText:
    """Returns the document with those of its elements and tables alone that are near the places found."""

    def is_near(span: Span) -> bool:
        return any(one.start - _NEAR < span.start < one.end + _NEAR for one in found)

    return replace(
        document,
        elements=tuple(element for element in document.elements if is_near(element.span)),
        tables=tuple(table for table in document.tables if is_near(table.span)),
    )


@dataclass(frozen=True, slots=True)
class AskedWords:
    """The question's words, each with its weight: those of few headings weigh more."""

    weights: Mapping[str, float]

    @classmethod
    def of(cls, material: Material, found: Sequence[NearBlock]) -> AskedWords:
        """Weighs the words of the question by the headings of the blocks; words that nothing found has do not count.

        No word counts where the best passage is in another language: other passages would win by the question's own.
        """
        if languages_differ(material.question, material.passages[0].hit.chunk.text):
            return cls({})
        asked, alone = asked_words(material.question), asked_words(material.alone)
        above = {path: shares_of(asked, frozenset(words(" ".join(path)))) for path in {one.path for one in found}}
        texts = [*(one.text for one in found), *(item.text for item in material.evidence)]
        own = shares_of(asked, frozenset(words("\n".join(texts))))
        weights = {}
        for at, word in enumerate(asked):
            count = sum(1 for shares in above.values() if shares[at])
            if count or own[at]:
                weights[word] = math.log(1 + len(above) / (count + 0.5)) * (_ALONE if word in alone else 1)
        return cls(weights)

    def cover(self, path: tuple[str, ...], text: str) -> float:
        """Returns the share of the question's words in headings and text."""
        asked = list(self.weights)
        above = shares_of(asked, frozenset(words(" ".join(path))))
        own = shares_of(asked, frozenset(words(text)))
        total = sum(self.weights.values())
        shares = [max(high, _OWN * low) for high, low in zip(above, own, strict=True)]
        return sum(map(operator.mul, self.weights.values(), shares)) / total if total else 0.0
