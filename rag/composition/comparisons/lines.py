"""Reads the sentences of a document with the headings above them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.sentences import split_sentences
from rag.text.words import content_words
from rag.types import PROSE, DocumentText, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence or item, with the heading above it unless that is the title."""

    heading: str
    text: str
    span: Span

    @property
    def held(self) -> frozenset[str]:
        """Its words."""
        return frozenset(content_words(self.text))


def lines_of(document: DocumentText) -> Iterator[Line]:
    """Yields the sentences of paragraphs and lists, in reading order."""
    for element in document.elements:
        if element.kind not in PROSE:
            continue
        start, text = element.span.start, document.text[element.span.start : element.span.end]
        heading = element.heading_path[-1] if len(element.heading_path) > 1 else ""
        for one in split_sentences(text):
            span = Span(start=start + one.start, end=start + one.end)
            yield Line(heading=heading, text=document.text[span.start : span.end], span=span)
