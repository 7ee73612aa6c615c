"""Runs work of every kind under observation."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping

from prometheus_client.parser import text_string_to_metric_families

from api.monitoring.metrics import Metrics
from rag.answering.service import AnswerService
from rag.answers import AbstentionReason, AnswerEvent, Declined, TextDelta, Usage
from rag.errors import IndexUnavailableError
from rag.stages import Generator
from rag.telemetry.recorder import Observer, Operation, Work, WorkOutcome, observe
from rag.types import Candidates, IndexQuery, Scope
from tests.support.builders.pipeline import (
    CAT,
    PUMP,
    SERVICE,
    FailingReranker,
    ScriptedGenerator,
    answer_service,
    index_of,
    pipeline_over,
    question,
)
from tests.support.fakes.memory_index import MemoryIndex

USAGE = Usage(
    model="qwen",
    prompt_tokens=200,
    completion_tokens=11,
    endpoint="gpu-1",
    cost=0.0025,
    currency="EUR",
    cached_prompt_tokens=150,
)
WRITTEN = (TextDelta(text=f"{SERVICE} "), TextDelta(text="The moon is made of cheese."), USAGE)


class Watcher:
    """Records the calls of an observer."""

    def __init__(self) -> None:
        self.began: list[Work] = []
        self.ended: list[WorkOutcome] = []

    def begin(self, work: Work) -> Callable[[WorkOutcome], None]:
        self.began.append(work)
        return self.ended.append


async def observed(*observers: Observer, generator: Generator | None = None, fails: bool = False) -> AnswerService:
    """A service over two documents that tells the observers; one that fails has no index behind it."""
    index = BrokenIndex() if fails else await index_of(PUMP, CAT)
    pipeline = pipeline_over(index, generator=generator, reranker=FailingReranker())
    return answer_service(pipeline, observers=observers)


class BrokenIndex(MemoryIndex):
    """Raises on every search."""

    async def search(self, scope: Scope, query: IndexQuery) -> Candidates:
        raise IndexUnavailableError("broken", f"{scope.collection} is gone, {query.limit} cannot be found")


async def ask(answering: AnswerService) -> list[AnswerEvent]:
    return [event async for event in answering.answer(question())]


async def do_everything(*observers: Observer) -> None:
    """Runs an answered, a declined and a failing question, a search, a job and maintenance."""
    await ask(await observed(*observers, generator=ScriptedGenerator(*WRITTEN)))
    declined = Declined(reason=AbstentionReason.MODEL_DECLINED)
    await ask(await observed(*observers, generator=ScriptedGenerator(declined)))
    with contextlib.suppress(IndexUnavailableError):
        await ask(await observed(*observers, fails=True))
    await (await observed(*observers)).search(question())
    with observe(observers, Work(operation=Operation.INGEST, tenant="acme")) as watch:
        for stage in ("parse", "encode", "store", "activate"):
            with watch.recorder.stage(stage, count_in=1):
                pass
    for operation in (Operation.OPTIMIZE, Operation.ERASE):
        with observe(observers, Work(operation=operation)):
            pass


def samples(metrics: Metrics) -> Mapping[str, float]:
    """Returns the values of an exposition by series, ``name{label="value"}``, without buckets and zeros."""
    text = metrics.render("")[0].decode()
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {series: float(value) for series, value in lines if "_bucket" not in series and float(value)}


def labels_of(text: str) -> dict[str, set[str]]:
    """Returns the labels of every series in an exposition, by the series' name."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found
