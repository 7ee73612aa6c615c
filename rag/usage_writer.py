"""Writes what answers used into the catalogue, behind their back: no answer waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from itertools import islice

from rag.answers import Answer, Question
from rag.catalog.usage import UsageLedger, UsageRecord
from rag.errors import CitewellError
from rag.observability import Outcome, Work

_LOG = logging.getLogger(__name__)
_KEPT = 10_000
_BATCH = 500
_PAUSE_SECONDS = 1.0


class UsageWriter:
    """An observer with a task of its own, within one event loop.

    While the catalogue does not answer, records wait, up to a bound; those that find no room are counted as dropped,
    and the log tells of them. Only a process that is killed takes what waits, a fraction of a second's, with it.
    """

    def __init__(self, ledger: UsageLedger, *, kept: int = _KEPT, pause_seconds: float = _PAUSE_SECONDS) -> None:
        self._ledger = ledger
        self._kept = kept
        self._pause_seconds = pause_seconds
        self._waiting: deque[UsageRecord] = deque()
        self._news = asyncio.Event()
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.written = 0
        self.dropped = 0

    def begin(self, work: Work) -> Callable[[Outcome], None]:
        """Nothing to do until there is an answer."""

        def end(outcome: Outcome) -> None:
            if outcome.answer is not None and work.question is not None:
                self._add(self._record(work.question, outcome.answer))

        return end

    def start(self) -> None:
        """Begins to write."""
        self._task = asyncio.create_task(self._run(), name="usage")

    async def close(self) -> None:
        """Writes what waits, with one more try, and ends."""
        self._closing.set()
        self._news.set()
        if self._task is not None:
            await self._task
        try:
            await self._write_all()
        except CitewellError as error:
            self.dropped += len(self._waiting)
            _LOG.error("the usage of %d answers is lost, the catalogue cannot take it: %s", len(self._waiting), error)

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

    def _add(self, record: UsageRecord) -> None:
        if len(self._waiting) >= self._kept:
            self.dropped += 1
            _LOG.error("the usage of request %s is lost: %d records wait already", record.request_id, self._kept)
            return
        self._waiting.append(record)
        self._news.set()

    async def _run(self) -> None:
        while not self._closing.is_set():
            await self._news.wait()
            self._news.clear()
            try:
                await self._write_all()
            except CitewellError as error:
                _LOG.warning("the usage of %d answers waits for the catalogue: %s", len(self._waiting), error)
                self._news.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pause_seconds):
                        await self._closing.wait()

    async def _write_all(self) -> None:
        while self._waiting:
            batch = list(islice(self._waiting, _BATCH))
            try:
                await asyncio.to_thread(self._ledger.add, batch)
                self.written += len(batch)
            except CitewellError:
                raise
            except Exception:  # noqa: BLE001 - these records are at fault, and those behind them must not suffer for it
                self.dropped += len(batch)
                _LOG.exception("the usage of %d answers is lost: the catalogue refuses it", len(batch))
            for _ in batch:
                self._waiting.popleft()
