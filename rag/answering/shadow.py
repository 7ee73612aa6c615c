"""Answers some questions once more, in the background and with the other configuration, for nobody to see."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from contextvars import Context
from dataclasses import replace

from rag.answering.trial import TrialAnswering
from rag.answers import Answer, Arm, Question
from rag.errors import CitewellError
from rag.telemetry.recorder import Observer, Operation, Outcome, Work, watched

_LOG = logging.getLogger(__name__)


class ShadowRunner:
    """An observer that begins where an answer ends; what it is told of while it is busy is left out, and counted.

    Answers from the cache have no shadow: what they cost and how long they took could not be compared.

    Args:
        answering: what answers now; an index may be replaced meanwhile.
        observers: are told of the answers that nobody sees, as of ``Operation.SHADOW``.
    """

    def __init__(
        self, answering: Callable[[], TrialAnswering | None], *, concurrency: int, observers: Sequence[Observer]
    ) -> None:
        self._answering = answering
        self._concurrency = concurrency
        self._observers = observers
        self._running: set[asyncio.Task[None]] = set()
        self.left_out = 0

    def begin(self, work: Work) -> Callable[[Outcome], None]:
        """Nothing to do until there is an answer."""

        def end(outcome: Outcome) -> None:
            asked, answer, answering = work.question, outcome.answer, self._answering()
            if work.operation is not Operation.ASK or asked is None or answer is None or answering is None:
                return
            if not answer.receipt.cached and answering.experiment.arm_of(asked) is Arm.TREATMENT:
                self._start(answering, asked, answer.receipt.request_id)

        return end

    @property
    def busy(self) -> bool:
        """Whether a shadow is being written."""
        return bool(self._running)

    async def close(self) -> None:
        """Gives up what runs."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _start(self, answering: TrialAnswering, question: Question, request_id: str) -> None:
        if len(self._running) >= self._concurrency:
            self.left_out += 1
            return
        # A context of its own: it is a request of its own, with its own id.
        task = asyncio.create_task(self._run(answering, question, request_id), name="shadow", context=Context())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, answering: TrialAnswering, question: Question, request_id: str) -> None:
        work = Work(operation=Operation.SHADOW, tenant=question.scope.tenant, question=question, shadow_of=request_id)
        try:
            with watched(self._observers, work) as watch:
                events = answering.treatment.pipeline.answer(question, recorder=watch.recorder)
                async with aclosing(events):
                    async for event in events:
                        if isinstance(event, Answer):
                            receipt = replace(event.receipt, arm=Arm.TREATMENT)
                            watch.finish(answer=replace(event, receipt=receipt))
        except CitewellError as error:
            _LOG.warning("the shadow of answer %s is missing: %s", request_id, error)
