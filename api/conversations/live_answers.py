"""The answers of conversations that are being written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from api.caller import Caller
from api.conversations.live_answer import LiveAnswer
from rag.answers import AnswerEvent, Question
from rag.catalog.conversations.turns import Turns
from rag.errors import AnswerAbandonedError, AnswerInterruptedError, AnswerNotLiveError, AnswerStoppedError

_MOST_UNREAD = 16
_MOST_BYTES = 32 * 1_048_576


class LiveAnswers:
    """The answers of conversations that are being written, and those that have ended lately. Of one event loop.

    An answer without a reader is given up after a while. More than a few without readers, or too many bytes of events,
    and the oldest without a reader go first.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._answers: dict[str, LiveAnswer] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def start(
        self,
        events: AsyncGenerator[AnswerEvent, None],
        *,
        request_id: str,
        question: Question,
        conversation_id: str,
        earlier: frozenset[str],
    ) -> LiveAnswer:
        """Begins to write an answer."""
        self._make_room()
        answer = LiveAnswer(
            request_id,
            events,
            question=question,
            conversation_id=conversation_id,
            earlier=earlier,
            turns=self._turns,
            forget=self._forget,
        )
        self._answers[request_id] = answer
        self._ending.add(answer.ending)
        answer.ending.add_done_callback(self._ending.discard)
        return answer

    def get(self, caller: Caller, request_id: str) -> LiveAnswer:
        """Returns a live answer to a question of the caller's.

        Raises:
            AnswerNotLiveError: there is none of this answer, or it is another user's.
        """
        answer = self._answers.get(request_id)
        if answer is None or (answer.tenant, answer.asked_by) != (caller.tenant, caller.user_id):
            raise AnswerNotLiveError(request_id)
        return answer

    async def stop(self, answer: LiveAnswer) -> None:
        """Ends an answer, and waits until its turn is stored."""
        answer.cancel(AnswerStoppedError())
        await asyncio.shield(answer.ending)

    async def stop_all(self, tenant: str, conversation_id: str) -> None:
        """Ends the answers of a conversation, and forgets their events."""
        for answer in tuple(self._answers.values()):
            if (answer.tenant, answer.conversation_id) == (tenant, conversation_id):
                await self.stop(answer)
                self._answers.pop(answer.request_id, None)

    def forget_ended(self) -> None:
        """Forgets the events of answers that have ended, which may quote what was deleted. Safe from any thread."""
        for answer in tuple(self._answers.values()):
            if answer.has_ended:
                self._answers.pop(answer.request_id, None)

    async def close(self) -> None:
        """Ends all answers, and waits until their turns are stored."""
        for answer in tuple(self._answers.values()):
            answer.cancel(AnswerInterruptedError())
        await asyncio.gather(*self._ending, return_exceptions=True)
        self._answers.clear()

    def _make_room(self) -> None:
        unread = [answer for answer in tuple(self._answers.values()) if not answer.readers]
        over = sum(answer.size_bytes for answer in tuple(self._answers.values())) - _MOST_BYTES
        for number, answer in enumerate(sorted(unread, key=lambda each: not each.has_ended)):
            if over <= 0 and len(unread) - number <= _MOST_UNREAD:
                break
            over -= answer.size_bytes
            self._forget(answer)

    def _forget(self, answer: LiveAnswer) -> None:
        if not answer.has_ended:
            answer.cancel(AnswerAbandonedError())
        self._answers.pop(answer.request_id, None)
