"""The answers of conversations that are being written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from api.conversations.run import AnswerRun
from rag.answers import AnswerEvent, Question
from rag.catalog.conversations.turns import Turns
from rag.errors import AnswerAbandonedError, AnswerInterruptedError, AnswerStoppedError, UnknownRunError

_MOST_UNREAD = 16
_MOST_BYTES = 32 * 1_048_576


class AnswerRuns:
    """The answers of conversations that are being written, and those that have ended lately. Of one event loop.

    An answer without a reader is given up after a while. More than a few without readers, or too many bytes of events,
    and the oldest without a reader go first.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._runs: dict[str, AnswerRun] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def start(
        self,
        events: AsyncGenerator[AnswerEvent, None],
        *,
        request_id: str,
        question: Question,
        conversation_id: str,
        earlier: frozenset[str],
    ) -> AnswerRun:
        """Begins to write an answer."""
        self._make_room()
        run = AnswerRun(
            request_id,
            events,
            question=question,
            conversation_id=conversation_id,
            earlier=earlier,
            turns=self._turns,
            forget=self._forget,
        )
        self._runs[request_id] = run
        self._ending.add(run.ending)
        run.ending.add_done_callback(self._ending.discard)
        return run

    def get(self, tenant: str, request_id: str) -> AnswerRun:
        """Returns a run.

        Raises:
            UnknownRunError: there is none of this answer, or it is another tenant's.
        """
        run = self._runs.get(request_id)
        if run is None or run.tenant != tenant:
            raise UnknownRunError(request_id)
        return run

    async def stop(self, run: AnswerRun) -> None:
        """Ends a run, and waits until its turn is stored."""
        run.cancel(AnswerStoppedError())
        await asyncio.shield(run.ending)

    async def stop_all(self, tenant: str, conversation_id: str) -> None:
        """Ends the runs of a conversation, and forgets their events."""
        for run in tuple(self._runs.values()):
            if (run.tenant, run.conversation_id) == (tenant, conversation_id):
                await self.stop(run)
                self._runs.pop(run.request_id, None)

    def forget_ended(self) -> None:
        """Forgets the events of answers that have ended, which may quote what was deleted. Safe from any thread."""
        for run in tuple(self._runs.values()):
            if run.has_ended:
                self._runs.pop(run.request_id, None)

    async def close(self) -> None:
        """Ends all runs, and waits until their turns are stored."""
        for run in self._runs.values():
            run.cancel(AnswerInterruptedError())
        await asyncio.gather(*self._ending, return_exceptions=True)
        self._runs.clear()

    def _make_room(self) -> None:
        unread = [run for run in self._runs.values() if not run.readers]
        over = sum(run.size_bytes for run in self._runs.values()) - _MOST_BYTES
        for number, run in enumerate(sorted(unread, key=lambda each: not each.has_ended)):
            if over <= 0 and len(unread) - number <= _MOST_UNREAD:
                break
            over -= run.size_bytes
            self._forget(run)

    def _forget(self, run: AnswerRun) -> None:
        if not run.has_ended:
            run.cancel(AnswerAbandonedError())
        self._runs.pop(run.request_id, None)
