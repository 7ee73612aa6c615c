"""Turns a question into an answer, stage by stage, knowing only the Protocols of the stages."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass, field, replace

from rag.answering.abstention import AbstentionGate
from rag.answering.explanation import Cuts, Explanation, places_of
from rag.answering.preparation import Preparation
from rag.answering.question_search import QuestionSearch
from rag.answers import (
    AbstentionReason,
    Answer,
    AnswerEvent,
    AnswerSentence,
    Condensed,
    GenerationRequest,
    GuardReceipt,
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
from rag.generation.endpoints.endpoint import EndpointState
from rag.generation.follow_up import LexicalCondenser
from rag.guard.guard import Guard
from rag.guard.verdict import Verdict
from rag.retrieval.evidence import EvidenceScorer
from rag.retrieval.search import HybridSearch, SearchSteps
from rag.settings import IndexBackend, Settings
from rag.stages import Compressor, Condenser, Generator, Tokenizer
from rag.telemetry.recorder import CacheCounts, Recorder
from rag.types import Context, Hit
from rag.verification.checker import SupportChecker
from rag.verification.stream import Draft
from rag.verification.writer import VerifiedWriter

_DEEP = 1_000
"""Passages up to which an explanation tells ranks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Ranked hits and their receipt; ``found`` holds the result of each step of the search."""

    hits: tuple[Hit, ...]
    found: SearchSteps
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The parts of a pipeline. ``fallback`` gives what ``composer`` composed when ``generator`` cannot write.

    ``health_checked`` returns the context in which questions are answered, ``model_servers`` the servers as they are.
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
    guard: Guard
    condenser: Condenser = field(default_factory=LexicalCondenser)
    health_checked: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    model_servers: Callable[[], Sequence[EndpointState]] = tuple


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
        self._preparation = Preparation(
            QuestionSearch(stages.search, gate=stages.gate, scorer=stages.scorer, tokenizer=stages.tokenizer),
            search=stages.search,
            gate=stages.gate,
            compressor=stages.compressor,
            composer=stages.composer,
            guard=stages.guard,
            quotes=lambda: stages.generator.name == stages.fallback.name,
            limit=settings.retrieval.limit,
        )
        self.drop_caches = drop_caches
        self.caches = caches or {}
        self.health_checked = stages.health_checked
        self._searching = asyncio.Semaphore(_searches_at_once(settings))

    def quoting(self) -> Pipeline:
        """Returns a pipeline over the same index that quotes, whatever model is connected."""
        return self.writing_with(self._stages.fallback)

    def writing_with(self, generator: Generator) -> Pipeline:
        """Returns a pipeline over the same index whose answers ``generator`` writes."""
        return Pipeline(replace(self._stages, generator=generator, health_checked=nullcontext), self._settings)

    @property
    def writer(self) -> str:
        """The name of the generator that would write an answer now."""
        return self._stages.generator.name

    @property
    def model_servers(self) -> Sequence[EndpointState]:
        """The model servers at this moment; none where answers are quotes in any case."""
        return self._stages.model_servers()

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
            standalone, found = await self._preparation.find_visible(question, standalone, recorder, limit)
        self._report_missing_reranker(question, recorder)
        return SearchResult(hits=found.hits, found=found, receipt=self._receipt(question, standalone.text, recorder))

    async def explain(self, question: Question, document_id: str, *, limit: int | None = None) -> Explanation:
        """Searches, and returns how the passages of a document fared.

        Raises:
            RequestError: the question is empty or too long.
            IndexUnavailableError: the index does not answer.
            SourcesChangedError: documents that were found were replaced or deleted again and again.
        """
        found = await self.search(question, limit=limit)
        search, query = self._stages.search, found.receipt.search_query
        alone = replace(question, filter=replace(question.filter, document_ids=frozenset({document_id})))
        own = await search.candidates(alone, query, limit=_DEEP)
        deep = await search.candidates(question, query, limit=_DEEP)
        retrieval = self._settings.retrieval
        cuts = Cuts(candidates=retrieval.candidates, reranked=search.depth, limit=limit or retrieval.limit)
        places = places_of(own, deep=deep, steps=found.found, cuts=cuts)
        return Explanation(passages=places, cuts=cuts, receipt=found.receipt)

    async def answer(
        self, question: Question, *, recorder: Recorder | None = None
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Streams sources, text, checked sentences and, last, the whole answer with its receipt.

        Closing the stream stops the generator.

        Raises:
            RequestError: the question is empty or too long.
            IndexUnavailableError: the index does not answer.
            GeneratorError: the generator failed after its first word.
            GuardFailedError: the guard failed.
            SourcesChangedError: a source was replaced or deleted while the answer was written.
        """
        self._validate(question)
        recorder = recorder or Recorder()
        verdict = self._stages.guard.ask(question)
        if verdict.refused:
            yield Sources(passages=())
            yield self._refusal(question, recorder, verdict)
            return
        standalone = await self._standalone_query(question, recorder)
        async with self._searching:
            chosen = await self._preparation.prepare(question, standalone, recorder)
        context, composed, inspected = chosen.context, chosen.composed, chosen.inspected
        verdict.note(inspected)
        refused = chosen.assessment.reason
        yield Sources(passages=context.passages)
        draft = Draft(writer=WrittenBy(generator=self._stages.generator.name, prompt=None))
        cited = [passage.hit for passage in context.passages]
        if refused is None:
            request = GenerationRequest(
                question=question.text,
                standalone=chosen.search_query,
                passages=context.passages,
                history=tuple(self._recent(question)),
                scope=question.scope,
                confidence=chosen.assessment.confidence,
                composed=composed if chosen.is_quoted else None,
                shape=chosen.shape,
                tables=inspected.tables,
                tuning=question.tuning,
                notes=self._stages.guard.notes(question.scope.tenant, inspected),
                marked=inspected.marked,
            )
            screen = self._stages.guard.screen(request, inspected, verdict)
            writer = self._quoter if chosen.is_quoted or verdict.quotes else self._writer
            async with aclosing(writer.write(request, draft, recorder, screen)) as events:
                async for event in events:
                    if isinstance(event, AnswerSentence) and not await self._preparation.still_visible(question, cited):
                        raise SourcesChangedError
                    yield event
        self._report_missing_reranker(question, recorder)
        yield Answer(
            text="".join(draft.text) if draft.sentences else "",
            sentences=tuple(draft.sentences),
            passages=context.passages,
            abstention=refused or draft.abstention,
            shape=Shape.REFUSAL if refused or draft.abstention is not None else chosen.shape,
            tables=inspected.tables if composed is not None and chosen.is_quoted and refused is None else (),
            receipt=self._receipt(
                question, chosen.search_query, recorder, context=context, draft=draft, guard=verdict.receipt
            ),
        )

    def _refusal(self, question: Question, recorder: Recorder, verdict: Verdict) -> Answer:
        """Returns the answer to a question that the guard refuses: nothing was searched."""
        receipt = self._receipt(question, question.text, recorder, guard=verdict.receipt)
        return Answer(
            text="",
            sentences=(),
            passages=(),
            abstention=AbstentionReason.AGAINST_POLICY,
            receipt=receipt,
            shape=Shape.REFUSAL,
        )

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

    def _report_missing_reranker(self, question: Question, recorder: Recorder) -> None:
        if self._stages.search.reranker_of(question.scope).name == "none":
            recorder.degrade("rerank", "No cross-encoder is configured; the fused order was used.")

    def _receipt(
        self,
        question: Question,
        search_query: str,
        recorder: Recorder,
        *,
        context: Context | None = None,
        draft: Draft | None = None,
        guard: GuardReceipt | None = None,
    ) -> Receipt:
        stages = self._stages
        writer = draft.writer if draft else WrittenBy(generator=stages.generator.name, prompt=None)
        return Receipt(
            request_id=recorder.request_id,
            search_query=search_query,
            generator=writer.generator,
            prompt=writer.prompt,
            encoder=stages.search.encoder.name,
            reranker=stages.search.reranker_of(question.scope).name,
            index=stages.search.index.name,
            stages=recorder.stages,
            context_tokens_before=context.tokens_before if context else 0,
            context_tokens_after=context.tokens_after if context else 0,
            usage=draft.usage if draft else None,
            first_token_milliseconds=recorder.first_token_milliseconds,
            total_milliseconds=recorder.total_milliseconds,
            degraded=recorder.degraded,
            verification=draft.verification if draft else Verification(),
            guard=guard,
        )


def _searches_at_once(settings: Settings) -> int:
    """Returns how many questions may be searched for at a time."""
    # A search of an embedded index is work for this machine's processors. More searches at once than there are
    # processors make none faster, and hold up the event loop, because each wants the interpreter's lock.
    if settings.index.backend is IndexBackend.EDGE:
        return max(2, os.cpu_count() or 1)
    return settings.limits.concurrent_questions
