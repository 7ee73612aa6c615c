"""A pipeline that tells observers of each question: metrics, traces and accounts see the same, in one place."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from rag.answers import Answer, AnswerEvent, Question, TextDelta
from rag.observability import Observer, Operation, Work, watched
from rag.pipeline import Pipeline, SearchResult


class ObservedPipeline:
    """What requests use. It adds nothing to an answer, and lets go of the pipeline when a client goes away."""

    def __init__(self, pipeline: Pipeline, observers: Sequence[Observer]) -> None:
        self._pipeline = pipeline
        self._observers = observers

    async def search(self, question: Question, *, limit: int | None = None) -> SearchResult:
        """Returns what the pipeline finds.

        Raises:
            RequestError: the question is empty or too long.
            IndexUnavailableError: the index does not answer.
        """
        with watched(self._observers, _work(Operation.SEARCH, question)) as watch:
            return await self._pipeline.search(question, limit=limit, recorder=watch.recorder)

    async def answer(self, question: Question) -> AsyncGenerator[AnswerEvent, None]:
        """Yields the pipeline's events; the observers know of the answer right before it goes out.

        Raises:
            RequestError: the question is empty or too long.
            DependencyError: a part that is needed does not answer.
            SourcesChangedError: a source was replaced or deleted while the answer was written.
        """
        last_word: float | None = None
        with watched(self._observers, _work(Operation.ASK, question)) as watch:
            async with aclosing(self._pipeline.answer(question, recorder=watch.recorder)) as events:
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
