"""Blackens personal data in an answer while it is written: its text, sentences, quotes, tables and sources."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from rag.answers import (
    Answer,
    AnswerCell,
    AnswerEvent,
    AnswerSentence,
    AnswerTable,
    Citation,
    PersonalCount,
    Sources,
    TextDelta,
)
from rag.guard.personal.finding import Finding
from rag.guard.personal.masking import Policy, blacken, blackened, counts
from rag.guard.personal.stream import StreamMasker
from rag.types import Chunk, Hit, Passage, Span


async def masked_events(events: AsyncGenerator[AnswerEvent, None], policy: Policy) -> AsyncGenerator[AnswerEvent, None]:
    """Yields the events of an answer, masked; closing the stream closes theirs.

    All texts keep their lengths, so that places of facts, citations and sentences stay true.
    """
    masking = _AnswerMasking(policy)
    async with aclosing(events):
        async for event in events:
            if text := masking.text_before(event):
                yield TextDelta(text=text)
            if not isinstance(event, TextDelta):
                yield await asyncio.to_thread(masking.masked, event)


def masked_hits(hits: tuple[Hit, ...], policy: Policy) -> tuple[Hit, ...]:
    """Returns what a search found, with personal data blackened."""
    return hits if policy.is_off else tuple(replace(hit, chunk=_masked_chunk(hit.chunk, policy)) for hit in hits)


def _masked_chunk(chunk: Chunk, policy: Policy) -> Chunk:
    return replace(
        chunk,
        text=blacken(chunk.text, policy)[0],
        name=blacken(chunk.name, policy)[0],
        title=blacken(chunk.title, policy)[0],
        heading_path=tuple(blacken(heading, policy)[0] for heading in chunk.heading_path),
    )


class _AnswerMasking:
    """The masking of one answer; ``sentence_end`` is where the last sentence ends in its text."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.text = StreamMasker(policy)
        self.sentence_end = 0
        self._chunks: dict[str, Chunk] = {}
        self._sentences: list[AnswerSentence] = []
        self._table_findings: list[Finding] = []

    def text_before(self, event: AnswerEvent) -> str:
        """Takes an event, and returns the text that goes out before it."""
        match event:
            case TextDelta():
                return self.text.add(event.text)
            case AnswerSentence():
                start = self.text.raw.find(event.text, self.sentence_end)
                self.sentence_end = start + len(event.text) if start >= 0 else self.sentence_end
                return self.text.settle(self.sentence_end)
            case Answer():
                return self.text.finish()
            case Sources():
                return ""

    def masked(self, event: Sources | AnswerSentence | Answer) -> AnswerEvent:
        """Returns an event as it goes out, behind its text."""
        match event:
            case Sources():
                return Sources(passages=self._passages(event.passages))
            case AnswerSentence():
                return self._sentence(event)
            case Answer():
                return self._answer(event)

    def _passages(self, passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
        return tuple(replace(each, hit=replace(each.hit, chunk=self._chunk(each.hit.chunk))) for each in passages)

    def _chunk(self, chunk: Chunk) -> Chunk:
        if chunk.chunk_id not in self._chunks:
            self._chunks[chunk.chunk_id] = _masked_chunk(chunk, self._policy)
        return self._chunks[chunk.chunk_id]

    def _sentence(self, sentence: AnswerSentence) -> AnswerSentence:
        """Returns a sentence as its text went out."""
        start = self.sentence_end - len(sentence.text)
        shown = self.text.text[start : self.sentence_end]
        if self.text.raw[start : self.sentence_end] != sentence.text:  # it was not in the text, so it stands alone
            shown = blacken(sentence.text, self._policy)[0]
        masked = replace(sentence, text=shown, citations=tuple(map(self._citation, sentence.citations)))
        self._sentences.append(masked)
        return masked

    def _citation(self, citation: Citation) -> Citation:
        chunk = self._chunks.get(citation.chunk_id)
        if chunk is None or not chunk.span.start <= citation.span.start <= citation.span.end <= chunk.span.end:
            return replace(citation, quote=blacken(citation.quote, self._policy)[0])
        start = citation.span.start - chunk.span.start
        return replace(citation, quote=chunk.text[start : start + len(citation.quote)])

    def _answer(self, answer: Answer) -> Answer:
        """Returns the whole answer, whose receipt says how much of each kind is in its text and tables."""
        tables = tuple(map(self._table, answer.tables))
        found = counts((*self.text.findings, *self._table_findings))
        personal = tuple(
            PersonalCount(kind=kind.value, count=count, masked=kind in self._policy.masked)
            for kind, count in found.items()
        )
        return replace(
            answer,
            text=self.text.text if answer.text else "",
            sentences=tuple(self._sentences),
            passages=self._passages(answer.passages),
            tables=tables,
            receipt=replace(answer.receipt, personal_data=personal),
        )

    def _table(self, table: AnswerTable) -> AnswerTable:
        rows = tuple(
            tuple(self._cell(cell, header) for cell, header in zip(row, _headers(table, len(row)), strict=True))
            for row in table.rows
        )
        title, query, *header = (blacken(each, self._policy)[0] for each in (table.title, table.query, *table.header))
        return replace(table, title=title, query=query, header=tuple(header), rows=rows)

    def _cell(self, cell: AnswerCell, header: str) -> AnswerCell:
        """Returns a cell, read behind the name of its column: "Phone" tells what a number is."""
        label = f"{header}: "
        found = [
            Finding(kind=each.kind, span=Span(start=each.span.start - len(label), end=each.span.end - len(label)))
            for each in self._policy.find(label + cell.text)
            if each.span.start >= len(label)
        ]
        self._table_findings += found
        return replace(
            cell, text=blackened(cell.text, [each.span for each in found if each.kind in self._policy.masked])
        )


def _headers(table: AnswerTable, columns: int) -> tuple[str, ...]:
    return (*table.header[:columns], *[""] * (columns - len(table.header)))
