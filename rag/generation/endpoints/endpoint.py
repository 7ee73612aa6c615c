"""A model server as the router sees it: whether it is there, how busy it is, and one request to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from rag.answers import CitationMark, Declined, GenerationEvent, GenerationRequest, TextDelta, Usage
from rag.errors import GeneratorError
from rag.generation.endpoints.breaker import CircuitBreaker
from rag.generation.endpoints.budgets import DailyLedger, Reservation, Spend
from rag.generation.endpoints.routing import BYTES_PER_TOKEN, Option
from rag.settings import EndpointSettings

_LOG = logging.getLogger(__name__)


class Health(Enum):
    """What the last look found."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a look at a server shows; ``requests`` are those it has in hand, None where it does not tell."""

    requests: int | None


class ModelClient(Protocol):
    """Speaks with one model server."""

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

    async def look(self) -> Sight:
        """Looks whether the server is there.

        Raises:
            GeneratorError: it is not.
        """
        ...

    async def close(self) -> None:
        """Lets go of its connections."""
        ...


class Endpoint:
    """One server, and what this process knows of it."""

    def __init__(self, *, settings: EndpointSettings, client: ModelClient, breaker: CircuitBreaker) -> None:
        self.settings = settings
        self.client = client
        self.breaker = breaker
        self.in_flight = 0
        self.health = Health.UNKNOWN
        self.heard = False
        self._others = 0
        self._trouble = ""

    async def look(self) -> None:
        """Looks at the server and remembers what it saw; tells the log when that has changed.

        One that is heard while it is looked for is there, whatever comes of the look: this process may be too busy.
        """
        self.heard = False
        try:
            sight = await self.client.look()
        except GeneratorError as error:
            if self.heard:
                return
            self._trouble = error.reason
            if self.health is Health.UP:
                _LOG.warning("the model server '%s' is gone: %s", self.settings.name, error.reason)
            self.health = Health.DOWN
            return
        if self.health is not Health.UP:
            _LOG.info("the model server '%s' is there: %s", self.settings.name, self.client.name)
        self.health = Health.UP
        self._others = 0 if sight.requests is None else max(0, sight.requests - self.in_flight)

    @property
    def obstacle(self) -> str | None:
        """Why it cannot take a request now; None if it can."""
        limit = self.settings.max_concurrent
        if self.health is Health.DOWN:
            return f"it does not answer: {self._trouble}"
        if not self.breaker.allows:
            return "it failed again and again, and is left alone for a while"
        if limit and self.in_flight >= limit:
            return f"it has {limit} answers in hand, as many as may"
        return None

    @property
    def option(self) -> Option:
        """Its place in the choice. Others' requests are those of the last look."""
        requests = self.in_flight + self._others
        return Option(endpoint=self.settings, load=requests / max(1, self.settings.max_concurrent))

    def most(self, *, prompt_bytes: int, max_tokens: int) -> Spend:
        """Returns what a request uses at most; a token has a byte or more, English ones have four."""
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


class Attempt:
    """One request to one endpoint, from its reservation to its settlement. ``begun``: its first word is out."""

    def __init__(self, endpoint: Endpoint, *, ledger: DailyLedger, reservation: Reservation, prompt_bytes: int) -> None:
        self.begun = False
        self._endpoint = endpoint
        self._ledger = ledger
        self._reservation = reservation
        self._prompt_bytes = prompt_bytes
        self._pieces = 0
        self._usage: Usage | None = None

    async def events(
        self, request: GenerationRequest, *, silence_seconds: float, deadline: float
    ) -> AsyncGenerator[GenerationEvent, None]:
        """Streams the answer. What a server that fails has not counted is estimated.

        Raises:
            GeneratorError: the server failed, was silent for too long, or was not done at the deadline.
        """
        endpoint = self._endpoint
        endpoint.breaker.begin()
        endpoint.in_flight += 1
        try:
            async with aclosing(endpoint.client.generate(request)) as source:
                timely = in_time(source, endpoint.client.name, silence_seconds=silence_seconds, deadline=deadline)
                async with aclosing(timely) as events:
                    async for event in events:
                        yield self._note(event)
            endpoint.breaker.succeed()
        except GeneratorError as error:
            self._failed(error)
            if self.begun:
                yield self._counted()
            raise
        finally:
            endpoint.breaker.abandon()
            endpoint.in_flight -= 1
            self._settle()

    def _note(self, event: GenerationEvent) -> GenerationEvent:
        match event:
            case TextDelta():
                self._pieces += 1
                self.begun = self._endpoint.heard = True
            case CitationMark() | Declined():
                self.begun = True
            case Usage():
                self._usage = event = self._endpoint.priced(event)
        return event

    def _counted(self) -> Usage:
        """What the server counted, else an estimate: a piece is about a token."""
        usage = self._usage or Usage(
            model=self._endpoint.client.name,
            prompt_tokens=self._prompt_bytes // BYTES_PER_TOKEN,
            completion_tokens=self._pieces,
            estimated=True,
        )
        return self._endpoint.priced(usage)

    def _failed(self, error: GeneratorError) -> None:
        name = self._endpoint.settings.name
        if self.begun:
            _LOG.warning("the model server '%s' failed after %d pieces: %s", name, self._pieces, error.reason)
        if error.refused:
            self._endpoint.breaker.abandon()
        else:
            self._endpoint.breaker.fail()

    def _settle(self) -> None:
        """Whatever became of it; a server that never said a word has used nothing that we know of."""
        usage = self._counted() if self.begun or self._usage else None
        spent = (
            Spend(tokens=usage.prompt_tokens + usage.completion_tokens, money=usage.cost or 0.0) if usage else Spend()
        )
        self._ledger.settle(self._reservation, spent)


async def in_time(
    events: AsyncIterator[GenerationEvent], model: str, *, silence_seconds: float, deadline: float
) -> AsyncGenerator[GenerationEvent, None]:
    """Passes events on.

    Raises:
        GeneratorError: none came for ``silence_seconds``, or the event loop's clock passed ``deadline``.
    """
    clock = asyncio.get_running_loop().time
    while True:
        patience = clock() + silence_seconds
        try:
            async with asyncio.timeout_at(min(patience, deadline)):
                event = await anext(events)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            waited = f"nothing came from it for {silence_seconds:g} seconds"
            reason = waited if patience < deadline else "the answer was not complete when its time was over"
            raise GeneratorError(model, reason) from error
        yield event
