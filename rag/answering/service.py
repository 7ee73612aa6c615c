"""Answers questions: from the cache where the same was asked of the same documents, else from the pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace

from rag.answering.cache import AnswerCache, key_of
from rag.answering.pipeline import Pipeline
from rag.answers import Answer, AnswerEvent, Question, Receipt, Sources, Usage
from rag.retrieval.search import Visible
from rag.telemetry.recorder import CacheCounts, Recorder
from rag.types import Scope

StateOf = Callable[[Scope], str]
"""A scope -> a text that is another one after every change of what is visible in it."""
Events = tuple[AnswerEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """A pipeline behind a cache of its answers; with ``cache`` None the pipeline alone.

    ``question_characters`` is the pipeline's limit: a longer question must not become another one that is kept, once
    its white space is gone.
    """

    pipeline: Pipeline
    cache: AnswerCache | None
    visible: Visible
    state_of: StateOf
    question_characters: int

    async def answer(
        self, question: Question, *, fresh: bool = False, recorder: Recorder | None = None
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Streams what ``Pipeline.answer`` does, and raises the same.

        An answer that was kept comes with the same events again, and a receipt of its own. With ``fresh`` the pipeline
        answers in any case, and its answer is kept in place of the other.
        """
        recorder = recorder or Recorder()
        if self.cache is None or len(question.text) > self.question_characters:
            events = self.pipeline.answer(question, recorder=recorder)
        else:
            state = await asyncio.to_thread(self.state_of, question.scope)
            key = key_of(question, state=state, writer=self.pipeline.writer)
            kept = None if fresh else await self._look_up(self.cache, key, question, recorder)
            events = _again(kept, recorder) if kept else self._keeping(self.cache, key, question, state, recorder)
        async with aclosing(events):
            async for event in events:
                yield event

    def drop_caches(self) -> None:
        """Forgets answers and vectors: what they came from may be deleted by now."""
        self.pipeline.drop_caches()
        if self.cache is not None:
            self.cache.clear()

    @property
    def caches(self) -> Mapping[str, CacheCounts]:
        """The counts of every cache, by its name."""
        return {**self.pipeline.caches, **({"answers": self.cache.counts} if self.cache is not None else {})}

    async def _look_up(self, cache: AnswerCache, key: bytes, question: Question, recorder: Recorder) -> Events | None:
        """Returns the answer that is kept, if all that it shows is visible at this moment."""
        with recorder.stage("cache", count_in=1) as stage:
            kept = cache.get(key)
            if kept is not None:
                versions = _shown(kept)
                if versions <= await asyncio.to_thread(self.visible, question.scope.tenant, versions):
                    stage.count_out = 1
                    cache.counts.hits += 1
                    return kept
            cache.counts.misses += 1
        return None

    async def _keeping(
        self, cache: AnswerCache, key: bytes, question: Question, state: str, recorder: Recorder
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Streams the pipeline's answer, and keeps it if it is whole and nothing changed while it was written.

        One that shows nothing is not kept: whether it says "empty" or "not found" depends on what is not visible yet.
        """
        events: list[AnswerEvent] = []
        cleared = cache.cleared
        async with aclosing(self.pipeline.answer(question, recorder=recorder)) as stream:
            async for event in stream:
                events.append(event)
                if isinstance(event, Answer) and event.passages and not event.receipt.degraded:
                    same = await asyncio.to_thread(self.state_of, question.scope) == state
                    if same and cache.cleared == cleared:
                        cache.put(key, events)
                yield event


def _shown(events: Events) -> frozenset[str]:
    sources = (event for event in events if isinstance(event, Sources))
    return frozenset(passage.hit.chunk.version_id for source in sources for passage in source.passages)


async def _again(events: Events, recorder: Recorder) -> AsyncGenerator[AnswerEvent, None]:
    for event in events:
        if isinstance(event, Answer):
            yield replace(event, receipt=_receipt(event.receipt, recorder))
        else:
            recorder.first_token()
            yield event


def _receipt(receipt: Receipt, recorder: Recorder) -> Receipt:
    """Returns how the answer came about, with what it took this time: no token, and next to no time."""
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
