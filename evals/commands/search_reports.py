"""Prints the measurements of search and compression."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from evals.runs.retrieval import RetrievalReport
from evals.studies.compression import BUDGETS, CompressionReport
from evals.studies.fusion import WAYS, FusionChoice
from rag.models.calibrations import Fusion, FusionMethod
from rag.retrieval.fusion import RRF_K
from rag.terminal.output import print_table, say

_METRICS = {
    "ndcg_at_10": "nDCG@10",
    "recall_at_1": "Recall@1",
    "recall_at_5": "Recall@5",
    "hit_at_5": "Any in the top 5",
}


def print_retrieval(reports: Sequence[RetrievalReport]) -> None:
    """Prints one table for each metric, with a row for each set, and the milliseconds of the stages."""
    for report in reports:
        say(
            f"{report.dataset}: {report.passages:,} passages, {report.queries:,} queries, {report.encoder}, "
            f"{report.index}; indexed in {report.indexing_seconds:.0f} s"
        )
    ways = tuple(reports[0].quality)
    for metric, title in _METRICS.items():
        rows = [
            (report.dataset, *(f"{getattr(each, metric):.4f}" for each in report.quality.values()))
            for report in reports
        ]
        print_table(("Set", *ways), rows, title=title)
    gains = [
        (report.dataset, *(f"{gain.mean:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})" for gain in gained.values()))
        for report in reports
        for gained in [report.gain_over_rrf]
    ]
    title = "nDCG@10 gained over RRF (95 % interval, paired bootstrap)"
    print_table(("Set", *reports[0].gain_over_rrf), gains, title=title)
    times = [
        (report.dataset, *(f"{time.p50:.1f} / {time.p95:.1f}" for time in report.latency_milliseconds.values()))
        for report in reports
    ]
    print_table(("Set", *reports[0].latency_milliseconds), times, title="Milliseconds, P50 / P95")


def print_fusion(choice: FusionChoice) -> None:
    """Prints nDCG@10 of every way on every set, and of the way that the other sets choose."""
    sets = list(choice.held_out)
    rows = [
        (_named(way), *(f"{scores[name]:.4f}" for name in sets), f"{fmean(scores.values()):.4f}")
        for way, scores in zip(WAYS, choice.scores, strict=True)
    ]
    held_out = [score for _, score in choice.held_out.values()]
    rows.append(("chosen without the set", *(f"{score:.4f}" for score in held_out), f"{fmean(held_out):.4f}"))
    print_table(("Way", *sets, "mean"), rows, title="nDCG@10 after reranking")
    for name, (way, _) in choice.held_out.items():
        say(f"without {name}: {_named(way)}")
    say(f"on all: {_named(choice.best())}")


def _named(way: Fusion) -> str:
    match way.method:
        case FusionMethod.RRF:
            return f"rrf, k {RRF_K}"
        case FusionMethod.CALIBRATED:
            cover = ", BM25 by cover" if way.bm25_by_cover else ""
            return f"calibrated {way.dense_spread}, dense {way.dense_weight}{cover}"
        case _:
            return f"{way.method}, dense {way.dense_weight}"


def print_compression(report: CompressionReport) -> None:
    """Prints the tokens given up and the answers kept, for each way and budget."""
    title = (
        f"{report.dataset}: {report.questions} answers in passages of {report.tokens_before:.0f} tokens; "
        "tokens given up / answers kept"
    )
    rows = [
        (
            str(budget),
            *(f"{1 - way[budget].tokens:.1%} / {way[budget].answers:.1%}" for way in report.kept.values()),
        )
        for budget in BUDGETS
    ]
    print_table(("Budget", *report.kept), rows, title=title)
