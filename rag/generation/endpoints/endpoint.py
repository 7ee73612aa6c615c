"""A model server as the router sees it: whether it answers, how busy it is, and its circuit breaker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol
from urllib.parse import urlsplit

from rag.answers import GenerationEvent, GenerationRequest, Usage
from rag.errors import GeneratorError
from rag.generation.endpoints.budgets import Spend
from rag.generation.endpoints.routing import Option
from rag.settings import EndpointSettings

_LOG = logging.getLogger(__name__)
_PORT_SECONDS = 1.0
_PORTS = {"http": 80, "https": 443}
_LONGEST_PAUSE_SECONDS = 300.0


class EndpointHealth(Enum):
    """The result of the last health check."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointState:
    """An endpoint at this moment. ``obstacle`` says why it can take no question; None if it can."""

    settings: EndpointSettings
    model: str
    health: EndpointHealth
    obstacle: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLoad:
    """The number of requests that a server runs or has queued; None where it does not tell."""

    requests: int | None


class ModelClient(Protocol):
    """Client of one model server."""

    @property
    def name(self) -> str:
        """The model."""
        ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[GenerationEvent, None]:
        """Streams an answer.

        Raises:
            GeneratorError: the server cannot be reached, refuses, or fails while writing.
        """
        ...

    async def check_health(self) -> ServerLoad:
        """Returns the server's load.

        Raises:
            GeneratorError: the server does not answer.
        """
        ...

    async def close(self) -> None:
        """Closes the connections."""
        ...


class CircuitBreaker:
    """Stops requests to a server that fails: after ``failures`` in a row it opens, and none may go through.

    After ``seconds`` one request may try. If that succeeds the breaker closes; if it fails the pause doubles.
    """

    def __init__(self, *, failures: int, seconds: float, clock: Callable[[], float]) -> None:
        self._allowed = failures
        self._first_pause = seconds
        self._clock = clock
        self._failed = 0
        self._pause = seconds
        self._opened_at: float | None = None
        self._trying = False

    @property
    def allows(self) -> bool:
        """True if a request may go through; ``begin`` notes that one does."""
        return self._opened_at is None or (self._pause_is_over and not self._trying)

    def begin(self) -> None:
        """Notes that a request goes through; one of ``succeed``, ``fail`` and ``abandon`` follows."""
        self._trying = self._pause_is_over

    def succeed(self) -> None:
        """Closes the breaker: the request went well."""
        self._failed, self._pause, self._opened_at, self._trying = 0, self._first_pause, None, False

    def fail(self) -> None:
        """Counts a failure; opens the breaker if there are too many in a row, or if the request that tried failed."""
        self._failed += 1
        if self._opened_at is not None and self._trying:
            self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
            self._opened_at = self._clock()
        elif self._opened_at is None and self._failed >= self._allowed:
            self._opened_at = self._clock()
        self._trying = False

    def abandon(self) -> None:
        """Counts nothing: the request ended without telling anything about the server."""
        self._trying = False

    @property
    def _pause_is_over(self) -> bool:
        return self._opened_at is not None and self._clock() - self._opened_at >= self._pause


class Endpoint:
    """One model server, and what this process knows of it.

    Args:
        build_client: called once, in a thread, when the server is first asked or checked.
        check_port: awaited before that; raises ``GeneratorError`` while no server listens.
    """

    def __init__(
        self,
        *,
        settings: EndpointSettings,
        build_client: Callable[[], ModelClient],
        breaker: CircuitBreaker,
        check_port: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.settings = settings
        self.breaker = breaker
        self.in_flight = 0
        self.health = EndpointHealth.UNKNOWN
        self.was_heard = False
        self._build_client = build_client
        self._check_port = check_port
        self._client: ModelClient | None = None
        self._connecting = asyncio.Lock()
        self._foreign_requests = 0
        self._last_failure = ""

    @property
    def model(self) -> str:
        """The model's name as its client gives it; before a client is built, as the settings do."""
        return self._client.name if self._client else self.settings.model or "vllm"

    async def connect(self) -> ModelClient:
        """Returns the client, built at the first call that finds the server listening.

        Raises:
            GeneratorError: no server listens.
        """
        async with self._connecting:
            if self._client is None:
                if self._check_port is not None:
                    await self._check_port()
                # The SDK behind a client takes half a second and 40 MB to load.
                self._client = await asyncio.to_thread(self._build_client)
            return self._client

    async def close(self) -> None:
        """Closes the client, where there is one."""
        if self._client is not None:
            await self._client.close()

    async def check_health(self) -> None:
        """Asks the server for its load and stores the result; logs a change of health."""
        self.was_heard = False
        try:
            load = await (await self.connect()).check_health()
        except GeneratorError as error:
            # It wrote while it was checked, and so is up: this process may have been too busy to read its reply.
            if self.was_heard:
                return
            self._last_failure = error.reason
            if self.health is EndpointHealth.UP:
                _LOG.warning("the model server '%s' is gone: %s", self.settings.name, error.reason)
            self.health = EndpointHealth.DOWN
            return
        if self.health is not EndpointHealth.UP:
            _LOG.info("the model server '%s' is there: %s", self.settings.name, self.model)
        self.health = EndpointHealth.UP
        self._foreign_requests = 0 if load.requests is None else max(0, load.requests - self.in_flight)

    @property
    def obstacle(self) -> str | None:
        """The reason why it cannot take a request now; None if it can."""
        limit = self.settings.max_concurrent
        if self.health is EndpointHealth.DOWN:
            return f"it does not answer: {self._last_failure}"
        if not self.breaker.allows:
            return "it failed again and again, and is left alone for a while"
        if limit and self.in_flight >= limit:
            return f"it has {limit} answers in hand, as many as may"
        return None

    @property
    def state(self) -> EndpointState:
        """The endpoint at this moment."""
        return EndpointState(settings=self.settings, model=self.model, health=self.health, obstacle=self.obstacle)

    @property
    def option(self) -> Option:
        """The endpoint with its load: this process's requests, and those of others at the last health check."""
        requests = self.in_flight + self._foreign_requests
        return Option(endpoint=self.settings, load=requests / max(1, self.settings.max_concurrent), model=self.model)

    def most(self, *, prompt_bytes: int, max_tokens: int) -> Spend:
        """Returns what a request uses at most: a token has at least one byte (English ones have four)."""
        cost = self.settings.cost(prompt_tokens=prompt_bytes, cached_prompt_tokens=0, completion_tokens=max_tokens)
        return Spend(tokens=prompt_bytes + max_tokens, money=cost or 0.0)

    def priced(self, usage: Usage) -> Usage:
        """Returns the usage with the endpoint's name and price."""
        cost = self.settings.cost(
            prompt_tokens=usage.prompt_tokens,
            cached_prompt_tokens=usage.cached_prompt_tokens,
            completion_tokens=usage.completion_tokens,
        )
        currency = None if cost is None else self.settings.currency
        return replace(usage, endpoint=self.settings.name, cost=cost, currency=currency)


async def check_port_open(url: str, *, model: str) -> None:
    """Returns if a server listens at the URL.

    Raises:
        GeneratorError: none does.
    """
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(_PORT_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or _PORTS.get(parts.scheme))
    except (OSError, TimeoutError) as error:
        raise GeneratorError(model, f"nobody listens at {url}") from error
    writer.close()
