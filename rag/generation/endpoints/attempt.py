"""Streams one answer from one model server within its time limits, and settles its usage."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import TypeVar

from rag.answers import CitationMark, Declined, GenerationEvent, GenerationRequest, TextDelta, Usage
from rag.errors import GeneratorError
from rag.generation.endpoints.budgets import DailyLedger, Reservation, Spend
from rag.generation.endpoints.endpoint import Endpoint
from rag.generation.endpoints.routing import BYTES_PER_TOKEN

_LOG = logging.getLogger(__name__)
_Value = TypeVar("_Value")


class Attempt:
    """One request to one endpoint, from its reservation to its settlement. ``begun``: its first word is out.

    Args:
        deadline: on the event loop's clock.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        request: GenerationRequest,
        *,
        ledger: DailyLedger,
        reservation: Reservation,
        prompt_bytes: int,
        silence_seconds: float,
        deadline: float,
    ) -> None:
        self.begun = False
        self._endpoint = endpoint
        self._request = request
        self._ledger = ledger
        self._reservation = reservation
        self._prompt_bytes = prompt_bytes
        self._silence_seconds = silence_seconds
        self._deadline = deadline
        self._pieces = 0
        self._usage: Usage | None = None

    async def stream(self) -> AsyncGenerator[GenerationEvent, None]:
        """Streams the answer. If the server fails before it has counted its tokens, they are estimated.

        Raises:
            GeneratorError: the server failed, was silent for too long, or was not done at the deadline.
        """
        endpoint = self._endpoint
        endpoint.breaker.begin()
        endpoint.in_flight += 1
        try:
            client = await self._in_time(endpoint.connect())
            async with aclosing(client.generate(self._request)) as events:
                while (event := await self._in_time(anext(events, None))) is not None:
                    yield self._note(event)
            endpoint.breaker.succeed()
        except GeneratorError as error:
            self._report(error)
            if self.begun:
                yield self._counted()
            raise
        finally:
            endpoint.breaker.abandon()
            endpoint.in_flight -= 1
            self._settle()

    async def _in_time(self, step: Awaitable[_Value]) -> _Value:
        """Returns the step's result.

        Raises:
            GeneratorError: the step took longer than ``silence_seconds``, or the deadline passed.
        """
        patience = asyncio.get_running_loop().time() + self._silence_seconds
        try:
            async with asyncio.timeout_at(min(patience, self._deadline)):
                return await step
        except TimeoutError as error:
            waited = f"nothing came from it for {self._silence_seconds:g} seconds"
            reason = waited if patience < self._deadline else "the answer was not complete when its time was over"
            raise GeneratorError(self._endpoint.model, reason) from error

    def _note(self, event: GenerationEvent) -> GenerationEvent:
        match event:
            case TextDelta():
                self._pieces += 1
                self.begun = self._endpoint.was_heard = True
            case CitationMark() | Declined():
                self.begun = True
            case Usage():
                self._usage = event = self._endpoint.priced(event)
        return event

    def _counted(self) -> Usage:
        """Returns the server's count, or an estimate: a piece is about a token."""
        usage = self._usage or Usage(
            model=self._endpoint.model,
            prompt_tokens=self._prompt_bytes // BYTES_PER_TOKEN,
            completion_tokens=self._pieces,
            estimated=True,
        )
        return self._endpoint.priced(usage)

    def _report(self, error: GeneratorError) -> None:
        """Logs a failure amid an answer, and counts one against the server unless it refused the request."""
        name = self._endpoint.settings.name
        if self.begun:
            _LOG.warning("the model server '%s' failed after %d pieces: %s", name, self._pieces, error.reason)
        if error.refused:
            self._endpoint.breaker.abandon()
        else:
            self._endpoint.breaker.fail()

    def _settle(self) -> None:
        # A server that wrote nothing has used nothing, as far as this process knows.
        usage = self._counted() if self.begun or self._usage else None
        spent = (
            Spend(tokens=usage.prompt_tokens + usage.completion_tokens, money=usage.cost or 0.0) if usage else Spend()
        )
        self._ledger.settle(self._reservation, spent)
