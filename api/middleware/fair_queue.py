"""Places for so many at a time and a short queue behind them, in which tenants take turns."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from rag.errors import TooManyQuestionsError

_Waiter = asyncio.Future[bool]
"""True: it has a place. False: it had to make way."""


class FairQueue:
    """Lets ``places`` in at a time. Of one event loop."""

    def __init__(self, *, places: int, waiting: int, seconds: float) -> None:
        self._free = places
        self._places = places
        self._most_waiting = waiting
        self._seconds = seconds
        self._queues: dict[str, deque[_Waiter]] = {}  # in the order in which tenants have their turns

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._queues.values()))

    @property
    def running(self) -> int:
        """How many have a place."""
        return self._places - self._free

    @asynccontextmanager
    async def place(self, tenant: str) -> AsyncIterator[None]:
        """Holds a place for as long as the block runs.

        Raises:
            TooManyQuestionsError: too many wait already, or this one has waited for too long. Where one tenant has
                filled the queue, its latest makes way for another's.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(tenant)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, tenant: str) -> None:
        if self.waiting >= self._most_waiting:
            self._make_way(tenant)
        waiter: _Waiter = asyncio.get_running_loop().create_future()
        self._queues.setdefault(tenant, deque()).append(waiter)
        try:
            async with asyncio.timeout(self._seconds):
                admitted = await waiter
        except TimeoutError as error:
            self._leave(tenant, waiter)
            raise self._refusal() from error
        except asyncio.CancelledError:
            self._leave(tenant, waiter)
            raise
        if not admitted:
            raise self._refusal()

    def _leave(self, tenant: str, waiter: _Waiter) -> None:
        """Forgets one that waits no more; a place that it was given in the same moment goes to the next."""
        if waiter.cancelled():
            with suppress(KeyError, ValueError):
                self._queues[tenant].remove(waiter)
            self._drop_if_empty(tenant)
        elif waiter.result():
            self._pass_on()

    def _make_way(self, tenant: str) -> None:
        greedy = max(self._queues, key=lambda name: len(self._queues[name]), default=tenant)
        if len(self._queues.get(greedy, ())) <= len(self._queues.get(tenant, ())) + 1:
            raise self._refusal()
        latest = self._queues[greedy].pop()
        if not latest.done():
            latest.set_result(False)

    def _pass_on(self) -> None:
        """Gives a place that has become free to the tenant whose turn it is, and puts that tenant last."""
        while self._queues:
            tenant, queue = next(iter(self._queues.items()))
            waiter = queue.popleft()
            self._queues[tenant] = self._queues.pop(tenant)
            self._drop_if_empty(tenant)
            if not waiter.done():  # else it is leaving
                waiter.set_result(True)
                return
        self._free += 1

    def _drop_if_empty(self, tenant: str) -> None:
        if not self._queues.get(tenant):
            self._queues.pop(tenant, None)

    def _refusal(self) -> TooManyQuestionsError:
        return TooManyQuestionsError(running=self.running, waiting=self.waiting)
