"""Tables of a service under load as its clients see it, and the missed targets. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.benchmarks.load.clients import WorkloadResult
from evals.benchmarks.table import Row, Table

_HEALTH_P99_MS = 100.0
_SEARCH_RATIO = 2.0
_REDIRECT, _TOO_MANY, _SERVER_ERROR = 300, 429, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase of the measurement. Memory is the peak of each process since its start."""

    name: str
    documents: int
    searches: WorkloadResult
    probes: WorkloadResult
    uploads: WorkloadResult
    service_peak_mb: float
    parser_peak_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The phases: ingestion alone, searching before and after, and both at once."""

    alone: Phase
    before: Phase
    both: Phase
    after: Phase

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases in the order in which they ran."""
        return (self.alone, self.before, self.both, self.after)

    @property
    def search_ratio(self) -> float | None:
        """P95 of searches during ingestion, relative to those before and after."""
        return _ratio(
            _percentile(self.both.searches.milliseconds, 95),
            _percentile([*self.before.searches.milliseconds, *self.after.searches.milliseconds], 95),
        )

    @property
    def speed_ratio(self) -> float | None:
        """Documents per second during searching, relative to ingestion alone."""
        return _ratio(_speed(self.both), _speed(self.alone))


def tables(load: Load) -> tuple[Table, ...]:
    """Returns a table of waiting times, with the missed targets, and one of throughput and memory."""
    waited: list[Row] = [
        {
            "phase": phase.name,
            "searches": len(phase.searches.milliseconds),
            "search_p50_ms": _percentile(phase.searches.milliseconds, 50),
            "search_p95_ms": _percentile(phase.searches.milliseconds, 95),
            "p95_to_idle": load.search_ratio if phase is load.both else None,
            "healthz_p50_ms": _percentile(phase.probes.milliseconds, 50),
            "healthz_p99_ms": _percentile(phase.probes.milliseconds, 99),
        }
        for phase in load.phases
    ]
    done: list[Row] = [
        {
            "phase": phase.name,
            "documents_per_s": _speed(phase),
            "to_alone": load.speed_ratio if phase is load.both else None,
            **_statuses(phase),
            "service_peak_rss_mb": phase.service_peak_mb,
            "parser_peak_rss_mb": phase.parser_peak_mb,
        }
        for phase in load.phases
    ]
    return (
        Table(title="Waiting while documents are taken in", rows=tuple(waited), missed=_missed(load)),
        Table(title="Taking documents in while others search", rows=tuple(done)),
    )


def _missed(load: Load) -> tuple[str, ...]:
    health = _percentile(load.both.probes.milliseconds, 99)
    server_errors = sum(_statuses(phase)["status_5xx"] for phase in load.phases)
    lost = sum(phase.documents - phase.uploads.ready for phase in load.phases)
    checks = (
        (lost == 0, f"every document is ready: {lost} are not"),
        (server_errors == 0, f"no 5xx: there were {server_errors}"),
        (
            health is not None and health < _HEALTH_P99_MS,
            f"P99 of /healthz below {_HEALTH_P99_MS:g} ms: it was {health}",
        ),
        (
            load.search_ratio is not None and load.search_ratio <= _SEARCH_RATIO,
            f"P95 of searches within {_SEARCH_RATIO:g} times of idle: it was {load.search_ratio} times",
        ),
    )
    return tuple(target for reached, target in checks if not reached)


def _statuses(phase: Phase) -> dict[str, int]:
    counts: Counter[int] = Counter()
    for outcome in (phase.searches, phase.probes, phase.uploads):
        counts.update(outcome.statuses)
    good = sum(count for status, count in counts.items() if status < _REDIRECT)
    server_errors = sum(count for status, count in counts.items() if status >= _SERVER_ERROR)
    return {
        "status_2xx": good,
        "status_429": counts[_TOO_MANY],
        "status_other": counts.total() - good - counts[_TOO_MANY] - server_errors,
        "status_5xx": server_errors,
    }


def _speed(phase: Phase) -> float | None:
    return round(phase.uploads.ready / phase.uploads.seconds, 2) if phase.uploads.seconds else None


def _ratio(value: float | None, base: float | None) -> float | None:
    return round(value / base, 2) if value is not None and base else None


def _percentile(milliseconds: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(milliseconds, percent)), 1) if milliseconds else None
