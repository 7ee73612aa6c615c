"""An answer as it is generated, with each sentence checked as soon as it is complete."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from rag.answers import (
    AnswerSentence,
    CitationMark,
    Declined,
    Degradation,
    GenerationEvent,
    TextDelta,
    Usage,
    WrittenBy,
)
from rag.verification.checker import PassageChecker
from rag.verification.sentence_assembler import SentenceAssembler, WrittenSentence


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSentence:
    """A sentence after its check; ``space`` stood in front of it."""

    space: str
    sentence: AnswerSentence


VerifiedEvent = WrittenBy | TextDelta | CheckedSentence | Usage | Declined | Degradation


async def verify_stream(
    events: AsyncGenerator[GenerationEvent, None], checker: PassageChecker
) -> AsyncGenerator[VerifiedEvent, None]:
    """Passes on what comes, marks apart, and adds the sentences. Closes ``events``, however it ends itself."""
    assembler = SentenceAssembler()
    index = 0
    async with aclosing(events) as incoming:
        async for event in incoming:
            if isinstance(event, CitationMark):
                assembler.add_mark(event)
                continue
            yield event
            if isinstance(event, TextDelta):
                for written in assembler.add_text(event.text):
                    yield await _checked(checker, index, written)
                    index += 1
    for written in assembler.finish():
        yield await _checked(checker, index, written)
        index += 1


async def _checked(checker: PassageChecker, index: int, written: WrittenSentence) -> CheckedSentence:
    sentence = await asyncio.to_thread(checker.check, index, written.text, written.marks)
    return CheckedSentence(space=written.space, sentence=sentence)
