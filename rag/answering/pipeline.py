"""How a question becomes an answer: one line a stage, Protocols only."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass, field, replace

from rag.answering.abstention import AbstentionGate, Assessment
from rag.answers import (
    AbstentionReason,
    Answer,
    AnswerEvent,
    AnswerSentence,
    GenerationRequest,
    Question,
    Receipt,
    Sources,
    Turn,
    Verification,
    WrittenBy,
)
from rag.errors import (
    EmptyQuestionError,
    QuestionTooLongError,
    SourcesChangedError,
)
from rag.generation.follow_up import LexicalCondenser
from rag.retrieval.search import Found, HybridSearch
from rag.settings import IndexBackend, Settings
from rag.stages import Compressor, Condenser, Generator
from rag.telemetry.recorder import CacheCounts, Recorder
from rag.types import Context, Hit
from rag.verification.checker import SupportChecker
from rag.verification.writer import Draft, VerifiedWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Ranked hits and how they were found; ``found`` is what each step made of the question."""

    hits: tuple[Hit, ...]
    found: Found
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """What the pipeline is made of. ``fallback`` writes the answer when ``generator`` cannot.

    ``attended`` is entered for as long as questions are answered: what it watches over is ready then.
    """

    search: HybridSearch
    gate: AbstentionGate
    compressor: Compressor
    generator: Generator
    fallback: Generator
    checker: SupportChecker
    condenser: Condenser = field(default_factory=LexicalCondenser)
    attended: Callable[[], AbstractAsyncContextManager[None]] = nullcontext


