"""Runs a dataset with every combination of some settings, and finds the best trade-offs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from evals.datasets.dataset import Dataset
from evals.runs.corpus import Progress, open_corpus
from evals.runs.records import RunRecord
from evals.runs.run import run_over
from evals.runs.scoring import LOWER_IS_BETTER
from evals.runs.store import RunStore
from rag.errors import ConfigurationError
from rag.settings import Settings

_INGESTION_SETTINGS = ("encoder.", "index.", "ingestion.", "models.")
"""Settings that affect ingestion: each value needs its own index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPoint:
    """A combination of settings: its run, the metric's mean, and P95 of the whole answer in milliseconds."""

    settings: Mapping[str, str]
    run_id: str
    quality: float
    p95_milliseconds: float
    is_best: bool = False


def combinations(choices: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Returns all combinations of the values; those that share an index are adjacent."""
    paths = sorted(choices, key=lambda path: not path.startswith(_INGESTION_SETTINGS))
    return [dict(zip(paths, values, strict=True)) for values in itertools.product(*(choices[path] for path in paths))]


async def sweep(
    dataset: Dataset,
    choices: Mapping[str, Sequence[str]],
    load: Callable[[Mapping[str, str]], Settings],
    store: RunStore,
    *,
    metric: str,
    on_progress: Progress,
) -> tuple[SweepPoint, ...]:
    """Runs every combination; the runs are stored like any other.

    Raises:
        ConfigurationError: a setting is wrong, which is checked before the first run, or no question has the metric.
    """
    settings = [(chosen, load(chosen)) for chosen in combinations(choices)]
    points: list[SweepPoint] = []
    for _, sharing in itertools.groupby(settings, key=lambda pair: _index_part(pair[0])):
        pairs = list(sharing)
        async with open_corpus(dataset, pairs[0][1], on_progress=on_progress) as corpus:
            for chosen, each in pairs:
                run = await run_over(corpus, dataset, each, store, on_progress=on_progress)
                points.append(_point(run, chosen, metric))
                on_progress("combinations", len(points), len(settings))
    return pareto(points, lower_is_better=metric in LOWER_IS_BETTER)


def _index_part(chosen: Mapping[str, str]) -> dict[str, str]:
    return {path: value for path, value in chosen.items() if path.startswith(_INGESTION_SETTINGS)}


def pareto(points: Sequence[SweepPoint], *, lower_is_better: bool) -> tuple[SweepPoint, ...]:
    """Marks the points on the Pareto front of quality and time; returns all, fastest first."""
    sign = -1 if lower_is_better else 1

    def beaten(point: SweepPoint) -> bool:
        mine = (sign * point.quality, -point.p95_milliseconds)
        theirs = ((sign * other.quality, -other.p95_milliseconds) for other in points)
        return any(other != mine and other[0] >= mine[0] and other[1] >= mine[1] for other in theirs)

    marked = [replace(point, is_best=not beaten(point)) for point in points]
    return tuple(sorted(marked, key=lambda point: point.p95_milliseconds))


def _point(run: RunRecord, chosen: Mapping[str, str], metric: str) -> SweepPoint:
    figure = run.figures.get(metric)
    if figure is None or not figure.count:
        raise ConfigurationError(f"No question has {metric}. The run has: {', '.join(run.figures)}.")
    milliseconds = run.milliseconds["total"].p95
    return SweepPoint(settings=chosen, run_id=run.run_id, quality=figure.mean, p95_milliseconds=milliseconds)
