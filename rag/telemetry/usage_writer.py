"""Writes what answers used into the catalogue, behind their back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from rag.answers import Answer, Question
from rag.catalog.usage import UsageLedger, UsageRecord
from rag.telemetry.background_writer import KEPT, PAUSE_SECONDS, BackgroundWriter
from rag.telemetry.recorder import Outcome, Work


class UsageWriter(BackgroundWriter[UsageRecord]):
    """An observer that writes a record of each answer."""

    def __init__(self, ledger: UsageLedger, *, kept: int = KEPT, pause_seconds: float = PAUSE_SECONDS) -> None:
        super().__init__(ledger.add, what="usage", kept=kept, pause_seconds=pause_seconds)
        self._ledger = ledger

    def begin(self, work: Work) -> Callable[[Outcome], None]:
        """Nothing to do until there is an answer."""

        def end(outcome: Outcome) -> None:
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
