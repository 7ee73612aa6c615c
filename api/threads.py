"""Where requests that change the catalogue wait for their turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

_WRITERS = 8
_LIMITER: RunVar[CapacityLimiter] = RunVar("writers")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


async def change(function: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs) -> Result:
    """Calls ``function`` in a thread, beside a few others at most, and waits for it even when cancelled.

    A change may wait long for a locked database. Kept apart, those that wait cannot use up the threads that reading
    and searching need.
    """
    return await run_sync(partial(function, *args, **named), limiter=_limiter())


def _limiter() -> CapacityLimiter:
    limiter = _LIMITER.get(None)
    if limiter is None:
        limiter = CapacityLimiter(_WRITERS)
        _LIMITER.set(limiter)
    return limiter
