"""Sends each question to the endpoint that suits it, to the next one if that fails, and quotes if none is left.

The only place that tries again, and never after the first word: that has gone out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager

from rag.answers import Degradation, GenerationEvent, GenerationRequest
from rag.errors import GeneratorError
from rag.generation.endpoints.attempt import Attempt
from rag.generation.endpoints.budgets import DailyLedger, Reservation
from rag.generation.endpoints.connected import ConnectedEndpoints
from rag.generation.endpoints.endpoint import Endpoint, EndpointHealth, EndpointState
from rag.generation.endpoints.routing import Needs, may_answer, needs_of, order
from rag.settings import EndpointSettings, GenerationSettings, GeneratorBackend
from rag.stages import Generator

_LOG = logging.getLogger(__name__)
_HEALTH_SECONDS = 5.0  # between two checks of an endpoint
_FIRST_CHECK_SECONDS = 2.0
"""How long a question waits for the first health check; where no server listens the check ends at once."""


class RoutingGenerator:
    """Writes with one of several model servers, and with ``last`` when none of them can.

    With the backend ``auto`` a server is used only after a health check has found it, and answering without one is no
    degradation, because the settings do not name one. Endpoints that people have ``connected`` take its place, and are
    expected to answer; ``build`` makes an endpoint of one. Requests that have begun end with the endpoint they have.
    """

    def __init__(
        self,
        *,
        endpoints: Sequence[Endpoint],
        last: Generator,
        ledger: DailyLedger,
        settings: GenerationSettings,
        language_of: Callable[[str], str | None],
        connected: ConnectedEndpoints | None = None,
        build: Callable[[EndpointSettings, GenerationSettings], Endpoint] | None = None,
    ) -> None:
        self._endpoints = {endpoint.settings: endpoint for endpoint in endpoints}
        self._connected = connected or ConnectedEndpoints()
        self._build = build
        self._removed: list[Endpoint] = []
        self._last = last
        self._ledger = ledger
        self._settings = settings
        self._language_of = language_of
        self._expected = settings.backend is GeneratorBackend.VLLM
        self._first_checks: list[asyncio.Task[None]] = []

    @property
    def name(self) -> str:
        """The model of the first endpoint that is up."""
        there = (endpoint.model for endpoint in self._endpoints.values() if self._is_up(endpoint))
        return next(there, self._last.name)

    def states(self) -> tuple[EndpointState, ...]:
        """Returns the endpoints at this moment, in their order."""
        return tuple(endpoint.state for endpoint in self._endpoints.values())

    @asynccontextmanager
    async def health_checked(self) -> AsyncIterator[None]:
        """Checks the health of every endpoint while the block runs. Entering it does not wait for the first check."""
        self._begin_checks(self._endpoints.values())
        with self._connected.followed_by(self._take_connected):
            checking = asyncio.create_task(self._check_repeatedly())
            try:
                yield
            finally:
                for task in (checking, *self._first_checks):
                    task.cancel()
                await asyncio.gather(checking, *self._first_checks, return_exceptions=True)
                for endpoint in (*self._endpoints.values(), *self._removed):
                    await endpoint.close()

    async def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Streams the answer. If obstacles keep every model server from it, a degradation names them and quotes follow.

        Raises:
            GeneratorError: an endpoint failed after its first word.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._settings.timeout_seconds
        await self._wait_for_first_check()
        needs = needs_of(request, self._settings, language=self._language_of(request.question))
        obstacles: list[str] = []
        for endpoint in self._candidates(needs, obstacles):
            reservation = self._reserve(endpoint, needs)
            if reservation is None:
                obstacles = ["This tenant's budget for today is used up. It renews at midnight, UTC."]
                break
            attempt = Attempt(
                endpoint,
                request,
                ledger=self._ledger,
                reservation=reservation,
                prompt_bytes=needs.prompt_bytes,
                silence_seconds=self._settings.silence_seconds,
                deadline=deadline,
            )
            try:
                async with aclosing(attempt.stream()) as events:
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

    def _take_connected(self) -> None:
        """Takes over the endpoints that are connected now; those that stay as they are keep what is known of them."""
        if self._build is None:
            return
        chosen = self._settings.with_connected(self._connected.current)
        self._expected = chosen.backend is GeneratorBackend.VLLM or chosen is not self._settings
        before = self._endpoints
        self._endpoints = {
            settings: before.get(settings) or self._build(settings, chosen) for settings in chosen.all_endpoints
        }
        self._removed += [endpoint for settings, endpoint in before.items() if settings not in self._endpoints]
        self._begin_checks(endpoint for settings, endpoint in self._endpoints.items() if settings not in before)

    def _begin_checks(self, endpoints: Iterable[Endpoint]) -> None:
        running = [task for task in self._first_checks if not task.done()]
        self._first_checks = running + [asyncio.create_task(self._check(endpoint)) for endpoint in endpoints]

    async def _wait_for_first_check(self) -> None:
        if not self._expected and self._first_checks:
            await asyncio.wait(self._first_checks, timeout=_FIRST_CHECK_SECONDS)

    def _candidates(self, needs: Needs, obstacles: list[str]) -> Iterator[Endpoint]:
        """Yields the endpoints to ask, best first; the obstacles of others are added to ``obstacles``."""
        suitable = [endpoint for endpoint in self._endpoints.values() if may_answer(endpoint.settings, needs)]
        there = [endpoint for endpoint in suitable if self._expected or self._is_up(endpoint)]
        for settings in order([endpoint.option for endpoint in there], needs):
            endpoint = self._endpoints[settings]
            # Read when its turn comes: it may have changed while another endpoint was tried.
            if endpoint.obstacle is None:
                yield endpoint
            else:
                obstacles.append(_obstacle(endpoint, endpoint.obstacle))

    def _reserve(self, endpoint: Endpoint, needs: Needs) -> Reservation | None:
        most = endpoint.most(prompt_bytes=needs.prompt_bytes, max_tokens=needs.max_tokens)
        return self._ledger.reserve(needs.tenant, most)

    def _is_up(self, endpoint: Endpoint) -> bool:
        return endpoint.health is EndpointHealth.UP or (self._expected and endpoint.health is EndpointHealth.UNKNOWN)

    async def _check_repeatedly(self) -> None:
        while True:
            await asyncio.sleep(_HEALTH_SECONDS)
            await asyncio.gather(*(self._check(endpoint) for endpoint in self._endpoints.values()))
            for endpoint in [each for each in self._removed if each.in_flight == 0]:
                self._removed.remove(endpoint)
                await endpoint.close()

    async def _check(self, endpoint: Endpoint) -> None:
        try:
            await endpoint.check_health()
        except Exception:  # noqa: BLE001 - the checks go on, or the endpoint would stay for ever as it is
            _LOG.exception("looking at the model server '%s' failed", endpoint.settings.name)


def _obstacle(endpoint: Endpoint, reason: str) -> str:
    return f"The model server '{endpoint.settings.name}' was not used: {reason}."
