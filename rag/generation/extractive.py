"""Answers with the documents' own words, each sentence with its citation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from rag.answers import AbstentionReason, Declined, GenerationEvent, GenerationRequest, WrittenBy
from rag.composition.composer import Composer


class ExtractiveGenerator:
    """Gives what ``composer`` composed. It needs no model server and cannot invent anything."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer

    @property
    def name(self) -> str:
        """The name in the receipt."""
        return "extractive"

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Streams the sentences of the request's answer, or of one composed of the request's passages alone."""
        yield WrittenBy(generator=self.name, prompt=None)
        composed = request.composed
        if composed is None:
            composed = await asyncio.to_thread(
                self._composer.compose, request.standalone, request.passages, scope=request.scope, closed=True
            )
        if composed is None:
            yield Declined(reason=AbstentionReason.WEAK_SUPPORT)
            return
        for sentence in composed.sentences:
            yield sentence
