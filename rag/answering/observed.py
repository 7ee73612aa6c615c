"""A pipeline that tells observers of each question: metrics, traces and accounts see the same, in one place."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from rag.answering.pipeline import SearchResult
from rag.answering.service import Answering
from rag.answering.trial import TrialAnswering
from rag.answers import Answer, AnswerEvent, Question, TextDelta
from rag.telemetry.recorder import Observer, Operation, Work, watched
from rag.verification.checker import SupportChecker


class ObservedPipeline:
    """What requests use. It adds nothing to an answer, and lets go of the pipeline when a client goes away."""

    def __init__(self, answering: Answering | TrialAnswering, observers: Sequence[Observer]) -> None:
        self._answering = answering
        self._observers = observers

    @property
    def checker(self) -> SupportChecker:
        """What checks the sentences of an answer."""
        return self._answering.pipeline.checker

    async def search(self, question: Question, *, limit: int | None = None) -> SearchResult:
        """Returns what the pipeline finds.

        Raises:
            RequestError: the question is empty or too long.
            IndexUnavailableError: the index does not answer.
        """
        with watched(self._observers, _work(Operation.SEARCH, question)) as watch:
            return await self._answering.pipeline.search(question, limit=limit, recorder=watch.recorder)

    async def answer(self, question: Question, *, fresh: bool = False) -> AsyncGenerator[AnswerEvent, None]:
        """Yields the events, and tells observers of the answer right before it goes out; ``fresh`` uses no kept answer.

        Raises:
            RequestError: the question is empty or too long.
            DependencyError: a part that is needed does not answer.
            SourcesChangedError: a source was replaced or deleted while the answer was written.
        """
        last_word: float | None = None
        with watched(self._observers, _work(Operation.ASK, question)) as watch:
            async with aclosing(self._answering.answer(question, fresh=fresh, recorder=watch.recorder)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        last_word = watch.recorder.total_milliseconds
                    elif isinstance(event, Answer):
                        first_word = event.receipt.first_token_milliseconds
                        writing = last_word - first_word if last_word is not None and first_word is not None else 0.0
                        watch.finish(answer=event, writing_milliseconds=writing)
                    yield event


def _work(operation: Operation, question: Question) -> Work:
    return Work(operation=operation, tenant=question.scope.tenant, question=question)
