"""Times one method of a stage without changing the stage."""

from __future__ import annotations

import inspect
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

Stage = TypeVar("Stage")


class StageClock:
    """Adds up the seconds that calls took, by method."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def timing(self, stage: Stage, method: str) -> Stage:
        """Returns the same stage, of which ``method``, a coroutine function or not, is timed."""
        return cast("Stage", _Timed(stage, method, self))

    @contextmanager
    def running(self, method: str) -> Iterator[None]:
        """Counts the time of the block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[method] += time.perf_counter() - start


class _Timed:
    """What is not timed is the stage's own."""

    def __init__(self, stage: object, method: str, clock: StageClock) -> None:
        self._stage = stage
        self._method = method
        self._clock = clock

    def __getattr__(self, name: str) -> object:
        found = getattr(self._stage, name)
        return _timed(found, name, self._clock) if name == self._method else found


def _timed(call: Callable[..., Any], name: str, clock: StageClock) -> Callable[..., Any]:
    @wraps(call)
    async def timed_coroutine(*arguments: object, **named: object) -> object:
        with clock.running(name):
            return await call(*arguments, **named)

    @wraps(call)
    def timed_call(*arguments: object, **named: object) -> object:
        with clock.running(name):
            return call(*arguments, **named)

    return timed_coroutine if inspect.iscoroutinefunction(call) else timed_call
