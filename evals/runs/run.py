"""Runs a dataset: takes its documents in, asks every question, and leaves a record that can be compared."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from pydantic import BaseModel

from evals.datasets.dataset import Dataset
from evals.runs.asking import Answering, ask
from evals.runs.corpus import Corpus, Progress, open_corpus
from evals.runs.figures import figures_by_tag, figures_of, milliseconds_of
from evals.runs.records import JudgeRecord, QuestionRecord, RunRecord, RunState
from evals.runs.store import RunStore
from rag.errors import CitewellError
from rag.settings import Settings
from rag.types import Scope

_SECTIONS = "index encoder retrieval reranker compression abstention generation ingestion".split()


async def run_dataset(
    dataset: Dataset, settings: Settings, store: RunStore, *, on_progress: Progress, concurrency: int = 1
) -> RunRecord:
    """Takes the dataset's documents in, in a folder of their own, and asks its questions with these settings.

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
) -> RunRecord:
    """Asks a dataset's questions of its documents with these settings."""
    run = new_run(dataset, settings)
    store.save(run)
    try:
        async with corpus.pipeline(settings) as pipeline:
            records = await ask_all(
                run, dataset, pipeline, corpus.scope, store, on_progress=on_progress, concurrency=concurrency
            )
            return await finish(run, records, store)
    except CitewellError as error:
        store.save(failed(run, error))
        raise


def new_run(
    dataset: Dataset, settings: Settings, *, tenant: str | None = None, collection: str | None = None
) -> RunRecord:
    """Returns the record of a run that begins."""
    now = datetime.now(UTC)
    return RunRecord(
        run_id=f"{now:%Y%m%d-%H%M%S}-{_plain(dataset.name)}-{uuid.uuid4().hex[:4]}",
        tenant=tenant or settings.tenant,
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
    asked: Answering,
    scope: Scope,
    store: RunStore,
    *,
    on_progress: Progress,
    concurrency: int = 1,
) -> list[QuestionRecord]:
    """Asks every question, ``concurrency`` at a time; the records are stored as they come, and returned in order."""
    records: dict[str, QuestionRecord] = {}
    slots = asyncio.Semaphore(concurrency)

    async def one(number: int) -> None:
        question = dataset.questions[number]
        async with slots:
            record = await ask(asked, question, scope)
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
    """Returns the finished run with the figures of its records; both are stored."""
    finished = summed_up(run, records).model_copy(update={"judge": judge})
    await asyncio.to_thread(store.replace_questions, run.run_id, records)
    await asyncio.to_thread(store.save, finished)
    return finished


def summed_up(run: RunRecord, records: Sequence[QuestionRecord]) -> RunRecord:
    """Returns the run, finished, with the figures of its records."""
    versions = {name: each for record in records for name, each in record.versions.items()}
    return run.model_copy(
        update={
            "asked": len(records),
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


def failed(run: RunRecord, error: Exception) -> RunRecord:
    """Returns the run as it is stored when it did not get to its end."""
    return run.model_copy(update={"state": RunState.FAILED, "failure": str(error), "finished_at": datetime.now(UTC)})


def changed_settings(settings: Settings) -> dict[str, str]:
    """Returns the settings that bear on answers and are not the defaults, by path; secrets are masked."""
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
