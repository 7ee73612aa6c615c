"""The endpoints that people have connected, as the routers of this process see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rag.generation.endpoints.budgets import DailyLedger
from rag.settings import EndpointSettings


class ConnectedEndpoints:
    """Holds the connected endpoints, and tells the routers when others take their place."""

    def __init__(self, endpoints: tuple[EndpointSettings, ...] = ()) -> None:
        self._current = endpoints
        self._followers: set[Callable[[], None]] = set()

    @property
    def current(self) -> tuple[EndpointSettings, ...]:
        """The endpoints, in the order in which they were connected."""
        return self._current

    def replace(self, endpoints: tuple[EndpointSettings, ...]) -> None:
        """Replaces all endpoints. Call it on the event loop, where the followers run."""
        if endpoints != self._current:
            self._current = endpoints
            for follower in tuple(self._followers):
                follower()

    @contextmanager
    def followed_by(self, follower: Callable[[], None]) -> Iterator[None]:
        """Calls ``follower`` after every change while the block runs, and once at its beginning."""
        self._followers.add(follower)
        follower()
        try:
            yield
        finally:
            self._followers.discard(follower)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedServers:
    """What the routers of a process share. Without a ledger nothing counts as used today."""

    ledger: DailyLedger | None = None
    connected: ConnectedEndpoints = field(default_factory=ConnectedEndpoints)
