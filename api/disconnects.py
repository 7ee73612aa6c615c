"""Stops work that nobody waits for any more."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from fastapi import Request

_Result = TypeVar("_Result")
CLIENT_GONE = 499
"""The status that logs show of a client that did not wait; nobody receives it."""


async def while_connected(request: Request, work: Coroutine[None, None, _Result]) -> _Result | None:
    """Returns what the work returns; cancels it when the client goes away, and returns None.

    The request's body must have been read.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
