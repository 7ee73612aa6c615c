"""Scripted model clients for the router, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from rag.answers import GenerationEvent, GenerationRequest, TextDelta, Usage, WrittenBy
from rag.errors import GeneratorError
from rag.generation.endpoints.endpoint import ServerLoad


class ScriptedClient:
    """Yields ``words`` and usage, or raises ``failure``; ``hangs``: waits forever after the words.

    Counts calls, and streams closed before their end.
    """

    def __init__(
        self, *words: str, name: str = "tiny", failure: GeneratorError | None = None, hangs: bool = False
    ) -> None:
        self.words = words
        self.name = name
        self.failure = failure
        self.hangs = hangs
        self.gone: GeneratorError | None = None
        self.requests: int | None = None
        self.asked: list[GenerationRequest] = []
        self.closed_early = 0
        self.go_on = asyncio.Event()
        self.checks = 0

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        self.asked.append(request)
        try:
            yield WrittenBy(generator=self.name, prompt="p-1")
            for word in self.words:
                yield TextDelta(text=word)
            if self.hangs:
                await self.go_on.wait()
        except (GeneratorExit, asyncio.CancelledError):
            self.closed_early += 1
            raise
        if self.failure is not None:
            raise self.failure
        yield Usage(model=self.name, prompt_tokens=100, completion_tokens=len(self.words), cached_prompt_tokens=20)

    async def check_health(self) -> ServerLoad:
        self.checks += 1
        if self.gone is not None:
            raise self.gone
        return ServerLoad(requests=self.requests)

    async def close(self) -> None:
        self.go_on.set()


def failure(reason: str = "status 503: overloaded", *, refused: bool = False) -> GeneratorError:
    return GeneratorError("tiny", reason, refused=refused)
