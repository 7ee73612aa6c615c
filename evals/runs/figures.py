"""Sums the records of a run up: means with intervals, by tag, percentiles of times. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from evals.metrics.retrieval import bootstrap_interval, percentile
from evals.runs.records import Figure, Percentiles, QuestionRecord
from evals.runs.scoring import by_metric

_SAMPLES = 2_000


def figures_of(records: Sequence[QuestionRecord]) -> dict[str, Figure]:
    """Returns every metric's mean over the questions that have it; those it failed on are counted beside it."""
    missing = Counter(metric for record in records for metric in record.not_computed)
    figures = {
        metric: _figure(list(scores.values()), not_computed=missing.get(metric, 0))
        for metric, scores in by_metric(records).items()
    }
    for metric in missing.keys() - figures.keys():
        figures[metric] = Figure(mean=0.0, low=0.0, high=0.0, count=0, not_computed=missing[metric])
    return dict(sorted(figures.items()))


def figures_by_tag(records: Sequence[QuestionRecord]) -> dict[str, dict[str, Figure]]:
    """Returns the same for the questions of each tag."""
    tags = sorted({tag for record in records for tag in record.question.tags})
    return {tag: figures_of([record for record in records if tag in record.question.tags]) for tag in tags}


def milliseconds_of(records: Sequence[QuestionRecord]) -> dict[str, Percentiles]:
    """Returns how long each stage took, the first word, and all of it, over the questions that had it."""
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
