"""A client that is built when it is first needed: the SDK behind it takes half a second and 40 MB to load."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from urllib.parse import urlsplit

from rag.answers import GenerationEvent, GenerationRequest
from rag.errors import GeneratorError
from rag.generation.endpoints.endpoint import ModelClient, Sight

_KNOCK_SECONDS = 1.0
_PORTS = {"http": 80, "https": 443}


class LateClient:
    """Stands for what ``build`` returns, which is called once, in a thread, after ``knock`` has found somebody there.

    Args:
        name: what to call the model until then.
        knock: raises ``GeneratorError`` while nobody is there.
    """

    def __init__(self, build: Callable[[], ModelClient], *, name: str, knock: Callable[[], Awaitable[None]]) -> None:
        self._build = build
        self._name = name
        self._knock = knock
        self._client: ModelClient | None = None
        self._building = asyncio.Lock()

    @property
    def name(self) -> str:
        """The model."""
        return self._client.name if self._client else self._name

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """As the client does."""
        client = await self._built()
        async with aclosing(client.generate(request)) as events:
            async for event in events:
                yield event

    async def look(self) -> Sight:
        """As the client does.

        Raises:
            GeneratorError: nobody is there.
        """
        return await (await self._built()).look()

    async def close(self) -> None:
        """Closes the client, where there is one."""
        if self._client is not None:
            await self._client.close()

    async def _built(self) -> ModelClient:
        async with self._building:
            if self._client is None:
                await self._knock()
                self._client = await asyncio.to_thread(self._build)
            return self._client


async def knock_at(url: str, *, model: str) -> None:
    """Returns if somebody listens at a URL.

    Raises:
        GeneratorError: nobody does.
    """
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(_KNOCK_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or _PORTS.get(parts.scheme))
    except (OSError, TimeoutError) as error:
        raise GeneratorError(model, f"nobody listens at {url}") from error
    writer.close()


async def let_in() -> None:
    """Finds everybody at home: where a server may stand behind a proxy, only the SDK can tell."""
