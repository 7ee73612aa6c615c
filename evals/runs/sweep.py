"""Runs a dataset with every combination of some settings, and finds those that no other beats."""

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

_TAKEN_IN_ANEW = ("encoder.", "index.", "ingestion.", "models.")
"""What these say is settled when a document is taken in, so another value wants another index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One combination: its settings, its run, the metric's mean, and milliseconds of the whole answer at P95."""

    settings: Mapping[str, str]
    run_id: str
    quality: float
    p95_milliseconds: float
    is_best: bool = False


def combinations(choices: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Returns every combination of the values; those that share an index come one after the other."""
    paths = sorted(choices, key=lambda path: not path.startswith(_TAKEN_IN_ANEW))
    return [dict(zip(paths, values, strict=True)) for values in itertools.product(*(choices[path] for path in paths))]


async def sweep(
    dataset: Dataset,
    choices: Mapping[str, Sequence[str]],
    load: Callable[[Mapping[str, str]], Settings],
    store: RunStore,
    *,
    metric: str,
    on_progress: Progress,
) -> tuple[Point, ...]:
    """Runs every combination; the runs are kept like any other.

    Raises:
        ConfigurationError: a setting is wrong, which shows before anything runs, or no question has the metric.
    """
    settings = [(chosen, load(chosen)) for chosen in combinations(choices)]
    points: list[Point] = []
    for _, sharing in itertools.groupby(settings, key=lambda pair: _index_part(pair[0])):
        pairs = list(sharing)
        async with open_corpus(dataset, pairs[0][1], on_progress=on_progress) as corpus:
            for chosen, each in pairs:
                run = await run_over(corpus, dataset, each, store, on_progress=on_progress)
                points.append(_point(run, chosen, metric))
                on_progress("combinations", len(points), len(settings))
    return pareto(points, lower_is_better=metric in LOWER_IS_BETTER)


def _index_part(chosen: Mapping[str, str]) -> dict[str, str]:
    return {path: value for path, value in chosen.items() if path.startswith(_TAKEN_IN_ANEW)}


def pareto(points: Sequence[Point], *, lower_is_better: bool) -> tuple[Point, ...]:
    """Marks the points that none beats: no other is as good and faster, or as fast and better. In order of time."""
    sign = -1 if lower_is_better else 1

    def beaten(point: Point) -> bool:
        mine = (sign * point.quality, -point.p95_milliseconds)
        theirs = ((sign * other.quality, -other.p95_milliseconds) for other in points)
        return any(other != mine and other[0] >= mine[0] and other[1] >= mine[1] for other in theirs)

    marked = [replace(point, is_best=not beaten(point)) for point in points]
    return tuple(sorted(marked, key=lambda point: point.p95_milliseconds))


def _point(run: RunRecord, chosen: Mapping[str, str], metric: str) -> Point:
    figure = run.figures.get(metric)
    if figure is None or not figure.count:
        raise ConfigurationError(f"No question has {metric}. The run has: {', '.join(run.figures)}.")
    milliseconds = run.milliseconds["total"].p95
    return Point(settings=chosen, run_id=run.run_id, quality=figure.mean, p95_milliseconds=milliseconds)
