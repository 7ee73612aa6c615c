"""Runs a dataset: ingests its documents, asks every question, and stores a record with figures."""

from __future__ import annotations

import asyncio
import json
import math
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from pydantic import BaseModel

from evals.datasets.dataset import Dataset
from evals.metrics import bootstrap_interval, percentile
from evals.runs.asking import Answerer, ask
from evals.runs.corpus import Corpus, Progress, open_corpus
from evals.runs.records import Figure, JudgeRecord, Percentiles, QuestionRecord, RunRecord, RunState
from evals.runs.scoring import by_metric, is_right
from evals.runs.store import RunStore
from rag.errors import CitewellError
from rag.settings import Settings
from rag.types import Scope

_SECTIONS = "index encoder retrieval reranker compression abstention generation ingestion".split()
_SAMPLES = 2_000


async def run_dataset(
    dataset: Dataset, settings: Settings, store: RunStore, *, on_progress: Progress, concurrency: int = 1
) -> RunRecord:
    """Ingests the dataset's documents in a temporary folder and asks its questions with these settings.

    Raises:
        ConfigurationError: there are no documents, or one was refused.
    """
    async with open_corpus(dataset, settings, on_progress=on_progress) as corpus:
        return await run_over(corpus, dataset, settings, store, on_progress=on_progress, concurrency=concurrency)


async def run_over(
    corpus: Corpus,
    dataset: Dataset,
    settings: Settings,
    store: RunStore,
    *,
    on_progress: Progress,
    concurrency: int = 1,
    run: RunRecord | None = None,
) -> RunRecord:
    """Asks a dataset's questions about an ingested corpus with these settings; ``run`` is a new run's record."""
    run = run or new_run(dataset, settings)
    store.save(run)
    try:
        async with corpus.pipeline(settings) as pipeline:
            records = await ask_all(
                run, dataset, pipeline, corpus.scope, store, on_progress=on_progress, concurrency=concurrency
            )
            return await finish(run, records, store)
    except CitewellError as error:
        store.save(failed_run(run, error))
        raise


def new_run(
    dataset: Dataset,
    settings: Settings,
    *,
    tenant: str | None = None,
    collection: str | None = None,
    started_by: str = "",
) -> RunRecord:
    """Returns the record of a new run."""
    now = datetime.now(UTC)
    return RunRecord(
        run_id=f"{now:%Y%m%d-%H%M%S}-{_plain(dataset.name)}-{uuid.uuid4().hex[:4]}",
        tenant=tenant or settings.tenant,
        started_by=started_by,
        dataset=dataset.name,
        dataset_digest=dataset.digest,
        collection=collection,
        questions=len(dataset.questions),
        started_at=now,
        settings=changed_settings(settings),
        versions={"citewell": version("citewell")},
    )


async def ask_all(
    run: RunRecord,
    dataset: Dataset,
    answerer: Answerer,
    scope: Scope,
    store: RunStore,
    *,
    on_progress: Progress,
    concurrency: int = 1,
) -> list[QuestionRecord]:
    """Asks all questions, ``concurrency`` at a time; stores each record at once, returns them in order."""
    records: dict[str, QuestionRecord] = {}
    slots = asyncio.Semaphore(concurrency)

    async def one(number: int) -> None:
        question = dataset.questions[number]
        async with slots:
            record = await ask(answerer, question, scope)
        records[question.id] = record
        await asyncio.to_thread(store.add, run.run_id, record)
        on_progress("asking", len(records), len(dataset.questions))

    async with asyncio.TaskGroup() as tasks:
        for number in range(len(dataset.questions)):
            tasks.create_task(one(number))
    return [records[question.id] for question in dataset.questions]


async def finish(
    run: RunRecord, records: Sequence[QuestionRecord], store: RunStore, *, judge: JudgeRecord | None = None
) -> RunRecord:
    """Stores the records and the finished run with its figures; returns the run."""
    finished = with_figures(run, records).model_copy(update={"judge": judge})
    await asyncio.to_thread(store.replace_questions, run.run_id, records)
    await asyncio.to_thread(store.save, finished)
    return finished


def with_figures(run: RunRecord, records: Sequence[QuestionRecord]) -> RunRecord:
    """Returns the run, finished, with the figures of its records."""
    versions = {name: each for record in records for name, each in record.versions.items()}
    return run.model_copy(
        update={
            "asked": len(records),
            "right": sum(map(is_right, records)),
            "finished_at": datetime.now(UTC),
            "state": RunState.FINISHED,
            "versions": run.versions | versions,
            "figures": figures_of(records),
            "figures_by_tag": figures_by_tag(records),
            "milliseconds": milliseconds_of(records),
            "prompt_tokens": sum(record.prompt_tokens for record in records),
            "completion_tokens": sum(record.completion_tokens for record in records),
            "cost": sum(record.cost for record in records),
        }
    )


def failed_run(run: RunRecord, error: Exception) -> RunRecord:
    """Returns the record of a failed run."""
    return run.model_copy(update={"state": RunState.FAILED, "failure": str(error), "finished_at": datetime.now(UTC)})


def changed_settings(settings: Settings) -> dict[str, str]:
    """Returns the settings that affect answers and differ from the defaults, by path; secrets are masked."""
    changed = {}
    for section in _SECTIONS:
        mine: BaseModel = getattr(settings, section)
        default = type(mine)().model_dump(mode="json")
        for name, value in mine.model_dump(mode="json").items():
            if value != default[name]:
                changed[f"{section}.{name}"] = value if isinstance(value, str) else json.dumps(value)
    return changed


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name)[:40]


def figures_of(records: Sequence[QuestionRecord]) -> dict[str, Figure]:
    """Returns each metric's mean over the questions that have it, with the number of failed computations."""
    missing = Counter(metric for record in records for metric in record.not_computed)
    figures = {
        metric: _figure(list(scores.values()), not_computed=missing.get(metric, 0))
        for metric, scores in by_metric(records).items()
    }
    for metric in missing.keys() - figures.keys():
        figures[metric] = Figure(mean=0.0, low=0.0, high=0.0, count=0, not_computed=missing[metric])
    return dict(sorted(figures.items()))


def figures_by_tag(records: Sequence[QuestionRecord]) -> dict[str, dict[str, Figure]]:
    """Returns the figures of each tag's questions."""
    tags = sorted({tag for record in records for tag in record.question.tags})
    return {tag: figures_of([record for record in records if tag in record.question.tags]) for tag in tags}


def milliseconds_of(records: Sequence[QuestionRecord]) -> dict[str, Percentiles]:
    """Returns percentiles of each stage, the first token and the total, over the questions that have them."""
    times: dict[str, list[float]] = {}
    for record in records:
        if record.error is not None:
            continue
        for stage, milliseconds in record.stage_milliseconds.items():
            times.setdefault(stage, []).append(milliseconds)
        if record.first_token_milliseconds is not None:
            times.setdefault("first token", []).append(record.first_token_milliseconds)
        times.setdefault("total", []).append(record.total_milliseconds)
    return {
        stage: Percentiles(p50=percentile(taken, 0.5), p95=percentile(taken, 0.95), p99=percentile(taken, 0.99))
        for stage, taken in times.items()
    }


def _figure(values: Sequence[float], *, not_computed: int) -> Figure:
    if not all(map(math.isfinite, values)):
        raise ValueError("a score is not a number; what cannot be computed belongs to not_computed")
    low, high = bootstrap_interval(values, samples=_SAMPLES)
    return Figure(
        mean=math.fsum(values) / len(values), low=low, high=high, count=len(values), not_computed=not_computed
    )
