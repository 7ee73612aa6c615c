"""The evaluations of a running service."""

from __future__ import annotations

from dataclasses import dataclass

from evals.service.access import EvaluationAccess
from evals.service.datasets import ServiceDatasets
from evals.service.runs import ServiceRuns
from evals.service.trials import ServiceTrials
from ingest.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    """The runs of a service, the datasets that they ask, and trials of models."""

    runs: ServiceRuns
    trials: ServiceTrials
    datasets: ServiceDatasets

    @classmethod
    def of(cls, service: Service) -> Evaluations:
        """Returns the evaluations of an open service. Close their runs before the service."""
        access = EvaluationAccess(service)
        runs = ServiceRuns(service, access)
        return cls(runs=runs, trials=ServiceTrials(service.settings, runs), datasets=ServiceDatasets(service, access))
