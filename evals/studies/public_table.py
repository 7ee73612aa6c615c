"""Measures the public sets for the table of the benchmarks, beside a plain LlamaIndex pipeline."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path

from evals.datasets.dataset import Dataset
from evals.datasets.gold import gold_id
from evals.datasets.readers.catalogue import read_dataset
from evals.metrics import Gain, ndcg_at_k, paired_bootstrap, percentile, recall_at_k
from evals.runs.asking import STAGES
from evals.runs.corpus import Corpus, Progress, open_corpus
from evals.runs.records import QuestionRecord, RunRecord
from evals.runs.run import run_over
from evals.runs.scoring import by_metric
from evals.runs.store import RunStore
from rag.settings import Settings

PUBLIC_TABLE = (
    *("scifact", "nq", "squad2", "squad2-articles", "hotpotqa", "cmrc", "xquad-zh", "xquad-en-zh", "financebench"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainFigures:
    """Figures of plain LlamaIndex; ``gain`` is ours over it in nDCG@10, paired by question."""

    ndcg_at_10: float
    recall_at_5: float
    p50_milliseconds: float
    p95_milliseconds: float
    gain: Gain


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRow:
    """A set's figures; ``stages`` holds (nDCG@10, recall@5); ``answers`` is None for metrics without gold."""

    dataset: str
    passages: int
    questions: int
    run_id: str
    stages: dict[str, tuple[float, float]]
    answers: dict[str, float | None]
    search_p50_milliseconds: float
    search_p95_milliseconds: float
    total_p50_milliseconds: float
    total_p95_milliseconds: float
    plain: PlainFigures

    def to_json(self) -> dict[str, object]:
        """Returns plain values for a JSON file."""
        return asdict(self)


async def measure_public_set(
    name: str, data: Path, settings: Settings, store: RunStore, *, questions: int | None, on_progress: Progress
) -> PublicRow:
    """Runs a set, and asks plain LlamaIndex the same questions.

    Raises:
        ConfigurationError: the set is missing.
    """
    dataset = (await asyncio.to_thread(read_dataset, name, data)).sample(questions)
    async with open_corpus(dataset, settings, on_progress=on_progress) as corpus:
        run = await run_over(corpus, dataset, settings, store, on_progress=on_progress)
        records = store.questions(run.run_id)
        plain = await asyncio.to_thread(_plain, dataset, corpus, records, on_progress)
    return _row(dataset, run, records, plain)


_ANSWERS = ("f1", "fact_recall", "citation_precision", "citation_recall", "wrong_refusal", "abstention_recall")
_SEARCH = ("encode", "retrieve", "fuse", "rerank", "second_round")


def _row(dataset: Dataset, run: RunRecord, records: tuple[QuestionRecord, ...], plain: PlainFigures) -> PublicRow:
    searching = [
        sum(record.stage_milliseconds.get(stage, 0.0) for stage in _SEARCH) for record in records if not record.error
    ]
    return PublicRow(
        dataset=run.dataset,
        passages=len(dataset.chunks),
        questions=run.questions,
        run_id=run.run_id,
        stages={
            stage: (run.figures[f"ndcg@10/{stage}"].mean, run.figures[f"recall@5/{stage}"].mean) for stage in STAGES
        },
        answers={name: run.figures[name].mean if name in run.figures else None for name in _ANSWERS},
        search_p50_milliseconds=percentile(searching, 0.5),
        search_p95_milliseconds=percentile(searching, 0.95),
        total_p50_milliseconds=run.milliseconds["total"].p50,
        total_p95_milliseconds=run.milliseconds["total"].p95,
        plain=plain,
    )


def _plain(
    dataset: Dataset, corpus: Corpus, records: tuple[QuestionRecord, ...], on_progress: Progress
) -> PlainFigures:
    # Loading LlamaIndex takes a second, which the other commands need not wait.
    from evals.studies.plain_llama_index import PlainLlamaIndex  # noqa: PLC0415

    index = PlainLlamaIndex(dataset.chunks, corpus.caching_encoder)
    ours = by_metric(records)["ndcg@10/found"]
    asked = [question for question in dataset.questions if question.id in ours]
    ndcg, recall, milliseconds = [], [], []
    for number, question in enumerate(asked, start=1):
        found = index.rank(question)
        golds = {gold_id(at): gold.gain for at, gold in enumerate(question.gold_passages)}
        ndcg.append(ndcg_at_k(found.ids, golds, k=10))
        recall.append(recall_at_k(found.ids, golds, k=5))
        milliseconds.append(found.milliseconds)
        on_progress("asking LlamaIndex", number, len(asked))
    return PlainFigures(
        ndcg_at_10=sum(ndcg) / len(ndcg),
        recall_at_5=sum(recall) / len(recall),
        p50_milliseconds=percentile(milliseconds, 0.5),
        p95_milliseconds=percentile(milliseconds, 0.95),
        gain=paired_bootstrap(ndcg, [ours[question.id] for question in asked]),
    )


_HEAD = (
    "set (passages, questions)",
    "nDCG@10: BM25 / dense / fused / reranked / at the end",
    "recall@5 at the end",
    "plain LlamaIndex: nDCG@10, recall@5",
    "gain in nDCG@10, 95 %",
    "answers: F1 / gold fact / citations right / gold cited",
    "refused: wrongly / rightly",
    "ms, P50 / P95: search; answer; LlamaIndex's search",
)


def row_in_markdown(row: PublicRow, *, with_head: bool) -> str:
    """Returns a row of the table, with the table's head if ``with_head``."""
    plain, answers = row.plain, row.answers
    milliseconds = (
        (row.search_p50_milliseconds, row.search_p95_milliseconds),
        (row.total_p50_milliseconds, row.total_p95_milliseconds),
        (plain.p50_milliseconds, plain.p95_milliseconds),
    )
    cells = (
        f"{row.dataset} ({row.passages:,}, {row.questions:,})",
        " / ".join(f"{row.stages[stage][0]:.3f}" for stage in STAGES),
        f"{row.stages[STAGES[-1]][1]:.3f}",
        f"{plain.ndcg_at_10:.3f}, {plain.recall_at_5:.3f}",
        f"{plain.gain.mean:+.3f} ({plain.gain.low:+.3f} to {plain.gain.high:+.3f})",
        " / ".join(_share(answers[name]) for name in _ANSWERS[:4]),
        " / ".join(_share(answers[name]) for name in _ANSWERS[4:]),
        "; ".join(f"{p50:.0f} / {p95:.0f}" for p50, p95 in milliseconds),
    )
    head = [" | ".join(_HEAD), " | ".join("---" for _ in _HEAD)] if with_head else []
    return "\n".join(f"| {line} |" for line in (*head, " | ".join(cells)))


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
