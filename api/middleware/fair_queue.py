"""A bounded number of places, and a short queue for them in which tenants take turns."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from rag.errors import BusyError, TooManyPagesError, TooManyQuestionsError

_Waiter = asyncio.Future[bool]
"""Its result is True once it has a place, False if it was removed from the queue."""


class FairQueue:
    """Gives out ``places`` at a time. Belongs to one event loop.

    ``error`` is raised where a request gets no place within ``seconds``, or more than ``waiting`` would wait.
    """

    def __init__(
        self,
        *,
        places: int,
        waiting: int,
        seconds: float,
        error: type[TooManyQuestionsError | TooManyPagesError] = TooManyQuestionsError,
    ) -> None:
        self._error = error
        self._free = places
        self._places = places
        self._most_waiting = waiting
        self._seconds = seconds
        self._queues: dict[str, deque[_Waiter]] = {}  # in the order of the tenants' turns

    @property
    def waiting(self) -> int:
        """The number of requests that wait."""
        return sum(map(len, self._queues.values()))

    @property
    def running(self) -> int:
        """The number of requests that have a place."""
        return self._places - self._free

    @asynccontextmanager
    async def place(self, tenant: str) -> AsyncIterator[None]:
        """Holds a place for as long as the block runs.

        Raises:
            BusyError: the queue is full, or this request has waited too long. Where one tenant has filled the queue,
                its latest request is removed for another tenant's.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(tenant)
        try:
            yield
        finally:
            self._pass_place_on()

    async def _wait(self, tenant: str) -> None:
        if self.waiting >= self._most_waiting:
            self._evict_latest(tenant)
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
        """Removes a request that no longer waits; a place that it was given in the same moment goes to the next."""
        if waiter.cancelled():
            with suppress(KeyError, ValueError):
                self._queues[tenant].remove(waiter)
            self._drop_if_empty(tenant)
        elif waiter.result():
            self._pass_place_on()

    def _evict_latest(self, tenant: str) -> None:
        greedy = max(self._queues, key=lambda name: len(self._queues[name]), default=tenant)
        if len(self._queues.get(greedy, ())) <= len(self._queues.get(tenant, ())) + 1:
            raise self._refusal()
        latest = self._queues[greedy].pop()
        if not latest.done():
            latest.set_result(False)

    def _pass_place_on(self) -> None:
        """Gives a free place to the tenant whose turn it is, and puts that tenant last."""
        while self._queues:
            tenant, queue = next(iter(self._queues.items()))
            waiter = queue.popleft()
            self._queues[tenant] = self._queues.pop(tenant)
            self._drop_if_empty(tenant)
            if not waiter.done():  # else it has timed out or was cancelled
                waiter.set_result(True)
                return
        self._free += 1

    def _drop_if_empty(self, tenant: str) -> None:
        if not self._queues.get(tenant):
            self._queues.pop(tenant, None)

    def _refusal(self) -> BusyError:
        return self._error(running=self.running, waiting=self.waiting)
