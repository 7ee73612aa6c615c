"""Checks an answer sentence by sentence, while it is written, against the passages it may cite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

import numpy as np

from rag.answers import (
    AnswerSentence,
    Citation,
    CitationMark,
    Declined,
    Degradation,
    GenerationEvent,
    TextDelta,
    Usage,
    WrittenBy,
)
from rag.errors import EncoderError
from rag.sentences import split_sentences
from rag.stages import Encoder
from rag.types import Passage, Span
from rag.words import content_words, numbers

SUPPORT_THRESHOLD = 0.55
_COSINE_FLOOR = 0.2
"""Below this cosine two sentences have nothing to do with each other (all-MiniLM-L6-v2, unrelated pairs)."""

VerifiedEvent = WrittenBy | TextDelta | AnswerSentence | Usage | Declined | Degradation


class SupportChecker:
    """Finds the words of the passages that support a sentence."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def check(
        self, index: int, text: str, marks: Sequence[CitationMark], passages: Sequence[Passage]
    ) -> AnswerSentence:
        """Returns the sentence with its citations.

        A mark with an exact span is kept if the sentence stands there word for word. Otherwise the best sentence of
        each marked passage is cited if it supports the sentence, or, where none does, the best of all passages.
        A sentence that nothing supports comes back without citations. While the encoder fails, words decide alone.
        """
        by_number = {passage.number: passage for passage in passages}
        marks = [mark for mark in marks if mark.number in by_number]
        marked = [by_number[mark.number] for mark in marks]
        citations = [
            _citation(by_number[mark.number], mark.span)
            for mark in marks
            if mark.span is not None and _folded(by_number[mark.number].quote(mark.span)) == _folded(text)
        ]
        citations = citations or self._supporting(text, marked) or self._supporting(text, passages)[:1]
        return AnswerSentence(index=index, text=text, citations=tuple(citations), supported=bool(citations))

    def _supporting(self, text: str, passages: Sequence[Passage]) -> list[Citation]:
        spans = [(passage, span) for passage in passages for span in passage.kept]
        if not spans:
            return []
        quotes = [passage.quote(span) for passage, span in spans]
        best: dict[int, tuple[float, Citation]] = {}
        for (passage, span), quote, cosine in zip(spans, quotes, self._cosines(text, quotes), strict=True):
            support = _support(text, quote, cosine)
            if support >= SUPPORT_THRESHOLD and support > best.get(passage.number, (0.0, None))[0]:
                best[passage.number] = (support, _citation(passage, span))
        return [citation for _, citation in sorted(best.values(), key=lambda item: -item[0])]

    def _cosines(self, text: str, quotes: Sequence[str]) -> Sequence[float | None]:
        try:
            vectors = self._encoder.encode([text, *quotes])
        except EncoderError:
            return [None] * len(quotes)
        return [float(cosine) for cosine in vectors[1:] @ vectors[0]]


def _support(sentence: str, quote: str, cosine: float | None) -> float:
    """Half lexical cover, half cosine where there is one; nothing if a number of the sentence is not in the quote."""
    if not numbers(sentence) <= numbers(quote):
        return 0.0
    claimed = frozenset(content_words(sentence))
    cover = len(claimed & frozenset(content_words(quote))) / len(claimed) if claimed else 0.0
    if cosine is None:
        return cover
    likeness = float(np.clip((cosine - _COSINE_FLOOR) / (1 - _COSINE_FLOOR), 0, 1))
    return (cover + likeness) / 2


def _citation(passage: Passage, span: Span) -> Citation:
    chunk = passage.hit.chunk
    return Citation(
        number=passage.number,
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_id,
        version_id=chunk.version_id,
        page=chunk.page,
        span=span,
        quote=passage.quote(span),
    )


def _folded(text: str) -> str:
    return " ".join(text.split())


class SentenceAssembler:
    """Collects streamed text and marks into sentences.

    A sentence is complete when the next one has begun; marks belong to the sentence that they follow or stand in.
    """

    def __init__(self) -> None:
        self._text = ""
        self._marks: list[tuple[int, CitationMark]] = []

    def add_text(self, text: str) -> list[tuple[str, list[CitationMark]]]:
        """Returns the sentences that ``text`` completed, with their marks."""
        self._text += text
        spans = split_sentences(self._text)
        return self._take(spans[:-1], spans[-1].start) if len(spans) > 1 else []

    def add_mark(self, mark: CitationMark) -> None:
        """Puts a mark at the end of the text so far."""
        self._marks.append((len(self._text.rstrip()), mark))

    def finish(self) -> list[tuple[str, list[CitationMark]]]:
        """Returns what is left when the stream has ended."""
        return self._take(split_sentences(self._text), len(self._text))

    def _take(self, spans: Sequence[Span], end: int) -> list[tuple[str, list[CitationMark]]]:
        taken = []
        for span in spans:
            marks = [mark for position, mark in self._marks if position <= span.end]
            self._marks = [(position, mark) for position, mark in self._marks if position > span.end]
            taken.append((self._text[span.start : span.end], marks))
        self._text = self._text[end:]
        self._marks = [(max(0, position - end), mark) for position, mark in self._marks]
        return taken


async def verify_stream(
    events: AsyncGenerator[GenerationEvent, None],
    passages: Sequence[Passage],
    check: Callable[[int, str, Sequence[CitationMark], Sequence[Passage]], AnswerSentence],
) -> AsyncGenerator[VerifiedEvent, None]:
    """Passes text through as it comes, and adds each sentence, checked, as soon as it is complete."""
    assembler = SentenceAssembler()
    index = 0
    async with aclosing(events):
        async for event in events:
            if isinstance(event, CitationMark):
                assembler.add_mark(event)
                continue
            yield event
            if isinstance(event, TextDelta):
                for text, marks in assembler.add_text(event.text):
                    yield await asyncio.to_thread(check, index, text, marks, passages)
                    index += 1
    for text, marks in assembler.finish():
        yield await asyncio.to_thread(check, index, text, marks, passages)
        index += 1
