"""Rewrites the index some time after deletes, so that its files hold no byte of what was deleted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from rag.catalog.deletions import Deletions
from rag.errors import CitewellError
from rag.stages import ChunkIndex
from rag.telemetry.recorder import Observer, Operation, Work, observe

_LOG = logging.getLogger(__name__)
_POLL_SECONDS = 1.0
_PAUSE_FACTOR = 9.0
"""Pauses this many times as long as it worked: rewriting a large index takes minutes, and deletes go on all day."""


class IndexRewriter:
    """Rewrites the index while everything else goes on. The catalogue lists what is left, so that a crash does no harm.

    ``has_copies`` returns whether another copy of the index exists, which would keep the bytes: one that is being
    built, was just replaced, or is being backed up. Rewriting waits until it is gone.
    """

    def __init__(
        self,
        deletions: Deletions,
        *,
        index: ChunkIndex,
        after_seconds: float,
        has_copies: Callable[[], bool],
        observers: Sequence[Observer] = (),
    ) -> None:
        self._deletions = deletions
        self._index = index
        self._after = timedelta(seconds=after_seconds)
        self._has_copies = has_copies
        self._observers = observers

    async def run(self) -> None:
        """Rewrites until cancelled; returns after the first try if the index is a server's, which does it by itself."""
        clock = asyncio.get_running_loop().time
        while True:
            begun_at = clock()
            try:
                if not await self._erase_if_due():
                    return
            except CitewellError as error:
                _LOG.warning("deleted passages are not erased from the index's files yet: %s", error)
            await asyncio.sleep(max(_POLL_SECONDS, _PAUSE_FACTOR * (clock() - begun_at)))

    async def _erase_if_due(self) -> bool:
        purges = await asyncio.to_thread(self._deletions.to_erase, after=self._after)
        if not purges or await asyncio.to_thread(self._has_copies):
            return True
        with observe(self._observers, Work(operation=Operation.ERASE)):
            erased = await self._index.erase_deleted()
        if erased:
            await asyncio.to_thread(self._deletions.note_erased, purges)
        return erased
