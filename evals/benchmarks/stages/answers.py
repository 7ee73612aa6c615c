"""Measures the time to an answer's first word and end, and the time of each stage."""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

from evals.benchmarks.documents import COLLECTION, ingest_documents, sample_documents, with_data_folder
from evals.benchmarks.measure import percentiles, summarize
from evals.benchmarks.sizes import Sizes
from evals.benchmarks.table import Row, Table
from evals.datasets.questions import read_questions
from evals.datasets.readers.catalogue import SAMPLE_FOLDER
from ingest.service import Service, open_service
from rag.answers import Answer, Question, Receipt
from rag.settings import load_settings
from rag.types import Scope


async def measure(sizes: Sizes) -> tuple[Table, ...]:
    """Ingests the sample documents, and asks each sample question once."""
    with tempfile.TemporaryDirectory(prefix="citewell-bench-") as folder:
        async with open_service(with_data_folder(load_settings(), Path(folder))) as service:
            scope = Scope(tenant=service.settings.tenant, collection=COLLECTION)
            await ingest_documents(
                sample_documents(sizes),
                scope=scope,
                intake=service.intake,
                board=service.storage.board,
                wake=service.wake_worker,
                on_poll=lambda: None,
            )
            receipts = await _ask(service, scope, sizes)
    return _whole(receipts), _stages(receipts)


async def _ask(service: Service, scope: Scope, sizes: Sizes) -> list[Receipt]:
    samples = read_questions(SAMPLE_FOLDER / "questions.jsonl")[: sizes.questions]
    questions = [Question(text=sample.question, scope=scope, history=sample.turns) for sample in samples]
    return [
        event.receipt
        for question in questions
        async for event in service.answering.answer(question)
        if isinstance(event, Answer)
    ]


def _whole(receipts: list[Receipt]) -> Table:
    first = [receipt.first_token_milliseconds for receipt in receipts if receipt.first_token_milliseconds is not None]
    total = [receipt.total_milliseconds for receipt in receipts]
    return Table(
        title=f"Answers, {receipts[0].generator}",
        rows=({"until": "first word", **summarize(first)}, {"until": "end", **summarize(total)}),
        notes=(
            "Each question is asked once; the first is asked of a service that has answered nothing yet.",
            "A refusal has no first word.",
        ),
    )


def _stages(receipts: list[Receipt]) -> Table:
    milliseconds = defaultdict(list)
    for receipt in receipts:
        for stage in receipt.stages:
            milliseconds[stage.stage].append(stage.milliseconds)
    rows: list[Row] = []
    for stage_name, times in milliseconds.items():
        _, p95 = percentiles(times)
        rows.append({"stage": stage_name, "median_ms": round(statistics.median(times), 2), "p95_ms": p95})
    return Table(title="Stages of an answer", rows=tuple(rows))
