"""Lets the encoding of passages give way to questions, in one process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

_QUIET_SECONDS = 0.03  # a question is encoded first; searching and ranking follow
_LONGEST_WAIT_SECONDS = 0.4  # so that questions without a pause leave a part of the time to passages


class QuestionsFirst:
    """Background work calls ``give_way`` before each small piece; a question waits for no piece, but shares the cores.

    Unlike a lower priority this gives way to the service's own questions only, not to every process of the machine.
    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._questions = 0
        self._last_end = float("-inf")
        self._changed = Condition()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Holds background work off while the block runs, and shortly after it."""
        with self._changed:
            self._questions += 1
        try:
            yield
        finally:
            with self._changed:
                self._questions -= 1
                self._last_end = time.monotonic()
                self._changed.notify_all()

    def give_way(self, *, longest_seconds: float = _LONGEST_WAIT_SECONDS) -> None:
        """Waits until no question is worked on, at most ``longest_seconds``."""
        latest = time.monotonic() + longest_seconds
        with self._changed:
            while (left := min(latest - time.monotonic(), self._busy_seconds())) > 0:
                self._changed.wait(left)

    def _busy_seconds(self) -> float:
        return float("inf") if self._questions else self._last_end + _QUIET_SECONDS - time.monotonic()
