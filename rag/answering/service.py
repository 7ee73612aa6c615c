"""Answers questions in service: chooses the arm, looks in its cache, runs its pipeline and tells the observers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, replace

from rag.answering.cache import AnswerCache, key_of
from rag.answering.experiment import Experiment
from rag.answering.pipeline import Pipeline, SearchResult
from rag.answers import Answer, AnswerEvent, Arm, Question, Receipt, Sources, TextDelta, Usage
from rag.errors import CitewellError
from rag.guard.personal.answers import masked_events, masked_hits
from rag.guard.personal.masking import NOTHING, Policy
from rag.retrieval.search import Visible
from rag.telemetry.recorder import CacheCounts, Observer, Operation, Recorder, Work, observe
from rag.types import Scope
from rag.verification.checker import SupportChecker

StateOf = Callable[[Scope], str]
"""Returns a text for a scope that differs after every change of what is visible in it."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedPipeline:
    """A pipeline and the cache of its answers; with ``cache`` None it answers every question again."""

    pipeline: Pipeline
    cache: AnswerCache | None = None

    def drop_caches(self) -> None:
        """Forgets answers and vectors: the documents they came from may be deleted."""
        self.pipeline.drop_caches()
        if self.cache is not None:
            self.cache.clear()

    @property
    def caches(self) -> Mapping[str, CacheCounts]:
        """The counts of every cache, by its name."""
        return {**self.pipeline.caches, **({"answers": self.cache.counts} if self.cache is not None else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """The second arm of an experiment. With ``shadow`` users get the control's answers only."""

    cached: CachedPipeline
    experiment: Experiment
    shadow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """The configurations that answer over one index: the control and, in an experiment, the treatment.

    Each arm has its own cache, so that neither gives the other's answers.
    """

    control: CachedPipeline
    treatment: Treatment | None = None

    def choose(self, question: Question) -> tuple[CachedPipeline, Arm | None]:
        """Returns the arm that answers, and its name; None where no experiment runs."""
        if self.treatment is None:
            return self.control, None
        if self.treatment.shadow or self.treatment.experiment.arm_of(question) is Arm.CONTROL:
            return self.control, Arm.CONTROL
        return self.treatment.cached, Arm.TREATMENT

    @asynccontextmanager
    async def health_checked(self) -> AsyncIterator[None]:
        """Checks the health of the model servers of both arms while the block runs."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.control.pipeline.health_checked())
            if self.treatment is not None:
                await stack.enter_async_context(self.treatment.cached.pipeline.health_checked())
            yield

    def drop_caches(self) -> None:
        """Forgets the answers and vectors of both arms."""
        self.control.drop_caches()
        if self.treatment is not None:
            self.treatment.cached.drop_caches()

    @property
    def caches(self) -> Mapping[str, CacheCounts]:
        """The counts of every cache, by its name."""
        others = self.treatment.cached.caches if self.treatment is not None else {}
        return {**self.control.caches, **{f"treatment_{name}": counts for name, counts in others.items()}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """The place of one answer in a cache, and the state of cache and scope when the question came."""

    cache: AnswerCache
    key: bytes
    state: str
    cleared: int


class AnswerService:
    """Answers the questions of users. ``arms`` may be replaced; questions that have begun keep theirs.

    Args:
        question_characters: the pipeline's limit. A longer question is not cached: without its white space it could
            have the key of a shorter one.
        observers: told of every question, search and shadow answer.
        personal_data: what is masked in answers and search results, before they are cached, observed or sent.
        shadow_concurrency: how many shadow answers may be written at a time; more are left out, and counted.
    """

    def __init__(
        self,
        arms: Arms,
        *,
        visible: Visible,
        state_of: StateOf,
        question_characters: int,
        observers: Sequence[Observer] = (),
        shadow_concurrency: int = 1,
        personal_data: Policy = NOTHING,
    ) -> None:
        self.arms = arms
        self._visible = visible
        self._state_of = state_of
        self._question_characters = question_characters
        self._observers = observers
        self._shadow_concurrency = shadow_concurrency
        self._personal_data = personal_data
        self._shadows: set[asyncio.Task[None]] = set()
        self.shadows_left_out = 0

    @property
    def checker(self) -> SupportChecker:
        """The checker of an answer's sentences."""
        return self.arms.control.pipeline.checker

    async def search(self, question: Question, *, limit: int | None = None) -> SearchResult:
        """Returns what the control's pipeline finds.

        Raises:
            RequestError: the question is empty or too long, or the documents change too fast.
            IndexUnavailableError: the index does not answer.
        """
        with observe(self._observers, _work(Operation.SEARCH, question)) as watch:
            found = await self.arms.control.pipeline.search(question, limit=limit, recorder=watch.recorder)
        return replace(found, hits=await asyncio.to_thread(masked_hits, found.hits, self._personal_data))

    async def answer(self, question: Question, *, fresh: bool = False) -> AsyncGenerator[AnswerEvent, None]:
        """Streams what ``Pipeline.answer`` of the question's arm does, and raises the same.

        A cached answer comes with the same events and its own receipt. With ``fresh`` the pipeline answers in any case,
        and its answer replaces the cached one. Observers are told of the answer right before it goes out. Closing the
        stream closes the pipeline's at once.
        """
        arms = self.arms
        chosen, arm = arms.choose(question)
        with observe(self._observers, _work(Operation.ASK, question)) as watch:
            recorder = watch.recorder
            slot = await self._slot(chosen, question)
            cached = None if slot is None or fresh else await self._look_up(slot, question, recorder)
            written: list[AnswerEvent] = []
            last_word: float | None = None
            events = _replay(cached, recorder) if cached else self._written(chosen.pipeline, question, recorder)
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, Answer):
                        answer = replace(event, receipt=replace(event.receipt, arm=arm))
                        if slot is not None and not cached:
                            await self._keep(slot, question, answer, [*written, answer])
                        watch.finish(
                            answer=answer, writing_milliseconds=_writing_milliseconds(answer.receipt, last_word)
                        )
                        self._begin_shadow(arms.treatment, question, answer.receipt)
                        yield answer
                    else:
                        if isinstance(event, TextDelta):
                            last_word = recorder.total_milliseconds
                        written.append(event)
                        yield event

    @property
    def shadow_is_running(self) -> bool:
        """True while a shadow answer is being written."""
        return bool(self._shadows)

    async def close(self) -> None:
        """Cancels the shadow answers that are being written."""
        running = tuple(self._shadows)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _written(self, pipeline: Pipeline, question: Question, recorder: Recorder) -> AsyncGenerator[AnswerEvent, None]:
        """Returns the events of a new answer, masked where something is."""
        events = pipeline.answer(question, recorder=recorder)
        return events if self._personal_data.is_off else masked_events(events, self._personal_data)

    async def _slot(self, chosen: CachedPipeline, question: Question) -> _Slot | None:
        """Returns where the answer is or will be cached; None where it is not."""
        if chosen.cache is None or len(question.text) > self._question_characters:
            return None
        state = await asyncio.to_thread(self._state_of, question.scope)
        key = key_of(question, state=state, writer=chosen.pipeline.writer)
        return _Slot(cache=chosen.cache, key=key, state=state, cleared=chosen.cache.cleared)

    async def _look_up(self, slot: _Slot, question: Question, recorder: Recorder) -> tuple[AnswerEvent, ...] | None:
        """Returns the cached answer if every version that it shows is visible at this moment."""
        with recorder.stage("cache", count_in=1) as stage:
            cached = slot.cache.get(slot.key)
            if cached is not None:
                versions = _versions_shown(cached)
                if versions <= await asyncio.to_thread(self._visible, question, versions):
                    stage.count_out = 1
                    slot.cache.counts.hits += 1
                    return cached
            slot.cache.counts.misses += 1
        return None

    async def _keep(self, slot: _Slot, question: Question, answer: Answer, events: Sequence[AnswerEvent]) -> None:
        """Caches an answer that is not degraded, if nothing changed while it was written."""
        # Without passages it says "empty" or "nothing found", which depends on documents that are not visible yet.
        if not answer.passages or answer.receipt.degraded:
            return
        state = await asyncio.to_thread(self._state_of, question.scope)
        if state == slot.state and slot.cache.cleared == slot.cleared:
            slot.cache.put(slot.key, events)

    def _begin_shadow(self, treatment: Treatment | None, question: Question, receipt: Receipt) -> None:
        """Has the treatment answer in the background, if the question is in its share of a shadow experiment."""
        # The time and cost of a cached answer could not be compared with those of its shadow.
        if treatment is None or not treatment.shadow or receipt.cached:
            return
        if treatment.experiment.arm_of(question) is not Arm.TREATMENT:
            return
        if len(self._shadows) >= self._shadow_concurrency:
            self.shadows_left_out += 1
            return
        answering = self._answer_in_shadow(treatment.cached.pipeline, question, receipt.request_id)
        # It is a request with its own id, and so has its own context.
        task = asyncio.create_task(answering, name="shadow", context=Context())
        self._shadows.add(task)
        task.add_done_callback(self._shadows.discard)

    async def _answer_in_shadow(self, pipeline: Pipeline, question: Question, request_id: str) -> None:
        work = replace(_work(Operation.SHADOW, question), shadow_of=request_id)
        try:
            with observe(self._observers, work) as watch:
                async with aclosing(self._written(pipeline, question, watch.recorder)) as events:
                    async for event in events:
                        if isinstance(event, Answer):
                            receipt = replace(event.receipt, arm=Arm.TREATMENT)
                            watch.finish(answer=replace(event, receipt=receipt))
        except CitewellError as error:
            _LOG.warning("the shadow of answer %s is missing: %s", request_id, error)


def _work(operation: Operation, question: Question) -> Work:
    return Work(operation=operation, tenant=question.scope.tenant, question=question)


def _writing_milliseconds(receipt: Receipt, last_word: float | None) -> float:
    """Returns the milliseconds from the first word to the last; 0 without words."""
    first_word = receipt.first_token_milliseconds
    return last_word - first_word if last_word is not None and first_word is not None else 0.0


def _versions_shown(events: Sequence[AnswerEvent]) -> frozenset[str]:
    sources = (event for event in events if isinstance(event, Sources))
    return frozenset(passage.hit.chunk.version_id for source in sources for passage in source.passages)


async def _replay(events: Sequence[AnswerEvent], recorder: Recorder) -> AsyncGenerator[AnswerEvent, None]:
    """Yields the events of a cached answer with the receipt of this request: no tokens, and hardly any time."""
    for event in events:
        if isinstance(event, Answer):
            yield replace(event, receipt=_receipt_of_replay(event.receipt, recorder))
        else:
            recorder.first_token()
            yield event


def _receipt_of_replay(receipt: Receipt, recorder: Recorder) -> Receipt:
    usage = receipt.usage and Usage(model=receipt.usage.model, prompt_tokens=0, completion_tokens=0)
    return replace(
        receipt,
        request_id=recorder.request_id,
        cached=True,
        stages=recorder.stages,
        usage=usage,
        first_token_milliseconds=receipt.first_token_milliseconds and recorder.first_token_milliseconds,
        total_milliseconds=recorder.total_milliseconds,
    )
