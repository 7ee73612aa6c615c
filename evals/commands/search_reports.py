"""Prints what search and compression were measured to do."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rich.console import Console
from rich.table import Table

from evals.runs.retrieval import RetrievalReport
from evals.studies.compression import BUDGETS, CompressionReport
from evals.studies.fusion import WAYS, FusionChoice
from rag.retrieval.fusion import RRF_K
from rag.settings import FusionMethod, FusionSettings

_WIDE = 160
_METRICS = {
    "ndcg_at_10": "nDCG@10",
    "recall_at_1": "Recall@1",
    "recall_at_5": "Recall@5",
    "hit_at_5": "Any in the top 5",
}


def print_retrieval(reports: Sequence[RetrievalReport]) -> None:
    """Prints a table a metric, with a row a set, and the milliseconds of the stages."""
    console = Console()
    for report in reports:
        console.print(
            f"{report.dataset}: {report.passages:,} passages, {report.queries:,} queries, {report.encoder}, "
            f"{report.index}; indexed in {report.indexing_seconds:.0f} s",
            highlight=False,
        )
    for metric, title in _METRICS.items():
        table = Table("Set", *reports[0].quality, title=title)
        for report in reports:
            table.add_row(report.dataset, *(f"{getattr(each, metric):.4f}" for each in report.quality.values()))
        console.print(table)
    gains = Table("Set", *reports[0].gain_over_rrf, title="nDCG@10 gained over RRF (95 % interval, paired bootstrap)")
    for report in reports:
        columns = [f"{gain.mean:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})" for gain in report.gain_over_rrf.values()]
        gains.add_row(report.dataset, *columns)
    console.print(gains)
    times = Table("Set", *reports[0].latency_milliseconds, title="Milliseconds, P50 / P95")
    for report in reports:
        columns = [f"{time.p50:.1f} / {time.p95:.1f}" for time in report.latency_milliseconds.values()]
        times.add_row(report.dataset, *columns)
    console.print(times)


def print_fusion(choice: FusionChoice) -> None:
    """Prints nDCG@10 of every way on every set, and what the choice without a set gives on it."""
    sets = list(choice.held_out)
    table = Table("Way", *sets, "mean", title="nDCG@10 after reranking")
    for way, scores in zip(WAYS, choice.scores, strict=True):
        table.add_row(_named(way), *(f"{scores[name]:.4f}" for name in sets), f"{fmean(scores.values()):.4f}")
    held_out = [score for _, score in choice.held_out.values()]
    table.add_row("chosen without the set", *(f"{score:.4f}" for score in held_out), f"{fmean(held_out):.4f}")
    console = Console(width=_WIDE)
    console.print(table)
    for name, (way, _) in choice.held_out.items():
        console.print(f"without {name}: {_named(way)}", highlight=False)
    console.print(f"on all: {_named(choice.best())}", highlight=False)


def _named(way: FusionSettings) -> str:
    match way.method:
        case FusionMethod.RRF:
            return f"rrf, k {RRF_K}"
        case FusionMethod.CALIBRATED:
            return f"calibrated {way.dense_spread}, dense {way.dense_weight}"
        case _:
            return f"{way.method}, dense {way.dense_weight}"


def print_compression(report: CompressionReport) -> None:
    """Prints, for each way and budget, the tokens given up and the answers still there."""
    title = f"{report.dataset}: {report.questions} answers in passages of {report.tokens_before:.0f} tokens"
    table = Table("Budget", *report.kept, title=title, caption="tokens given up / answers kept")
    for budget in BUDGETS:
        columns = [f"{1 - way[budget].tokens:.1%} / {way[budget].answers:.1%}" for way in report.kept.values()]
        table.add_row(str(budget), *columns)
    Console().print(table)
