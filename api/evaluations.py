"""What the service's evaluations can do. They are a package beside this one, which neither imports."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from fastapi import Request
from pydantic import JsonValue

from ingest.service import Service
from rag.errors import NoEvaluationsError
from rag.types import Scope

JsonObject = dict[str, JsonValue]
_RUNS, _DATASETS = "evals.service.runs", "evals.service.datasets"


class EvaluationRuns(Protocol):
    """Runs: questions asked of a collection, and what came of them. Each is JSON: a run, or a question's record."""

    async def start(
        self, scope: Scope, *, dataset: str | None, questions: Sequence[JsonObject] | None, limit: int | None
    ) -> JsonObject:
        """Begins a run."""
        ...

    async def cancel(self, run_id: str) -> JsonObject:
        """Ends a run that goes on."""
        ...

    def delete(self, run_id: str) -> None:
        """Takes a run that has ended away."""
        ...

    async def close(self) -> None:
        """Ends whatever goes on."""
        ...

    def runs(self, *, before: str | None, limit: int) -> list[JsonObject]:
        """Returns the runs, newest first: those with an id lower than ``before``."""
        ...

    def run(self, run_id: str) -> JsonObject:
        """Returns a run."""
        ...

    def questions(self, run_id: str) -> list[JsonObject]:
        """Returns what became of the questions asked so far."""
        ...

    def report(self, run_id: str, against: str | None = None) -> str:
        """Returns the run, or its comparison with an earlier one, as a page of HTML."""
        ...

    def comparison(self, run_id: str, against: str) -> JsonObject:
        """Returns what a run changed against an earlier one."""
        ...


class EvaluationDatasets(Protocol):
    """Questions kept under a name, and drafts of others."""

    def datasets(self) -> dict[str, int]:
        """Returns the names, each with its count of questions."""
        ...

    def dataset(self, name: str) -> list[JsonObject]:
        """Returns the questions of a dataset."""
        ...

    def store(self, name: str, questions: Sequence[JsonObject], *, replace: bool) -> int:
        """Keeps questions, accepted by a person, and returns how many."""
        ...

    async def draft(self, scope: Scope, count: int) -> tuple[list[JsonObject], int]:
        """Returns questions drafted from a collection, and how many drafts were dropped."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    """Both."""

    runs: EvaluationRuns
    datasets: EvaluationDatasets


def open_evaluations(service: Service) -> Evaluations | None:
    """Returns the evaluations of a service; None where their package is not installed."""
    try:
        runs = importlib.import_module(_RUNS).ServiceRuns(service)
        datasets = importlib.import_module(_DATASETS).ServiceDatasets(service)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "evals":
            return None
        raise
    return Evaluations(runs=runs, datasets=datasets)


def get_evaluations(request: Request) -> Evaluations:
    """Returns the evaluations.

    Raises:
        NoEvaluationsError: their package is not installed.
    """
    evaluations = cast("Evaluations | None", request.app.state.evaluations)
    if evaluations is None:
        raise NoEvaluationsError
    return evaluations
