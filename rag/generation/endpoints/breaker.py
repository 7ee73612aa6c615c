"""A circuit breaker: leaves alone what fails again and again, and tries it once in a while. Pure but for its clock."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

_LONGEST_SECONDS = 300.0


class BreakerState(Enum):
    """Closed: requests go through. Open: none does. Half open: one may try."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Opens after ``failures`` in a row, for ``seconds``; twice as long each time the one that tries then fails."""

    def __init__(self, *, failures: int, seconds: float, clock: Callable[[], float]) -> None:
        self._allowed = failures
        self._first_pause = seconds
        self._clock = clock
        self._failed = 0
        self._pause = seconds
        self._opened_at: float | None = None
        self._trying = False

    @property
    def state(self) -> BreakerState:
        """How it stands now."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        waited = self._clock() - self._opened_at
        return BreakerState.HALF_OPEN if waited >= self._pause else BreakerState.OPEN

    @property
    def allows(self) -> bool:
        """Whether a request may go through; ``begin`` says that it does."""
        state = self.state
        return state is BreakerState.CLOSED or (state is BreakerState.HALF_OPEN and not self._trying)

    def begin(self) -> None:
        """A request goes through; one of ``succeed``, ``fail`` and ``abandon`` follows."""
        self._trying = self.state is BreakerState.HALF_OPEN

    def succeed(self) -> None:
        """It went well: all may come again."""
        self._failed, self._pause, self._opened_at, self._trying = 0, self._first_pause, None, False

    def fail(self) -> None:
        """It failed."""
        self._failed += 1
        if self._opened_at is not None and self._trying:
            self._pause = min(2 * self._pause, _LONGEST_SECONDS)
            self._opened_at = self._clock()
        elif self._opened_at is None and self._failed >= self._allowed:
            self._opened_at = self._clock()
        self._trying = False

    def abandon(self) -> None:
        """It ended without telling anything about the server."""
        self._trying = False
