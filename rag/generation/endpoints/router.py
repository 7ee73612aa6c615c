"""Sends each question to the endpoint that suits it, to the next one if that fails, and quotes if none is left.

The only place that tries again. Never after the first word: nobody can take that back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager

from rag.answers import Degradation, GenerationEvent, GenerationRequest
from rag.errors import GeneratorError
from rag.generation.endpoints.budgets import DailyLedger, Reservation
from rag.generation.endpoints.endpoint import Attempt, Endpoint, Health
from rag.generation.endpoints.routing import Needs, may_answer, needs_of, order
from rag.settings import GenerationSettings, GeneratorBackend
from rag.stages import Generator

_LOG = logging.getLogger(__name__)
_HEALTH_SECONDS = 5.0  # between two looks at an endpoint
_FIRST_LOOK_SECONDS = 2.0
"""What a question waits for the first look at most; where nobody listens it is over in a moment."""


class RoutingGenerator:
    """Writes with one of several model servers, and with ``last`` when none of them can.

    With the backend ``auto`` only a server that a look has found counts as there, and answering without one is no
    degradation: nobody said that there is one.
    """

    def __init__(
        self,
        *,
        endpoints: Sequence[Endpoint],
        last: Generator,
        ledger: DailyLedger,
        settings: GenerationSettings,
        language_of: Callable[[str], str | None],
    ) -> None:
        self._endpoints = {endpoint.settings: endpoint for endpoint in endpoints}
        self._last = last
        self._ledger = ledger
        self._settings = settings
        self._language_of = language_of
        self._expected = settings.backend is GeneratorBackend.VLLM
        self._first_looks: list[asyncio.Task[None]] = []

    @property
    def name(self) -> str:
        """The model of the first endpoint that is there."""
        there = (endpoint.client.name for endpoint in self._endpoints.values() if self._is_there(endpoint))
        return next(there, self._last.name)

    @asynccontextmanager
    async def health_checked(self) -> AsyncIterator[None]:
        """Looks at every endpoint now and then, for as long as the block runs. Starting does not wait for it."""
        self._first_looks = [asyncio.create_task(self._look(endpoint)) for endpoint in self._endpoints.values()]
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            for task in (watching, *self._first_looks):
                task.cancel()
            await asyncio.gather(watching, *self._first_looks, return_exceptions=True)
            for endpoint in self._endpoints.values():
                await endpoint.client.close()

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Streams the answer, and why it was written in another way than configured.

        Raises:
            GeneratorError: an endpoint failed after its first word.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._settings.timeout_seconds
        await self._first_look()
        needs = needs_of(request, self._settings, language=self._language_of(request.question))
        obstacles: list[str] = []
        for endpoint in self._candidates(needs, obstacles):
            reservation = self._reserve(endpoint, needs)
            if reservation is None:
                obstacles = ["This tenant's budget for today is used up."]
                break
            attempt = Attempt(endpoint, ledger=self._ledger, reservation=reservation, prompt_bytes=needs.prompt_bytes)
            events = attempt.events(request, silence_seconds=self._settings.silence_seconds, deadline=deadline)
            try:
                async with aclosing(events):
                    async for event in events:
                        yield event
            except GeneratorError as error:
                if attempt.begun:
                    raise
                obstacles.append(_obstacle(endpoint, error.reason))
            else:
                return
            if clock() >= deadline:
                break
        if obstacles:
            yield Degradation(
                stage="generate", reason=f"{' '.join(obstacles)} The answer quotes the documents instead."
            )
        async with aclosing(self._last.generate(request)) as quoted:
            async for event in quoted:
                yield event

    async def _first_look(self) -> None:
        if not self._expected and self._first_looks:
            await asyncio.wait(self._first_looks, timeout=_FIRST_LOOK_SECONDS)

    def _candidates(self, needs: Needs, obstacles: list[str]) -> Iterator[Endpoint]:
        """Yields whom to ask, best first; what stands in the way of others is added to ``obstacles``.

        Each is looked at again when its turn comes: much may have happened while another one was tried.
        """
        suitable = [endpoint for endpoint in self._endpoints.values() if may_answer(endpoint.settings, needs)]
        there = [endpoint for endpoint in suitable if self._expected or self._is_there(endpoint)]
        for settings in order([endpoint.option for endpoint in there], needs):
            endpoint = self._endpoints[settings]
            if endpoint.obstacle is None:
                yield endpoint
            else:
                obstacles.append(_obstacle(endpoint, endpoint.obstacle))

    def _reserve(self, endpoint: Endpoint, needs: Needs) -> Reservation | None:
        most = endpoint.most(prompt_bytes=needs.prompt_bytes, max_tokens=needs.max_tokens)
        return self._ledger.reserve(needs.tenant, most)

    def _is_there(self, endpoint: Endpoint) -> bool:
        return endpoint.health is Health.UP or (self._expected and endpoint.health is Health.UNKNOWN)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_HEALTH_SECONDS)
            await asyncio.gather(*(self._look(endpoint) for endpoint in self._endpoints.values()))

    async def _look(self, endpoint: Endpoint) -> None:
        try:
            await endpoint.look()
        except Exception:  # noqa: BLE001 - the watch goes on, or the endpoint would stay for ever as it is
            _LOG.exception("looking at the model server '%s' failed", endpoint.settings.name)


def _obstacle(endpoint: Endpoint, reason: str) -> str:
    return f"The model server '{endpoint.settings.name}' was not used: {reason}."
