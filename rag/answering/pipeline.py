"""Turns a question into an answer, stage by stage, knowing only the Protocols of the stages."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass, field, replace

from rag.answering.abstention import AbstentionGate, Assessment
from rag.answering.question_search import QuestionSearch
from rag.answers import (
    AbstentionReason,
    Answer,
    AnswerEvent,
    AnswerSentence,
    Composed,
    Condensed,
    GenerationRequest,
    Question,
    Receipt,
    Shape,
    Sources,
    Turn,
    Verification,
    WrittenBy,
)
from rag.composition.composer import Composer
from rag.errors import (
    EmptyQuestionError,
    QuestionTooLongError,
    SourcesChangedError,
)
from rag.generation.follow_up import LexicalCondenser
from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.search import HybridSearch, SearchSteps
from rag.settings import IndexBackend, Settings
from rag.stages import Compressor, Condenser, Generator, Tokenizer
from rag.telemetry.recorder import CacheCounts, Recorder
from rag.types import Context, Hit, Passage
from rag.verification.checker import SupportChecker
from rag.verification.stream import Draft
from rag.verification.writer import VerifiedWriter

_MOST_SEARCHES = 10
"""How many times a question is searched for while documents that it found are replaced or deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Ranked hits and their receipt; ``found`` holds the result of each step of the search."""

    hits: tuple[Hit, ...]
    found: SearchSteps
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The parts of a pipeline. ``fallback`` gives what ``composer`` composed when ``generator`` cannot write.

    ``health_checked`` returns the context in which questions are answered.
    """

    search: HybridSearch
    gate: AbstentionGate
    compressor: Compressor
    generator: Generator
    fallback: Generator
    composer: Composer
    checker: SupportChecker
    scorer: EvidenceScorer
    tokenizer: Tokenizer
    condenser: Condenser = field(default_factory=LexicalCondenser)
    health_checked: Callable[[], AbstractAsyncContextManager[None]] = nullcontext


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
        self._quoter = VerifiedWriter(
            generator=stages.fallback,
            fallback=stages.fallback,
            checker=stages.checker,
            on_unsupported=settings.generation.on_unsupported,
        )
        self._question_search = QuestionSearch(
            stages.search, gate=stages.gate, scorer=stages.scorer, tokenizer=stages.tokenizer
        )
        self.drop_caches = drop_caches
        self.caches = caches or {}
        self.health_checked = stages.health_checked
        self._searching = asyncio.Semaphore(_searches_at_once(settings))

    @property
    def writer(self) -> str:
        """The name of the generator that would write an answer now."""
        return self._stages.generator.name

    @property
    def checker(self) -> SupportChecker:
        """The checker of an answer's sentences."""
        return self._stages.checker

    async def search(
        self, question: Question, *, limit: int | None = None, recorder: Recorder | None = None
    ) -> SearchResult:
        """Returns the best passages, without an answer.

        Raises:
            RequestError: the question is empty or too long.
            IndexUnavailableError: the index does not answer.
            SourcesChangedError: documents that were found were replaced or deleted again and again.
        """
        self._validate(question)
        recorder = recorder or Recorder()
        standalone = await self._standalone_query(question, recorder)
        async with self._searching:
            standalone, found = await self._find_visible(question, standalone, recorder, limit)
        self._report_missing_reranker(question, recorder)
        return SearchResult(hits=found.hits, found=found, receipt=self._receipt(question, standalone.text, recorder))

    async def answer(
        self, question: Question, *, recorder: Recorder | None = None
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Streams sources, text, checked sentences and, last, the whole answer with its receipt.

        Closing the stream stops the generator.

        Raises:
            RequestError: the question is empty or too long.
            IndexUnavailableError: the index does not answer.
            GeneratorError: the generator failed after its first word.
            SourcesChangedError: a source was replaced or deleted while the answer was written.
        """
        self._validate(question)
        recorder = recorder or Recorder()
        standalone = await self._standalone_query(question, recorder)
        async with self._searching:
            chosen = await self._choose_passages(question, standalone, recorder)
        search_query, assessment, context, composed = chosen
        yield Sources(passages=context.passages)
        draft = Draft(writer=WrittenBy(generator=self._stages.generator.name, prompt=None))
        cited = [passage.hit for passage in context.passages]
        if assessment.reason is None:
            request = GenerationRequest(
                question=question.text,
                standalone=search_query,
                passages=context.passages,
                history=tuple(self._recent(question)),
                scope=question.scope,
                confidence=assessment.confidence,
                composed=composed,
            )
            writer = self._writer if composed is None else self._quoter
            async with aclosing(writer.write(request, draft, recorder)) as events:
                async for event in events:
                    if isinstance(event, AnswerSentence) and not await self._still_visible(question, cited):
                        raise SourcesChangedError
                    yield event
        self._report_missing_reranker(question, recorder)
        yield Answer(
            text="".join(draft.text) if draft.sentences else "",
            sentences=tuple(draft.sentences),
            passages=context.passages,
            abstention=assessment.reason or draft.abstention,
            shape=_shape(composed, draft, refused=assessment.reason is not None),
            tables=composed.tables if composed is not None and assessment.reason is None else (),
            receipt=self._receipt(question, search_query, recorder, context=context, draft=draft),
        )

    async def _find_visible(
        self, question: Question, standalone: Condensed, recorder: Recorder, limit: int | None
    ) -> tuple[Condensed, SearchSteps]:
        """Searches again if a hit was replaced or deleted while the search ran."""
        for _ in range(_MOST_SEARCHES):
            chosen, found = await self._find(question, standalone, recorder, limit)
            if await self._still_visible(question, found.hits):
                return chosen, found
        raise SourcesChangedError

    async def _choose_passages(
        self, question: Question, standalone: Condensed, recorder: Recorder
    ) -> tuple[str, Assessment, Context, Composed | None]:
        """Searches, assesses and compresses or composes; again if a hit was replaced or deleted during that."""
        for _ in range(_MOST_SEARCHES):
            chosen, steps = await self._find(question, standalone, recorder)
            hits = steps.hits
            assessment = await self._assess(question, chosen, hits, recorder)
            context = await self._compress(chosen.text, hits, recorder)
            composed = await self._compose(question, chosen, hits, recorder)
            if composed is not None and not self._quotes and not (composed.certain and composed.tables):
                composed = None  # A model writes; but it need not read or compute again what a table states.
            if composed is not None and (assessment.reason is None or composed.certain):
                assessment = replace(assessment, reason=None)
                context = replace(context, passages=_joined(composed.passages, context.passages))
            elif assessment.reason is None and self._quotes:
                assessment = replace(assessment, reason=AbstentionReason.WEAK_SUPPORT)
            cited = [passage.hit for passage in context.passages]
            if await self._still_visible(question, [*hits, *cited]):
                return chosen.text, assessment, context, composed
        raise SourcesChangedError

    async def _find(
        self, question: Question, standalone: Condensed, recorder: Recorder, limit: int | None = None
    ) -> tuple[Condensed, SearchSteps]:
        chosen = limit or self._settings.retrieval.limit
        return await self._question_search.find(question, standalone, recorder, limit=chosen)

    async def _still_visible(self, question: Question, hits: Sequence[Hit]) -> bool:
        # Asked right before anything goes out: a document that was deleted since the search must not be in it.
        return await self._stages.search.all_visible(question.scope.tenant, hits)

    def _validate(self, question: Question) -> None:
        limit = self._settings.limits.question_characters
        longest = max(len(question.text), len(question.search_query))
        if longest > limit:
            raise QuestionTooLongError(characters=longest, limit=limit)
        if not question.text.strip():
            raise EmptyQuestionError

    async def _standalone_query(self, question: Question, recorder: Recorder) -> Condensed:
        """Returns the question to search for, which needs no earlier turns; its beginning is cut off at the limit."""
        limit = self._settings.limits.question_characters
        standalone = await self._condense(question, recorder)
        if len(standalone.text) > limit:
            recorder.degrade("condense", f"Only the last {limit:,} characters of the resolved question are searched.")
        return replace(standalone, text=standalone.text[-limit:])

    async def _condense(self, question: Question, recorder: Recorder) -> Condensed:
        if question.search_query:
            return Condensed(text=question.search_query)
        recent = replace(question, history=tuple(self._recent(question)))
        if len(recent.history) < len(question.history):
            recorder.degrade("condense", f"Only the last {len(recent.history)} earlier turns are read.")
        if not recent.history:
            return Condensed(text=question.text)
        with recorder.stage("condense", count_in=len(recent.history)) as stage:
            condensed = await self._stages.condenser.condense(recent)
            stage.count_out = 1
        if condensed.degraded:
            recorder.degrade(condensed.degraded.stage, condensed.degraded.reason)
        return condensed

    def _recent(self, question: Question) -> Sequence[Turn]:
        return question.history[max(0, len(question.history) - self._settings.limits.history_turns) :]

    async def _assess(
        self, question: Question, standalone: Condensed, hits: tuple[Hit, ...], recorder: Recorder
    ) -> Assessment:
        with recorder.stage("assess", count_in=len(hits)) as stage:
            if not hits:
                chunks = await self._stages.search.index.count(question.scope)
                reason = AbstentionReason.NOTHING_FOUND if chunks else AbstentionReason.EMPTY_COLLECTION
                return Assessment(confidence=0.0, reason=reason)
            assessment = await asyncio.to_thread(self._stages.gate.assess, standalone.text, hits, new=standalone.new)
            if standalone.agreed:
                assessment = replace(assessment, reason=None)
            stage.count_out = 0 if assessment.reason else len(hits)
        return assessment

    async def _compress(self, search_query: str, hits: tuple[Hit, ...], recorder: Recorder) -> Context:
        with recorder.stage("compress", count_in=len(hits)) as stage:
            context = await asyncio.to_thread(self._stages.compressor.compress, search_query, hits)
            stage.count_out = len(context.passages)
        return context

    async def _compose(
        self, question: Question, query: Condensed, hits: Sequence[Hit], recorder: Recorder
    ) -> Composed | None:
        with recorder.stage("compose", count_in=len(hits)) as stage:
            passages = [Passage(number=number, hit=hit, kept=()) for number, hit in enumerate(hits, start=1)]
            composed = await asyncio.to_thread(
                self._stages.composer.compose,
                query.text,
                passages,
                scope=question.scope,
                alone="" if query.text == question.text else query.alone or question.text,
            )
            stage.count_out = len(composed.sentences) if composed else 0
        return composed

    @property
    def _quotes(self) -> bool:
        """Whether answers are composed of the documents' words, because no model would write now."""
        return self._stages.generator.name == self._stages.fallback.name

    def _report_missing_reranker(self, question: Question, recorder: Recorder) -> None:
        if self._stages.search.reranker_of(question.scope.collection).name == "none":
            recorder.degrade("rerank", "No cross-encoder is configured; the fused order was used.")

    def _receipt(
        self,
        question: Question,
        search_query: str,
        recorder: Recorder,
        *,
        context: Context | None = None,
        draft: Draft | None = None,
    ) -> Receipt:
        stages = self._stages
        writer = draft.writer if draft else WrittenBy(generator=stages.generator.name, prompt=None)
        return Receipt(
            request_id=recorder.request_id,
            search_query=search_query,
            generator=writer.generator,
            prompt=writer.prompt,
            encoder=stages.search.encoder.name,
            reranker=stages.search.reranker_of(question.scope.collection).name,
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


def _joined(cited: Sequence[Passage], others: Sequence[Passage]) -> tuple[Passage, ...]:
    """Returns the passages that an answer cites, with their numbers, and behind them the others that were chosen."""
    kept = {passage.hit.chunk.chunk_id: passage.kept for passage in others}
    first = [
        replace(passage, kept=tuple(sorted({*passage.kept, *kept.pop(passage.hit.chunk.chunk_id, ())})))
        for passage in cited
    ]
    left = [passage for passage in others if passage.hit.chunk.chunk_id in kept]
    return (*first, *(replace(passage, number=number) for number, passage in enumerate(left, start=len(first) + 1)))


def _shape(composed: Composed | None, draft: Draft, *, refused: bool) -> Shape:
    if refused or draft.abstention is not None:
        return Shape.REFUSAL
    return composed.shape if composed is not None else Shape.PASSAGE


def _searches_at_once(settings: Settings) -> int:
    """Returns how many questions may be searched for at a time."""
    # A search of an embedded index is work for this machine's processors. More searches at once than there are
    # processors make none faster, and hold up the event loop, because each wants the interpreter's lock.
    if settings.index.backend is IndexBackend.EDGE:
        return max(2, os.cpu_count() or 1)
    return settings.limits.concurrent_questions
