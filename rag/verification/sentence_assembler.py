"""Collects streamed text and citation marks into sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answers import CitationMark
from rag.text.sentences import split_sentences
from rag.types import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSentence:
    """A sentence as it was written: ``space`` stands in front of it, ``marks`` follow it or stand in it."""

    space: str
    text: str
    marks: tuple[CitationMark, ...]


class SentenceAssembler:
    """A sentence is complete when the next one has begun."""

    def __init__(self) -> None:
        self._text = ""
        self._marks: list[tuple[int, CitationMark]] = []

    def add_text(self, text: str) -> list[WrittenSentence]:
        """Returns the sentences that ``text`` completed."""
        self._text += text
        spans = split_sentences(self._text)
        return self._take(spans[:-1], spans[-2].end) if len(spans) > 1 else []

    def add_mark(self, mark: CitationMark) -> None:
        """Puts a mark at the end of the text so far."""
        self._marks.append((len(self._text.rstrip()), mark))

    def finish(self) -> list[WrittenSentence]:
        """Returns what is left when the stream has ended."""
        return self._take(split_sentences(self._text), len(self._text))

    def _take(self, spans: Sequence[Span], end: int) -> list[WrittenSentence]:
        taken = []
        begin = 0
        for span in spans:
            marks = tuple(mark for position, mark in self._marks if position <= span.end)
            self._marks = [(position, mark) for position, mark in self._marks if position > span.end]
            text = self._text[span.start : span.end]
            taken.append(WrittenSentence(space=self._text[begin : span.start], text=text, marks=marks))
            begin = span.end
        self._text = self._text[end:]
        self._marks = [(max(0, position - end), mark) for position, mark in self._marks]
        return taken
