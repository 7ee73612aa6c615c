"""Writes records to the catalogue in the background, so that no answer waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from typing import Generic, TypeVar

from rag.answers import Answer, Question
from rag.catalog.answers import AnswerLog, AnswerRecord, CitedQuote
from rag.catalog.usage import UsageLedger, UsageRecord
from rag.errors import CitewellError
from rag.telemetry.recorder import Operation, Work, WorkOutcome

_LOG = logging.getLogger(__name__)
_CAPACITY = 10_000
_BATCH = 500
_PAUSE_SECONDS = 1.0
_ANSWERS = frozenset({Operation.ASK, Operation.SHADOW})

Record = TypeVar("Record")


class BackgroundWriter(Generic[Record]):
    """A queue of records and a task that writes them in batches, within one event loop.

    While the catalogue does not answer, up to ``capacity`` records wait; further ones are dropped, counted and logged.
    A killed process loses the waiting records, those of a fraction of a second.

    Args:
        write: writes a batch in one transaction; it blocks.
        what: the noun for records in the log, in the plural.
        gather_seconds: for so long records are collected before they are written, so that fewer writes disturb.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Record]], None],
        *,
        what: str,
        capacity: int = _CAPACITY,
        pause_seconds: float = _PAUSE_SECONDS,
        gather_seconds: float = 0.0,
    ) -> None:
        self._write = write
        self._what = what
        self._capacity = capacity
        self._pause_seconds = pause_seconds
        self._gather_seconds = gather_seconds
        self._waiting: deque[Record] = deque()
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self.written = 0
        self.dropped = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self._what)

    def add(self, record: Record) -> None:
        """Adds a record to the queue, without waiting."""
        if len(self._waiting) >= self._capacity:
            self.dropped += 1
            _LOG.error("one of the %s is lost: %d wait already", self._what, self._capacity)
            return
        self._waiting.append(record)
        self._wake.set()

    async def flush(self) -> None:
        """Writes all waiting records.

        Raises:
            CatalogUnavailableError: the catalogue does not answer; the records stay in the queue.
        """
        async with self._writing:
            while self._waiting:
                await self._write_batch(list(islice(self._waiting, _BATCH)))

    async def close(self) -> None:
        """Writes the waiting records, with one more attempt, and ends the task."""
        self._closing.set()
        self._wake.set()
        if self._task is not None:
            await self._task
        try:
            await self.flush()
        except CitewellError as error:
            self.dropped += len(self._waiting)
            lost = len(self._waiting)
            _LOG.error("%d %s are lost, the catalogue cannot take them: %s", lost, self._what, error)

    async def _run(self) -> None:
        while not self._closing.is_set():
            await self._wake.wait()
            self._wake.clear()
            await self._pause(self._gather_seconds)
            try:
                await self.flush()
            except CitewellError as error:
                waiting = len(self._waiting)
                _LOG.warning("%d %s wait for the catalogue: %s", waiting, self._what, error)
                self._wake.set()
                await self._pause(self._pause_seconds)

    async def _pause(self, seconds: float) -> None:
        """Waits, but not beyond the beginning of ``close``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _write_batch(self, batch: Sequence[Record]) -> None:
        try:
            await asyncio.to_thread(self._write, batch)
            self.written += len(batch)
        except CitewellError:
            raise
        except Exception:  # noqa: BLE001 - drops the records at fault, so that later ones can be written
            self.dropped += len(batch)
            _LOG.exception("%d %s are lost: the catalogue refuses them", len(batch), self._what)
        for _ in batch:
            self._waiting.popleft()


class UsageWriter(BackgroundWriter[UsageRecord]):
    """An observer that writes a usage record of each answer."""

    def __init__(
        self, ledger: UsageLedger, *, capacity: int = _CAPACITY, pause_seconds: float = _PAUSE_SECONDS
    ) -> None:
        super().__init__(ledger.add, what="usage records", capacity=capacity, pause_seconds=pause_seconds)
        self._ledger = ledger

    def begin(self, work: Work) -> Callable[[WorkOutcome], None]:
        def end(outcome: WorkOutcome) -> None:
            if outcome.answer is not None and work.question is not None:
                self.add(self._record(work.question, outcome.answer))

        return end

    def _record(self, question: Question, answer: Answer) -> UsageRecord:
        receipt, usage = answer.receipt, answer.receipt.usage
        return UsageRecord(
            request_id=receipt.request_id,
            answered_at=self._ledger.now(),
            tenant=question.scope.tenant,
            collection=question.scope.collection,
            endpoint=usage.endpoint if usage else None,
            model=usage.model if usage else receipt.generator,
            prompt=receipt.prompt,
            prompt_tokens=usage.prompt_tokens if usage else 0,
            cached_prompt_tokens=usage.cached_prompt_tokens if usage else 0,
            completion_tokens=usage.completion_tokens if usage else 0,
            cost=None if usage is None or usage.cost is None else Decimal(str(usage.cost)),
            currency=usage.currency if usage else None,
            abstained=answer.abstention is not None,
            degraded=bool(receipt.degraded),
            cached=receipt.cached,
        )


class AnswerWriter(BackgroundWriter[AnswerRecord]):
    """An observer that writes a record of each answer, with the name of the running ``experiment``."""

    def __init__(
        self,
        log: AnswerLog,
        *,
        experiment: str | None,
        capacity: int = _CAPACITY,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        super().__init__(log.add, what="answer records", capacity=capacity, pause_seconds=pause_seconds)
        self._log = log
        self._experiment = experiment

    def begin(self, work: Work) -> Callable[[WorkOutcome], None]:
        def end(outcome: WorkOutcome) -> None:
            if outcome.answer is not None and work.question is not None and work.operation in _ANSWERS:
                self.add(self._record(work.question, outcome.answer, work.shadow_of))

        return end

    def _record(self, question: Question, answer: Answer, shadow_of: str | None) -> AnswerRecord:
        receipt, usage = answer.receipt, answer.receipt.usage
        return AnswerRecord(
            request_id=receipt.request_id,
            tenant=question.scope.tenant,
            asked_by=question.asker.user_id if question.asker else "",
            collection=question.scope.collection,
            question=question.text,
            answer=answer.text,
            citations=_citations(answer),
            version_ids=_versions(answer) if answer.text else frozenset(),
            abstention=answer.abstention,
            cached=receipt.cached,
            experiment=self._experiment if receipt.arm else None,
            arm=receipt.arm,
            shadow_of=shadow_of,
            asked_at=self._log.now() - timedelta(milliseconds=receipt.total_milliseconds),
            milliseconds=receipt.total_milliseconds,
            cost=None if usage is None or usage.cost is None else Decimal(str(usage.cost)),
            currency=usage.currency if usage else None,
            sentences=answer.sentences,
        )


def _citations(answer: Answer) -> tuple[CitedQuote, ...]:
    """Returns each quote once, in the order of the sentences that cite it."""
    names = {passage.hit.chunk.document_id: passage.hit.chunk.name for passage in answer.passages}
    cited = [citation for sentence in answer.sentences for citation in sentence.citations]
    quotes = (
        CitedQuote(document_id=each.document_id, document=names[each.document_id], quote=each.quote) for each in cited
    )
    return tuple(dict.fromkeys(quotes))


def _versions(answer: Answer) -> frozenset[str]:
    return frozenset(passage.hit.chunk.version_id for passage in answer.passages)
