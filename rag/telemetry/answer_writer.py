"""Remembers answered questions in the catalogue, behind their back, so that feedback can be tied to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from rag.answers import Answer, Question
from rag.catalog.answers import AnswerLog, AnswerRecord, CitedQuote
from rag.telemetry.background_writer import KEPT, PAUSE_SECONDS, BackgroundWriter
from rag.telemetry.recorder import Operation, Outcome, Work

_ANSWERS = frozenset({Operation.ASK, Operation.SHADOW})


class AnswerWriter(BackgroundWriter[AnswerRecord]):
    """An observer that writes a record of each answer; ``experiment`` is the one that runs."""

    def __init__(
        self, log: AnswerLog, *, experiment: str | None, kept: int = KEPT, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        super().__init__(log.add, what="record", kept=kept, pause_seconds=pause_seconds)
        self._log = log
        self._experiment = experiment

    def begin(self, work: Work) -> Callable[[Outcome], None]:
        """Nothing to do until there is an answer."""

        def end(outcome: Outcome) -> None:
            if outcome.answer is not None and work.question is not None and work.operation in _ANSWERS:
                self.add(self._record(work.question, outcome.answer, work.shadow_of))

        return end

    def _record(self, question: Question, answer: Answer, shadow_of: str | None) -> AnswerRecord:
        receipt, usage = answer.receipt, answer.receipt.usage
        return AnswerRecord(
            request_id=receipt.request_id,
            tenant=question.scope.tenant,
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
        )


def _citations(answer: Answer) -> tuple[CitedQuote, ...]:
    """Returns every quote once, in the order of the sentences that rest on it."""
    names = {passage.hit.chunk.document_id: passage.hit.chunk.name for passage in answer.passages}
    cited = [citation for sentence in answer.sentences for citation in sentence.citations]
    quotes = (
        CitedQuote(document_id=each.document_id, document=names[each.document_id], quote=each.quote) for each in cited
    )
    return tuple(dict.fromkeys(quotes))


def _versions(answer: Answer) -> frozenset[str]:
    return frozenset(passage.hit.chunk.version_id for passage in answer.passages)