class Pipeline:
    """Answers questions. One instance serves all requests."""

    def __init__(
        self,
        stages: Stages,
        settings: Settings,
        *,
        drop_caches: Callable[[], None] = lambda: None,
        caches: Mapping[str, CacheCounts] | None = None,
    ) -> None:
        self._stages = stages
        self._settings = settings
        self._writer = VerifiedWriter(
            generator=stages.generator,
            fallback=stages.fallback,
            checker=stages.checker,
            on_unsupported=settings.generation.on_unsupported,
        )
        self.drop_caches = drop_caches
        self.caches = caches or {}
        self.attended = stages.attended
        self._searching = asyncio.Semaphore(_searches_at_once(settings))

    @property
    def writer(self) -> str:
        """Who would write an answer now."""
        return self._stages.generator.name

    @property
    def checker(self) -> SupportChecker:
        """What checks the sentences of an answer."""
        return self._stages.checker

    async def search(
        self, question: Question, *, limit: int | None = None, recorder: Recorder | None = None
    ) -> SearchResult:
        """Returns the best passages, without an answer.

        Raises:
            RequestError: the question is empty or too long.
            IndexUnavailableError: the index does not answer.
        """
        recorder = recorder or Recorder()
        query = await self._guard(question, recorder)
        async with self._searching:
            found = await self._find(question, query, recorder, limit)
            while not await self._still_visible(question, found.hits):
                found = await self._find(question, query, recorder, limit)
        return SearchResult(hits=found.hits, found=found, receipt=self._receipt(question, query, recorder))

    async def answer(
        self, question: Question, *, recorder: Recorder | None = None
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Streams sources, text, checked sentences and, last, the whole answer with its receipt.

        To close it is to stop whoever writes.

        Raises:
            RequestError: the question is empty or too long.
            IndexUnavailableError: the index does not answer.
            GeneratorError: the generator failed after it had begun to write.
            SourcesChangedError: a source was replaced or deleted while the answer was written.
        """
        recorder = recorder or Recorder()
        query = await self._guard(question, recorder)
        async with self._searching:
            assessment, context = await self._prepare(question, query, recorder)
        yield Sources(passages=context.passages)
        draft = Draft(writer=WrittenBy(generator=self._stages.generator.name, prompt=None))
        cited = [passage.hit for passage in context.passages]
        if assessment.reason is None:
            request = GenerationRequest(
                question=question.text,
                passages=context.passages,
                history=tuple(self._recent(question)),
                tenant=question.scope.tenant,
                confidence=assessment.confidence,
            )
            async with aclosing(self._writer.write(request, draft, recorder)) as events:
                async for event in events:
                    if isinstance(event, AnswerSentence) and not await self._still_visible(question, cited):
                        raise SourcesChangedError
                    yield event
        yield Answer(
            text="".join(draft.text) if draft.sentences else "",
            sentences=tuple(draft.sentences),
            passages=context.passages,
            abstention=assessment.reason or draft.abstention,
            receipt=self._receipt(question, query, recorder, context=context, draft=draft),
        )

    async def _prepare(self, question: Question, query: str, recorder: Recorder) -> tuple[Assessment, Context]:
        """Chooses the passages, anew if one of them was replaced or deleted while they were being chosen."""
        while True:
            hits = (await self._find(question, query, recorder)).hits
            assessment = await self._assess(question, query, hits, recorder)
            context = await self._compress(query, hits, recorder)
            if await self._still_visible(question, hits):
                return assessment, context

    async def _find(self, question: Question, query: str, recorder: Recorder, limit: int | None = None) -> Found:
        chosen = limit or self._settings.retrieval.limit
        return await self._stages.search.find(question, query, recorder, limit=chosen)

    async def _still_visible(self, question: Question, hits: Sequence[Hit]) -> bool:
        """Looks again, right before something goes out: what was deleted meanwhile must not be in it."""
        return await self._stages.search.all_visible(question.scope.tenant, hits)

    async def _guard(self, question: Question, recorder: Recorder) -> str:
        limit = self._settings.limits.question_characters
        if len(question.text) > limit:
            raise QuestionTooLongError(characters=len(question.text), limit=limit)
        if not question.text.strip():
            raise EmptyQuestionError
        query = await self._condense(question, recorder)
        if len(query) > limit:
            recorder.degrade("condense", f"Only the last {limit:,} characters of the resolved question are searched.")
        return query[-limit:]

    async def _condense(self, question: Question, recorder: Recorder) -> str:
        recent = replace(question, history=tuple(self._recent(question)))
        if len(recent.history) < len(question.history):
            recorder.degrade("condense", f"Only the last {len(recent.history)} earlier turns are read.")
        if not recent.history:
            return question.text
        with recorder.stage("condense", count_in=len(recent.history)) as stage:
            condensed = await self._stages.condenser.condense(recent)
            stage.count_out = 1
        if condensed.degraded:
            recorder.degrade(condensed.degraded.stage, condensed.degraded.reason)
        return condensed.text

    def _recent(self, question: Question) -> Sequence[Turn]:
        return question.history[max(0, len(question.history) - self._settings.limits.history_turns) :]

    async def _assess(self, question: Question, query: str, hits: tuple[Hit, ...], recorder: Recorder) -> Assessment:
        with recorder.stage("assess", count_in=len(hits)) as stage:
            if not hits:
                chunks = await self._stages.search.index.count(question.scope)
                reason = AbstentionReason.NOTHING_FOUND if chunks else AbstentionReason.EMPTY_COLLECTION
                return Assessment(confidence=0.0, reason=reason)
            assessment = await asyncio.to_thread(self._stages.gate.assess, query, hits)
            stage.count_out = 0 if assessment.reason else len(hits)
        return assessment

    async def _compress(self, query: str, hits: tuple[Hit, ...], recorder: Recorder) -> Context:
        with recorder.stage("compress", count_in=len(hits)) as stage:
            context = await asyncio.to_thread(self._stages.compressor.compress, query, hits)
            stage.count_out = len(context.passages)
        return context

    def _receipt(
        self,
        question: Question,
        query: str,
        recorder: Recorder,
        *,
        context: Context | None = None,
        draft: Draft | None = None,
    ) -> Receipt:
        stages = self._stages
        reranker = stages.search.reranker_of(question.scope.collection)
        if reranker.name == "none":
            recorder.degrade("rerank", "No cross-encoder is configured; the fused order was used.")
        writer = draft.writer if draft else WrittenBy(generator=stages.generator.name, prompt=None)
        return Receipt(
            request_id=recorder.request_id,
            search_query=query,
            generator=writer.generator,
            prompt=writer.prompt,
            encoder=stages.search.encoder.name,
            reranker=reranker.name,
            index=stages.search.index.name,
            stages=recorder.stages,
            context_tokens_before=context.tokens_before if context else 0,
            context_tokens_after=context.tokens_after if context else 0,
            usage=draft.usage if draft else None,
            first_token_milliseconds=recorder.first_token_milliseconds,
            total_milliseconds=recorder.total_milliseconds,
            degraded=recorder.degraded,
            verification=draft.verification if draft else Verification(),
        )


def _searches_at_once(settings: Settings) -> int:
    """Returns how many questions may be searched for at a time.

    With an embedded index all of a search is work for a processor: more at once than there are processors make none
    faster, and hold up the event loop, for each wants the interpreter's lock.
    """
    if settings.index.backend is IndexBackend.EDGE:
        return max(2, os.cpu_count() or 1)
    return settings.limits.concurrent_questions
