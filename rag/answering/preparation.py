"""Gathers what an answer is written from: passages that bear on the question, and the answer in their own words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from rag.answering.abstention import AbstentionGate, Assessment
from rag.answering.question_search import QuestionSearch
from rag.answers import AbstentionReason, Composed, Condensed, Question, Shape
from rag.composition.composer import Composer
from rag.errors import SourcesChangedError
from rag.guard.guard import Guard
from rag.guard.verdict import Inspected
from rag.retrieval.search import HybridSearch, SearchSteps
from rag.stages import Compressor
from rag.telemetry.recorder import Recorder
from rag.types import Context, Hit, Passage

_MOST_SEARCHES = 10
"""How many times a question is searched for while documents that it found are replaced or deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is known of a question before its answer is written; ``is_quoted``: ``composed`` is the answer."""

    search_query: str
    assessment: Assessment
    inspected: Inspected
    composed: Composed | None
    is_quoted: bool

    @property
    def context(self) -> Context:
        """The passages that may be shown and cited."""
        return self.inspected.context

    @property
    def shape(self) -> Shape:
        """The form of the answer, which a model is asked for, too."""
        if self.composed is None or (self.composed.shape is Shape.REFUSAL and not self.is_quoted):
            return Shape.PASSAGE
        return self.composed.shape


class Preparation:
    """Searches, assesses, compresses and composes. ``quotes`` tells whether no model would write now."""

    def __init__(
        self,
        question_search: QuestionSearch,
        *,
        search: HybridSearch,
        gate: AbstentionGate,
        compressor: Compressor,
        composer: Composer,
        guard: Guard,
        quotes: Callable[[], bool],
        limit: int,
    ) -> None:
        self._question_search = question_search
        self._search = search
        self._gate = gate
        self._compressor = compressor
        self._composer = composer
        self._guard = guard
        self._quotes = quotes
        self._limit = limit

    async def find_visible(
        self, question: Question, standalone: Condensed, recorder: Recorder, limit: int | None
    ) -> tuple[Condensed, SearchSteps]:
        """Returns the question as it was read, and what was found: again if a hit was replaced during the search.

        Raises:
            IndexUnavailableError: the index does not answer.
            SourcesChangedError: documents that were found were replaced or deleted again and again.
        """
        for _ in range(_MOST_SEARCHES):
            chosen, found = await self._question_search.find(question, standalone, recorder, limit=limit or self._limit)
            if await self.still_visible(question, found.hits):
                return chosen, found
        raise SourcesChangedError

    async def prepare(self, question: Question, standalone: Condensed, recorder: Recorder) -> Prepared:
        """Searches, assesses, compresses and composes; again if a hit was replaced or deleted during that.

        Raises:
            IndexUnavailableError: the index does not answer.
            SourcesChangedError: documents that were found were replaced or deleted again and again.
        """
        for _ in range(_MOST_SEARCHES):
            chosen, steps = await self._question_search.find(question, standalone, recorder, limit=self._limit)
            hits = steps.hits
            composed = await self._compose(question, chosen, steps, recorder)
            composed = await asyncio.to_thread(self._guard.quotable, question, composed)
            assessment = await self._assess(question, chosen, hits, recorder, composed)
            context = await self._compress(chosen.text, hits, recorder)
            is_quoted = composed is not None and (self._quotes() or composed.needs_no_model)
            is_certain = composed is not None and composed.certain and not assessment.lacks_name
            if composed is not None and is_quoted and (assessment.reason is None or is_certain):
                assessment = replace(assessment, reason=None)
            elif assessment.reason is None and self._quotes():
                assessment = replace(assessment, reason=AbstentionReason.WEAK_SUPPORT)
            if composed is not None and assessment.reason is None and (is_quoted or composed.tables):
                context = replace(context, passages=_joined(composed.passages, context.passages))
            inspected = await self._inspect(question, context, composed, hits, recorder)
            cited = [passage.hit for passage in context.passages]
            if await self.still_visible(question, [*hits, *cited]):
                return Prepared(
                    search_query=chosen.text,
                    assessment=assessment,
                    inspected=inspected,
                    composed=composed,
                    is_quoted=is_quoted,
                )
        raise SourcesChangedError

    async def still_visible(self, question: Question, hits: Sequence[Hit]) -> bool:
        """Returns whether all hits may still be shown.

        Asked right before anything goes out: a document that was deleted since the search must not be in it.
        """
        return await self._search.all_visible(question, hits)

    async def _assess(
        self,
        question: Question,
        standalone: Condensed,
        hits: tuple[Hit, ...],
        recorder: Recorder,
        composed: Composed | None,
    ) -> Assessment:
        with recorder.stage("assess", count_in=len(hits)) as stage:
            if not hits:
                chosen = question.filter
                # With a filter nothing is found where it means no document, whatever the collection holds.
                if chosen.document_ids is not None:
                    chunks = bool(chosen.document_ids) or not chosen.is_whole
                else:
                    chunks = bool(await self._search.index.count(question.scope))
                reason = AbstentionReason.NOTHING_FOUND if chunks else AbstentionReason.EMPTY_COLLECTION
                return Assessment(confidence=0.0, reason=reason)
            answer = "\n".join(sentence.text for sentence in composed.sentences) if composed else ""
            assessment = await asyncio.to_thread(
                self._gate.assess, standalone.text, hits, new=standalone.new, answer=answer
            )
            if standalone.agreed:
                assessment = replace(assessment, reason=None)
            stage.count_out = 0 if assessment.reason else len(hits)
        return assessment

    async def _compress(self, search_query: str, hits: tuple[Hit, ...], recorder: Recorder) -> Context:
        with recorder.stage("compress", count_in=len(hits)) as stage:
            context = await asyncio.to_thread(self._compressor.compress, search_query, hits)
            stage.count_out = len(context.passages)
        return context

    async def _inspect(
        self,
        question: Question,
        context: Context,
        composed: Composed | None,
        hits: Sequence[Hit],
        recorder: Recorder,
    ) -> Inspected:
        with recorder.stage("guard", count_in=len(context.passages)) as stage:
            tables = composed.tables if composed else ()
            inspected = await asyncio.to_thread(self._guard.inspect, question, context, tables=tables, found=hits)
            stage.count_out = len(inspected.context.passages)
        return inspected

    async def _compose(
        self, question: Question, query: Condensed, steps: SearchSteps, recorder: Recorder
    ) -> Composed | None:
        with recorder.stage("compose", count_in=len(steps.hits)) as stage:
            passages = [Passage(number=number, hit=hit, kept=()) for number, hit in enumerate(steps.hits, start=1)]
            composed = await asyncio.to_thread(
                self._composer.compose,
                query.text,
                passages,
                scope=question.scope,
                alone=(query.alone or question.text) if query.is_joined else "",
                said=query.said,
                found=steps.fused,
                allows=question.filter.allows,
                on_failure=partial(recorder.degrade, "compose"),
            )
            stage.count_out = len(composed.sentences) if composed else 0
        return composed


def _joined(cited: Sequence[Passage], others: Sequence[Passage]) -> tuple[Passage, ...]:
    """Returns the passages that an answer cites, with their numbers, and behind them the others that were chosen."""
    kept = {passage.hit.chunk.chunk_id: passage.kept for passage in others}
    first = [
        replace(passage, kept=tuple(sorted({*passage.kept, *kept.pop(passage.hit.chunk.chunk_id, ())})))
        for passage in cited
    ]
    left = [passage for passage in others if passage.hit.chunk.chunk_id in kept]
    return (*first, *(replace(passage, number=number) for number, passage in enumerate(left, start=len(first) + 1)))
