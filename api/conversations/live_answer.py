"""An answer of a conversation: it is written on while its reader is away, and a reader that comes back goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from functools import partial

from api.conversations.schemas import PartialBody
from api.dependencies import run_in_writer_thread
from api.errors import problem_of
from api.schemas.answers import AnswerBody, SentenceBody, SourcesBody
from api.streaming import answer_frame, frame
from rag.answers import Answer, AnswerEvent, AnswerSentence, Question, Sources, TextDelta
from rag.catalog.conversations.records import TurnEnd, TurnState
from rag.catalog.conversations.turns import Turns
from rag.errors import (
    AnswerInterruptedError,
    AnswerStoppedError,
    CitewellError,
    RequestError,
)

_LOG = logging.getLogger(__name__)
_UNREAD_SECONDS = 60.0
"""Time for which an answer is written on without a reader, and for which its events are held after its end."""
_RENEWAL_SECONDS = 10.0
"""A third of the lease of a turn: two renewals may fail."""
_MOST_BODY_BYTES = 1_048_576
_STATES: dict[type, TurnState] = {AnswerStoppedError: TurnState.STOPPED, AnswerInterruptedError: TurnState.INTERRUPTED}


class LiveAnswer:
    """One answer that is being written, with its events so far.

    Args:
        earlier: the versions that the turns before it were written from.
        forget: called with the answer once it has had no reader for a while.
    """

    def __init__(
        self,
        request_id: str,
        events: AsyncGenerator[AnswerEvent, None],
        *,
        question: Question,
        conversation_id: str,
        earlier: frozenset[str],
        turns: Turns,
        forget: Callable[[LiveAnswer], None],
    ) -> None:
        self.request_id = request_id
        self.tenant = question.scope.tenant
        self.asked_by = question.asker.user_id if question.asker else ""
        self.conversation_id = conversation_id
        self.has_ended = False
        self.readers = 0
        self.size_bytes = 0
        self._question = question.text
        self._earlier = earlier
        self._turns = turns
        self._frames: list[bytes] = []
        self._more = asyncio.Event()
        self._sources: Sources | None = None
        self._text = ""
        self._sentences: list[AnswerSentence] = []
        self._answer: Answer | None = None
        self._error: Exception | None = None
        self._cancelled_by: CitewellError = AnswerInterruptedError()
        self._forget = partial(forget, self)
        self._unread = asyncio.get_running_loop().call_later(_UNREAD_SECONDS, self._forget)
        self._writing = asyncio.create_task(self._write(events), name="answer")
        self._renewing = asyncio.create_task(self._renew(), name="lease of answer")
        self.ending = asyncio.create_task(self._end(), name="end of answer")

    @property
    def version_ids(self) -> frozenset[str]:
        """All versions that the answer may quote so far.

        One that follows up on earlier turns may hold words of theirs: a model was told them, or they were searched for.
        """
        answer = self._answer
        passages = answer.passages if answer else self._sources.passages if self._sources else ()
        shown = frozenset(passage.hit.chunk.version_id for passage in passages)
        stands_alone = answer and answer.receipt.usage is None and _same(answer.receipt.search_query, self._question)
        return shown if stands_alone else shown | self._earlier

    async def begun(self) -> None:
        """Waits for the first event.

        Raises:
            CitewellError: there is none.
        """
        with self._reading():
            while not self._frames and not self.has_ended:
                await self._more.wait()
        if self._error is not None and len(self._frames) == 1:  # nothing but the error itself
            raise self._error

    async def frames(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """Yields the events after a number, up to the last one, which comes in any case."""
        sent = False
        with self._reading():
            while True:
                for each in self._frames[after:]:
                    yield each
                    sent = True
                after = len(self._frames) if sent else min(after, len(self._frames))
                if self.has_ended:
                    break
                await self._more.wait()
            if not sent:
                yield self._frames[-1]

    async def whole(self) -> AnswerBody:
        """Waits for the whole answer.

        Raises:
            CitewellError: it failed, or was stopped.
        """
        with self._reading():
            await asyncio.shield(self.ending)
        if self._error is not None:
            raise self._error
        assert self._answer is not None  # noqa: S101 - an answer that has not failed is whole
        return AnswerBody.of(self._answer)

    def cancel(self, reason: CitewellError) -> None:
        """Ends the answer with an error, unless it has ended."""
        self._cancelled_by = reason
        self._writing.cancel()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        self.readers += 1
        self._unread.cancel()
        try:
            yield
        finally:
            self.readers -= 1
            if not self.readers:
                self._unread = asyncio.get_running_loop().call_later(_UNREAD_SECONDS, self._forget)

    async def _write(self, events: AsyncGenerator[AnswerEvent, None]) -> None:
        async with aclosing(events):
            async for event in events:
                match event:
                    case Sources():
                        self._sources = event
                    case TextDelta():
                        self._text += event.text
                    case AnswerSentence():
                        self._sentences.append(event)
                    case Answer():
                        self._answer = event
                        return  # its event is sent when it is stored: the next question may follow at once
                self._send(answer_frame(event, number=len(self._frames) + 1))

    async def _renew(self) -> None:
        """Tells other processes that the answer is being written, until it has ended."""
        while True:
            await asyncio.sleep(_RENEWAL_SECONDS)
            try:
                await run_in_writer_thread(self._turns.renew, self.request_id)
            except CitewellError as error:
                _LOG.warning("answer %s may be taken for interrupted: %s", self.request_id, error)

    async def _end(self) -> None:
        await asyncio.wait({self._writing})
        self._renewing.cancel()
        if self._writing.cancelled():
            self._error = self._cancelled_by
        elif isinstance(failure := self._writing.exception(), Exception):
            self._error = failure
        if self._error is not None:
            self._answer = None
        try:
            await self._store()
        except Exception as error:  # noqa: BLE001 - the events must end, whatever the error
            _LOG.warning("answer %s is not kept in its conversation: %s", self.request_id, error)
        number = len(self._frames) + 1
        if self._answer is not None:
            last = answer_frame(self._answer, number=number)
        else:
            last = frame("error", problem_of(self._error or AnswerInterruptedError()), number=number)
        self.has_ended = True
        self._send(last)

    def _send(self, event: bytes) -> None:
        self._frames.append(event)
        self.size_bytes += len(event)
        self._more.set()
        self._more = asyncio.Event()

    async def _store(self) -> None:
        if isinstance(self._error, RequestError) and not self._frames and type(self._error) not in _STATES:
            await run_in_writer_thread(self._turns.drop, self.request_id)
        else:
            await run_in_writer_thread(self._turns.end, self._turn_end())

    def _turn_end(self) -> TurnEnd:
        answer = self._answer
        body: AnswerBody | PartialBody | None = AnswerBody.of(answer) if answer else self._partial()
        text = self._text
        if isinstance(body, AnswerBody):
            text = body.abstention.message if body.abstention else body.answer
        stored = body.model_dump_json() if body else None
        return TurnEnd(
            request_id=self.request_id,
            state=TurnState.ANSWERED if answer else _STATES.get(type(self._error), TurnState.FAILED),
            answer=text,
            body=stored if stored and len(stored) <= _MOST_BODY_BYTES else None,
            problem=problem_of(self._error).model_dump_json() if self._error else None,
            version_ids=self.version_ids,
        )

    def _partial(self) -> PartialBody | None:
        if self._sources is None:
            return None
        sources = SourcesBody.model_validate(self._sources).sources
        sentences = [SentenceBody.model_validate(each) for each in self._sentences]
        return PartialBody(sources=sources, text=self._text, sentences=sentences)


def _same(one: str, other: str) -> bool:
    return one.split() == other.split()
